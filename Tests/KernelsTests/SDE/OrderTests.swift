import Kernels
import Testing

/// Every order that the registry claims, for every class of noise it claims it for.
@Suite struct OrderTests {
  struct Claim: Sendable, CustomTestStringConvertible {
    let method: String
    let noise: NoiseClass
    let calculus: Calculus
    let order: Method.Order
    var testDescription: String { "\(method), \(noise.rawValue) noise, \(calculus.rawValue)" }
  }

  static let claims: [Claim] = methods.flatMap { method in
    NoiseClass.allCases.flatMap { noise in
      Calculus.allCases.filter(method.calculi.contains).compactMap { calculus in
        method.orders[noise].map { Claim(method: method.name, noise: noise, calculus: calculus, order: $0) }
      }
    }
  }

  /// Whether a slope is within `tolerance` of an order and known well enough to say so: the 95 % interval, four
  /// standard errors, is at most `width`.
  static func confirms(
    _ result: ConvergenceStudy.Result, _ order: Double, tolerance: Double, width: Double
  ) -> Bool {
    (result.order - order).magnitude <= tolerance && result.high - result.low <= width
      && result.low <= result.order && result.order <= result.high
  }

  /// Tolerance 0.04, width 0.024: beside 0.01 of bias from steps that are finite there is room for five standard
  /// errors, a false alarm of 6·10⁻⁷ a case.
  @Test(arguments: claims)
  func strong(claim: Claim) throws {
    for item in try OrderCase.all(claim.noise, claim.calculus) {
      #expect(item.problem.noise.noiseClass == claim.noise && item.problem.calculus == claim.calculus)
      var study = item.study(.strong, paths: 20_000)
      study.methods = [claim.method]
      let result = try item.problem.convergence(study)[0]
      #expect(result.nominal == claim.order.strong)
      #expect(
        Self.confirms(result, claim.order.strong, tolerance: 0.04, width: 0.024),
        "\(item.problem.name): \(result.order) in [\(result.low), \(result.high)]")
    }
  }

  /// Tolerance 0.15, width 0.08: beside 0.07 of bias from coarse steps (finer ones drown in the noise) there is
  /// room for four standard errors of the widest interval allowed, six of those met: a false alarm of 2·10⁻⁹ a
  /// case. Weak order 2 falls into the noise sooner: tolerance 0.3, width 0.2, again four standard errors beside
  /// 0.1 of bias.
  @Test(arguments: claims)
  func weak(claim: Claim) throws {
    for item in try OrderCase.all(claim.noise, claim.calculus) where item.test != nil {
      let second = claim.order.weak > 1
      // Where the strong error is large so is the noise of the weak one.
      var study = item.study(.weak, paths: second ? 1_000_000 : claim.order.strong < 1 ? 200_000 : 50_000)
      if second { (study.coarsest, study.referenceLevels) = (4, 2) }
      (study.methods, study.bootstrap) = ([claim.method], 60)
      let result = try item.problem.convergence(study)[0]
      #expect(result.nominal == claim.order.weak)
      #expect(
        Self.confirms(
          result, claim.order.weak, tolerance: second ? 0.3 : 0.15, width: second ? 0.2 : 0.08),
        "\(item.problem.name): \(result.order) in [\(result.low), \(result.high)]")
    }
  }

  // MARK: Problems of the literature

  private func study(
    _ x0: Double, _ exact: Program, steps: Int, levels: Int, paths: Int, end: Double = 1
  ) -> ConvergenceStudy {
    var study = ConvergenceStudy(initial: [x0])
    (study.exact, study.coarsest, study.levels, study.paths, study.end) = (exact, steps, levels, paths, end)
    (study.bootstrap, study.run.threads) = (200, 2)
    study.methods = ["em", "milstein"]
    return study
  }

  /// Geometric Brownian motion with a = 1.01, b = 0.87 from ½; orders as for `strong(claim:)`.
  @Test func geometricBrownianMotion() throws {
    let study = study(0.5, try Models.gbmExact(), steps: 256, levels: 4, paths: 40_000)
    let results = try Models.gbm().convergence(study)
    #expect(Self.confirms(results[0], 0.5, tolerance: 0.04, width: 0.024))
    #expect(Self.confirms(results[1], 1, tolerance: 0.04, width: 0.024))
    #expect(results.map(\.method.name) == ["em", "milstein"] && results.map(\.nominal) == [0.5, 1])
    // The control: neither slope passes for the other order.
    #expect(!Self.confirms(results[0], 1, tolerance: 0.04, width: 0.024))
    #expect(!Self.confirms(results[1], 0.5, tolerance: 0.04, width: 0.024))
  }

  /// Kloeden and Platen (4.4.46) with a = 1, b = 0.8 from 0.1 to T = 5. At T nearly all paths are at −1 and few
  /// make the error, so the intervals are wider than elsewhere: tolerance 0.06, width 0.06; three standard
  /// errors beside 0.015 of bias, a false alarm of 3·10⁻³ (the seed is fixed: always or never).
  @Test func cubicToFive() throws {
    let study = study(0.1, try Models.cubicExact(), steps: 512, levels: 4, paths: 30_000, end: 5)
    let results = try Models.cubic(1, 0.8).convergence(study)
    #expect(Self.confirms(results[0], 0.5, tolerance: 0.06, width: 0.06))
    #expect(Self.confirms(results[1], 1, tolerance: 0.06, width: 0.06))
  }

  /// Two noises in one component (KP 4.4.59) and four in two (SciML's commutative system), made gentler: with the
  /// published noise (b = 1, 2 to T = 5) the error lives on paths rarer than can be sampled.
  @Test func commutativeLinearSystems() throws {
    let b = [0.3, 0.5]
    var study = study(1, try Models.twoNoisesExact(b), steps: 128, levels: 4, paths: 20_000)
    var results = try Models.twoNoises(-0.02, b).convergence(study)
    #expect(Self.confirms(results[0], 0.5, tolerance: 0.04, width: 0.024))
    #expect(Self.confirms(results[1], 1, tolerance: 0.04, width: 0.024))
    let four = [0.3, 0.3, 0.3, 0.3]
    study.exact = try Models.commutativeExact(four)
    study.initial = [1, 0.5]
    results = try Models.commutative(four).convergence(study)
    #expect(Self.confirms(results[0], 0.5, tolerance: 0.04, width: 0.024))
    #expect(Self.confirms(results[1], 1, tolerance: 0.04, width: 0.024))
  }

  /// The coefficients of an Ito SDE solved as if they were Stratonovich's, and the other way about: the error does
  /// not fall with the step, since the limit is another process.
  @Test(arguments: [Calculus.ito, .stratonovich])
  func theWrongCalculusIsDetected(calculus: Calculus) throws {
    let other: Calculus = calculus == .ito ? .stratonovich : .ito
    var study = study(0.5, try Models.gbmExact(calculus), steps: 64, levels: 4, paths: 4000)
    study.methods = other == .ito ? ["em", "milstein"] : ["milstein", "heun", "midpoint", "euler_heun"]
    let problem = try Models.gbm(0.5, 0.5, calculus: other)
    for result in try problem.convergence(study) {
      #expect(result.order.magnitude < 0.05 && result.high < 0.1)
      // What is left is the distance of the two processes, E|X|·|e^{±b²T/2} − 1|.
      let last = result.levels[3].error
      #expect(last > 0.08 && last < 0.2)
    }
    // The same methods on the converted problem find the solution.
    for result in try Models.gbm(0.5, 0.5, calculus: calculus).converted(to: other).convergence(study) {
      #expect(result.levels[3].error < 0.01 && result.order > 0.45)
    }
  }
}
