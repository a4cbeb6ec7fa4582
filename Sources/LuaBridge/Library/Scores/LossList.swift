import Kernels

/// What `wb.losses()` answers: a list of tables that prints as a table.
struct LossList: LuaConvertible {
  func push(onto lua: LuaState) throws {
    let rows = losses.map { kind in
      LuaRecord(
        ("name", kind.name), ("title", kind.title), ("formula", kind.formula), ("source", kind.source),
        ("options", LuaList(kind.options.map(\.name) + ["form"])))
    }
    let list = try lua.reading { try LuaList(rows).push(onto: lua) }
    if let setMetatable = try lua.global("setmetatable").function {
      let print = try lua.makeFunction("losses") { _ in Self.text }
      try setMetatable.call(list, LuaRecord(("__tostring", print)))
    }
    try list.push(onto: lua)
  }

  private static var text: String {
    losses.map { "\($0.name): \($0.title)\n  \($0.formula)  (\($0.source))" }.joined(separator: "\n")
  }
}
