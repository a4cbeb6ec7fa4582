import Kernels
import Testing

/// Solved ensembles against the laws of the schemes in closed form, which leaves no bias to allow for, and of the
/// processes. A comparison raises a false alarm with probability 10⁻⁶; each has a control that fails.
@Suite struct LawTests {
  private static let paths = 100_000

  private func solve(
    _ problem: SDEProblem, _ x0: Double, _ method: String, steps: Int, end: Double = 1,
    precision: Precision = .double
  ) throws -> [Double] {
    var options = SolveOptions(initial: .point([x0]))
    (options.method, options.steps, options.end, options.paths) = (method, steps, end, Self.paths)
    (options.precision, options.seed, options.run.threads) = (precision, 31, 2)
    return try problem.solve(options).storedStates().values
  }

  /// How many standard errors the mean of f(x) lies from the expectation.
  private func score(_ values: [Double], _ expected: Double, _ f: (Double) -> Double = { $0 }) -> Double {
    let n = Double(values.count)
    let mapped = values.map(f)
    let mean = mapped.reduce(0, +) / n
    let variance = mapped.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    return (mean - expected) / (variance / n).squareRoot()
  }

  private func agrees(_ score: Double) -> Bool { score.magnitude < Significance.normalLimit }

  private func power(_ x: Double, _ n: Int) -> Double { Double.evaluate(.power, x, Double(n)) }
  private func exp(_ x: Double) -> Double { Double.evaluate(.exp, x) }

  /// One step of each method multiplies a GBM by 1 + z + …: the mean and the second moment after n steps are powers.
  @Test(arguments: [Precision.double, .single])
  func geometricBrownianMotion(precision: Precision) throws {
    let (a, b, n) = (0.6, 0.4, 16)
    let h = 1.0 / Double(n)
    // E and E of the square of the factor of a step, z = ah + bΔW.
    let em = (1 + a * h, (1 + a * h) * (1 + a * h) + b * b * h)
    let milstein = (em.0, em.1 + b * b * b * b * h * h / 2)
    let (mu, v) = (a * h, b * b * h)
    let z2 = mu * mu + v
    let z3 = mu * mu * mu + 3 * mu * v
    let z4 = mu * mu * mu * mu + 6 * mu * mu * v + 3 * v * v
    let heun = (1 + mu + z2 / 2, 1 + 2 * mu + 2 * z2 + z3 + z4 / 4)
    let cases: [(String, Calculus, (Double, Double))] = [
      ("em", .ito, em), ("milstein", .ito, milstein), ("heun", .stratonovich, heun),
      ("midpoint", .stratonovich, heun),
    ]
    for (method, calculus, factor) in cases {
      let values = try solve(
        Models.gbm(a, b, calculus: calculus), 1, method, steps: n, precision: precision)
      #expect(agrees(score(values, power(factor.0, n))))
      #expect(agrees(score(values, power(factor.1, n), { $0 * $0 })))
      // The control: the moments of the other scheme's law.
      let other = calculus == .ito ? heun : em
      #expect(!agrees(score(values, power(other.0, n))))
    }
  }

  /// The exact mean e^a and second moment e^(2a + b²) of the process, with steps whose bias is far below the noise;
  /// with as few steps as above it is not.
  @Test func geometricBrownianMotionInTheLimit() throws {
    let (a, b) = (0.6, 0.4)
    let fine = try solve(Models.gbm(a, b), 1, "milstein", steps: 2048)
    #expect(agrees(score(fine, exp(a))) && agrees(score(fine, exp(2 * a + b * b), { $0 * $0 })))
    let coarse = try solve(Models.gbm(a, b), 1, "milstein", steps: 16)
    #expect(!agrees(score(coarse, exp(a))))
    // Ito's mean is not Stratonovich's e^(a + b²/2).
    #expect(!agrees(score(fine, exp(a + b * b / 2))))
  }

