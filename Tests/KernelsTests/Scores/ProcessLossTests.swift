import Arrays
import Glibc
import Kernels
import Program
import Scores
import Testing

/// Losses over noise levels and times, with the exact predictions for a mixture.
@Suite struct ProcessLossTests {
  static let law = RoundMixture.pair
  static let data = EquivalenceTests.samples(law, 100_000, seed: 4)

  private func check(
    _ loss: any ScoreLoss, _ model: @escaping ScoreModel, _ wrong: @escaping ScoreModel
  ) throws {
    let floor = try loss.floor(for: Self.law)!
    func mean(_ model: @escaping ScoreModel) throws -> SampleMean {
      var mean = SampleMean()
      for value in try loss.values(model, data: Self.data, seed: 12) { mean.add(value) }
      return mean
    }
    let right = try mean(model)
    #expect(
      right.deviation(from: floor) < SampleMean.limit,
      "\(loss.name): \(right.mean) ± \(right.standardError), floor \(floor)")
    let control = try mean(wrong)
    #expect(control.mean - floor > SampleMean.limit * control.standardError, "\(loss.name)")
  }

  /// The exact prediction of a kind at (z, t), times a factor.
  private func exact(
    _ process: any DiffusionProcess, _ prediction: Prediction, factor: Double = 1
  ) -> ScoreModel {
    { builder, x, time in
      let (z, t) = (builder.expression(x), builder.expression(time!))
      let (alpha, sigma) = (process.alpha(t), process.sigma(t))
      let score = Self.law.noisedScore(z, alpha, sigma)
      let at = Parameterisation(z: z, alpha: alpha, sigma: sigma)
      // Conversions between predictions do not throw.
      let value =
        switch prediction {
        case .score, .network: score
        case .noise: try! at.noise(score, .score)
        case .data: try! at.data(score, .score)
        case .velocity: try! at.velocity(score, .score)
        }
      return (value * factor).id
    }
  }

  @Test(arguments: ["vp", "cosine", "ou", "subvp"], ["dsm", "ddpm", "x0", "v"])
  func `The exact prediction reaches the floor, and its negative does not`(kind: String, name: String) throws
  {
    let process = try processes.first { $0.name == kind }!.process()
    let loss = try make(name, .init(process: process))
    try check(
      loss, exact(process, loss.prediction), exact(process, loss.prediction, factor: -1))
  }

  @Test(arguments: ["vp", "ve", "cosine"], [true, false])
  func `Likelihood weighting has one mean, drawn by importance or not`(kind: String, importance: Bool) throws
  {
    let process = try processes.first { $0.name == kind }!.process(kind == "ve" ? ["sigma_min": 0.1] : [:])
    let loss = try make(
      "dsm",
      .init(words: ["weighting": "likelihood"], flags: ["importance": importance], process: process))
    try check(loss, exact(process, .score), exact(process, .score, factor: -1))
  }

  @Test func `Importance sampling takes the variance away`() throws {
    let process = try processes[0].process()
    func variance(_ importance: Bool) throws -> Double {
      let loss = try make(
        "dsm", .init(words: ["weighting": "likelihood"], flags: ["importance": importance], process: process))
      var mean = SampleMean()
      for value in try loss.values(exact(process, .score), data: Self.data, seed: 1) { mean.add(value) }
      return mean.variance
    }
    #expect(try variance(true) < 0.5 * variance(false))
  }

  @Test func `A ladder of noise levels has the mean of their floors`() throws {
    let model: (Double) -> ScoreModel = { factor in
      { builder, x, time in
        let (z, sigma) = (builder.expression(x), builder.expression(time!))
        return (Self.law.noisedScore(z, z.constant(1), sigma) * factor).id
      }
    }
    for weighting in ["sigma2", "uniform"] {
      let loss = try make(
        "dsm", .init(numbers: ["sigmas": [2, 1, 0.5, 0.3]], words: ["weighting": weighting]))
      try check(loss, model(1), model(-1))
    }
  }

  @Test func `EDM's loss has its floor with the exact denoiser`() throws {
    let data = 4.25.squareRoot()
    let scales = try Preconditioning(dataDeviation: data)
    // F = (D − c_skip z)/c_out, from what the network is given: z = input/c_in, σ = e^(4 c_noise).
    let model: (Double) -> ScoreModel = { factor in
      { builder, x, time in
        let sigma = (builder.expression(time!) * 4).apply(.exp)
        let z = builder.expression(x) / scales.input(sigma)
        let denoised = z + sigma * sigma * Self.law.noisedScore(z, z.constant(1), sigma)
        return ((denoised - scales.skip(sigma) * z) / scales.out(sigma) * factor).id
      }
    }
    let loss = try make("edm", .init(numbers: ["sigma_data": [data]]))
    try check(loss, model(1), model(-1))
    // Without σ_d there is none, and the data's own is taken where there are data.
    let own = try make("edm")
    #expect(throws: ScoreError.self) { try own.values(model(1), data: Self.data, seed: 1) }
    let value = try own.evaluate(model: model(1), data: Self.data)
    #expect(abs(value.value - (try loss.evaluate(model: model(1), data: Self.data).value)) < 0.02)
  }

  @Test func `On a box the surface counts`() throws {
    // The normal law cut off at ±1: score −x inside, and p does not vanish at the ends.
    var random = SplitMix(21)
    let data = try NDArray(
      (0..<200_000).map { _ -> Double in
        while true {
          let x = random.normal()
          if abs(x) < 1 { return x }
        }
      }, shape: [200_000, 1])
    /// The model −cx: which c has the least loss, from the quadratic through three.
    func best(_ loss: any ScoreLoss) throws -> (c: Double, error: Double) {
      func values(_ c: Double) throws -> [Double] {
        try loss.values({ b, x, _ in (b.expression(x) * -c).id }, data: data, seed: 1)
      }
      let (zero, one, two) = (try values(0), try values(1), try values(2))
      var (slope, curve) = (SampleMean(), SampleMean())
      for i in zero.indices {
        curve.add((two[i] - 2 * one[i] + zero[i]) / 2)
        slope.add(one[i] - zero[i] - (two[i] - 2 * one[i] + zero[i]) / 2)
      }
      let c = -slope.mean / (2 * curve.mean)
      return (c, slope.standardError / (2 * curve.mean) + abs(c) * curve.standardError / curve.mean)
    }
    for cap in [nil, 0.4] as [Double?] {
      let weighted = try best(
        make(
          "bounded",
          .init(numbers: ["lower": [-1], "upper": [1]].merging(cap.map { ["cap": [$0]] } ?? [:]) { $1 })))
      #expect(abs(weighted.c - 1) < SampleMean.limit * weighted.error)
    }
    // Negative control: without the surface term the best c is 1/E x² = 3.4.
    let plain = try best(make("ism"))
    #expect(abs(plain.c - 1) > SampleMean.limit * plain.error)
    #expect(plain.c > 3)
  }

  @Test func `Uniform data on a box have the score 0, and periodic ones any`() throws {
    var random = SplitMix(22)
    let n = 50_000
    let data = try NDArray((0..<2 * n).map { _ in random.uniform() }, shape: [n, 2])
    let model: ScoreModel = { builder, x, _ in (builder.expression(x) * 1.5 + 0.3).id }
    func mean(_ boundary: String, _ model: @escaping ScoreModel) throws -> SampleMean {
      var mean = SampleMean()
      let loss = try make("bounded", .init(words: ["boundary": boundary]))
      for value in try loss.values(model, data: data, seed: 1) { mean.add(value) }
      return mean
    }
    // E‖s‖² for s = 1.5x + 0.3: 2(2.25/3 + 0.9/2 + 0.09).
    #expect(try mean("uniform", model).deviation(from: 2.58) < SampleMean.limit)
    #expect(try mean("periodic", model).deviation(from: 2.58) > SampleMean.limit)
    // With the model's period 1 the torus needs no surface term: E‖s‖² = 1 for s = (sin 2πx₁, sin 2πx₂).
    let wave: ScoreModel = { builder, x, _ in (builder.expression(x) * (2 * .pi)).apply(.sin).id }
    #expect(try mean("periodic", wave).deviation(from: 1) < SampleMean.limit)
  }
}
