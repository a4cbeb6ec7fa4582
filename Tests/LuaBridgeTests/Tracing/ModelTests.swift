import Arrays
import LuaBridge
import Program
import Testing

/// States, parameters, programs as functions, and draws.
@Suite struct ModelTests {
  static var heston: [TraceArgument] {
    [
      .vector("x", rows: 2, rowNames: ["S", "v"]), .scalar("t", variation: .step),
      .parameters([("mu", 1), ("kappa", 1), ("theta", 1), ("xi", 1), ("rho", 1)]),
    ]
  }
  static let point: [String: [Double]] = [
    "x": [100, 0.04], "t": [0.5], "p.mu": [0.05], "p.kappa": [2], "p.theta": [0.09], "p.xi": [0.3],
    "p.rho": [-0.7],
  ]

  @Test func `a Heston model is recorded component by component`() throws {
    let bench = try TracingBench()
    let drift = try bench.tracer.trace(
      try bench.function("return function(x, t, p) return { p.mu*x.S, p.kappa*(p.theta - x.v) } end"),
      as: "drift of 'Heston'", arguments: Self.heston)
    #expect(try drift.evaluate(Self.point) == [0.05 * 100, 2 * (0.09 - 0.04)])
    guard case .table(let rows) = drift.value else { return #expect(Bool(false)) }
    #expect(rows.count == 2)
    let diffusion = try bench.tracer.trace(
      try bench.function(
        """
        return function(x, t, p)
          local s = math.sqrt(math.max(x.v, 0))
          return { {s*x.S, 0}, {p.rho*p.xi*s, p.xi*s*math.sqrt(1-p.rho^2)} }
        end
        """), as: "diffusion of 'Heston'", arguments: Self.heston, into: drift.builder)
    #expect(diffusion.builder === drift.builder)
    let s = 0.04.squareRoot()
    let values = try diffusion.evaluate(Self.point)
    #expect(values[0] == s * 100)
    #expect(values[1] == 0)
    #expect(values[3] == 0.3 * s * (1 - 0.7 * 0.7).squareRoot())
  }

  @Test(arguments: [
    ("{x[1], x[2]}", [3.0, -4]), ("{x.S, x.v}", [3, -4]), ("x", [3, -4]), ("2 * x", [6, -8]),
    ("x * x - x / 2", [7.5, 18]),
    ("-x", [-3, 4]), ("x + {1, 2}", [4, -2]), ("{1, 2} * x", [3, -8]), ("x ^ 2", [9, 16]),
    ("{#x, t}", [2, 0.5]),
    ("{table.unpack(x)}", [3, -4]), ("math.max(x, 0)", [3, 0]), ("math.abs(x) + math.sqrt(x * x)", [6, 8]),
    ("{wb.dot(x, x), wb.sum(x)}", [25, -1]), ("{wb.norm2(x), 0}", [5, 0]),
    ("p.mu * x + t", [0.65, -0.5 + 0.5 + 0.3]),
    ("{(function() local s = 0; for i, v in ipairs(x) do s = s + i * v end return s end)(), 1}", [-5, 1]),
    ("{(function() local s = 0; for i = 1, #x do s = s + x[i] end return s end)(), 1}", [-1, 1]),
    ("{(function() local s = 0; for name, v in pairs(p) do s = s + v end return s end)(), 1}", [2.74, 1]),
    ("wb.where(wb.greater(x, 0), x, 10)", [3, 10]), ("wb.clamp(x, -1, 1)", [1, -1]),
    ("x.S > 0 and {x.S, 1} or x", [3, 1]),
    ("x % 2", [1, 0]), ("{p.w[1] + p.w[2] * t, #p.w}", [2, 2]), ("x + p.w", [4, -2]),
    ("x + wb.array{1, 2}", [4, -2]), ("wb.array{1, 2} * x", [3, -8]), ("wb.exp(x - x)", [1, 1]),
  ])
  func `vectors work by index, by name and as a whole`(expression: String, want: [Double]) throws {
    let bench = try TracingBench()
    let result = try bench.tracer.trace(
      try bench.function("return function(x, t, p) return \(expression) end"), as: "drift",
      arguments: [
        .vector("x", rows: 2, rowNames: ["S", "v"]), .scalar("t", variation: .step),
        .parameters([("mu", 1), ("w", 2), ("k", 1)]),
      ].enumerated().map { index, argument in
        index == 2 && expression.contains("pairs(p)")
          ? .parameters([("mu", 1), ("k", 1), ("rho", 1)]) : argument
      })
    let values = try result.evaluate([
      "x": [3, -4], "t": [0.5], "p.mu": [0.05], "p.w": [1, 2], "p.k": [2], "p.rho": [0.69],
    ])
    #expect(values.count == 2)
    for (a, b) in zip(values, want) {
      if expression == "p.mu * x + t" {
        #expect((a - (a > 0.5 ? 0.65 : 0.3)).magnitude < 1e-12)
      } else {
        #expect((a - b).magnitude < 1e-12, "\(expression): \(values)")
      }
    }
  }

  @Test(arguments: [
    ("x.s", ["no component 's'", "did you mean 'S'?"]), ("x.speed", ["no component 'speed'", "S, v"]),
    ("x[3]", ["nil", "component 3 of a vector with 2"]), ("x[0]", ["no component 0"]),
    ("x[4]", ["no component 4"]),
    ("x[1.5]", ["integer"]), ("x[t]", ["traced value cannot choose a component"]),
    ("x[{}]", ["number or its name"]),
    ("p.mv", ["no parameter 'mv'", "did you mean 'mu'?"]),
    ("p.volatility", ["no parameter 'volatility'", "mu, k"]),
    ("p[1]", ["by its name"]), ("p + 1", ["arithmetic"]), ("x < 1 and 1 or 2", ["compare its components"]),
    ("x == x + 0 and 1 or 2", ["compare its components"]), ("x + {1, 2, 3}", ["2 and 3 components"]),
    ("(function() x[1] = 2 return x end)()", ["read-only"]),
    ("(function() x.S = 2 return x end)()", ["read-only"]),
    ("(function() p.mu = 2 return x end)()", ["parameters are read-only"]), ("x .. ''", ["`..`"]),
    ("(function() for k, v in pairs(x) do return v end end)()", ["ipairs"]), ("p", ["parameters"]),
    ("t.S", ["'S'"]),
    ("math.sin(p)", ["parameters"]), ("x[3] + 1", ["nil", "component 3"]), ("x()", ["called"]),
    ("wb.dot(x, {1, 2, 3})", ["components"]), ("{x, x, {x, {x, {x, {x}}}}}", ["nested"]),
  ])
  func `what is wrong with a state is said`(expression: String, parts: [String]) throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      "return function(x, t, p)\n  return \(expression)\nend",
      arguments: [
        .vector("x", rows: 2, rowNames: ["S", "v"]), .scalar("t", variation: .step),
        .parameters([("mu", 1), ("k", 1)]),
      ])
    #expect(message.hasPrefix("f.lua:2: drift: ") || message.hasPrefix("f.lua:1: drift: "), "\(message)")
    for part in parts { #expect(message.contains(part), "\(expression): \(message)") }
  }

