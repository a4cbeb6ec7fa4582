/// What the bytecode of a function says, read once a function.
final class FunctionInfo {
  /// Keeps the function alive, so that its address stays its own.
  let function: LuaFunction
  let definition: LuaFunction.Definition
  /// Names of globals it reads or writes, nil if its bytecode could not be read.
  let globals: [String]?
  let numbers: [Double]
  let suspects: [Bytecode.Suspect]

  init(_ function: LuaFunction, _ definition: LuaFunction.Definition) {
    self.function = function
    self.definition = definition
    let code = (try? function.bytecode()).flatMap { Bytecode($0) }
    globals = code.map { $0.globals.sorted() }
    numbers = code?.numbers ?? []
    suspects = code?.suspects ?? []
  }

  /// `==` on something that was certainly computed from the arguments.
  var warnings: [String] {
    var seen: Set<Int> = []
    return suspects.filter { $0.kind == .equality && $0.isLikely && seen.insert($0.line).inserted }.map {
      "\(definition.chunk):\($0.line): `==` between a traced value and a number is not seen; write wb.eq(a, b)"
    }
  }
}

/// The functions looked at so far.
final class FunctionCatalog {
  private var known: [UnsafeRawPointer: FunctionInfo] = [:]
  private static let most = 512

  func info(
    at address: UnsafeRawPointer, _ function: () throws -> LuaFunction
  ) throws -> FunctionInfo? {
    if let info = known[address] { return info }
    let function = try function()
    guard let definition = try function.definition() else { return nil }
    if known.count >= FunctionCatalog.most { known.removeAll() }
    let info = FunctionInfo(function, definition)
    known[address] = info
    return info
  }
}
