import Kernels
import Testing

@Suite struct CalculusConversionTests {
  private static let points: [[Double]] = [[1, 0.04], [100, 0.3], [0.5, 1.7], [-3, 2]]

  /// f = f̃ + b²x/2.
  @Test func geometricBrownianMotion() throws {
    let ito = try Models.gbm(0.3, 0.8)
    let stratonovich = try ito.converted(to: .stratonovich)
    #expect(stratonovich.calculus == .stratonovich)
    for x in [-2.0, 0, 0.3, 7] {
      #expect(isNear(try stratonovich.drift(at: [x], time: 0)[0], (0.3 - 0.32) * x, 1e-15))
      #expect(try stratonovich.diffusion(at: [x], time: 0) == ito.diffusion(at: [x], time: 0))
    }
    let back = try Models.gbm(0.3, 0.8, calculus: .stratonovich).converted(to: .ito)
    #expect(isNear(try back.drift(at: [2], time: 0)[0], 2 * (0.3 + 0.32), 1e-15))
    // Parameters stay parameters.
    let other = try stratonovich.with(["b": [2]])
    #expect(isNear(try other.drift(at: [1], time: 0)[0], 0.3 - 2, 1e-15))
  }

  @Test func convertingToItselfAndAdditiveNoiseChangeNothing() throws {
    let gbm = try Models.gbm()
    #expect(try gbm.converted(to: .ito).description == gbm.description)
    let additive = try Models.timeDependent()
    let converted = try additive.converted(to: .stratonovich)
    for (x, t) in [(0.3, 0.0), (-2, 1.5)] {
      #expect(try converted.drift(at: [x], time: t) == additive.drift(at: [x], time: t))
    }
  }

  /// By hand: Σⱼ (∂Gⱼ/∂x)Gⱼ = (Sv + ½ρξS, ½ξ²) for Heston's noise.
  @Test func hestonByHand() throws {
    let stratonovich = try Models.heston().converted(to: .stratonovich)
    for x in Self.points {
      let (s, v) = (x[0], x[1])
      let drift = try stratonovich.drift(at: x, time: 0)
      #expect(isNear(drift[0], 0.05 * s - 0.5 * (s * v + 0.5 * -0.7 * 0.3 * s)))
      #expect(isNear(drift[1], 2 * (0.04 - v) - 0.25 * 0.09))
    }
    // Where the variance is cut off there is no noise to correct for.
    let below = try stratonovich.drift(at: [2, -1], time: 0)
    #expect(isNear(below[0], 0.1) && isNear(below[1], 2 * 1.04))
  }

  /// Noise that is not square: G = [x₂ x₁x₂ 0; 1 0 x₁²], Σⱼ (∂Gⱼ)Gⱼ by hand:
  /// column (x₂, 1): (∂)(x₂, 1) = (1, 0); column (x₁x₂, 0): (x₂·x₁x₂, 0); column (0, x₁²): (0, 2x₁·0) = 0.
  @Test func rectangularNoiseByHand() throws {
    let problem = try Models.sde(
      "rectangle", dimension: 2, shape: .matrix(noises: 3), drift: { x, t, _ in [x[1] * t, x[0]] },
      diffusion: { x, t, _ in
        [x[1], x[0] * x[1], t.constant(0), t.constant(1), t.constant(0), x[0] * x[0]]
      })
    let stratonovich = try problem.converted(to: .stratonovich)
    for x in Self.points {
      let drift = try stratonovich.drift(at: x, time: 2)
      #expect(isNear(drift[0], 2 * x[1] - 0.5 * (1 + x[0] * x[1] * x[1])))
      #expect(isNear(drift[1], x[0]))
    }
  }

  @Test func diagonalNoiseByHand() throws {
    let stratonovich = try Models.twoGBMs().converted(to: .stratonovich)
    let matrix = try Models.twoGBMs(matrix: true).converted(to: .stratonovich)
    for x in Self.points {
      let drift = try stratonovich.drift(at: x, time: 0)
      #expect(isNear(drift[0], (0.6 - 0.125) * x[0]) && isNear(drift[1], (-0.4 - 0.245) * x[1]))
      let same = try matrix.drift(at: x, time: 0)
      #expect(isNear(drift[0], same[0]) && isNear(drift[1], same[1]))
    }
  }

