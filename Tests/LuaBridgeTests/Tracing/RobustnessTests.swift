import LuaBridge
import Program
import Testing

/// No script makes the tracer trap, hang or leave the state unusable.
@Suite struct RobustnessTests {
  static let bodies = [
    "return", "return nil", "return nil, nil, nil", "return {}", "return {{}}", "return {{{{{{x}}}}}}",
    "return {nil, x}", "return {x, nil}", "return {[1] = x, [3] = x}", "return {[-1] = x}",
    "return {[0] = x}",
    "return {[1e300] = x}", "return {[math.huge] = x}", "return {[true] = x}", "return {[x] = x}",
    "return {[{}] = 1}",
    "local t = {} t[1] = t return t", "local t = {} t.t = t return t",
    "local t = {x} setmetatable(t, {__index = t}) return t",
    "local t = {} for i = 1, 100000 do t[i] = i end return t",
    "local t = {} for i = 1, 20000 do t['k' .. i] = i end return t",
    "return setmetatable({}, {__index = function() return x end, __len = function() return 1e9 end})",
    "return setmetatable({x}, {__metatable = false, __name = 'evil'})", "return x, x, x",
    "return table.unpack({}, 1, 200)",
    "return math.huge", "return 0/0", "return math.mininteger", "return 1e308 * 10", "return '\\0'",
    "return ('x'):rep(1000)",
    "return print", "return function() end", "return coroutine.create(print)", "return io.stdout",
    "return x.x", "return x[x]",
    "x = nil return x", "x = x + 1 return x", "local x <const> = x return x", "goto done ::done:: return x",
    "return select('#', x)", "return (select(-1, x))", "return rawequal(x, x) and 1 or 2",
    "return rawget({x}, 1)",
    "return rawlen({x})", "return next({x})", "return #{x}", "return tostring(x)", "return {tostring(x)}",
    "return string.format('%s', x)", "return table.concat({x})", "return table.concat({1, x})",
    "return (table.remove({x}))",
    "local t = {x, 2, 1} table.sort(t) return t",
    "local t = {3, x} table.sort(t, function(a, b) return a < b end) return t",
    "return math.max(x, '3')", "return math.max(nil, x)", "return math.floor({})", "return math.sin(print)",
    "return wb.where(x)", "return wb.where(nil, x, x)", "return wb.where(x, 'a', 2)", "return wb.dot(x)",
    "return wb.sum()",
    "return wb.clamp(x, nil, 2)", "return wb.eq(x)", "return wb.eq(x, 'a')", "return wb.exp()",
    "return wb.less(x, {})",
    "return wb.array{x}", "return wb.zeros(2) + x", "return wb.zeros(2, 2) * x",
    "return wb.matmul(wb.eye(2), x)",
    "error()", "error(nil)", "error(error)", "error(x)", "error({x})",
    "error(setmetatable({}, {__tostring = function() error('e') end}))",
    "error('a', 2)", "error('a', 1000)", "assert(false)", "assert(nil, x)", "assert()", "return assert(x)",
    "local ok, e = pcall(error, x) return e", "return pcall(x)", "return xpcall(x, x)",
    "return (pcall(function() return x() end))",
    "return load('return 1')()", "return require('math').sin(x)", "return require('no_such_module')",
    "return dofile('a')",
    "collectgarbage() return x", "collectgarbage('collect') return x * 2",
    "return coroutine.wrap(function() return x end)()",
    "coroutine.yield()", "return coroutine.running()", "return coroutine.isyieldable() and 1 or x",
    "setmetatable(_G, {__index = function(_, k) return x end}) local r = undefined_name setmetatable(_G, nil) return r",
    "local function f() return f() end return f()", "local function f(n) return 1 + f(n + 1) end return f(1)",
    "return string.rep('x', 1e9)", "return ('x'):find(('x?'):rep(20))", "return os.exit and x or 1",
    "return debug.getinfo(1).currentline * x",
    "for i = 1, math.huge do if x < i then return i end end", "for i = 1, 0 do end return x",
    "while x do end", "repeat until x",
    "repeat until not x", "return x == x and 1 or 2", "return x ~= x and 1 or 2", "return #x", "return -{}",
    "return x < x and 1 or 2",
    "return x // 0, 1", "return x % 0", "return 1 // 0", "return 1 % 0", "return 1 << x", "return x & x",
    "local t = setmetatable({}, {__add = function(a, b) return x end}) return t + x",
    "local t = setmetatable({}, {__eq = function() return true end}) return t == x and 1 or x",
    "local t = setmetatable({}, {__lt = function() return true end}) return t < x and 1 or x",
    "local t = setmetatable({}, {__call = function(_, v) return v end}) return t(x)",
    "local t = setmetatable({}, {__index = function(_, k) return x * 2 end}) return t.anything",
    "return wb.trace and 1 or x",
    "return math.modf(x)", "return (math.modf(x))", "return math.fmod(1, 0)", "return math.fmod(x, 0)",
    "return math.tointeger(3.0) * x",
    "return math.random(0)", "math.randomseed(1) return x", "io.lines('f')", "io.stdout:write('x') return x",
    "io.stdout:close() return x",
    "for i = 1, 20000 do x = x * 1.0001 + i end print(x) return x",
    "for i = 1, 40000 do x = 1 / (1 + x) end return x",
    "os.remove('f')", "return os.getenv('HOME')", "return os.date()", "print(x, nil, {}) return x",
    "local _ENV = {} return x", "local _ENV = {x = 1} return x",
  ]

