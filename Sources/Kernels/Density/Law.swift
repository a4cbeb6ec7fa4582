import Arrays
import Execution
import Program

/// A probability law on ℝᵈ: what can be sampled.
///
/// Sample i is a function of (seed, i) alone, so that any n gives the same first samples.
public protocol Law: Sendable, CustomStringConvertible {
  /// d.
  var dimension: Int { get }
  /// What users call the family: "Gaussian mixture".
  var family: String { get }
  /// One sample a lane of the block, as d rows.
  func sample(_ draws: LawDraws) -> LaneRows
}

/// A law with a known density: the oracle that losses, nets and samplers are judged by.
public protocol DensityLaw: Law {
  /// log p(x) for an x of d rows: one row.
  func logDensity(_ x: Expression) -> Expression
  /// The score s(x) = ∇ₓ log p(x): d rows. NaN where p is zero.
  func score(_ x: Expression) -> Expression
  /// The differential entropy −E log p, in nats.
  ///
  /// - Throws: ``Cancelled``.
  func entropy(_ options: RunOptions) throws -> Estimate
  /// E‖s‖², the trace of the Fisher information of location; infinite where the density jumps, for then no
  /// score function attains the infimum of E[‖s‖² + 2 div s].
  ///
  /// - Throws: ``Cancelled``.
  func squaredScore(_ options: RunOptions) throws -> Estimate
  /// The law of αx + σε with ε standard normal and independent of x.
  ///
  /// - Throws: ``LawError`` where it has no closed form, or α or σ do not fit.
  func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw
}

/// A number that is known exactly, to the accuracy of a quadrature, or with a standard error.
public struct Estimate: Sendable, Equatable {
  public enum Method: String, Sendable {
    case closedForm = "closed form"
    /// Accurate to 1e-6 or better.
    case quadrature
    case monteCarlo = "Monte Carlo"
  }
  public var value: Double
  /// 0 unless the method is Monte Carlo.
  public var standardError: Double
  public var method: Method

  public init(_ value: Double, standardError: Double = 0, method: Method = .closedForm) {
    self.value = value
    self.standardError = standardError
    self.method = method
  }

  /// The sum of independent numbers; it is as good as its worst term.
  static func sum(_ terms: [Estimate]) -> Estimate {
    let ranks: [Method] = [.closedForm, .quadrature, .monteCarlo]
    let worst = terms.map(\.method).max { ranks.firstIndex(of: $0)! < ranks.firstIndex(of: $1)! }
    return Estimate(
      terms.reduce(0) { $0 + $1.value },
      standardError: terms.reduce(0) { $0 + $1.standardError * $1.standardError }.squareRoot(),
      method: worst ?? .closedForm)
  }
}

/// Parameters that are not those of a law, or a question that it has no answer to.
public struct LawError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

extension DensityLaw {
  func checkPerturbation(_ alpha: Double, _ sigma: Double) throws {
    guard alpha.isFinite else { throw LawError("alpha must be a finite number, got \(alpha)") }
    guard sigma.isFinite, sigma >= 0 else {
      throw LawError("sigma must be a number of at least 0, got \(sigma)")
    }
    guard alpha != 0 || sigma != 0 else {
      throw LawError("alpha and sigma are both 0: the law would be a single point, without a density")
    }
  }
}