  @Test func thereAndBackIsTheSame() throws {
    let pair = [try Models.heston(), try Models.twoGBMs(), try Models.commutative([0.3, 0.5])]
    for problem in pair {
      let back = try problem.converted(to: .stratonovich).converted(to: .ito)
      #expect(back.calculus == .ito && back.noise == problem.noise && back.name == problem.name)
      for x in Self.points {
        let (a, b) = (try problem.drift(at: x, time: 1), try back.drift(at: x, time: 1))
        #expect(zip(a, b).allSatisfy { isNear($0, $1, 1e-14) })
      }
    }
  }

  // MARK: The generator

  private func value(_ program: Program, _ problem: SDEProblem, _ x: [Double], _ t: Double = 0) throws
    -> Double
  {
    var values = problem.parameterValues
    values["x"] = x
    values["t"] = [t]
    return try program.evaluate(values)["L"]![0]
  }

  /// L x² = (2a + b²)x², L eˣ = (ax + ½b²x²)eˣ, L c = 0.
  @Test func generatorOfGeometricBrownianMotion() throws {
    let (a, b) = (0.3, 0.8)
    let problem = try Models.gbm(a, b)
    let square = try problem.generator(of: Models.function { x, _, _ in x[0] * x[0] })
    let exponential = try problem.generator(of: Models.function { x, _, _ in x[0].apply(.exp) })
    let constant = try problem.generator(of: Models.function { x, _, _ in x[0].constant(3) })
    for x in [-1.5, 0.2, 2] {
      #expect(isNear(try value(square, problem, [x]), (2 * a + b * b) * x * x))
      let expected = (a * x + 0.5 * b * b * x * x) * Double.evaluate(.exp, x)
      #expect(isNear(try value(exponential, problem, [x]), expected))
      #expect(try value(constant, problem, [x]) == 0)
    }
  }

  /// The generator belongs to the process, not to the calculus it is written in.
  @Test func generatorOfAStratonovichSDE() throws {
    let problem = try Models.gbm(0.3, 0.8, calculus: .stratonovich)
    let identity = try problem.generator(of: Models.function { x, _, _ in x[0] })
    #expect(isNear(try value(identity, problem, [2]), (0.3 + 0.32) * 2))
    let heston = try Models.heston()
    let other = try heston.converted(to: .stratonovich)
    let phi = try Models.function(dimension: 2) { x, _, _ in x[0] * x[1] * x[1] }
    let (l1, l2) = (try heston.generator(of: phi), try other.generator(of: phi))
    for x in Self.points { #expect(isNear(try value(l1, heston, x), try value(l2, other, x), 1e-11)) }
  }

  /// φ = S² + 3Sv + v² + tS: L φ = S + f·∇φ + ½(2S²v + 6ρξSv + 2ξ²v).
  @Test func generatorOfAQuadraticInTwoComponents() throws {
    let problem = try Models.heston()
    let generator = try problem.generator(
      of: Models.function(dimension: 2) { x, t, _ in
        x[0] * x[0] + x[0] * x[1] * 3 + x[1] * x[1] + t * x[0]
      })
    for x in Self.points {
      let (s, v, t) = (x[0], x[1], 0.7)
      let transport = 0.05 * s * (2 * s + 3 * v + t) + 2 * (0.04 - v) * (3 * s + 2 * v)
      let spread = s * s * v + 3 * -0.7 * 0.3 * s * v + 0.09 * v
      #expect(isNear(try value(generator, problem, x, t), s + transport + spread, 1e-11))
    }
  }

  @Test func generatorUsesParametersAndRefusesVectors() throws {
    let problem = try Models.gbm(0.3, 0.8)
    let scaled = try problem.generator(
      of: Models.function(parameters: ["b"]) { x, _, p in p[0] * x[0] })
    #expect(isNear(try value(scaled, problem, [2]), 0.8 * 0.3 * 2))
    let vector = try Models.function(dimension: 1) { x, _, _ in Expression.stack([x[0], x[0]]) }
    #expect(throws: SDEError.self) { try problem.generator(of: vector) }
  }
}
