import Kernels
import Testing

/// wb.check on scores, as Kernels compute it.
@Suite struct ScoreCheckTests {
  private static func columns(_ x: NDArray) -> [[Double]] {
    (0..<x.shape[1]).map { column(x, $0) }
  }

  /// A law's score at samples of it, changed.
  private func report(
    _ law: any DensityLaw, tolerance: Double = 0.1, _ change: ([Double], [Double]) -> [Double]
  ) throws -> CheckReport {
    let x = try law.sample(4000, seed: 3)
    let truth = Self.columns(try law.score(x))
    let points = Self.columns(x)
    var values = truth
    for i in truth[0].indices {
      let changed = change(truth.map { $0[i] }, points.map { $0[i] })
      for j in changed.indices { values[j][i] = changed[j] }
    }
    var check = ScoreCheck()
    check.tolerance = tolerance
    return try check.report(values, truth: truth) { sigma in
      Self.columns(try law.perturbed(alpha: 1, sigma: sigma).score(x))
    }
  }

  @Test func `A right score is right`() throws {
    for (name, law) in try smoothLaws() {
      let same = try report(law) { s, _ in s }
      #expect(same.isRight && same.fisher?.value == 0, "\(name): \(same)")
    }
  }

  @Test func `An error without a system is right within the tolerance, and wrong beyond it`() throws {
    let law = try threeGaussians()
    var random = SplitMix(5)
    func noisy(_ size: Double) throws -> CheckReport {
      try report(law) { s, _ in s.map { $0 + size * random.normal() } }
    }
    // E‖s*‖² = 8: of two components with this noise the relative error is size/2.
    let small = try noisy(0.1)
    #expect(small.isRight, "\(small)")
    let error = try #require(small.relativeError)
    #expect(error.deviation(from: 0.05) < 4.9, "\(small)")
    #expect(try #require(small.fisher).deviation(from: 0.02) < 4.9)
    let large = try noisy(0.5)
    #expect(large.finding == .wrong, "\(large)")
  }

  @Test func `The sign and the factor are named`() throws {
    let law = try threeGaussians()
    let sign = try report(law) { s, _ in s.map { -$0 } }
    #expect(sign.finding == .sign && sign.verdict.contains("-1 × the true one"), "\(sign)")
    #expect(try #require(sign.scale).deviation(from: -1) < 1)
    let slight = try report(law) { s, _ in s.map { 1.03 * $0 } }
    #expect(slight.finding == .scaled && slight.scale?.deviation(from: 1.03) ?? 9 < 1, "\(slight)")
    let eight = try Gaussian(mean: [Double](repeating: 0, count: 8), standardDeviations: [1])
    let trap = try report(eight) { s, _ in s.map { $0 / 8 } }
    #expect(
      trap.finding == .scaled && trap.verdict.contains("1/d = 0.125") && trap.verdict.contains("unit-sphere"),
      "\(trap)")
  }

  @Test func `A factor is found under noise, with an interval that holds it`() throws {
    let law = try threeGaussians()
    // Of 100 intervals of 99.99 % at most one misses, but for one case in 20 000.
    var misses = 0
    for seed in 0..<100 {
      var random = SplitMix(seed)
      let x = try law.sample(500, seed: UInt64(seed))
      let truth = Self.columns(try law.score(x))
      let values = truth.map { $0.map { 0.8 * $0 + 0.2 * random.normal() } }
      let report = try ScoreCheck().report(values, truth: truth)
      if try #require(report.scale).deviation(from: 0.8) > 3.89 { misses += 1 }
    }
    #expect(misses <= 1)
  }

  @Test func `A bias is found, in its component`() throws {
    let biased = try report(try threeGaussians()) { s, _ in [s[0], s[1] + 0.03] }
    #expect(biased.finding == .biased && biased.verdict == "biased by 0.03 in component 2", "\(biased)")
    #expect(abs(biased.bias[1].value - 0.03) < 1e-9 && abs(biased.bias[0].value) < 1e-9)
  }

  @Test func `Components with a sign or in another order are told`() throws {
    let law = try threeGaussians()
    let flipped = try report(law) { s, _ in [s[0], -s[1]] }
    #expect(flipped.verdict == "your score is -1 × the true one in component 2", "\(flipped)")
    let swapped = try report(law) { s, _ in [s[1], s[0]] }
    #expect(swapped.verdict.contains("your 1 is the true 2"), "\(swapped)")
  }

  @Test func `The score of noised data is known for what it is`() throws {
    let law = try threeGaussians()
    let noised = try law.perturbed(alpha: 1, sigma: 0.4)
    let x = try law.sample(4000, seed: 3)
    let values = Self.columns(try noised.score(x))
    let report = try ScoreCheck().report(values, truth: Self.columns(try law.score(x))) { sigma in
      Self.columns(try law.perturbed(alpha: 1, sigma: sigma).score(x))
    }
    #expect(!report.isRight && report.verdict.contains("noise of standard deviation 0.4,"), "\(report)")
  }

  @Test func `A score that hardly follows the true one is wrong, not a small multiple`() throws {
    let linear = try report(try threeGaussians()) { _, x in x.map { -0.2 * $0 } }
    #expect(linear.finding == .wrong, "\(linear)")
    let zero = try report(try threeGaussians()) { s, _ in s.map { _ in 0 } }
    #expect(!zero.isRight, "\(zero)")
    let nan = try report(try threeGaussians()) { s, x in x[0] > 0 ? [.nan, s[1]] : s }
    #expect(nan.finding == .notFinite, "\(nan)")
  }
}
