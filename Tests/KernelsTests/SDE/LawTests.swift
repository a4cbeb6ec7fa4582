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

  /// Euler–Maruyama keeps an OU process normal: mean θ + (x₀ − θ)(1 − κh)ⁿ, variance σ²h Σ (1 − κh)²ᵏ.
  @Test(arguments: [Precision.double, .single])
  func ornsteinUhlenbeck(precision: Precision) throws {
    let (kappa, theta, sigma, x0, n) = (2.0, 1.0, 0.5, 3.0, 20)
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
    // The control: the variance of the process itself, 10 % less.
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

  /// Where it hits 0 again and again (2κθ/σ² = 0.04), full truncation keeps every path finite. Its mean is 0.04 in
  /// the limit; truncation biases it upwards, less with more steps. Lord, Koekkoek and van Dijk (2010).
  @Test func squareRootProcessAtTheBoundary() throws {
    let problem = try Models.squareRoot(0.5, 0.04, 1)
    var bias: [Double] = []
    for steps in [64, 1024] {
      let values = try solve(problem, 0.04, "em", steps: steps, end: 10)
      #expect(values.allSatisfy { $0.isFinite })
      let positive = values.map { max($0, 0) }
      bias.append(positive.reduce(0, +) / Double(positive.count) - 0.04)
    }
    print("bias", bias)
    #expect(bias[0] > 2 * bias[1] && bias[1].magnitude < 0.02)
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
