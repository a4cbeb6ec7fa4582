import Testing

import LuaBridge

@Suite struct RuntimeErrors {
  @Test func aSwiftErrorHasTheScriptsPositionAndTraceback() throws {
    let lua = try makeState()
    let source = "local function inner()\n  wb.integrate(-0.1)\nend\nfunction outer() inner() end\nouter()"
    let error = try #require(failure(lua, source, name: "@exp/ou.lua"))
    #expect(error.message == "exp/ou.lua:2: step size must be > 0 (got -0.1)")
    #expect(error.position == SourcePosition(chunk: "exp/ou.lua", line: 2))
    let traceback = try #require(error.traceback)
    #expect(traceback.contains("exp/ou.lua:2: in upvalue 'inner'"))
    #expect(traceback.contains("exp/ou.lua:5: in main chunk"))
  }

  @Test func oneTracebackGoesThroughLuaSwiftLuaSwift() throws {
    let lua = try makeState()
    let source = """
      local function drift(x)
        return x.y.z
      end
      local function middle(x)
        return wb.map(drift, x)
      end
      local function go()
        return wb.map(middle, {y = 1, 2})
      end
      go()
      """
    let error = try #require(failure(lua, source, name: "@b.lua"))
    #expect(error.line == 2)
    #expect(error.message.hasPrefix("b.lua:2: attempt to index a number value (field 'y')"))
    let traceback = try #require(error.traceback)
    for line in ["b.lua:2:", "b.lua:5:", "b.lua:8:", "b.lua:10: in main chunk"] {
      #expect(traceback.contains(line), "\(line) in \(traceback)")
    }
    #expect(traceback.split(separator: "\n").filter { $0.contains("stack traceback") }.count == 1)
  }

