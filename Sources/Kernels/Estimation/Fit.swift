import Arrays
import SDE

/// What a fit found.
public struct Fit: Sendable {
  public enum Bound: String, Sendable { case lower, upper }

  public enum Status: Sendable, Equatable {
    /// The gradient vanishes and the information matrix is positive definite.
    case converged
    /// The likelihood still rises where these parameters are stopped by their bounds.
    case onBound(String)
    case notConverged(String)
  }

  /// One fitted number.
  public struct Estimate: Sendable {
    public let name: String
    public let value: Double
    /// From the inverse observed information; NaN with a ``reason`` where there is none.
    public let standardError: Double
    public let reason: String?
    /// The bound the value is at.
    public let bound: Bound?

    /// The asymptotic 95 % interval, value ± 1.96 standard errors.
    public var interval: (lower: Double, upper: Double) {
      (value - 1.959963984540054 * standardError, value + 1.959963984540054 * standardError)
    }
  }

  /// Where a search began and what it reached.
  public struct Start: Sendable {
    public let parameters: [Double]
    /// NaN if the start was rejected.
    public let logLikelihood: Double
    public let outcome: String
  }

  /// The density the fit maximised.
  public let method: String
  public let methodTitle: String
  public let estimates: [Estimate]
  /// k × k in the order of ``estimates``; NaN in the rows of parameters without a standard error.
  public let covariance: NDArray
  public let correlation: NDArray
  public let logLikelihood: Double
  /// The number of transitions.
  public let n: Int
  public let seriesCount: Int
  public let status: Status
  /// √(gᵀ I⁻¹ g) at the estimate, I the information: the distance from the maximum in standard errors.
  public let distance: Double
  /// Passes over the data.
  public let evaluations: Int
  public let starts: [Start]
  /// The SDE with the estimates as its parameters.
  public let problem: SDEProblem

  /// The number of fitted parameters.
  public var k: Int { estimates.count }
  /// 2k − 2 log L.
  public var aic: Double { 2 * Double(k) - 2 * logLikelihood }
  /// k log n − 2 log L.
  public let bic: Double

  public var converged: Bool { status == .converged }

  /// The estimate of a parameter by its name ("theta[2]" for a component).
  public subscript(_ name: String) -> Estimate? { estimates.first { $0.name == name } }

  /// Searches that reached the same log-likelihood as the best.
  public var startsAtOptimum: Int { starts.filter { logLikelihood - $0.logLikelihood < 0.01 }.count }
}
