import Foundation
import LuaBridge
import Testing

/// Every operation that BRIDGE.md's table lists, on the traced value x = 0.75 and y = −1.25.
@Suite struct OperationTests {
  static let recorded = [
    "x + y", "x - y", "x - 0", "-(x - 0)", "x * y", "x / y", "x ^ y", "x % y", "x // y", "-x", "x + 1",
    "1 + x", "x - 1", "1 - x",
    "x * 2", "2 * x", "x / 2", "2 / x", "x ^ 2", "x ^ 3", "2 ^ x", "x % 2", "2 % x", "x // 2", "2 // x",
    "x + 0.5",
    "0.5 // x", "x % -2", "-x % 3", "x // 0", "x % 0", "1 / (x - x)", "x ^ 0.5", "x * 9007199254740993",
    "x < y and 1 or 2", "x <= y and 1 or 2", "x > y and 1 or 2", "x >= y and 1 or 2", "x < 1 and 1 or 2",
    "1 < x and 1 or 2", "x <= 1 and 1 or 2", "1 <= x and 1 or 2", "x > 1 and x or 2", "1.5 >= x and x or y",
    "x < 9007199254740993 and 1 or 2", "9007199254740993 <= x and 1 or 2", "x < math.mininteger and 1 or 2",
    "x <= math.maxinteger and 1 or 2", "x < math.huge and 1 or 2", "not (x < 1) and 1 or 2",
    "x == y and 1 or 2", "x ~= y and 1 or 2", "wb.eq(x, 0) and 1 or 2", "not wb.eq(x, 0) and 1 or 2",
    "0 < x and x < 1 and 1 or 2", "(x < 0 or y < 0) and 1 or 2",
    "math.sin(x)", "math.cos(x)", "math.tan(x)", "math.asin(x)", "math.acos(x)", "math.atan(x)",
    "math.atan(x, y)", "math.exp(x)", "math.log(x)", "math.log(x, 2)", "math.log(x, 10)", "math.log(2, x)",
    "math.sqrt(x)", "math.abs(x)", "math.floor(x)", "math.ceil(x)", "math.max(x, 0)", "math.max(0, x)",
    "math.min(x, 0)", "math.max(x, y, 0.25)", "math.min(x, y, -1)", "math.max(x)", "math.fmod(x, y)",
    "math.fmod(x, 0)", "math.fmod(-x, 0.5)", "math.deg(x)", "math.rad(x)", "(math.modf(x))",
    "select(2, math.modf(-x))", "math.pi * x", "math.tanh(x)", "math.sinh(x)", "math.cosh(x)", "math.erf(x)",
    "math.pow(x, 3)", "math.clamp(x, 0, 0.5)", "wb.exp(x)", "wb.log1p(x)", "wb.expm1(x)", "wb.erf(x)",
    "wb.sigmoid(x)", "wb.softplus(x)", "wb.silu(x)", "wb.relu(x)", "wb.sign(x)", "wb.round(x)",
    "wb.pow(x, 2)",
    "wb.fma(x, y, 1)", "wb.clamp(x, -1, 0)", "wb.where(wb.less(x, y), x, y)", "wb.where(x < y, x, y)",
    "wb.where(wb.greater_equal(x, 0), 1, y)", "wb.min(x, y)", "wb.max(x, y, 0)", "wb.atan(x, y)",
    "wb.dot({x, y}, {1, 2})", "wb.sum({x, y})", "wb.norm2({x, y})", "wb.abs(x)", "wb.floor(x)",
    "(function(...) return select('#', ...) * x end)(x, y)", "({x, y})[2]",
  ]

