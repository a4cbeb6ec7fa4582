import Arrays
import Kernels
import Program
import Scores
import Testing

/// Losses against each other, on models that are no scores.
@Suite struct EquivalenceTests {
  static let data: NDArray = samples(RoundMixture.threeClusters, 40_000, seed: 11)

  static func samples(_ law: RoundMixture, _ count: Int, seed: Int) -> NDArray {
    var random = SplitMix(seed)
    return try! NDArray((0..<count).flatMap { _ in law.sample(&random) }, shape: [count, law.dimension])
  }

  static func normals(_ count: Int, _ dimension: Int, seed: Int) -> NDArray {
    var random = SplitMix(seed)
    return try! NDArray(random.normals(count * dimension), shape: [count, dimension])
  }

  /// The mean of the difference of two losses, sample by sample, over its standard error.
  ///
  /// Samples are shared, so that what both have in common cancels; the draws are not.
  private func deviation(
    _ first: any ScoreLoss, _ second: any ScoreLoss, _ model: @escaping ScoreModel, data: NDArray
  ) throws -> Double {
    let a = try first.values(model, data: data, seed: 5)
    let b = try second.values(model, data: data, seed: 6)
    var difference = SampleMean()
    for (x, y) in zip(a, b) { difference.add(x - y) }
    // Where nothing is left to chance only rounding is.
    return abs(difference.mean) < 1e-10 ? 0 : difference.deviation(from: 0)
  }

