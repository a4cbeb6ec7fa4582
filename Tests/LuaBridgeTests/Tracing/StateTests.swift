import LuaBridge
import Testing

/// A traced function must be a function: what it captures is frozen, and it changes nothing.
@Suite struct StateTests {
  static let impure: [(String, String, String)] = [
    (
      "captured variable",
      "local n = 0\nreturn function(x) n = n + 1; if x < 0 then return n end return x end",
      "captured variable 'n'"
    ),
    (
      "captured table", "local st = { calls = 0 }\nreturn function(x) st.calls = st.calls + 1; return x end",
      "captured variable 'st.calls'"
    ),
    (
      "new field", "local st = {}\nreturn function(x) st.last = 1; return x end",
      "captured variable 'st.last'"
    ),
    (
      "list", "local list = {}\nreturn function(x) list[#list + 1] = 1; return x end",
      "captured variable 'list'"
    ),
    ("global", "return function(x) count = (count or 0) + 1; return x end", "global variable 'count'"),
    (
      "global table", "stats = { n = 0 }\nreturn function(x) stats.n = stats.n + 1; return x end",
      "global variable 'stats.n'"
    ),
    (
      "in a helper",
      "local n = 0\nlocal function tick() n = n + 1 end\nreturn function(x) tick(); return x end",
      "captured variable 'n'"
    ),
    (
      "traced value kept", "local last\nreturn function(x) last = x; return x end", "captured variable 'last'"
    ),
    (
      "deep",
      "local t = { a = { b = { 1, 2, 3 } } }\nreturn function(x) t.a.b[2] = t.a.b[2] + 1; return x end",
      "captured variable 't.a'"
    ),
  ]

  @Test(arguments: impure) func `a change is refused by name`(name: String, source: String, part: String)
    throws
  {
    let bench = try TracingBench()
    let message = bench.refusal(source)
    #expect(message.hasPrefix("f.lua:"), "\(name): \(message)")
    #expect(message.contains("drift: changes"), "\(name): \(message)")
    #expect(message.contains(part), "\(name): \(message)")
    #expect(message.contains("local variables"), "\(name): \(message)")
  }

  @Test func `reading, and writing to locals, is fine`() throws {
    let bench = try TracingBench()
    let result = try bench.trace(
      """
      local weights = { 0.5, 0.25, 0.25, scale = 2 }
      local self = {}
      self.self = self
      factor = 3
      return function(x)
        local t = { n = 0 }
        for i, w in ipairs(weights) do t.n = t.n + w * x ^ 2 * weights.scale end
        return t.n * factor
      end
      """)
    #expect(try result(2) == 24)
  }

  @Test func `the fingerprint changes with what is captured`() throws {
    let bench = try TracingBench()
    let function = try bench.function(
      """
      local k, list, fine = 3, { 1, 2, 3 }, { deep = { x = 1 } }
      local function helper(v) return v * k end
      scale = 2
      function set_k(v) k = v end
      function set_list(i, v) list[i] = v end
      function set_deep(v) fine.deep.x = v end
      function set_helper(f) helper = f end
      return function(x) return helper(x) * scale + list[2] + fine.deep.x end
      """)
    let first = try bench.tracer.fingerprint(function)
    #expect(try bench.tracer.fingerprint(function) == first)
    for change in [
      "set_k(4)", "set_list(2, 7)", "set_deep(2)", "scale = 5", "set_helper(function(v) return v end)",
    ] {
      let before = try bench.tracer.fingerprint(function)
      try bench.lua.run(change)
      #expect(try bench.tracer.fingerprint(function) != before, "\(change)")
    }
    try bench.lua.run("unrelated = 1")
    let now = try bench.tracer.fingerprint(function)
    try bench.lua.run("unrelated = 2")
    #expect(try bench.tracer.fingerprint(function) == now)
  }

  @Test func `an object that takes the place of another is not mistaken for it`() throws {
    let bench = try TracingBench()
    let function = try bench.function("data = wb.array{0} return function(x) return x * data[1] end")
    var kept: [TraceFingerprint] = []
    for i in 0..<200 {
      try bench.lua.run("data = wb.array{\(i)}")
      bench.lua.collectGarbage()
      let now = try bench.tracer.fingerprint(function)
      #expect(!kept.contains(now), "\(i)")
      kept = [now]
    }
    let result = try bench.tracer.trace(function, as: "drift", arguments: [.scalar("x", variation: .lane)])
    #expect(try result(2) == 398)
    #expect(try bench.tracer.fingerprint(function) == result.fingerprint)
  }

  @Test func `a traced value of an earlier trace is refused`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      """
      local kept
      function keep(v) kept = v end
      local f = function(x) return x end
      return function(x) return x + (kept or 0) end
      """)
    #expect(message == "(accepted)")
    try bench.lua.run("box = {}")
    _ = try? bench.trace("return function(x) box.x = x; return x end")
    let stale = bench.refusal("return function(x)\n  return x + box.x\nend")
    #expect(stale.hasPrefix("f.lua:2: drift: a traced value of another trace"), "\(stale)")
    #expect((try? bench.lua.run("return box.x + 1")) == nil)
    #expect((try? bench.lua.run("return math.sin(box.x)")) == nil)
    #expect((try? bench.lua.run("return tostring(box.x)"))?.first?.string?.hasPrefix("<traced x") == true)
  }

  @Test func `after a refusal the state is as before`() throws {
    let bench = try TracingBench()
    _ = bench.refusal("return function(x) return math.random() * x end")
    #expect(try bench.lua.run("return math.random(), os.time(), math.floor(2.5)").count == 3)
    #expect(try bench.lua.run("return math.type(math.floor(2.5))").first?.string == "integer")
    #expect(!bench.tracer.isTracing)
    #expect(try bench.lua.run("return math.sin(1)").first?.double == 0.8414709848078965)
  }
}
