import Kernels
import Program
import Scores
import Testing

// Statistical tests: fixed seeds; |z| > 4.9 has probability 1e-6 for a right loss.
@Suite struct ScoreLossTests {
  static let mixture = RoundMixture.threeClusters
  static let data = EquivalenceTests.samples(mixture, 200_000, seed: 2)

  @Test func `The oracle of these tests has the published values`() {
    #expect(abs(Self.mixture.expectedSquaredScore - 7.99956) < 6e-6)
    let noised: RoundMixture = Self.mixture.perturbed(alpha: 1, sigma: 0.1)
    #expect(abs(noised.expectedSquaredScore - 7.69167) < 6e-6)
    #expect(abs(RoundMixture.pair.expectedSquaredScore - 3.99371) < 6e-6)
  }

  @Test func `Floors are the golden values`() throws {
    let ism = try make("ism", .init(form: .half)).floor(for: Self.mixture)
    #expect(abs(ism! - -3.99978) < 6e-6)
    for (sigma, half) in [(0.1, 96.15417), (1.0, 0.35012)] {
      let dsm = try make("dsm", .init(form: .half, numbers: ["sigma": [sigma]]))
      #expect(abs(try dsm.floor(for: Self.mixture)! - half) < 6e-6)
    }
    let pair = try make("dsm", .init(numbers: ["sigma": [0.5]]))
    #expect(abs(try pair.floor(for: RoundMixture.pair)! - 2.11482) < 6e-6)
  }

  @Test func `The true score reaches the floor and a scaled one does not`() throws {
    let scaled: ScoreModel = { builder, x, _ in
      (builder.expression(Self.mixture.score(builder, x)) * 0.8).id
    }
    let losses: [any ScoreLoss] = [
      try make("ism", .init(form: .half)),
      try make("ssm", .init(form: .half)),
      try make("ssm_vr", .init(numbers: ["projections": [2]], words: ["distribution": "gaussian"])),
      try make("ssm_vr", .init(words: ["distribution": "sphere"])),
    ]
    for loss in losses {
      let floor = try loss.floor(for: Self.mixture)!
      let right = try mean(loss, Self.mixture.model)
      #expect(right.deviation(from: floor) < SampleMean.limit, "\(loss.name): \(right.mean), floor \(floor)")
    }
    // Negative control: 0.8 × the score is ½·0.04·E‖s*‖² = 0.16 above the floor.
    let loss = try make("ism", .init(form: .half))
    let wrong = try mean(loss, scaled)
    #expect(wrong.deviation(from: -3.99978) > SampleMean.limit, "\(wrong.mean) ± \(wrong.standardError)")
  }

  @Test func `Denoising score matching reaches its floor with the noised score`() throws {
    for (sigma, weighted) in [(0.3, false), (1.0, true)] {
      let noised: RoundMixture = Self.mixture.perturbed(alpha: 1, sigma: sigma)
      let loss = try make(
        "dsm", .init(numbers: ["sigma": [sigma]], words: weighted ? ["weighting": "sigma2"] : [:]))
      let floor = try loss.floor(for: Self.mixture)!
      let right = try mean(loss, noised.model)
      #expect(right.deviation(from: floor) < SampleMean.limit)
      // Negative control: the score of the data instead of the noised data's.
      let wrong = try mean(loss, Self.mixture.model)
      #expect(wrong.deviation(from: floor) > SampleMean.limit)
    }
  }

  private func mean(_ loss: any ScoreLoss, _ model: @escaping ScoreModel) throws -> SampleMean {
    var mean = SampleMean()
    for value in try loss.values(model, data: Self.data, seed: 3) { mean.add(value) }
    return mean
  }
}
