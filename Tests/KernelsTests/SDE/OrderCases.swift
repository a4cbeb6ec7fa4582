import Kernels
import Testing

/// An SDE on which orders of convergence are measured.
struct OrderCase: Sendable, CustomTestStringConvertible {
  let problem: SDEProblem
  let initial: [Double]
  /// nil compares with a finer solution.
  let exact: Program?
  /// The function of the weak error; nil where its error is hidden in the noise.
  let test: Program?
  /// Steps of the coarsest level for strong and for weak errors.
  var coarsest = 64
  var coarsestWeak = 16

  var testDescription: String { problem.name }

  func study(_ kind: ConvergenceStudy.Kind, paths: Int, levels: Int = 4) -> ConvergenceStudy {
    var study = ConvergenceStudy(initial: initial)
    (study.kind, study.paths, study.levels) = (kind, paths, levels)
    (study.exact, study.test, study.seed) = (exact, test, 20)
    study.coarsest = kind == .strong ? coarsest : coarsestWeak
    // The reference's own error is 1/16 of the finest level's at order 1, and 3 % in square at order ½.
    study.referenceLevels = 4
    study.bootstrap = 100
    study.run.threads = 2
    return study
  }
}

extension OrderCase {
  /// SDEs of a noise class in the Stratonovich calculus; `converted` gives the same processes in Ito's.
  static func all(_ noise: NoiseClass, _ calculus: Calculus) throws -> [OrderCase] {
    let cases: [OrderCase]
    switch noise {
    case .additive: cases = [try sineDrift(), try growingNoise()]
    case .scalar: cases = [try geometric(), try bounded(), try circle()]
    case .diagonal: cases = [try twoCurves()]
    case .commutative: cases = [try linear(), try curvedPlane()]
    case .general: cases = [try heisenberg()]
    }
    return try cases.map { item in
      OrderCase(
        problem: try item.problem.converted(to: calculus), initial: item.initial, exact: item.exact,
        test: item.test, coarsest: item.coarsest, coarsestWeak: item.coarsestWeak)
    }
  }

  /// φ = Σ xᵢ + xᵢ².
  private static func moments(_ dimension: Int) throws -> Program {
    try Models.function(dimension: dimension) { x, _, _ in Expression.sum(x.map { $0 + $0 * $0 })! }
  }

  /// dX = sin X dt + dW.
  private static func sineDrift() throws -> OrderCase {
    OrderCase(
      problem: try Models.sineDrift(calculus: .stratonovich), initial: [0.5], exact: nil,
      test: try moments(1),
      coarsest: 8, coarsestWeak: 8)
  }

  /// dX = −X dt + (1 + t) dW.
  private static func growingNoise() throws -> OrderCase {
    let problem = try Models.sde(
      "growing noise", calculus: .stratonovich, drift: { x, _, _ in [-x[0]] },
      diffusion: { _, t, _ in [t + 1] })
    return OrderCase(problem: problem, initial: [1], exact: nil, test: nil, coarsest: 8)
  }

  private static func geometric() throws -> OrderCase {
    OrderCase(
      problem: try Models.gbm(0.5, 0.5, calculus: .stratonovich), initial: [0.5],
      exact: try Models.gbmExact(.stratonovich), test: try moments(1))
  }

  /// Kloeden and Platen's (4.4.46), in the Stratonovich calculus dX = −a(1 − X²) dt + b(1 − X²)∘dW.
  private static func bounded() throws -> OrderCase {
    OrderCase(
      problem: try Models.cubic(1, 0.5).converted(to: .stratonovich), initial: [0.5],
      exact: try Models.cubicExact(), test: nil)
  }

  /// dX = (−X₂, X₁)∘dW, so that X = (cos W, sin W) from (1, 0): one noise in two components.
  private static func circle() throws -> OrderCase {
    let problem = try Models.sde(
      "circle", dimension: 2, calculus: .stratonovich,
      drift: { _, t, _ in [t.constant(0), t.constant(0)] }, diffusion: { x, _, _ in [-x[1], x[0]] })
    let exact = try Models.exact(dimension: 2) { _, _, w, _ in [w[0].apply(.cos), w[0].apply(.sin)] }
    return OrderCase(problem: problem, initial: [1, 0], exact: exact, test: nil, coarsest: 128)
  }

  /// X₁ = sinh(a₁t + b₁W₁), X₂ = tanh(a₂t + b₂W₂) from 0.
  private static func twoCurves() throws -> OrderCase {
    let rates = [(0.5, 0.7), (0.3, 0.6)]
    func slopes(_ x: [Expression]) -> [Expression] { [(x[0] * x[0] + 1).apply(.sqrt), 1 - x[1] * x[1]] }
    let problem = try Models.sde(
      "two curves", dimension: 2, shape: .diagonal, calculus: .stratonovich,
      drift: { x, _, _ in zip(slopes(x), rates).map { $0 * $1.0 } },
      diffusion: { x, _, _ in zip(slopes(x), rates).map { $0 * $1.1 } })
    let exact = try Models.exact(dimension: 2, noises: 2) { _, t, w, _ in
      let u = zip(w, rates).map { t * $1.0 + $0 * $1.1 }
      return [u[0].apply(.sinh), u[1].apply(.tanh)]
    }
    return OrderCase(problem: problem, initial: [0, 0], exact: exact, test: try moments(2))
  }

  private static func linear() throws -> OrderCase {
    let b = [0.3, 0.4]
    return OrderCase(
      problem: try Models.commutative(b, calculus: .stratonovich).with(["c": [1.4]]), initial: [1, 0.5],
      exact: try Models.commutativeExact(b, calculus: .stratonovich), test: try moments(2), coarsest: 256,
      coarsestWeak: 16)
  }

  /// X₁ = sinh(½W₁), X₂ = exp(½W₂)(1 + X₁²) from (0, 1): noises that commute because they are the derivatives
  /// of one smooth function of W, in a plane that is not flat.
  private static func curvedPlane() throws -> OrderCase {
    let problem = try Models.sde(
      "curved plane", dimension: 2, shape: .matrix(noises: 2), calculus: .stratonovich,
      drift: { _, t, _ in [t.constant(0), t.constant(0)] },
      diffusion: { x, t, _ in
        let s = (x[0] * x[0] + 1).apply(.sqrt)
        return [s * 0.5, t.constant(0), x[0] * x[1] / s, x[1] * 0.5]
      })
    let exact = try Models.exact(dimension: 2, noises: 2) { _, _, w, _ in
      let first = (w[0] * 0.5).apply(.sinh)
      return [first, (w[1] * 0.5).apply(.exp) * (first * first + 1)]
    }
    let test = try Models.function(dimension: 2) { x, _, _ in x[0] * x[0] + x[1] }
    return OrderCase(
      problem: problem, initial: [0, 1], exact: exact, test: test, coarsest: 128, coarsestWeak: 4)
  }

  /// Only its third component has an error: the Levy area that no method here has.
  private static func heisenberg() throws -> OrderCase {
    OrderCase(
      problem: try Models.heisenberg(calculus: .stratonovich), initial: [0, 0, 0], exact: nil,
      test: try Models.function(dimension: 3) { x, _, _ in x[2] * x[2] }, coarsest: 8, coarsestWeak: 4)
  }
}