  /// `solve(_:by:)` asks no questions: Heun on an Ito SDE finds the Stratonovich process of the same coefficients,
  /// with mean e^(a + b²/2), and a method of one's own is run like those of the registry.
  @Test func methodsThatAreNotChecked() throws {
    var options = SolveOptions(initial: .point([1]))
    (options.steps, options.paths, options.run.threads) = (1024, Self.paths, 2)
    let problem = try Models.gbm(0.6, 0.4)
    let heun = try #require(methods.first { $0.name == "heun" })
    let wrong = try problem.solve(options, by: heun).storedStates().values
    #expect(agrees(score(wrong, exp(0.6 + 0.08))) && !agrees(score(wrong, exp(0.6))))
    let drift = Method(
      name: "drift", title: "drift alone", calculi: [.ito], orders: [:], cost: "f", source: "this test"
    ) { step in step.add(step.x, step.f(step.x, step.t), times: step.h) }
    let deterministic = try problem.solve(options, by: drift).storedStates().values
    #expect(deterministic.allSatisfy { isNear($0, power(1 + 0.6 / 1024, 1024)) })
  }

  /// Without noise the methods are those for ordinary differential equations.
  @Test func noNoise() throws {
    let problem = try Models.sde(
      "decay", drift: { x, _, _ in [-x[0]] }, diffusion: { _, t, _ in [t.constant(0)] })
    let factors = [("em", 0.9), ("milstein", 0.9), ("heun", 0.905), ("midpoint", 0.905), ("euler_heun", 0.9)]
    for (method, factor) in factors {
      #expect(try solve(problem, 2, method, steps: 10).allSatisfy { isNear($0, 2 * power(factor, 10)) })
    }
  }

  /// dX = t dt + t dW in one step from t = 2 to 3: Heun and midpoint evaluate both coefficients at 2½ on the mean,
  /// the others at 2, but for the order of rounding.
  @Test func coefficientsThatDependOnTime() throws {
    func one(_ name: String, _ coefficient: (Expression) -> Expression) throws -> [Double] {
      let problem = try Models.sde(
        "clock", drift: { _, t, _ in [coefficient(t)] }, diffusion: { _, t, _ in [coefficient(t)] })
      var options = SolveOptions(initial: .point([0]))
      (options.start, options.end, options.steps, options.paths) = (2, 3, 1, 50)
      options.method = name
      return try problem.solve(options).storedStates().values
    }
    let noise = try one("em") { $0.constant(1) }
    #expect(Set(noise).count == 50)
    for (name, time) in [("em", 2.0), ("milstein", 2), ("heun", 2.5), ("midpoint", 2.5), ("euler_heun", 2)] {
      #expect(zip(try one(name) { $0 }, noise).allSatisfy { isNear($0, time * $1, 1e-14) })
    }
  }

  /// Euler–Maruyama keeps an OU process normal: mean θ + (x₀ − θ)(1 − κh)ⁿ, variance σ²h Σ (1 − κh)²ᵏ.
  @Test(arguments: [Precision.double, .single])
  func ornsteinUhlenbeck(precision: Precision) throws {
    let (kappa, theta, sigma, x0, n) = (2.0, 1.0, 0.5, 3.0, 10)
    let q = 1 - kappa / Double(n)
    let mean = theta + (x0 - theta) * power(q, n)
    let variance = sigma * sigma / Double(n) * (1 - power(q, 2 * n)) / (1 - q * q)
    let values = try solve(
      Models.ornsteinUhlenbeck(kappa, theta, sigma), x0, "em", steps: n, precision: precision)
    #expect(agrees(score(values, mean)))
    #expect(agrees(score(values, variance, { ($0 - mean) * ($0 - mean) })))
    func distance(_ variance: Double) -> Double {
      Significance.kolmogorovSmirnov(values) {
        Significance.normalDistribution(($0 - mean) / variance.squareRoot())
      }
    }
    #expect(distance(variance) < Significance.kolmogorovLimit)
    // The control: the variance of the process itself, a fifth less.
    let continuous = sigma * sigma / (2 * kappa) * (1 - exp(-2 * kappa))
    #expect(distance(continuous) > Significance.kolmogorovLimit)
    #expect(!agrees(score(values, continuous, { ($0 - mean) * ($0 - mean) })))
  }

