import Kernels
import LuaBridge
import Testing

/// `wb.grad` and the like: in traced functions, of plain numbers, over arrays.
@Suite struct TransformTests {
  /// A session with the whole library, and what a chunk returns.
  private final class Bench {
    private let session: TracingBench
    var lua: LuaState { session.lua }
    var tracer: Tracer { session.tracer }

    init() throws { session = try TracingBench(transforms: true) }

    /// Numbers of whatever the chunk returns, flattened.
    func numbers(_ source: String) throws -> [Double] { try lua.run(source, name: "=t.lua").flatMap(flat) }

    private func flat(_ value: LuaValue) throws -> [Double] {
      if let number = value.double { return [number] }
      if let array = value.array { return array.values }
      if let table = value.table { return try table.array().flatMap(flat) }
      return []
    }

    func trace(_ source: String, rows: Int = 1) throws -> TraceResult {
      let function = try #require(
        try lua.run("return function(x) \(source) end", name: "=t.lua").first?.function)
      return try tracer.trace(function, as: "f", arguments: [.vector("x", rows: rows)])
    }

    /// The traced function at a point.
    func traced(_ source: String, at x: [Double]) throws -> [Double] {
      let result = try trace(source, rows: x.count)
      return try result.builder.finish([("y", result.builder.stack(result.value.nodes))]).evaluate(["x": x])[
        "y"]!
    }