  @Test func `parameters given as nodes keep what they are`() throws {
    let bench = try TracingBench()
    let builder = ProgramBuilder()
    let log = builder.input("theta", variation: .run)
    let positive = builder.unary(.exp, log)
    let result = try bench.tracer.trace(
      try bench.function("return function(x, p) return p.sigma * x end"), as: "diffusion",
      arguments: [.scalar("x", variation: .lane), .parameterNodes([("sigma", positive)])], into: builder)
    #expect(try result.evaluate(["x": [3], "theta": [0]]) == [3])
  }

  @Test func `a solver's step calls the model's functions`() throws {
    let bench = try TracingBench()
    let drift = ProgramBuilder()
    let x = drift.input("x", variation: .lane)
    let program = try drift.finish([
      ("drift", drift.binary(.multiply, drift.input("p.mu", variation: .run), x))
    ])
    let builder = ProgramBuilder()
    let state = builder.input("x", variation: .lane)
    let half = builder.binary(.multiply, builder.constant(0.5), state)
    let result = try bench.tracer.trace(
      try bench.function(
        """
        return function(f, x, t, h, n)
          local predicted = x + h * f(x, t)
          if n > 1 then return x + 0.5 * h * (f(x, t) + f(predicted, t + h)) end
          return predicted
        end
        """), as: "step of 'heun'",
      arguments: [
        .program(TraceProgram("f", program, parameters: ["x", "t"], output: "drift")), .node(half),
        .scalar("t", variation: .step), .scalar("h", variation: .run), .value(2),
      ], into: builder)
    let values = try result.evaluate(["x": [4], "p.mu": [0.1], "t": [0], "h": [0.5]])
    let predicted = 2 + 0.5 * (0.1 * 2)
    #expect(values == [2 + 0.5 * 0.5 * (0.1 * 2 + 0.1 * predicted)])
  }

