import Kernels
import Testing

/// Two correlated components with three noises, a full 2 × 3 G that depends on the state.
private func correlated() throws -> SDEProblem {
  try FitModels.sde(
    "pair", states: ["u", "v"], noises: 3,
    [
      .number("k", 0.7), .number("s", 0.4), .number("r", 0.3),
      Parameter(name: "m", values: [0.2, -0.1]),
    ],
    drift: { p, x, _ in [p[0] * (p[3][0] - x[0]) + x[1], p[3][1] - p[0] * x[1]] },
    diffusion: { p, x, _ in
      [p[1], p[2] * x[1], p[1] * 0.5, p[2], p[1] * (x[0] * x[0] + 1).apply(.sqrt), p[1] * p[2]]
    })
}

private func walk(_ count: Int, seed: UInt64) throws -> NDArray {
  var random = SequentialRandom(seed: seed, stream: .auxiliary)
  return try NDArray((0..<2 * count).map { _ in 0.5 * random.normal() }, shape: [count, 2])
}

private let euler = transitionDensities[0]

@Suite struct LikelihoodTests {
  /// Each pair's density against the bivariate normal written out: |Σ| and Σ⁻¹ of a 2 × 2 matrix.
  @Test func bivariateNormalByHand() throws {
    let problem = try correlated()
    let data = try walk(40, seed: 1)
    let dt = 0.05
    let likelihood = try Likelihood(
      problem, try Observations(data, stateNames: ["u", "v"], times: .step(dt)), density: euler)
    #expect(likelihood.coordinates.map(\.name) == ["k", "s", "r"])
    let found = try likelihood.logDensities([0.7, 0.4, 0.3])
    var total = 0.0
    for row in 0..<39 {
      let x = Array(data.values[2 * row..<2 * row + 2])
      let next = Array(data.values[2 * row + 2..<2 * row + 4])
      let f = try problem.drift(at: x, time: 0)
      let g = try problem.diffusion(at: x, time: 0)
      let r = [next[0] - x[0] - f[0] * dt, next[1] - x[1] - f[1] * dt]
      func product(_ i: Int, _ j: Int) -> Double {
        (0..<3).reduce(0) { $0 + g[3 * i + $1] * g[3 * j + $1] } * dt
      }
      let (a, b, c) = (product(0, 0), product(0, 1), product(1, 1))
      let determinant = a * c - b * b
      let form = (c * r[0] * r[0] - 2 * b * r[0] * r[1] + a * r[1] * r[1]) / determinant
      let expected = -Double.evaluate(.log, 2 * .pi) - 0.5 * (Double.evaluate(.log, determinant) + form)
      #expect(agree(found[row], expected, 1e-11))
      total += expected
    }
    #expect(agree(try likelihood.evaluate([0.7, 0.4, 0.3]).logLikelihood, total, 1e-12))
  }