  @Test(arguments: bodies) func `ends with a result or a message`(body: String) throws {
    let bench = try TracingBench()
    do {
      let result = try bench.trace("return function(x)\n\(body)\nend", results: nil)
      _ = try result.evaluate(["x": [0.5]])
    } catch {
      let message = "\(error)"
      #expect(message.contains("f.lua:"), "\(body): \(message)")
    }
    #expect(!bench.tracer.isTracing)
    #expect(try bench.lua.run("return math.floor(2.5), math.max(1, 2), type(os.time())").count == 3)
    #expect(try bench.trace("return function(x) return x < 0 and -x or x end").paths == 2)
  }

  @Test func `a limited memory is an error and nothing more`() throws {
    let bench = try TracingBench()
    bench.lua.memoryLimit = bench.lua.memoryUsed + 300_000
    let message = bench.refusal(
      "return function(x) local t = {} for i = 1, 1e7 do t[i] = x * i end return x end")
    #expect(message.contains("memory"), "\(message)")
    bench.lua.memoryLimit = 0
    bench.lua.collectGarbage()
    #expect(try bench.trace("return function(x) return x end").paths == 1)
  }

  @Test func `failing allocations leave nothing behind`() throws {
    let source = """
      local k = { 1, 2 }
      local f = function(x, t, p)
        local s = 0
        for i = 1, #k do if x.S < k[i] then s = s + math.exp(x.v) * p.mu end end
        return { s, t }
      end
      return f
      """
    for first in stride(from: 1, through: 400, by: 7) {
      let bench = try TracingBench()
      let function = try bench.function(source)
      bench.lua.failAllocations(first: UInt64(first), count: .max)
      _ = try? bench.tracer.trace(function, as: "drift", arguments: GeneratedTests.arguments)
      bench.lua.failAllocations(first: 0, count: 0)
      #expect(!bench.tracer.isTracing)
      #expect(try bench.trace("return function(x) return x < 0 and -x or x end").paths == 2)
    }
  }

  @Test func `a trace inside a trace is refused`() throws {
    let bench = try TracingBench()
    let tracer = bench.tracer
    try bench.lua.setGlobal(
      "inner",
      try bench.lua.makeFunction("inner") { arguments in
        _ = try tracer.trace(try arguments.function(1), as: "inner", arguments: [])
        return .nothing
      })
    let message = bench.refusal("return function(x)\n  inner(function() return 1 end)\n  return x\nend")
    #expect(message.hasPrefix("f.lua:2: drift: inner cannot be traced while"), "\(message)")
  }

  @Test func `long chains of closures and tables are walked safely`() throws {
    let bench = try TracingBench()
    let closures = try bench.trace(
      """
      local f = function(x) return x end
      for i = 1, 100000 do local g = f; f = function(x) if not g then return g(x) end return x + i * 0 end end
      local t = {}
      for i = 1, 100000 do t = { t } end
      return function(x) return f(x) + (t and 0) end
      """)
    #expect(try closures(2) == 2)
  }

  @Test func `a function that runs long is replayed less often`() throws {
    let bench = try TracingBench()
    let result = try bench.trace(
      "return function(x) local s = 0; for i = 1, 300000 do s = s + i % 3 end return s * x end")
    #expect(try result(1) == 300000)
  }

  @Test func `a function that is not written in Lua is refused`() throws {
    let bench = try TracingBench()
    #expect(bench.refusal("return math.sin").contains("expected a function written in Lua"))
  }
}
