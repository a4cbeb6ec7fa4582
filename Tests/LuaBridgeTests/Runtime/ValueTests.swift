import Testing

import LuaBridge

@Suite struct RuntimeValues {
  @Test func integersAndFloatsAreToldApart() throws {
    let lua = try makeState()
    let values = try lua.run("return 1, 1.0, 'a', true, nil, {1}, print, wb.vector{1}")
    #expect(values.map(\.kind) == [.integer, .number, .string, .boolean, .nil, .table, .function, .object])
    #expect(values[1].int == 1)
    #expect(values[0].double == 1)
  }

  @Test(arguments: [0.0, -0.0, .nan, .infinity, -.infinity, 1e300, -1e300, 9.3e18, -9.3e18, 0.5])
  func noNumberTraps(_ number: Double) throws {
    let lua = try makeState()
    try lua.setGlobal("x", number)
    #expect(try lua.global("x").double?.bitPattern == number.bitPattern || number.isNaN)
    for option in ["steps", "seed", "x0", "method", "adaptive"] {
      _ = failure(lua, "wb.solve(wb.vector{1}, {x0=1, \(option)=x})")
    }
    _ = failure(lua, "return wb.vector{1,2,3}[x], wb.vector{1}:scaled(x)")
    _ = failure(lua, "os.exit(x)")
    #expect(try lua.run("return 1")[0].int == 1)
  }

  @Test func tablesAreReadInOrder() throws {
    let lua = try makeState()
    let table = try #require(try lua.run("return {10, 20, b=1, a=2, [true]=3, [1.5]=4, [-1]=5}")[0].table)
    let keys = try table.entries().map { entry in
      entry.key.string ?? entry.key.double.map { "\($0)" } ?? "other"
    }
    #expect(keys == ["-1.0", "1.0", "1.5", "2.0", "a", "b", "other"])
    #expect(try table.fields().map(\.name) == ["a", "b"])
    #expect(try table.numbers() == [10, 20])
    let sparse = try #require(
      try lua.run("local t = {} for i = 0, 40 do t[1 << i] = 1 end return t")[0].table)
    #expect(try sparse.numbers() == nil)
    #expect(try sparse.array().count == 2)
  }

  @Test func bytesSurvive() throws {
    let lua = try makeState()
    var seen: [UInt8] = []
    try lua.setGlobal(
      "f",
      try lua.makeFunction("f") {
        seen = try $0.bytes(1); return LuaBytes(seen)
      })
    #expect(try lua.run("return f('a\\0\\xff\\xfe') == 'a\\0\\xff\\xfe'")[0].boolean == true)
    #expect(seen == [97, 0, 255, 254])
  }

  @Test func referencesAreReleasedLater() throws {
    let lua = try makeState()
    try lua.run("weak = setmetatable({}, {__mode='v'}) function make() local t = {} weak[1] = t return t end")
    var table: LuaValue? = try lua.global("make").function?.call()[0]
    lua.collectGarbage()
    #expect(try lua.run("return weak[1] ~= nil")[0].boolean == true)
    _ = table
    table = nil
    lua.collectGarbage()
    #expect(try lua.run("return weak[1] == nil")[0].boolean == true)
  }

  @Test func valuesOfAClosedOrOtherStateAreErrors() throws {
    let function: LuaFunction?
    do {
      let lua = try makeState()
      function = try lua.global("print").function
      let other = try makeState()
      #expect(throws: LuaError.self) { try other.setGlobal("f", try #require(function)) }
    }
    #expect(throws: LuaError.self) { try function?.call() }
  }
}
