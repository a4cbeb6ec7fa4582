import LuaBridge
import Program
import Testing

/// What a stand-in cannot see is found by comparing with plain Lua.
@Suite struct ReplayTests {
  static let silent: [(String, String)] = [
    ("== with a literal", "return function(x)\n  if x == 0 then return 7 end\n  return x\nend"),
    ("== with minus one half", "return function(x)\n  if x == -0.5 then return 7 end\n  return x\nend"),
    (
      "== with a large literal", "return function(x)\n  if x == 123456.789 then return 7 end\n  return x\nend"
    ),
    ("~= with a literal", "return function(x)\n  if x ~= 3 then return x end\n  return 0\nend"),
    (
      "== with a captured number",
      "local k = 42.5\nreturn function(x)\n  if x == k then return 7 end\n  return x\nend"
    ),
    ("type", "return function(x)\n  if type(x) == 'number' then return x * 2 end\n  return x * 3\nend"),
    ("memo table", "local memo = { [1] = 5 }\nreturn function(x)\n  return (memo[x] or 0) + x\nend"),
    ("NaN test", "return function(x)\n  if x ~= x then return 0 end\n  return x\nend"),
    ("string building", "return function(x)\n  return #tostring(x) * x\nend"),
    (
      "helper",
      "local function is_one(v) return v == 1 end\nreturn function(x)\n  if is_one(x) then return 5 end\n  return x\nend"
    ),
    ("table.concat", "return function(x)\n  local t = {}\n  t[x] = 1\n  return (t[0.5] or 0) + x\nend"),
  ]

  @Test(arguments: silent) func `is refused with the input that shows it`(name: String, source: String) throws
  {
    let bench = try TracingBench()
    let message = bench.refusal(source)
    #expect(message.hasPrefix("f.lua:"), "\(name): \(message)")
    #expect(message.contains("in plain Lua but"), "\(name): \(message)")
    #expect(message.contains("at x = "), "\(name): \(message)")
    // The control: without the replay it passes, and is wrong.
    _ = try bench.trace(source, replays: false)
  }

  @Test func `the message shows the values, the line and the remedy`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      "return function(x)\n  local y = 2 * x\n  if x == 0 then return 7 end\n  return y\nend")
    #expect(
      message.hasPrefix("f.lua:3: drift: gives 7 in plain Lua but 0 compiled at x = 0: `==` and `~=`"),
      "\(message)")
    #expect(message.contains("wb.eq(a, b)"))
  }

  @Test func `a name compared with a string is none of its business`() throws {
    let bench = try TracingBench()
    let result = try bench.trace(
      "local mode = 'fast'\nreturn function(x)\n  for i = 1, 3 do if i == 2 or i % 2 == 5 then x = x + 1 end end\n  if mode == 'fast' then return x end\n  return 0\nend"
    )
    #expect(result.warnings.isEmpty)
    #expect(try result(1) == 2)
  }

  @Test func `a comparison that no replay reaches is still warned of`() throws {
    let bench = try TracingBench()
    // No point has the square 1e308.
    let result = try bench.trace(
      "return function(x)\n  local y = x * x\n  if y == 1e308 then return 7 end\n  return y\nend")
    #expect(
      result.warnings == ["f.lua:3: `==` between a traced value and a number is not seen; write wb.eq(a, b)"])
  }

  @Test func `wb.eq is seen`() throws {
    let bench = try TracingBench()
    let result = try bench.trace("return function(x) if wb.eq(x, 0) then return 7 end return x end")
    #expect(try result(0) == 7)
    #expect(try result(-0.0) == 7)
    #expect(try result(1) == 1)
    #expect(try result(.nan).isNaN)
  }

  @Test func `functions of the kernels agree within their errors and no more`() throws {
    let bench = try TracingBench()
    for source in [
      "return function(x) return math.exp(math.sin(x) * math.log(1 + x * x)) - math.tan(x) end",
      "return function(x) local s = math.sin(x); local c = math.cos(x); return s * s + c * c - 1 end",
      "return function(x) if math.sin(x) > 0.5 then return math.exp(x) end return math.atan(x) ^ 3 end",
      "return function(x) return math.floor(math.exp(x)) end",
      "return function(x) return math.sqrt(1 - math.cos(x) ^ 2) end",
      "return function(x) return math.log(math.exp(x)) // 1 end",
    ] {
      #expect(throws: Never.self) { try bench.trace(source) }
    }
  }

  @Test func `hidden state that no snapshot sees is found`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      """
      local step = coroutine.wrap(function() local n = 0; while true do n = n + 1; coroutine.yield(n) end end)
      return function(x)
        return x * step()
      end
      """)
    #expect(message.contains("in plain Lua but"), "\(message)")
  }

  @Test func `warnings name the parameter that only decides`() throws {
    let bench = try TracingBench()
    let function = try bench.function(
      "return function(x, t, p) if x > p.level then return p.a * x end return p.b end")
    let result = try bench.tracer.trace(
      function, as: "drift",
      arguments: [
        .scalar("x", variation: .lane), .scalar("t", variation: .step),
        .parameters([("a", 1), ("b", 1), ("level", 1)]),
      ])
    #expect(result.warnings.count == 1)
    #expect(result.warnings[0].contains("'level' only appears in conditions"))
  }
}