    func message(_ source: String) -> String {
      do {
        return "(accepted: \(try numbers(source)))"
      } catch {
        return "\(error)"
      }
    }
  }

  private static let cases: [(body: String, x: [Double], want: [Double])] = [
    ("return wb.grad(function(y) return y * y * y end, x)", [2], [12]),
    ("return wb.grad(function(y) return y[1] ^ 2 * y[2] end, x)", [3, 5], [30, 9]),
    (
      "local y, d = wb.jvp(function(y) return {y[1] * y[2], y[1]} end, x, {1, 0}) return {y[1], y[2], d[1], d[2]}",
      [2, 3], [6, 2, 3, 1]
    ),
    (
      "local y, g = wb.vjp(function(y) return {y[1] * y[2], y[1]} end, x, {1, 10}) return {y[1], y[2], g[1], g[2]}",
      [2, 3], [6, 2, 13, 2]
    ),
    (
      "local J = wb.jacobian(function(y) return {y[1] * y[2], y[1], y[2] ^ 3} end, x) return {J[1][1], J[1][2], J[2][1], J[2][2], J[3][1], J[3][2]}",
      [2, 3], [3, 2, 1, 0, 0, 27]
    ),
    ("return wb.divergence(function(y) return {y[1] ^ 2, y[1] * y[2]} end, x)", [2, 3], [6]),
    ("return wb.hessian_vector(function(y) return y[1] ^ 2 * y[2] end, x, {1, 0})", [3, 5], [10, 6]),
    ("return wb.grad(function(y) return y * wb.stop_gradient(y) end, x)", [3], [3]),
    ("return wb.grad(function(y) return wb.dot(y, y) + wb.sum(y) end, x)", [3, 4], [7, 9]),
    ("return wb.grad(function(y) return wb.norm2(y) end, x)", [3, 4], [0.6, 0.8]),
    // Perturbations that must not be confused: d/dx (x · d/dy (x + y)) = 1.
    ("return wb.grad(function(y) return y * wb.grad(function(z) return y + z end, y) end, x)", [5], [1]),
    ("return wb.grad(function(y) return y * wb.grad(function(z) return y * z end, y) end, x)", [5], [10]),
    ("return wb.grad(function(y) return wb.grad(function(z) return z ^ 3 end, y) end, x)", [2], [12]),
    (
      "return wb.grad(function(y) local _, d = wb.jvp(function(z) return z * z * y end, y, 1) return d end, x)",
      [3], [12]
    ),
    // What f captures is constant for f.
    ("return wb.grad(function(y) return x * y end, x)", [7], [7]),
    // Control flow, inside and outside.
    (
      "if x > 0 then return wb.grad(function(y) if y > 1 then return y * y else return y end end, x) end return -1",
      [3], [6]
    ),
    (
      "if x > 0 then return wb.grad(function(y) if y > 1 then return y * y else return y end end, x) end return -1",
      [0.5], [1]
    ),
    (
      "if x > 0 then return wb.grad(function(y) if y > 1 then return y * y else return y end end, x) end return -1",
      [-2], [-1]
    ),
    // NaN-free.
    ("return wb.grad(function(y) if y > 0 then return math.sqrt(y) else return 0 end end, x)", [-1], [0]),
    ("return wb.grad(function(y) return math.sqrt(math.max(y, 0)) end, x)", [-1], [0]),
    ("return wb.grad(function(y) if y > 0 then return math.log(y) end return 1 end, x)", [0], [0]),
    ("return wb.grad(function(y) return wb.where(wb.greater(y, 0), 1 / y, 0) end, x)", [0], [0]),
    ("return wb.grad(function(y) return y > 0 and y ^ 0.3 or 0 end, x)", [0], [0]),
    (
      "return wb.grad(function(y) if y[2] < 0 then return 0.05 * y[1] end return 0.05 * y[1] + 2 * (0.09 - y[2]) ^ 2 end, x)",
      [100, -1], [0.05, 0]
    ),
    (
      "return wb.grad(function(y) local s = math.sqrt(math.max(y[2], 0)) return s * y[1] end, x)",
      [100, -0.5], [0, 0]
    ),
    ("return wb.grad(function(y) return wb.clamp(y, 0, 1) ^ 0.5 end, x)", [-1], [0]),
    ("return wb.grad(function(y) return 4 end, x)", [3], [0]),
  ]

  /// Traced, and so also replayed with plain numbers at many points; and of plain numbers.
  @Test(arguments: cases.indices)
  func derivativesAgreeTracedAndPlain(index: Int) throws {
    let (body, x, want) = Self.cases[index]
    let bench = try Bench()
    let traced = try bench.traced(body, at: x)
    let point = x.count == 1 ? "\(x[0])" : "{\(x.map { "\($0)" }.joined(separator: ", "))}"
    let plain = try bench.numbers("local function f(x) \(body) end return f(\(point))")
    #expect(traced.count == want.count && plain.count == want.count)
    for (k, value) in want.enumerated() {
      #expect((traced[k] - value).magnitude < 1e-12, "traced: \(traced)")
      #expect((plain[k] - value).magnitude < 1e-12, "plain: \(plain)")
    }
  }

  @Test func arraysHaveOnePointARow() throws {
    let bench = try Bench()
    let x = "wb.array{{1, 2}, {3, 4}, {5, -6}}"
    #expect(
      try bench.numbers("return wb.grad(function(y) return y[1] ^ 2 * y[2] end, \(x))") == [
        4, 1, 24, 9, -60, 25,
      ])
    #expect(
      try bench.numbers("return wb.divergence(function(y) return {y[1] ^ 2, y[2]} end, \(x)).shape") == [3])
    #expect(
      try bench.numbers("return wb.divergence(function(y) return {y[1] ^ 2, y[2]} end, \(x))") == [3, 7, 11])
    #expect(
      try bench.numbers("return wb.jacobian(function(y) return {y[1] * y[2]} end, \(x)).shape") == [3, 1, 2])
    #expect(
      try bench.numbers("return wb.jvp(function(y) return y[1] * y[2] end, \(x), {1, 0})") == [
        2, 12, -30, 2, 4, -6,
      ])
    #expect(
      try bench.numbers("return wb.hessian_vector(function(y) return y[1] ^ 3 end, \(x), \(x))")
        == [6, 0, 54, 0, 150, 0])
    // Not taken, row by row.
    #expect(
      try bench.numbers(
        "return wb.grad(function(y) if y > 0 then return y ^ 0.5 end return 0 end, wb.array{{4}, {-1}, {0}})")
        == [0.25, 0, 0])
  }

  /// E vᵀJv = tr J, with a stated false-alarm rate of 10⁻⁶; the wrong trace is noticed.
  @Test(arguments: ["rademacher", "gaussian", "sphere"])
  func hutchinsonIsRightOnAverage(law: String) throws {
    let bench = try Bench()
    let values = try bench.numbers(
      """
      local x = wb.zeros(20000, 3) + 0.5
      return wb.divergence(function(y) return {2 * y[1] + y[2], y[1] - y[2] * y[3], 3 * y[3] + y[1]} end, x,
        {method = "hutchinson", distribution = "\(law)", probes = 2})
      """)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count - 1)
    let error = (variance / Double(values.count)).squareRoot()
    #expect((mean - 4.5).magnitude < 4.9 * error, "\(mean) ± \(error)")
    #expect((mean - 5.5).magnitude > 4.9 * error)
    #expect(variance > 0.01)
  }

  /// Draws are the same in the replay and in the compiled function: the trust check would refuse it otherwise.
  @Test func randomVectorsAreTraced() throws {
    let bench = try Bench()
    for (name, rows) in [("normal_like", 3), ("rademacher_like", 2), ("sphere_like", 4), ("sphere_like", 1)] {
      let result = try bench.trace(
        "local v = wb.\(name)(x) local _, d = wb.jvp(function(y) return y * y * wb.uniform() end, x, v) return wb.dot(v, d)",
        rows: rows)
      #expect(
        result.builder.nodes.filter { if case .draw = $0.kind { true } else { false } }.count == rows + 1)
    }
    let sphere = try bench.trace("return wb.sphere_like(x)", rows: 3)
    let program = try sphere.builder.finish([("y", sphere.value.nodes[0])])
    let point = try program.evaluate(["x": [0, 0, 0]], draws: [0.3, -2, 0.7])["y"]!
    #expect((point.map { $0 * $0 }.reduce(0, +) - 3).magnitude < 1e-12)
  }

  /// Without a trace they are a function of a seed that must be given: the numbers of a trace over an array.
  @Test func randomVectorsOutsideOfATrace() throws {
    let bench = try Bench()
    for name in ["normal_like", "rademacher_like", "sphere_like"] {
      let values = try bench.numbers(
        """
        local x = wb.zeros(5000, 3)
        local v = wb.\(name)(x, {seed = 4})
        local again, other = wb.\(name)(x, {seed = 4}), wb.\(name)(x, {seed = 5})
        assert(v == again and not (v == other) and v.shape[1] == 5000 and v.shape[2] == 3)
        -- A seed in a traced function would be forgotten.
        local ok, text = pcall(wb.grad, function(y) return wb.dot(wb.\(name)(y, {seed = 1}), y) end, x)
        assert(not ok and tostring(text):find("belongs outside of traced functions"), tostring(text))
        local one, list = wb.\(name)(0.5, {seed = 4}), wb.\(name)({1, 2, 3}, {seed = 4})
        assert(type(one) == "number" and #list == 3 and list == v[1])
        return v:mean(), (v ^ 2):mean(), (v:column(1) * v:column(2)):mean()
        """)
      // 15000 numbers of variance 1: 4.9 standard errors, a false alarm in a million.
      #expect(values[0].magnitude < 4.9 / 15000.0.squareRoot(), "\(name): \(values)")
      #expect((values[1] - 1).magnitude < 4.9 * (2 / 15000.0).squareRoot(), "\(name): \(values)")
      #expect(values[2].magnitude < 4.9 / 5000.0.squareRoot(), "\(name): \(values)")
    }
    let uniform = try bench.numbers("return wb.uniform{seed = 1}, wb.uniform{seed = 1}, wb.uniform{seed = 2}")
    #expect(uniform[0] == uniform[1] && uniform[0] != uniform[2] && uniform.allSatisfy { 0 < $0 && $0 < 1 })
    for call in ["wb.normal_like({1, 2})", "wb.sphere_like(1)", "wb.uniform()"] {
      let message = bench.message("return " + call)
      #expect(message.contains("it needs a seed, such as {seed = 1}"), "\(message)")
    }
    #expect(bench.message("return wb.normal_like({1, 2}, {seed = -1})").contains("an integer of at least 0"))
    #expect(
      bench.message("return wb.normal_like('a', {seed = 1})").contains("a number, a vector or an array"))
  }

  @Test func theSeedOfProbesOverAnArray() throws {
    let bench = try Bench()
    let values = try bench.numbers(
      """
      local f = function(y) return {2 * y[1] + y[2], y[1] - y[2]} end
      local function sum(seed)
        return wb.divergence(f, wb.zeros(101, 2), {method = "hutchinson", seed = seed}):sum()
      end
      local ok, text = pcall(wb.divergence, f, wb.zeros(3, 2), {seed = 3})
      assert(not ok and tostring(text):find("belong to method"))
      return sum(), sum(1), sum(2), sum(2)
      """)
    #expect(values[0] == values[1] && values[2] == values[3] && values[1] != values[2])
  }

  /// A function that plain Lua sees otherwise than the trace is refused: at the special values if not before.
  @Test func whatCannotBeSeenIsRefused() throws {
    let bench = try Bench()
    #expect(throws: LuaError.self) {
      try bench.trace("return wb.grad(function(y) if y == 0 then return 7 end return y end, x)")
    }
    #expect(
      bench.message("return wb.grad(function(y) if y == 0 then return 7 end return y end, 0)").contains(
        "wb.eq"))
    #expect(
      try bench.numbers("return wb.grad(function(y) if wb.eq(y, 0) then return 7 end return y end, 0)") == [0]
    )
  }

  @Test(arguments: [
    ("wb.grad(3, 1)", "expected a function as argument 1"),
    ("wb.grad(function(y) return y end)", "wb.grad: expected a number"),
    ("wb.grad(function(y) return y end, 'a')", "a string cannot be used as a number"),
    ("wb.grad(function(y) return y, y end, 1)", "must return one value, got 2"),
    ("wb.grad(function(y) end, 1)", "must return one value, got 0"),
    ("wb.grad(function(y) return {y, y} end, 1)", "must return one number, got 2 components"),
    ("wb.jvp(function(y) return y end, {1, 2}, {1, 2, 3})", "v has 3 components, but x has 2"),
    ("wb.vjp(function(y) return {y[1], y[2], 1} end, {1, 2}, {1, 2})", "u has 2 components, but f(x) has 3"),
    ("wb.divergence(function(y) return y[1] end, {1, 2})", "as many values as variables"),
    ("wb.divergence(function(y) return y end, {1, 2}, {probes = 2})", "belong to method"),
    ("wb.divergence(function(y) return y end, {1, 2}, {method = 'hutchinson'})", "no random numbers"),
    ("wb.divergence(function(y) return y end, {1, 2}, {mehtod = 'exact'})", "did you mean 'method'"),
    ("wb.grad(function(y) error('no') end, 1)", "no"),
    ("wb.jvp(function(y) return y end, wb.zeros(3, 2), wb.zeros(2, 2))", "a row for each of the 3 rows"),
  ])
  func mistakesAreExplained(call: String, want: String) throws {
    let message = try Bench().message("return \(call)")
    #expect(message.contains(want), "\(message)")
  }

  /// An error in a differentiated function leaves the state as it was.
  @Test func tracingGoesOnAfterAnError() throws {
    let bench = try Bench()
    _ = bench.message("return wb.grad(function(y) error('no') end, 1)")
    #expect(try bench.numbers("return wb.grad(function(y) return y * y end, 4)") == [8])
    #expect(try bench.numbers("return math.random() < 2 and 1") == [1])
  }
}
