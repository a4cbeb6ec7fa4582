import Execution
import Glibc
import SDE

/// The coordinates u a search moves in: log p for a parameter that must be positive and has no upper
/// bound, p itself otherwise.
struct SearchSpace {
  struct Axis {
    let isLogarithmic: Bool
    let lower: Double
    let upper: Double
  }

  struct Point {
    var u: [Double]
    var value: Double
    var gradient: [Double]
    var hessian: [Double]
  }

  let likelihood: Likelihood
  let axes: [Axis]
  let options: RunOptions
  private(set) var evaluations = 0

  /// A positive parameter that leaves its start value by more than this many powers of e has gone to its
  /// bound.
  private static let logarithmicReach = 30.0

  init(_ likelihood: Likelihood, options: RunOptions) {
    self.likelihood = likelihood
    self.options = options
    axes = likelihood.coordinates.map { coordinate in
      if coordinate.lower == 0, coordinate.upper == .infinity, coordinate.start > 0 {
        let start = log(coordinate.start)
        return Axis(
          isLogarithmic: true, lower: start - SearchSpace.logarithmicReach,
          upper: start + SearchSpace.logarithmicReach)
      }
      return Axis(isLogarithmic: false, lower: coordinate.lower, upper: coordinate.upper)
    }
  }

  var dimension: Int { axes.count }

  func inner(_ parameters: [Double]) -> [Double] {
    zip(axes, parameters).map { $0.isLogarithmic ? log($1) : $1 }
  }

  func outer(_ u: [Double]) -> [Double] { zip(axes, u).map { $0.isLogarithmic ? exp($1) : $1 } }

  func clamp(_ u: [Double]) -> [Double] { zip(axes, u).map { min(max($1, $0.lower), $0.upper) } }

  /// The log-likelihood and its derivatives in u: ∂/∂u = p ∂/∂p and ∂²/∂u² = p² ∂²/∂p² + p ∂/∂p on a
  /// logarithmic axis. The value is −∞ wherever anything is not finite: such points are rejected.
  ///
  /// - Throws: ``Cancelled``.
  mutating func evaluate(_ u: [Double], hessian: Bool) throws -> Point {
    evaluations += 1
    let p = outer(u)
    let result = try likelihood.evaluate(p, hessian: hessian, options: options)
    let k = dimension
    guard result.isFinite else {
      return Point(
        u: u, value: -.infinity, gradient: Array(repeating: 0, count: k),
        hessian: Array(repeating: 0, count: hessian ? k * k : 0))
    }
    let slope = zip(axes, p).map { $0.isLogarithmic ? $1 : 1 }
    let gradient = zip(slope, result.gradient).map { $0 * $1 }
    var matrix = result.hessian
    if hessian {
      for i in 0..<k {
        for j in 0..<k { matrix[i * k + j] *= slope[i] * slope[j] }
        if axes[i].isLogarithmic { matrix[i * k + i] += gradient[i] }
      }
    }
    return Point(u: u, value: result.logLikelihood, gradient: gradient, hessian: matrix)
  }
}