  /// A lower triangular G takes its own path; padded with a noise that does nothing it takes the general
  /// one: equal densities in four dimensions.
  @Test func triangularAndGeneralFactorsAgree() throws {
    let d = 4
    func problem(padded: Bool) throws -> SDEProblem {
      let noises = padded ? d + 1 : d
      return try FitModels.sde(
        "four", states: ["a", "b", "c", "d"], noises: noises, [.number("s", 0.6)],
        drift: { p, x, _ in x.map { -$0 } },
        diffusion: { p, x, _ in
          (0..<d).flatMap { i in
            (0..<noises).map { j -> Expression in
              guard j <= i, j < d, !(i == 2 && j == 0) else { return x[0].constant(0) }
              return p[0] * (1 + Double(i + 2 * j) * 0.3) + x[j] * 0.1
            }
          }
        })
    }
    var random = SequentialRandom(seed: 5, stream: .auxiliary)
    let data = try NDArray((0..<80).map { _ in 0.3 * random.normal() }, shape: [20, d])
    let observations = try Observations(data, stateNames: ["a", "b", "c", "d"], times: .step(0.1))
    let values = try [false, true].map {
      try Likelihood(try problem(padded: $0), observations, density: euler).logDensities([0.6])
    }
    for (a, b) in zip(values[0], values[1]) { #expect(agree(a, b, 1e-10)) }
  }

  /// First and second derivatives against sixth-order central differences: of the value, and of the
  /// gradient.
  @Test func derivativesAgainstDifferences() throws {
    var problem = try correlated()
    problem.parameters = problem.parameters.map {
      Parameter(name: $0.name, values: $0.values, learnable: .init())
    }
    let likelihood = try Likelihood(
      problem, try Observations(try walk(200, seed: 2), stateNames: ["u", "v"], times: .step(0.05)),
      density: euler)
    #expect(likelihood.coordinates.map(\.name) == ["k", "s", "r", "m[1]", "m[2]"])
    let p = [0.7, 0.4, 0.3, 0.2, -0.1]
    let exact = try likelihood.evaluate(p, hessian: true)
    let h = 1e-3
    let weights: [(Double, Double)] = [(1, 0.75), (2, -0.15), (3, 1.0 / 60)]
    for i in p.indices {
      var slope = 0.0
      var row = [Double](repeating: 0, count: p.count)
      for (offset, weight) in weights {
        let sides = try [1.0, -1].map { side -> Likelihood.Value in
          var moved = p
          moved[i] += side * offset * h
          return try likelihood.evaluate(moved)
        }
        slope += weight * (sides[0].logLikelihood - sides[1].logLikelihood) / h
        for j in p.indices { row[j] += weight * (sides[0].gradient[j] - sides[1].gradient[j]) / h }
      }
      #expect(agree(slope, exact.gradient[i], 1e-8), "gradient \(i)")
      for j in p.indices { #expect(agree(row[j], exact.hessian[i * p.count + j], 1e-7), "\(i) \(j)") }
    }
  }

  /// The likelihood of several series is the sum of theirs, however they are given.
  @Test func manySeries() throws {
    let parts = try [walk(30, seed: 3), walk(30, seed: 4), walk(30, seed: 5)]
    let names = ["u", "v"]
    func value(_ observations: Observations) throws -> Double {
      try Likelihood(try correlated(), observations, density: euler).evaluate([0.7, 0.4, 0.3]).logLikelihood
    }
    let single = try parts.map { try value(Observations($0, stateNames: names, times: .step(0.1))) }
    let list = try Observations(series: parts, stateNames: names, times: .step(0.1))
    #expect(list.count == 87 && list.seriesCount == 3)
    #expect(agree(try value(list), single.reduce(0, +), 1e-12))
    // series × times × components, as a solution has it; and times × components × series.
    let paths = try NDArray(parts.flatMap(\.values), shape: [3, 30, 2])
    let transposed = try NDArray(
      (0..<60).flatMap { entry in parts.map { $0.values[entry] } }, shape: [30, 2, 3])
    for data in [paths, transposed] {
      let observations = try Observations(data, stateNames: names, times: .step(0.1))
      #expect(try value(observations) == value(list))
    }
    let times = [(0..<30).map { Double($0) * 0.1 }]
    #expect(
      agree(
        try value(Observations(series: parts, stateNames: names, times: .at(times))), single.reduce(0, +),
        1e-11))
  }

  /// Stratonovich GBM has the Ito drift (μ + σ²/2)X.
  @Test func stratonovichIsConverted() throws {
    let data = try Observations(NDArray([1, 1.1, 1.05, 1.3]), stateNames: ["x"], times: .step(0.1))
    let a = try Likelihood(try FitModels.gbm(0.2, 0.5, calculus: .stratonovich), data, density: euler)
    let b = try Likelihood(try FitModels.gbm(0.2, 0.5), data, density: euler)
    #expect(
      agree(try a.evaluate([0.2, 0.5]).logLikelihood, try b.evaluate([0.325, 0.5]).logLikelihood, 1e-13))
    #expect(
      !agree(try a.evaluate([0.2, 0.5]).logLikelihood, try b.evaluate([0.2, 0.5]).logLikelihood, 1e-3))
  }

  /// A drift of time sees each transition's own time.
  @Test func timeDependentDrift() throws {
    let problem = try FitModels.sde(
      "clock", [.number("a", 2)], drift: { p, _, t in [p[0] * t] },
      diffusion: { _, x, _ in [x[0].constant(0.5)] })
    let data = try Observations(NDArray([0, 1, 3]), stateNames: ["x"], times: .step(0.5, from: 10))
    let found = try Likelihood(problem, data, density: euler).logDensities([2])
    for (value, (t, move)) in zip(found, [(10.0, 1.0), (10.5, 2.0)]) {
      let r = move - 2 * t * 0.5
      let expected = -0.5 * (Double.evaluate(.log, 2 * .pi * 0.125) + r * r / 0.125)
      #expect(agree(value, expected, 1e-12))
    }
  }

  /// A density of one's own is a name and a formula: the exact law of the Ornstein–Uhlenbeck process, whose
  /// estimate of κ is free of the bias that the Euler one has at large Δ.
  @Test func anotherDensity() throws {
    let exact = TransitionDensity(
      name: "exact-ou", title: "exact", requirement: "Vasicek", source: "Uhlenbeck and Ornstein 1930"
    ) { s in
      let p = ["kappa", "theta", "sigma"].map {
        s.coefficients.builder.inputExpression("p.\($0)", variation: .run)
      }
      let decay = (-(p[0] * s.dt)).apply(.exp)
      let variance = p[2] * p[2] * (1 - decay * decay) / (p[0] * 2)
      let r = s.next[0] - p[1] - (s.x[0] - p[1]) * decay
      return ((variance * (2 * Double.pi)).apply(.log) + r * r / variance) * -0.5
    }
    var random = SequentialRandom(seed: 21, stream: .auxiliary)
    let (kappa, dt) = (1.0, 0.5)
    let decay = Double.evaluate(.exp, -kappa * dt)
    let deviation = (0.09 * (1 - decay * decay) / 2).squareRoot()
    var path = [0.5]
    for _ in 0..<4000 { path.append(0.5 + (path.last! - 0.5) * decay + deviation * random.normal()) }
    let data = try Observations(NDArray(path), stateNames: ["x"], times: .step(dt))
    let likelihood = try Likelihood(try FitModels.vasicek(1, 0.5, 0.3), data, density: exact)
    let fit = try likelihood.maximize()
    let estimate = try #require(fit["kappa"])
    // 4 standard errors: a false alarm in 16 000 seeds.
    #expect(fit.converged && abs(estimate.value - 1) < 4 * estimate.standardError)
    // κ of the Euler law is (1 − e^(−κΔ))/Δ of the true one, 0.787.
    let biased = try #require(try FitModels.vasicek(1, 0.5, 0.3).fit(data)["kappa"])
    #expect(abs(biased.value - 1) > 4 * biased.standardError)
    #expect(agree(biased.value, (1 - Double.evaluate(.exp, -estimate.value * dt)) / dt, 1e-6))
  }
}