  @Test(arguments: ["esm", "ism", "ssm", "ssm_vr", "fd_ssm", "dsm", "edm", "bounded", "ddpm", "x0", "v"])
  func `The full form is twice the half form, to the last bit`(name: String) throws {
    func settings(_ form: LossForm) throws -> LossSettings {
      var settings = LossSettings(form: form)
      switch name {
      case "esm": settings.score = ScoreFunction { RoundMixture.threeClusters.score($0, $1) }
      case "fd_ssm": settings.numbers["epsilon"] = [0.1]
      case "dsm": settings.numbers["sigma"] = [0.4]
      case "edm": settings.numbers["sigma_data"] = [2]
      case "ddpm", "x0", "v": settings.process = try processes[0].process()
      default: break
      }
      return settings
    }
    let data = Self.normals(100, 2, seed: 1)
    let full = try make(name, settings(.full)).values(ScoreModels.wrong, data: data, seed: 9)
    let half = try make(name, settings(.half)).values(ScoreModels.wrong, data: data, seed: 9)
    for (a, b) in zip(full, half) { #expect(a == 2 * b) }
  }

  @Test(arguments: Projection.allCases)
  func `Sliced losses equal the exact one in expectation for every law of the directions`(
    projection: Projection
  ) throws {
    let ism = try make("ism")
    for name in ["ssm", "ssm_vr"] {
      for projections in [1, 3] {
        let sliced = try make(
          name,
          .init(numbers: ["projections": [Double(projections)]], words: ["distribution": projection.rawValue])
        )
        for model in [ScoreModels.wrong, ScoreModels.standardNormal] {
          let z = try deviation(sliced, ism, model, data: Self.data)
          #expect(z < SampleMean.limit, "\(name), \(projection), \(projections)")
        }
      }
    }
  }

  @Test func `Directions on the unit sphere give another loss`() throws {
    // Negative control: the trace counts 1/d.
    let ism = try make("ism").values(ScoreModels.wrong, data: Self.data, seed: 1)
    let wrong = try UnitSphereSSM().values(ScoreModels.wrong, data: Self.data, seed: 1)
    var difference = SampleMean()
    for (a, b) in zip(ism, wrong) { difference.add(a - b) }
    #expect(difference.deviation(from: 0) > SampleMean.limit)
    #expect(throws: ScoreError.self) { try make("ssm", .init(words: ["distribution": "unit_sphere"])) }
  }

  @Test func `Explicit and implicit score matching differ by the mean squared score whatever the model`()
    throws
  {
    let law = RoundMixture.threeClusters
    let esm = try make("esm", .init(score: ScoreFunction { law.score($0, $1) }))
    for model in [ScoreModels.wrong, ScoreModels.standardNormal, law.model] {
      let a = try esm.values(model, data: Self.data, seed: 1)
      let b = try make("ism").values(model, data: Self.data, seed: 1)
      var difference = SampleMean()
      for (x, y) in zip(a, b) { difference.add(x - y) }
      #expect(difference.deviation(from: law.expectedSquaredScore) < SampleMean.limit)
      // Negative control: the half form's constant.
      #expect(difference.deviation(from: law.expectedSquaredScore / 2) > SampleMean.limit)
    }
  }

  @Test func `Denoising and explicit score matching of the noised data differ by the constant`() throws {
    let law = RoundMixture.threeClusters
    for sigma in [0.5, 1.5] {
      let noised: RoundMixture = law.perturbed(alpha: 1, sigma: sigma)
      let dsm = try make("dsm", .init(numbers: ["sigma": [sigma]]))
      let constant = 2 / (sigma * sigma) - noised.expectedSquaredScore
      for (seed, model) in [ScoreModels.wrong, ScoreModels.standardNormal].enumerated() {
        let denoising = try dsm.values(model, data: Self.data, seed: UInt64(seed))
        let noisedData = Self.samples(noised, 40_000, seed: 20 + seed)
        let explicit = try make("esm", .init(score: ScoreFunction { noised.score($0, $1) }))
          .values(model, data: noisedData, seed: 1)
        var (a, b) = (SampleMean(), SampleMean())
        for value in denoising { a.add(value) }
        for value in explicit { b.add(value) }
        let spread = (a.standardError * a.standardError + b.standardError * b.standardError).squareRoot()
        #expect(abs(a.mean - b.mean - constant) / spread < SampleMean.limit)
        // Negative control: a constant of 0.
        #expect(abs(a.mean - b.mean) / spread > SampleMean.limit)
      }
    }
  }

  @Test func `The bias of finite differences is of second order in the step`() throws {
    // s = tanh x: s(x ± h) and the trace differ from the exact ones by terms in h².
    let model: ScoreModel = { builder, x, _ in builder.unary(.tanh, x) }
    let data = Self.normals(20_000, 1, seed: 3)
    let exact = try make("ssm_vr").values(model, data: data, seed: 4)
    let biases = try [0.4, 0.2, 0.1].map { step -> Double in
      let values = try make("fd_ssm", .init(numbers: ["epsilon": [step]])).values(model, data: data, seed: 4)
      return abs(zip(values, exact).reduce(0) { $0 + $1.0 - $1.1 } / Double(exact.count))
    }
    // In one dimension Rademacher directions leave no noise: ratios are those of ε², up to ε⁴.
    #expect(abs(biases[0] / biases[1] - 4) < 0.6)
    #expect(abs(biases[1] / biases[2] - 4) < 0.2)
  }

  @Test func `Variances of the sliced losses at s = -x are the closed forms`() throws {
    for d in [1, 2, 10] {
      let n = Double(d)
      let data = Self.normals(200_000, d, seed: 30 + d)
      func variance(_ name: String, _ projection: Projection) throws -> SampleMean {
        let values = try make(name, .init(form: .half, words: ["distribution": projection.rawValue]))
          .values(ScoreModels.standardNormal, data: data, seed: 8)
        // Given x: less the loss's mean over v, ½‖x‖² − d.
        var squares = SampleMean()
        for (row, value) in values.enumerated() {
          let x = data.values[row * d..<(row + 1) * d]
          let noise = value - (0.5 * x.reduce(0) { $0 + $1 * $1 } - n)
          squares.add(noise * noise)
        }
        return squares
      }
      #expect(try variance("ssm_vr", .gaussian).deviation(from: 2 * n) < SampleMean.limit)
      #expect(try variance("ssm", .gaussian).deviation(from: n * (n + 2) / 2) < SampleMean.limit)
      #expect(try variance("ssm_vr", .rademacher).mean < 1e-20)
      #expect(try variance("ssm_vr", .sphere).mean < 1e-20)
      let rademacher = try variance("ssm", .rademacher)
      if d == 1 {
        #expect(rademacher.mean < 1e-20)
      } else {
        #expect(rademacher.deviation(from: n * (n - 1) / 2) < SampleMean.limit)
      }
      // Negative control: the two forms' variances are not each other's, but at d = 2.
      let crossed = try variance("ssm", .gaussian).deviation(from: 2 * n)
      #expect(d == 2 ? crossed < SampleMean.limit : crossed > SampleMean.limit)
    }
  }
}

/// The mistake: variance-reduced slices with directions of length 1.
private struct UnitSphereSSM {
  func values(_ model: @escaping ScoreModel, data: NDArray, seed: UInt64) throws -> [Double] {
    let builder = ProgramBuilder()
    let d = data.shape[1]
    let x = builder.variable(builder.input("x", rows: d, variation: .lane))
    let scale = builder.constant(1 / Double(d).squareRoot())
    let v = builder.binary(.multiply, builder.direction(.sphere, rows: d), scale)
    let s = model(builder, x, nil)
    var forward = ForwardMode(builder, seeds: [x: v])
    let trace = builder.dot(v, forward.tangent(of: s)!)
    let loss = builder.expression(trace) * 2 + builder.expression(builder.dot(s, s))
    return try run(builder.finish([("loss", loss.id)]), data: data, seed: seed)
  }
}