  /// The square-root process where it stays away from 0: Euler's moments are m' = m + κ(θ − m)h and
  /// v' = (1 − κh)²v + σ²h m, exact as long as no path is truncated.
  @Test func squareRootProcess() throws {
    let (kappa, theta, sigma, x0, n) = (2.0, 0.5, 0.3, 0.8, 64)
    let h = 1.0 / Double(n)
    var (mean, variance) = (x0, 0.0)
    for _ in 0..<n {
      variance = (1 - kappa * h) * (1 - kappa * h) * variance + sigma * sigma * h * mean
      mean += kappa * (theta - mean) * h
    }
    let values = try solve(Models.squareRoot(kappa, theta, sigma), x0, "em", steps: n)
    #expect(values.allSatisfy { $0 > 0 })
    #expect(agrees(score(values, mean)))
    #expect(agrees(score(values, variance, { ($0 - mean) * ($0 - mean) })))
    // The control: √x replaced by the mean's.
    #expect(!agrees(score(values, sigma * sigma / (2 * kappa) * theta, { ($0 - mean) * ($0 - mean) })))
  }

  /// Where it hits 0 again and again (2κθ/σ² = 0.04), full truncation keeps every path finite and the mean of X⁺
  /// near the process's 0.04: at 256 steps within 0.005, of which five standard errors are 0.003. Lord, Koekkoek
  /// and van Dijk (2010). The control: √X as it stands fails, and cutting off X itself has a mean of its own.
  @Test func squareRootProcessAtTheBoundary() throws {
    func mean(_ values: [Double]) -> Double {
      values.reduce(0) { $0 + max($1, 0) } / Double(values.count)
    }
    let truncated = try solve(Models.squareRoot(0.5, 0.04, 1), 0.04, "em", steps: 256, end: 10)
    #expect(truncated.allSatisfy { $0.isFinite })
    #expect((mean(truncated) - 0.04).magnitude < 0.005)
    let plain = try Models.sde(
      "plain", drift: { x, _, _ in [(0.04 - x[0]) * 0.5] }, diffusion: { x, _, _ in [x[0].apply(.sqrt)] })
    #expect(try solve(plain, 0.04, "em", steps: 256, end: 10).contains { $0.isNaN })
    // Absorption's error: √|X| in place of √X⁺.
    let reflected = try Models.sde(
      "reflected", drift: { x, _, _ in [(0.04 - x[0]) * 0.5] },
      diffusion: { x, _, _ in [x[0].apply(.absolute).apply(.sqrt)] })
    let other = mean(try solve(reflected, 0.04, "em", steps: 256, end: 10))
    #expect((other - 0.04).magnitude > 0.005)
  }

  /// Heisenberg's third component ∫X₁dW₂: Euler–Maruyama's has mean 0 and variance T²/2·(1 − 1/n), Heun's
  /// T²/2·(1 − 1/(2n)).
  @Test(arguments: [("em", Calculus.ito, 1.0), ("heun", .stratonovich, 0.5)])
  func heisenberg(method: String, calculus: Calculus, share: Double) throws {
    var options = SolveOptions(initial: .point([0, 0, 0]))
    (options.method, options.steps, options.paths, options.run.threads) = (method, 4, Self.paths, 2)
    let states = try Models.heisenberg(calculus: calculus).solve(options).storedStates().values
    let third = (0..<Self.paths).map { states[3 * $0 + 2] }
    #expect(agrees(score(third, 0)))
    #expect(agrees(score(third, 0.5 * (1 - share / 4), { $0 * $0 })))
    #expect(!agrees(score(third, 0.5, { $0 * $0 })))
  }
}