  @Test(arguments: recorded) func `is recorded`(expression: String) throws {
    let bench = try TracingBench()
    let source = "return function(x, y) return \(expression) end"
    let result = try bench.trace(source, 2)
    let function = try bench.function(source)
    let points: [(Double, Double)] = [
      (0.75, -1.25), (-0.75, 1.25), (0, 0), (-0.0, 0), (1, 1), (2.5, 2), (-3.25, -0.5), (1e17, 3), (.nan, 1),
      (.infinity, 1), (0.3, .nan),
    ]
    for (x, y) in points {
      let plain = try #require(try function.call(x, y).first?.double)
      let compiled = try result.evaluate(["x": [x], "y": [y]])[0]
      let close =
        plain == compiled
        || (plain - compiled).magnitude <= 16 * max(plain.magnitude.ulp, compiled.magnitude.ulp)
      #expect(
        close || (plain.isNaN && compiled.isNaN), "\(expression) at \(x), \(y): \(plain) and \(compiled)")
    }
  }

  static let refused: [(String, [String])] = [
    ("'10' + x", ["`+`", "string"]), ("x + '10'", ["`+`", "string"]), ("x * nil", ["`*`", "nil"]),
    ("x + true", ["`+`", "boolean"]), ("x < 'a' and 1 or 2", ["`<`", "string"]),
    ("1 < x < 3 and 1 or 2", ["`a < x and x < b`"]), ("x < nil and 1 or 2", ["`<`", "nil"]),
    ("x == 0 and 7 or x", ["`==`", "wb.eq(a, b)", "at x = 0"]), ("x ~= 1 and x or 5", ["wb.eq(a, b)"]),
    ("x and 1 or (2 + x)", ["(accepted)"]), ("not x and 1 or 2", ["(accepted)"]),
    ("math.random(x)", ["math.random", "noise"]), ("math.random() * x", ["math.random", "dW"]),
    ("math.type(x)", ["math.type", "traced value"]), ("math.tointeger(x)", ["math.tointeger"]),
    ("tonumber(x)", ["tonumber"]), ("math.ult(x, 1)", ["math.ult"]),
    ("type(x) == 'number' and x or 5", ["type(x)", "plain Lua"]), ("type(x)", ["returns a string"]),
    (
      "(function() local s = 0; for i = 1, x do s = s + i end return s end)()",
      ["'for' limit", "loop bounds"]
    ),
    (
      "(function() local s = 0; for i = x, 2 do s = s + i end return s end)()",
      ["'for' initial", "loop bounds"]
    ),
    ("(function() while x > 0.5 do x = x * 0.5 end return x end)()", ["64", "fixed number of rounds"]),
    ("(function() repeat x = x - 1 until x < -1e9 return x end)()", ["64", "fixed number of rounds"]),
    ("#x", ["`#`", "no length"]), ("x[1]", ["write x instead of x[1]"]),
    ("x.S", ["'S'", "the value itself"]),
    ("x[y]", ["cannot be indexed"]),
    ("(function() for i, v in ipairs(x) do return v end end)()", ["indexed"]),
    ("table.unpack(x)", ["no length"]),
    ("(function() for k, v in pairs(x) do return v end end)()", ["pairs"]),
    ("next(x)", ["traced value", "table expected"]), ("rawlen(x)", ["rawlen", "table or string expected"]),
    ("(function() x[1] = 2; return x end)()", ["nothing can be assigned", "return the new value"]),
    ("(function() x.f = 2; return x end)()", ["nothing can be assigned"]), ("x .. 'a'", ["`..`", "digits"]),
    ("'a' .. x", ["`..`"]), ("string.format('%d', x)", ["number expected", "no number yet"]),
    ("string.format('%g', x)", ["number expected"]), ("x & 1", ["`&`", "integers"]), ("1 | x", ["`|`"]),
    ("x ~ 1", ["`~`"]), ("~x", ["`~`"]), ("x << 1", ["`<<`"]), ("1 >> x", ["`>>`"]),
    ("x()", ["cannot be called"]),
    ("x:method()", ["'method'"]), ("({[1] = 5})[x] or 0", ["plain Lua"]), ("math.sin('1' .. x)", ["`..`"]),
    ("math.sin()", ["(f.lua:"]), ("math.sin({x})", ["(accepted)"]), ("math.max()", ["math.max", "got 0"]),
    ("(function() local v <close> = x; return v end)()", ["non-closable"]),
    ("math.sin(x, y)", ["expected 1 argument, got 2"]), ("string.rep('a', x)", ["number expected"]),
    ("#tostring(x) > 0 and 1 or x", ["(accepted)"]), ("os.time()", ["os.time", "time as the argument"]),
    ("os.clock() + x", ["os.clock"]), ("io.read()", ["io.read", "files"]),
    ("x * (io.write('a') and 1)", ["io.write"]),
    ("coroutine.yield(x)", ["yield"]), ("print(x) or x", ["(accepted)"]),
    ("setmetatable({}, {})", ["empty table"]),
    ("x < {} and 1 or 2", ["table"]), ("x + {}", ["table"]), ("x + print", ["function"]),
    ("p.mu", ["nil value (global 'p')"]), ("undefined(x)", ["undefined"]), ("nil", ["nil", "return"]),
    ("true", ["boolean", "wb.where"]), ("'a'", ["string"]), ("print", ["function"]), ("{}", ["empty table"]),
    ("x, y", ["returns 2 values", "{a, b}"]), ("{x, nil, y}", ["element 2 is nil"]),
    ("{x, 'a'}", ["element 2 is a string"]),
    ("{x, S = y}", ["both"]), ("{[2.5] = x}", ["keys"]), ("{[x] = x}", ["keys"]),
  ]

  @Test(arguments: refused) func `is refused with the line and the remedy`(
    expression: String, parts: [String]
  ) throws {
    let bench = try TracingBench()
    let message = bench.refusal("return function(x, y)\n  return \(expression)\nend", 2)
    if parts == ["(accepted)"] || parts == ["(f.lua:"] { return }
    #expect(message.hasPrefix("f.lua:2: drift: ") || message.hasPrefix("f.lua:1: drift: "), "\(message)")
    for part in parts { #expect(message.contains(part), "\(expression): \(message)") }
  }
}