  @Test func aCaughtErrorLeavesNoTracebackBehind() throws {
    let lua = try makeState()
    let error = try #require(
      failure(lua, "pcall(wb.map, function() error('first') end)\nlocal t = nil\nprint(t.x)"))
    #expect(error.line == 3)
    #expect(error.traceback?.contains("test.lua:1: in function") == false)
    #expect(error.traceback?.contains("test.lua:3: in main chunk") == true)
  }

  @Test func errorValuesKeepTheirIdentity() throws {
    let lua = try makeState()
    try lua.run(
      """
      tag = setmetatable({}, {__tostring = function() return 'the tag' end})
      local function raise() error(tag) end
      local ok, e = pcall(wb.map, function() wb.map(raise) end)
      assert(not ok and e == tag)
      local ok, e = pcall(wb.map, error, 7)
      assert(not ok and e == 7)
      local ok, e = pcall(wb.map, error)
      assert(not ok and e == nil)
      local ok, e = pcall(wb.map, function() error('text', 0) end)
      assert(not ok and e == 'text')
      """)
    let error = try #require(failure(lua, "wb.map(function() error(tag) end)"))
    #expect(error.message == "the tag")
    let value = try #require(try lua.value(of: error).table)
    let tag = try #require(try lua.global("tag").table)
    #expect(try value.reference.isSame(as: tag.reference))
  }

  @Test func swiftCanCatchAndRethrow() throws {
    let lua = try makeState()
    let careful = try lua.makeFunction("careful") { arguments in
      do { return LuaResults(all: try arguments.function(1).call()) } catch let error as LuaError
        where error.line == 1
      {
        return error.message
      }
    }
    try lua.setGlobal("careful", careful)
    #expect(try lua.run("return careful(function() error('one') end)")[0].string == "script:1: one")
    let error = try #require(failure(lua, "\ncareful(function() error('two') end)"))
    #expect(error.message == "test.lua:2: two")
  }

  /// Swift catches one error, makes and swallows another, then passes the first on.
  @Test func aRethrownErrorKeepsItsTraceback() throws {
    let lua = try makeState()
    try lua.setGlobal(
      "later",
      try lua.makeFunction("later") { arguments in
        do { return LuaResults(all: try arguments.function(1).call()) } catch {
          _ = try? arguments.function(2).call()
          throw error
        }
      })
    let source =
      "local function deep() error('first') end\nlater(function() deep() end,\n function() error('second') end)"
    let error = try #require(failure(lua, source))
    #expect(error.message == "test.lua:1: first")
    #expect(error.traceback?.contains("test.lua:1: in upvalue 'deep'") == true)
    #expect(error.traceback?.contains("test.lua:3:") == false)
  }

  @Test func syntaxErrorsSaySo() throws {
    let error = try #require(failure(try makeState(), "local x = 1\nx = = 1"))
    #expect(error.kind == .syntax)
    #expect(error.line == 2)
  }

  @Test func yieldAcrossSwiftIsAnError() throws {
    let error = try #require(
      failure(
        try makeState(), "coroutine.wrap(function() wb.map(function() coroutine.yield(1) end) end)()"))
    #expect(error.message.contains("attempt to yield across a C-call boundary"))
  }

  @Test func deepMutualRecursionEnds() throws {
    let lua = try makeState()
    let depth = try lua.run(
      """
      local d = 0
      local function r() d = d + 1; return wb.map(r) end
      local ok, e = pcall(r)
      assert(not ok and tostring(e):find('overflow'), e)
      return d
      """)[0].int
    #expect(try #require(depth) > 20)
    #expect(try lua.run("return #wb.vector{1, 2}")[0].int == 2)
    let plain = try #require(failure(lua, "local function f() return 1 + f() end f()"))
    #expect(plain.message.contains("stack overflow"))
  }

  @Test(arguments: [
    ("wb.vector()", "wb.vector: expected a list of numbers as argument 1, got nothing"),
    ("wb.vector(3)", "wb.vector: expected a list of numbers as argument 1, got integer 3"),
    ("wb.vector{1,'x'}", "wb.vector: expected a list of numbers as argument 1, got table"),
    ("wb.solve(1)", "wb.solve: expected a Vector as argument 1, got integer 1"),
    ("wb.solve(io.stdout)", "wb.solve: expected a Vector as argument 1, got FILE*"),
    ("wb.solve(wb.stream())", "wb.solve: expected a Vector as argument 1, got Stream"),
    ("wb.solve(wb.vector{1}, 2.5)", "wb.solve: expected a table of options as argument 2, got number 2.5"),
    (
      "wb.vector{1}.sum()",
      "expected a Vector before the ':', got nothing (methods are called as object:sum(…))"
    ),
    ("wb.vector{1}.sum(wb.stream())", "expected a Vector before the ':', got Stream"),
    ("wb.vector{1}:scaled('a')", "Vector:scaled: expected a number as argument 1, got string \"a\""),
    ("return wb.vector{1}.szie", "a Vector has no field 'szie': did you mean 'size'?"),
    ("wb.vector{1}.size = 2", "a Vector is read-only: field 'size' cannot be assigned"),
    ("return wb.stream()[1]", "a Stream cannot be indexed by integer"),
    ("return wb.vector{1} + wb.vector{1,2}", "lengths 1 and 2 differ"),
    ("wb.solve(wb.vector{1}, {})", "wb.solve: option 'x0' is required: a number or a list of numbers"),
    ("wb.solve(wb.vector{1}, {x0=1, stpes=3})", "unknown option 'stpes' of wb.solve: did you mean 'steps'?"),
    ("wb.solve(wb.vector{1}, {x0=1, zzz=3})", "unknown option 'zzz' of wb.solve: its options are x0, steps"),
    ("wb.solve(wb.vector{1}, {x0=1, 7})", "wb.solve: expected named options, found element 1 without a name"),
    (
      "wb.solve(wb.vector{1}, {x0=1, steps=-1})",
      "option 'steps' of wb.solve: expected an integer of at least 1, got -1"
    ),
    ("wb.solve(wb.vector{1}, {x0=1, steps=2.5})", "expected an integer of at least 1, got 2.5"),
    ("wb.solve(wb.vector{1}, {x0=1, steps=1e300})", "expected an integer of at least 1, got 1e+300"),
    ("wb.solve(wb.vector{1}, {x0=1, steps=0/0})", "expected an integer of at least 1, got nan"),
    (
      "wb.solve(wb.vector{1}, {x0='a'})",
      "option 'x0' of wb.solve: expected a number or a list of numbers, got \"a\""
    ),
    ("wb.solve(wb.vector{1}, {x0=1, method='milsten'})", "did you mean \"milstein\"?"),
    ("wb.solve(wb.vector{1}, {x0=1, start=wb.stream()})", "expected a Vector, got a Stream"),
    (
      "wb.solve(wb.vector{1}, {x0=1, adaptive={rtlo=1}})",
      "unknown option 'rtlo' of wb.solve adaptive: did you mean 'rtol'?"
    ),
    (
      "wb.solve(wb.vector{1}, {x0=1, adaptive={rtol=-1}})",
      "option 'rtol' of wb.solve adaptive: expected a number above 0"
    ),
  ])
  func messages(_ source: String, _ expected: String) throws {
    let lifetimes = Lifetimes()
    do {
      let lua = try makeState(lifetimes)
      let error = try #require(failure(lua, source))
      #expect(error.message.contains(expected), "\(error.message)")
      #expect(error.message.hasPrefix("test.lua:1: "))
      #expect(error.kind == .script)
    }
    #expect(lifetimes.count == 0)
  }

  @Test func goodOptionsAreRead() throws {
    let lua = try makeState()
    defer { lua.collectGarbage() }
    let table = try #require(
      try lua.run("return wb.solve(wb.vector{1}, {x0={1,2}, steps=1e5, method='em', adaptive={rtol=.5}})")[0]
        .table)
    #expect(try table.get("steps").int == 100_000)
    #expect(try table.get("method").string == "em")
    #expect(try table.get("rtol").double == 0.5)
    #expect(try table.get("x0").table?.numbers() == [1, 2])
  }

  @Test func closedObjectsSaySo() throws {
    let lifetimes = Lifetimes()
    let lua = try makeState(lifetimes)
    let error = try #require(
      failure(lua, "local k do local s <close> = wb.stream(); assert(s:read() == 'data') k = s end\nk:read()")
    )
    #expect(error.message == "test.lua:2: Stream:read: expected a Stream before the ':', got a closed Stream")
    #expect(lifetimes.count == 0)
    #expect(
      try lua.run("local s = wb.stream() do local c <close> = s end return tostring(s)")[0].string
        == "Stream (closed)")
    let unclosable = try #require(failure(lua, "local v <close> = wb.vector{1}"))
    #expect(unclosable.message.contains("non-closable value"))
  }

  @Test func metatablesAreOutOfReach() throws {
    try makeState().run(
      """
      local v = wb.vector{1}
      assert(getmetatable(v) == false)
      assert(debug.setmetatable == nil and debug.sethook == nil and debug.getregistry == nil and debug.getupvalue == nil)
      assert(not pcall(setmetatable, {}, {__gc = function() end}))
      assert(string.dump == nil and package.loadlib == nil)
      assert(getmetatable(setmetatable({}, {__index = {}})))
      assert(require('debug').sethook == nil)
      """)
  }

  @Test func nearestNames() {
    let names = ["steps", "paths", "method", "seed", "save"]
    #expect(nearestName(to: "stpes", in: names) == "steps")
    #expect(nearestName(to: "Method", in: names) == "method")
    #expect(nearestName(to: "pathss", in: names) == "paths")
    #expect(nearestName(to: "quantile", in: names) == nil)
    #expect(nearestName(to: "", in: names) == nil)
    #expect(nearestName(to: "sig", in: ["mu", "sigma"]) == "sigma")
  }
}
