import LuaBridge
import Program
import Testing

@Suite struct TracingTests {
  @Test func `straight-line arithmetic is recorded as it is written`() throws {
    let bench = try TracingBench()
    let result = try bench.trace("return function(x) return 2 * x - x ^ 3 end")
    #expect(result.paths == 1)
    #expect(try result(1.5) == 2 * 1.5 - 3.375)
    #expect(result.failures.isEmpty)
  }

  @Test(arguments: [
    ("if/else", "return function(x) if x < 0 then return -x else return x end end", 2),
    (
      "early return",
      "return function(x) if x > 2 then return 2 end if x < -2 then return -2 end return x end", 3
    ),
    ("and/or", "return function(x) return x < 0 and -x or x end", 2),
    (
      "same condition twice",
      "return function(x) local a = 0; if x < 0 then a = 1 end local b = 0; if x < 0 then b = 2 end return a + b end",
      2
    ),
    (
      "negated condition",
      "return function(x) local a = 0; if x < 0 then a = 1 end if x >= 0 then a = a + 2 end return a * x end",
      3
    ),
    (
      "helpers and closures",
      """
      local k = 3
      local function relu(v) if v < 0 then return 0 end return v end
      return function(x) return relu(x) * k - relu(-x) end
      """, 4
    ),
    ("unrolled for", "return function(x) local s = 0; for i = 1, 10 do s = s + x / i end return s end", 1),
    (
      "bounded while",
      "return function(x) local n = 0; while n < 5 and x > 1 do x = x / 2; n = n + 1 end return x end", 6
    ),
    (
      "a staircase of thresholds",
      "return function(x) local s = 0; for i = 1, 12 do if x < i then s = s + i * x else s = s - x end end return s end",
      13
    ),
  ])
  func `control flow becomes selects that agree with Lua`(name: String, source: String, paths: Int) throws {
    let bench = try TracingBench()
    let result = try bench.trace(source)
    let function = try bench.function(source)
    #expect(result.paths <= paths, "\(name)")
    for x in stride(from: -4.0, through: 14, by: 0.37) + [0, -0.0, 1, 2, -2, 0.5, .infinity] {
      let want = try #require(try function.call(x).first?.double)
      #expect(try result(x).bitPattern == want.bitPattern, "\(name) at \(x)")
    }
  }
}

private func + (a: StrideThrough<Double>, b: [Double]) -> [Double] { Array(a) + b }
