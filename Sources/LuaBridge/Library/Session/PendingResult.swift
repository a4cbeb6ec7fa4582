import Kernels

/// What `wb.solve` and others answer while a script is only checked: nothing is simulated, and whatever the
/// script does with the result gives such a result again, so that the SDEs defined further down are seen too.
package final class PendingResult: LuaObject {
  static func make() -> ObjectType<PendingResult> {
    let type = ObjectType(
      "pending result", PendingResult.self,
      "Stands for a result while a script is checked and nothing is simulated.")
    type.isInternal = true
    type.described { _ in "?" }
    type.indexed { object, key, _ in key.string == nil ? nil : object }
    for metamethod in Metamethod.allCases {
      switch metamethod {
      case .tostring, .newindex: continue
      case .len: type.metamethod(metamethod, "#result", "0") { _ in 0 }
      // A result is taken as small, as in `assert(error < tolerance)` and `if error > tolerance then`:
      // so scripts that check themselves are followed, and loops until something is small end.
      case .lt:
        type.metamethod(metamethod, "result < value", "whether the result is on the left") { call in
          call.objectIfPresent(2, PendingResult.self) == nil
        }
      case .eq, .le: type.metamethod(metamethod, "comparison", "true") { _ in true }
      case .concat: type.metamethod(metamethod, "result .. text", "?") { _ in "?" }
      case .pairs:
        type.metamethod(metamethod, "pairs(result)", "nothing") { call in
          try call.lua.makeFunction("next") { _ in LuaValue.nil }
        }
      default: type.metamethod(metamethod, "result", "a pending result") { _ in PendingResult() }
      }
    }
    return type
  }

  /// Lets mathematics be done with results that are not there: a function of one is one, and in a coefficient
  /// it is the number 1.
  static func connect(_ tracer: Tracer) {
    tracer.register(mathFor: PendingResult.self) { _, _ in PendingResult() }
    tracer.register(constantsOf: PendingResult.self) { _ in [1] }
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
