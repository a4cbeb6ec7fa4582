import Glibc
import Kernels
import Testing

/// Seeds are fixed: a test raises a false alarm always or never; the limits are those that a right sampler
/// exceeds with the stated probability.
@Suite("Samples") struct SamplingTests {
  private static let n = 1 << 16

  @Test("are functions of the seed and their number alone") func prefixes() throws {
    var laws: [any Law] = try smoothLaws().map(\.law)
    laws += try toySets.map { try $0.law() }
    for law in laws {
      let long = try law.sample(3000, seed: 5).values
      for n in [1, 17, 1024, 1025, 2500] {
        #expect(
          try law.sample(n, seed: 5).values.map(\.bitPattern)
            == long.prefix(n * law.dimension).map(\.bitPattern), "\(law), \(n)")
      }
      #expect(try law.sample(8, seed: 6).values != Array(long.prefix(8 * law.dimension)), "\(law)")
      #expect(long.allSatisfy { $0.isFinite })
    }
  }

  /// Kolmogorov–Smirnov, false alarm 10⁻⁶ each.
  @Test("have their law's distribution function") func kolmogorov() throws {
    func normal(_ z: Double) -> Double { Significance.normalDistribution(z) }
    let cases: [(String, any DensityLaw, (Double) -> Double, (Double) -> Double)] = [
      (
        "Gaussian", try Gaussian(mean: [0.7], standardDeviations: [1.3]), { normal(($0 - 0.7) / 1.3) },
        { normal(($0 - 0.7) / 1.25) }
      ),
      (
        "mixture", try twoGaussians(), { 0.5 * (normal(2 * ($0 + 2)) + normal(2 * ($0 - 2))) },
        { 0.48 * normal(2 * ($0 + 2)) + 0.52 * normal(2 * ($0 - 2)) }
      ),
      (
        "Cauchy", try StudentT(location: [1], scales: [2], freedom: 1), { 0.5 + atan(($0 - 1) / 2) / .pi },
        { 0.5 + atan(($0 - 1) / 2.2) / .pi }
      ),
      (
        "t with 3 degrees of freedom", try StudentT(location: [0], scales: [1], freedom: 3),
        { x in
          let u = x / 3.0.squareRoot()
          return 0.5 + (u / (1 + u * u) + atan(u)) / .pi
        }, { 0.5 + atan($0) / .pi }
      ),
      (
        "t with half a degree of freedom, against its density",
        try StudentT(location: [0], scales: [1], freedom: 0.5),
        try SamplingTests.distributionFunction(try StudentT(location: [0], scales: [1], freedom: 0.5)),
        try SamplingTests.distributionFunction(try StudentT(location: [0], scales: [1], freedom: 0.55))
      ),
      ("uniform", try UniformBox(low: [-1], high: [3]), { ($0 + 1) / 4 }, { ($0 + 1) / 4.1 }),
    ]
    for (name, law, right, wrong) in cases {
      let x = column(try law.sample(SamplingTests.n, seed: 20_261))
      #expect(Significance.kolmogorovSmirnov(x, right) < Significance.kolmogorovLimit, "\(name)")
      #expect(Significance.kolmogorovSmirnov(x, wrong) > Significance.kolmogorovLimit, "control of \(name)")
    }
  }

  /// F by integrating the density of a symmetric law over x = sinh(u).
  private static func distributionFunction(_ law: StudentT) throws -> (Double) -> Double {
    let step = 1e-3
    let u = (0...60_000).map { Double($0) * step }
    let p = try law.logDensity(NDArray(u.map(sinh))).values
    var total = [0.0]
    for i in 1..<u.count {
      total.append(total[i - 1] + 0.5 * step * (exp(p[i]) * cosh(u[i]) + exp(p[i - 1]) * cosh(u[i - 1])))
    }
    return { x in
      let place = asinh(abs(x)) / step
      let i = min(total.count - 2, Int(place))
      let half = total[i] + (place - Double(i)) * (total[i + 1] - total[i])
      return x < 0 ? 0.5 - half : 0.5 + half
    }
  }

  /// Means and covariances, each within 5 standard errors: false alarm 6·10⁻⁷ each.
  @Test("have their law's moments") func moments() throws {
    let gaussian = try Gaussian(mean: [1, -2], covariance: [2, 0.6, 0.6, 1])
    let t = try StudentT(location: [1, -2], shape: [2, 0.6, 0.6, 1], freedom: 12)
    for (law, factor) in [(gaussian as any DensityLaw, 1.0), (t, 1.2)] {
      let x = try law.sample(SamplingTests.n, seed: 3)
      let (a, b) = (column(x, 0), column(x, 1))
      #expect(abs(standardScore(a, 1)) < 5 && abs(standardScore(b, -2)) < 5)
      #expect(abs(standardScore(a.map { ($0 - 1) * ($0 - 1) }, 2 * factor)) < 5)
      #expect(abs(standardScore(zip(a, b).map { ($0 - 1) * ($1 + 2) }, 0.6 * factor)) < 5)
      #expect(abs(standardScore(b.map { ($0 + 2) * ($0 + 2) }, factor)) < 5)
      // Control: 5 % more.
      #expect(abs(standardScore(b.map { ($0 + 2) * ($0 + 2) }, 1.05 * factor)) > 5)
    }
  }

  /// Stein's identity E[sᵢ xⱼ] = −δᵢⱼ and −E log p = entropy: each within 5 standard errors, false alarm
  /// 6·10⁻⁷ each.
  @Test("fit their law's score and entropy") func stein() throws {
    for (name, law) in try smoothLaws() {
      let d = law.dimension
      let x = try law.sample(SamplingTests.n, seed: 8)
      let s = try law.score(x, options: RunOptions(threads: 2))
      for i in 0..<d {
        #expect(abs(standardScore(column(s, i), 0)) < 5, "\(name): E s[\(i)]")
        for j in 0..<d {
          let product = zip(column(s, i), column(x, j)).map(*)
          #expect(abs(standardScore(product, i == j ? -1 : 0)) < 5, "\(name): E s[\(i)] x[\(j)]")
          // Control: the score of another scale.
          if i == j { #expect(abs(standardScore(product.map { 1.5 * $0 }, -1)) > 5, "\(name)") }
        }
      }
      let entropy = try law.entropy(RunOptions(threads: 2)).value
      let logs = try law.logDensity(x, options: RunOptions(threads: 2)).values
      #expect(abs(standardScore(logs, -entropy)) < 5, "\(name)")
      #expect(abs(standardScore(logs, -entropy - 0.1)) > 5, "control of \(name)")
    }
  }

  @Test("of perturbed laws are those of scaled data with noise") func perturbed() throws {
    for (name, law) in try smoothLaws() where !(law is StudentT) && name != "product" {
      let d = law.dimension
      let (alpha, sigma) = (0.8, 0.6)
      let noised = try law.perturbed(alpha: alpha, sigma: sigma)
      let x = try law.sample(SamplingTests.n / 4, seed: 12)
      let noise = try Gaussian(mean: [Double](repeating: 0, count: d), standardDeviations: [1])
        .sample(SamplingTests.n / 4, seed: 13)
      let y = try NDArray(zip(x.values, noise.values).map { alpha * $0 + sigma * $1 }, shape: x.shape)
      let logs = try noised.logDensity(y, options: RunOptions(threads: 2)).values
      let entropy = try noised.entropy(RunOptions(threads: 2)).value
      #expect(abs(standardScore(logs, -entropy)) < 5, "\(name)")
      let s = try noised.score(y, options: RunOptions(threads: 2))
      for i in 0..<d {
        #expect(abs(standardScore(zip(column(s, i), column(y, i)).map(*), -1)) < 5, "\(name)")
        // Tweedie: E[s·x₀ …] through the conditional mean, E[σε + σ²s | y] = 0, weighted with y.
        let residual = (0..<y.shape[0]).map {
          (sigma * noise.values[$0 * d + i] + sigma * sigma * s.values[$0 * d + i]) * y.values[$0 * d + i]
        }
        #expect(abs(standardScore(residual, 0)) < 5, "\(name)")
      }
      // Control: another level of noise.
      let wrong = try law.perturbed(alpha: alpha, sigma: 3 * sigma).score(
        y, options: RunOptions(threads: 2))
      #expect(
        (0..<d).contains { i in abs(standardScore(zip(column(wrong, i), column(y, i)).map(*), -1)) > 5 },
        "control of \(name)")
    }
  }

  @Test("use random numbers that solvers and losses do not") func streams() throws {
    let x = try Gaussian(mean: [0, 0], standardDeviations: [1]).sample(16, seed: 1)
    for stream in [RandomStream.brownian, .initial, .auxiliary] {
      let rows = LaneRows(rows: 2, lanes: 16)
      let targets = [rows[0], rows[1]]
      Double.fillNormals(
        targets, count: 16,
        base: CounterBase(seed: 1, stream: stream, firstPath: 0, level: 0, group: 0, dimension: 0), scale: 1)
      #expect(!column(x).contains(rows[0][0]) && !column(x, 1).contains(rows[1][0]))
    }
  }

  @Test("of no points are refused") func none() throws {
    #expect(throws: LawError("n must be at least 1, got 0")) { try threeGaussians().sample(0, seed: 1) }
  }
}
