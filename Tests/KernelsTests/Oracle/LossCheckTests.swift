import Kernels
import Testing

/// wb.check on losses, on regressions whose minimiser is known: ℓ = κ‖m − r‖², m = a s + b + c h.
@Suite struct LossCheckTests {
  /// What the noisy target r has for a mean: `factor`·s + `shift` + `field`·h.
  private func report(
    seed: Int, count: Int = 1000, level: Double = 0.01, kappa: Double = 1, factor: Double = 1,
    shift: Double = 0,
    field: Double = 0, form: Double? = nil, offset: Double = 0
  ) throws -> CheckReport {
    var random = SplitMix(seed)
    let s = random.normals(count)
    let h = random.normals(count)
    let target = s.indices.map { factor * s[$0] + shift + field * h[$0] + 0.5 * random.normal() }
    var theory = LossTheory(dimension: 1)
    theory.squaredScore = Measured(1)
    theory.form = form
    theory.floor = offset == 0 ? nil : 0.25
    var check = LossCheck(theory, fields: 1)
    check.level = level
    return try check.report { theta in
      s.indices.map { i in
        let model = theta[0] * s[i] + theta[1] + theta[2] * h[i]
        return kappa * (model - target[i]) * (model - target[i]) + offset
      }
    }
  }

  @Test func `A right loss is blamed no oftener than the level says`() throws {
    // 300 checks at 5 %: more than 33 have a probability below 1e-4.
    var blamed = 0
    for seed in 0..<300 where try !report(seed: seed, level: 0.05, form: 1).isRight { blamed += 1 }
    #expect(blamed <= 33)
    #expect(blamed >= 1)
  }

  @Test func `The minimiser's factor, shift and field are found`() throws {
    let sign = try report(seed: 1, factor: -1)
    #expect(sign.finding == .sign && sign.scale?.deviation(from: -1) ?? 9 < 4.9, "\(sign)")
    let half = try report(seed: 2, factor: 0.5)
    #expect(half.finding == .scaled && half.verdict.contains("1/2"), "\(half)")
    let shifted = try report(seed: 3, shift: 0.2)
    #expect(shifted.finding == .biased && shifted.bias[0].deviation(from: 0.2) < 4.9, "\(shifted)")
    let bent = try report(seed: 4, field: 0.2)
    #expect(bent.finding == .wrong && bent.verdict.contains("smooth field"), "\(bent)")
  }

  @Test func `The form and the floor are compared with what is claimed`() throws {
    let half = try report(seed: 5, kappa: 0.5)
    #expect(half.isRight && half.formFactor?.deviation(from: 0.5) ?? 9 < 4.9, "\(half)")
    let claimed = try report(seed: 5, kappa: 0.5, form: 1)
    #expect(claimed.finding == .scaled && claimed.verdict.contains("full form"), "\(claimed)")
    #expect(try report(seed: 5, kappa: 0.5, form: 0.5).isRight)
    let offset = try report(seed: 6, offset: 0.3)
    #expect(offset.finding == .wrong && offset.verdict.contains("floor"), "\(offset)")
  }

  @Test func `Losses without a least value, or that are no quadratics, are wrong`() throws {
    #expect(try report(seed: 7, kappa: -1).finding == .wrong)
    let check = LossCheck(LossTheory(dimension: 1), fields: 0)
    let quartic = try check.report { theta in
      (1...100).map { Double($0) * (theta[0] * theta[0] - 1) * (theta[0] * theta[0] - 1) }
    }
    #expect(quartic.finding == .wrong && quartic.verdict.contains("not quadratic"), "\(quartic)")
    let nan = try check.report { theta in [theta[0], .nan] }
    #expect(nan.finding == .notFinite, "\(nan)")
  }
}