  @Test func `a matrix comes as rows`() throws {
    let bench = try TracingBench()
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 2, variation: .lane)
    let (a, b) = (builder.pick(x, 0), builder.pick(x, 1))
    let program = try builder.finish([
      ("g", builder.stack([a, builder.constant(0), b, builder.binary(.multiply, a, b)]))
    ])
    let result = try bench.tracer.trace(
      try bench.function(
        "return function(g, x) local G = g(x); return { G[1][1] + G[2][2], #G + #G[1] } end"),
      as: "step",
      arguments: [
        .program(TraceProgram("g", program, parameters: ["x"], output: "g", columns: 2)),
        .vector("x", rows: 2),
      ])
    #expect(try result.evaluate(["x": [3, 5]]) == [18, 4])
    let few = bench.refusal(
      "return function(g, x)\n  return g()\nend",
      arguments: [
        .program(TraceProgram("g", program, parameters: ["x"], output: "g", columns: 2)),
        .vector("x", rows: 2),
      ])
    #expect(few.hasPrefix("f.lua:2: drift: g(x) needs 1 arguments"), "\(few)")
    let wrong = bench.refusal(
      "return function(g, x)\n  return g(1)\nend",
      arguments: [
        .program(TraceProgram("g", program, parameters: ["x"], output: "g", columns: 2)),
        .vector("x", rows: 2),
      ])
    #expect(wrong.contains("2 components"), "\(wrong)")
  }

  @Test func `draws are nodes, shared by the paths up to where they part`() throws {
    let bench = try TracingBench()
    let result = try bench.tracer.trace(
      try bench.function(
        """
        return function(rng)
          local z = rng:normal(2, 3)
          if z > 2 then return { z, rng:uniform() } end
          return { z, -rng:exponential(4) }
        end
        """), as: "x0", arguments: [.randomSource])
    let high = try result.evaluate([:], draws: [1, 0.25])
    #expect(high == [5, 0.25])
    let low = try result.evaluate([:], draws: [-1, 0.25])
    #expect(low[0] == -1)
    #expect((low[1] + 1.3862943611198906 / 4).magnitude < 1e-15)
    #expect((try? bench.lua.run("return math.random()")) != nil)
  }

  @Test func `named results come as fields`() throws {
    let bench = try TracingBench()
    let result = try bench.trace(
      "return function(x) if x > 0 then return { b = x, a = 1 } end return { a = 2, b = -x } end")
    guard case .fields(let fields) = result.value else { return #expect(Bool(false)) }
    #expect(fields.map(\.name) == ["a", "b"])
    #expect(try result.evaluate(["x": [-3]]) == [2, 3])
  }

  @Test func `every result is there when asked for`() throws {
    let bench = try TracingBench()
    let result = try bench.trace("return function(x) return x, 2 * x, {x, 1} end", results: nil)
    #expect(try result.evaluate(["x": [3]]) == [3, 6, 3, 1])
  }
}
