import Kernels

/// What `wb.methods()` answers: a list of tables that prints as a table.
struct MethodList: LuaConvertible {
  func push(onto lua: LuaState) throws {
    let rows = methods.map { method in
      LuaRecord(
        ("name", method.name), ("title", method.title),
        ("calculus", LuaList(method.calculi.map(\.rawValue).sorted())),
        ("strong", LuaRecord(Self.orders(method).map { ($0.0, $0.1.strong) })),
        ("weak", LuaRecord(Self.orders(method).map { ($0.0, $0.1.weak) })),
        ("cost", method.cost), ("source", method.source))
    }
    let list = try lua.reading { try LuaList(rows).push(onto: lua) }
    if let setMetatable = try lua.global("setmetatable").function {
      let print = try lua.makeFunction("methods") { _ in Self.text }
      try setMetatable.call(list, LuaRecord(("__tostring", print)))
    }
    try list.push(onto: lua)
  }

  private static func orders(_ method: Method) -> [(String, Method.Order)] {
    NoiseClass.allCases.compactMap { noise in method.orders[noise].map { (noise.rawValue, $0) } }
  }

  /// One line a method, and below each its strong and weak orders by noise class.
  private static var text: String {
    methods.map { method in
      let orders = orders(method).map { "\($0.0) \(describe($0.1.strong))/\(describe($0.1.weak))" }
      return
        "\(method.name): \(method.title), \(method.calculi.map(\.rawValue).sorted().joined(separator: " or "))\n"
        + "  strong/weak order: \(orders.joined(separator: ", "))\n  cost: \(method.cost)"
    }.joined(separator: "\n")
  }
}
