/// What `wb.solve` and others answer while a script is only checked: nothing is simulated, and whatever the
/// script does with the result gives such a result again, so that the SDEs defined further down are seen too.
package final class PendingResult: LuaObject {
  static func make() -> ObjectType<PendingResult> {
    let type = ObjectType(
      "pending result", PendingResult.self, "Stands for a result while a script is checked and nothing is simulated.")
    type.described { _ in "?" }
    type.indexed { object, key, _ in key.string == nil ? nil : object }
    for metamethod in Metamethod.allCases {
      switch metamethod {
      case .tostring, .newindex: continue
      case .len: type.metamethod(metamethod, "#result", "0") { _ in 0 }
      case .eq, .lt, .le: type.metamethod(metamethod, "comparison", "true") { _ in true }
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
}
