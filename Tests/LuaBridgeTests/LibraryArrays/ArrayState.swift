import Foundation

import LuaBridge

/// A state with the array, run and plot libraries, and what they share.
final class ArrayState {
  let lua: LuaState
  let tracer: Tracer
  /// Of the libraries under test.
  let entries: [Entry]
  let context = RunContext()
  let hooks = ArrayHooks()
  var printed = ""

  init() throws {
    lua = try LuaState()
    tracer = try Tracer(lua)
    var library = Library()
    let wb = Module("wb", "Workbench.")
    library.addArrays(to: wb, context: context, hooks: hooks)
    library.addRun(to: wb, context: context)
    library.addPlots(to: wb, context: context)
    library.add(wb)
    library.add(ObjectType("other", Other.self, "An object that is no array."))
    try lua.install(library)
    entries = library.entries
    tracer.connect(hooks, context: context)
    lua.output = { [unowned self] in printed += $0 }
  }

  /// What a chunk returns.
  func run(_ source: String) throws -> [LuaValue] { try lua.run(source, name: "@test.lua") }

  /// The numbers an expression gives: a number, an array or a table of numbers.
  func numbers(_ expression: String) throws -> [Double] {
    guard let value = try run("return " + expression).first, let array = try ArrayReading.array(value) else {
      return []
    }
    return array.values
  }

  func shape(_ expression: String) throws -> [Int]? {
    try run("return " + expression).first?.array?.shape
  }

  /// The message of the error that a chunk ends with; nil when it ends well.
  func failure(_ source: String) -> String? {
    do {
      _ = try run(source)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

/// A folder that is gone with the value.
final class ScratchFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "workbench-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
  }

  var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
