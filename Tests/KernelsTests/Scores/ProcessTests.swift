import Glibc
import Kernels
import Program
import Scores
import Testing

@Suite struct ProcessTests {
  static let names = processes.map(\.name)

  private func process(_ name: String) throws -> any DiffusionProcess {
    try processes.first { $0.name == name }!.process()
  }

  /// Times over the range, close together at its start.
  private func times(_ process: any DiffusionProcess) -> [Double] {
    let (first, last) = (process.times.lowerBound, process.times.upperBound)
    return (0...40).map { first * pow(last / first, Double($0) / 40) }
  }

  @Test(arguments: names)
  func `The log signal-to-noise ratio is that of alpha and sigma, and its inverse is a time`(name: String)
    throws
  {
    let p = try process(name)
    for t in times(p) {
      let (alpha, sigma) = (p.evaluate(t, p.alpha), p.evaluate(t, p.sigma))
      let gamma = p.evaluate(t, p.gamma)
      #expect(abs(gamma - 2 * log(sigma / alpha)) < 1e-12 * max(1, abs(gamma)), "t = \(t)")
      let back = p.evaluate(gamma) { p.time(gamma: $0) }
      // t is as well known as γ is, whose derivative is at least 1/t.
      #expect(abs(back - t) < 1e-12 * max(1, abs(gamma)) * t, "t = \(t): \(back)")
      #expect(abs(p.evaluate(t, p.snr) * sigma * sigma / (alpha * alpha) - 1) < 1e-10)
    }
  }

  @Test(arguments: names)
  func `The diffusion is the variance times the derivative of gamma`(name: String) throws {
    let p = try process(name)
    for t in times(p).dropFirst().dropLast() {
      // Differences of fourth order in ln t.
      let h = 1e-3
      func g(_ k: Double) -> Double { p.evaluate(t * exp(k * h), p.gamma) }
      let slope = (8 * (g(1) - g(-1)) - (g(2) - g(-2))) / (12 * h) / t
      let sigma = p.evaluate(t, p.sigma)
      let squared = p.evaluate(t, p.squaredDiffusion)
      #expect(abs(squared / (sigma * sigma * slope) - 1) < 1e-7, "t = \(t)")
    }
  }

  @Test(arguments: ["vp", "cosine", "ou"])
  func `Variance preserving processes preserve variance`(name: String) throws {
    let p = try process(name)
    for t in times(p) {
      let (alpha, sigma) = (p.evaluate(t, p.alpha), p.evaluate(t, p.sigma))
      #expect(abs(alpha * alpha + sigma * sigma - 1) < 1e-14)
    }
  }

  @Test func `Small times do not cancel`() throws {
    // σ² = β₀t + O(t²) for VP, s² t for OU, 2 ln(σ_max/σ_min) σ_min² t for VE.
    let t = 1e-14
    for (name, rate) in [("vp", 0.1), ("ou", 2.0), ("ve", 2 * log(5000.0) * 1e-4)] {
      let p = try process(name)
      let sigma = p.evaluate(t, p.sigma)
      #expect(abs(sigma * sigma / (rate * t) - 1) < 1e-10, "\(name)")
    }
  }

  @Test func `The processes have the literature's ends`() throws {
    let vp = try process("vp")
    #expect(abs(vp.evaluate(1, vp.alpha) - exp(-0.5 * 10.05)) < 1e-15)
    let sub = try process("subvp")
    #expect(abs(sub.evaluate(0.5, sub.sigma) - (1 - exp(-(0.05 + 19.9 / 8)))) < 1e-14)
    let ve = try process("ve")
    #expect(abs(ve.evaluate(1, ve.sigma) - (2500 - 1e-4).squareRoot()) < 1e-11)
    let edm = try process("edm")
    #expect(edm.evaluate(3, edm.sigma) == 3 && edm.evaluate(3, edm.alpha) == 1)
    let cosine = try process("cosine")
    let angle = { (t: Double) in (t + 0.008) / 1.008 * Double.pi / 2 }
    #expect(abs(cosine.evaluate(0.3, cosine.alpha) - cos(angle(0.3)) / cos(angle(0))) < 1e-15)
  }

  @Test func `Numbers that make no process are refused`() throws {
    for (name, values) in [
      ("vp", ["beta_min": -1.0]), ("vp", ["beta_max": 0.05]), ("ve", ["sigma_min": 0]),
      ("edm", ["sigma_max": -1]),
      ("cosine", ["offset": 1]), ("ou", ["theta": 0]), ("ou", ["sigma": -1]), ("vp", ["beta_min": .nan]),
      ("vp", ["beta": 1]),
    ] {
      #expect(throws: ScoreError.self, "\(name) \(values)") {
        try processes.first { $0.name == name }!.process(values)
      }
    }
  }
}

@Suite struct ParameterisationTests {
  @Test func `Every prediction converts to every other exactly`() throws {
    var random = SplitMix(7)
    for name in ProcessTests.names {
      let p = try processes.first { $0.name == name }!.process()
      for _ in 0..<20 {
        let t = random.uniform(0.05, 0.9) * p.times.upperBound
        let builder = ProgramBuilder()
        func number(_ x: Double) -> Expression { builder.expression(builder.constant(x)) }
        func value(_ x: Expression) -> Double { builder[x.id].constants![0] }
        let (x, e) = (number(random.normal()), number(random.normal()))
        let (alpha, sigma) = (number(p.evaluate(t, p.alpha)), number(p.evaluate(t, p.sigma)))
        let z = alpha * x + sigma * e
        let all: [Prediction: Expression] = [
          .noise: e, .data: x, .score: -(e / sigma), .velocity: alpha * e - sigma * x,
        ]
        let at = Parameterisation(z: z, alpha: alpha, sigma: sigma)
        for (prediction, given) in all {
          let results: [Prediction: Expression] = [
            .noise: try at.noise(given, prediction), .data: try at.data(given, prediction),
            .score: try at.score(given, prediction), .velocity: try at.velocity(given, prediction),
          ]
          // Rounding is magnified by σ/α and α/σ.
          let scale = 1 + value(sigma / alpha) + value(alpha / sigma)
          for (target, result) in results {
            let (a, b) = (value(result), value(all[target]!))
            #expect(abs(a - b) <= 1e-13 * scale * scale * (1 + abs(b)), "\(name): \(prediction) to \(target)")
          }
        }
      }
    }
  }
}
