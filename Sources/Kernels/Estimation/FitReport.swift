import Arrays
import Glibc
import SDE

/// Turns the point a search ended at into estimates, errors and an honest status.
struct FitReport {
  private let space: SearchSpace
  private let climb: Climb
  private let parameters: [Double]
  private let natural: Likelihood.Value
  private let bounds: [Fit.Bound?]
  private let information: Information

  /// - Throws: ``Cancelled``.
  init(_ space: SearchSpace, _ climb: Climb) throws {
    self.space = space
    self.climb = climb
    let likelihood = space.likelihood
    // Logarithms and exponentials round: a parameter at a closed bound is exactly there.
    parameters = space.outer(climb.point.u)
    let natural = try likelihood.evaluate(parameters, hessian: true, options: space.options)
    self.natural = natural
    let k = space.dimension
    bounds = (0..<k).map { i in
      let axis = space.axes[i]
      if climb.held.contains(i) { return climb.point.u[i] <= axis.lower ? .lower : .upper }
      // A positive parameter on its way to 0: its logarithm no longer matters, but it itself does.
      let slope = natural.gradient[i] / natural.hessian[i * k + i].magnitude.squareRoot()
      return axis.isLogarithmic && slope < -1e-4 && climb.outcome == .stationary ? .lower : nil
    }
    let bounds = self.bounds
    information = Information(
      hessian: natural.hessian, size: k, indices: (0..<k).filter { bounds[$0] == nil })
  }

  func fit(_ starts: [Fit.Start]) throws -> Fit {
    let likelihood = space.likelihood
    let k = space.dimension
    let status = self.status
    let failure =
      climb.outcome != .stationary
      ? "the search did not converge" : hasNoMaximum ? "the point is not a maximum" : nil
    var covariance = [Double](repeating: .nan, count: k * k)
    var reasons = [String?](repeating: nil, count: k)
    let undetermined = information.undetermined
    let inverse = information.covariance()
    for (a, i) in information.indices.enumerated() {
      if let failure {
        reasons[i] = failure
      } else if undetermined.contains(a) {
        reasons[i] = "not determined by the data"
      } else {
        for (b, j) in information.indices.enumerated() where !undetermined.contains(b) {
          covariance[i * k + j] = inverse[a][b]
        }
      }
    }
    for i in 0..<k { if let bound = bounds[i] { reasons[i] = "at its \(bound.rawValue) bound" } }
    let errors = (0..<k).map { covariance[$0 * k + $0].squareRoot() }
    var correlation = covariance
    for i in 0..<k {
      for j in 0..<k {
        correlation[i * k + j] =
          i == j && !errors[i].isNaN ? 1 : covariance[i * k + j] / errors[i] / errors[j]
      }
    }
    let names = likelihood.coordinates.map(\.name)
    let n = likelihood.observations.count
    return Fit(
      method: likelihood.density.name, methodTitle: likelihood.density.title,
      estimates: (0..<k).map {
        Fit.Estimate(
          name: names[$0], value: parameters[$0], standardError: errors[$0], reason: reasons[$0],
          bound: bounds[$0])
      },
      covariance: try NDArray(covariance, shape: [k, k], columnNames: names),
      correlation: try NDArray(correlation, shape: [k, k], columnNames: names),
      logLikelihood: natural.logLikelihood, n: n, seriesCount: likelihood.observations.seriesCount,
      status: status, distance: climb.distance, evaluations: space.evaluations, starts: starts,
      problem: try likelihood.problem(with: parameters),
      bic: Double(k) * log(Double(n)) - 2 * natural.logLikelihood)
  }

  private var hasNoMaximum: Bool { information.hasNegativeCurvature }

  private var status: Fit.Status {
    let names = space.likelihood.coordinates.map(\.name)
    switch climb.outcome {
    case .stationary: break
    case .stuck: return .notConverged("no step raises the likelihood, yet its gradient is not 0")
    case .outOfIterations: return .notConverged("out of iterations: the likelihood still rises")
    }
    if let runaway = names.indices.first(where: { space.axes[$0].isLogarithmic && bounds[$0] == .upper }) {
      return .notConverged("the likelihood rises as \(names[runaway]) grows without end")
    }
    if hasNoMaximum { return .notConverged("the point is a saddle, not a maximum") }
    let undetermined = information.undetermined.sorted().map { names[information.indices[$0]] }
    if !undetermined.isEmpty {
      return .notConverged(
        "the data do not determine \(undetermined.joined(separator: ", ")): the likelihood is flat in "
          + (undetermined.count == 1 ? "it" : "a combination of them"))
    }
    let stopped = names.indices.compactMap { i in
      bounds[i].map { "\(names[i]) at its \($0.rawValue) bound \(shortText(bound(i, $0)))" }
    }
    return stopped.isEmpty ? .converged : .onBound(stopped.joined(separator: ", "))
  }

  private func bound(_ index: Int, _ side: Fit.Bound) -> Double {
    let coordinate = space.likelihood.coordinates[index]
    return side == .lower ? coordinate.lower : coordinate.upper
  }
}
