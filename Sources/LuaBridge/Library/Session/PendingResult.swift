import Kernels

/// What `wb.solve` and others answer while a script is only checked: nothing is simulated, and whatever the
/// script does with the result gives such a result again, so that the SDEs defined further down are seen too.
package final class PendingResult: LuaObject {
  static func make(_ tracer: Tracer) -> ObjectType<PendingResult> {
    let type = ObjectType(
      "pending result", PendingResult.self,
      "Stands for a result while a script is checked and nothing is simulated.")
    type.isInternal = true
    type.described { _ in "?" }
    type.indexed { object, key, _ in key.string == nil ? nil : object }
    let comparisons = Comparisons()
    for metamethod in Metamethod.allCases {
      switch metamethod {
      case .tostring, .newindex: continue
      case .len: type.metamethod(metamethod, "#result", "0") { _ in 0 }
      // A result is taken as small, as in `assert(error < tolerance)` and `if error > tolerance then`:
      // so scripts that check themselves are followed, and loops until something is small end.
      case .lt:
        type.metamethod(metamethod, "result < value", "whether the result is on the left") { call in
          try comparisons.count()
          return call.objectIfPresent(2, PendingResult.self) == nil
        }
      case .eq, .le:
        type.metamethod(metamethod, "comparison", "true") { _ in
          try comparisons.count()
          return true
        }
      case .concat: type.metamethod(metamethod, "result .. text", "?") { _ in "?" }
      case .pairs:
        type.metamethod(metamethod, "pairs(result)", "nothing") { call in
          try call.lua.makeFunction("next") { _ in LuaValue.nil }
        }
      default:
        type.metamethod(metamethod, "result", "a pending result") { [unowned tracer] call in
          guard tracer.isTracing, let expression = Self.expressions[metamethod] else {
            return PendingResult()
          }
          // In a coefficient it is a number, for symbols and numbers alike.
          let operation = try call.lua.glue("local a, b = ... return \(expression)")
          let operands = try call.all().map { $0.object(PendingResult.self) == nil ? $0 : .number(1) }
          return LuaResults(all: try operation.call(with: operands))
        }
      }
    }
    return type
  }

  /// Ends loops whose end depends on a result.
  private final class Comparisons {
    private var made = 0

    func count() throws {
      made += 1
      if made > 100_000 { throw LuaError("this loop ends when a result of a simulation says so") }
    }
  }

  private static let expressions: [Metamethod: String] = [
    .add: "a + b", .sub: "a - b", .mul: "a * b", .div: "a / b", .mod: "a % b", .pow: "a ^ b", .idiv: "a // b",
    .unm: "-a",
  ]

  /// Lets mathematics be done with results that are not there: a function of one is one, and in a coefficient
  /// it is the number 1.
  static func connect(_ tracer: Tracer, _ hooks: ArrayHooks) {
    tracer.register(mathFor: PendingResult.self) { _, _ in PendingResult() }
    tracer.register(constantsOf: PendingResult.self) { _ in [1] }
    let known = hooks.foreignOperator
    hooks.foreignOperator = { metamethod, operands in
      if operands.contains(where: { $0.object(PendingResult.self) != nil }) { return PendingResult() }
      return try known?(metamethod, operands)
    }
  }

  /// Whether a value is a pending result or a table with one in it, a few levels deep.
  static func isIn(_ value: LuaValue, depth: Int = 0) throws -> Bool {
    switch value {
    case .object(let object): return object is PendingResult
    case .table(let table):
      guard depth < 4, try table.numbers()?.isEmpty ?? true else { return false }
      return try table.entries().prefix(1000).contains { try isIn($0.value, depth: depth + 1) }
    default: return false
    }
  }
}
