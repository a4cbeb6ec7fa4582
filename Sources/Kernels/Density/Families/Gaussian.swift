import Execution
import Glibc
import Program

/// The normal law N(μ, Σ).
///
/// log p = −½‖W(x − μ)‖² − ½ log det 2πΣ and s = −WᵀW(x − μ), where W = L⁻¹ and Σ = LLᵀ.
public struct Gaussian: DensityLaw {
  public let mean: [Double]
  let covariance: Covariance

  public var dimension: Int { mean.count }
  public var family: String { "Gaussian" }

  /// - Parameter covariance: d × d, row by row.
  /// - Throws: ``LawError`` if it is not symmetric and positive definite, or the sizes differ.
  public init(mean: [Double], covariance: [Double]) throws {
    guard covariance.count == mean.count * mean.count else {
      throw LawError(
        "the mean has \(componentsText(mean.count)), but the covariance \(covariance.count) elements")
    }
    try self.init(mean, try Covariance(matrix: covariance, dimension: mean.count))
  }

  /// With independent components.
  ///
  /// - Parameter standardDeviations: one, or one a component.
  public init(mean: [Double], standardDeviations: [Double]) throws {
    try self.init(
      mean, try Covariance(standardDeviations: spread(standardDeviations, over: mean.count, "mean")))
  }

  init(_ mean: [Double], _ covariance: Covariance) throws {
    try checkLocation(mean, "mean")
    self.mean = mean
    self.covariance = covariance
  }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let z = draws.normals(dimension)
    let out = LaneRows(rows: dimension, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      for i in 0..<dimension { out[i][lane] = mean[i] }
      covariance.addColoured(z, lane: lane, to: out)
    }
    return out
  }

  /// log N at the mean: −½ log det 2πΣ.
  var logPeak: Double {
    -0.5 * (Double(dimension) * log(2 * .pi) + covariance.logDeterminant)
  }

  func whitened(_ x: Expression) -> Expression { covariance.whitened(x - x.constants(mean)) }

  public func logDensity(_ x: Expression) -> Expression { logPeak - 0.5 * whitened(x).sumOfSquares }

  public func score(_ x: Expression) -> Expression { -covariance.whitenedTransposed(whitened(x)) }

  /// ½ log det 2πeΣ.
  public func entropy(_ options: RunOptions = RunOptions()) -> Estimate {
    Estimate(0.5 * Double(dimension) - logPeak)
  }

  /// tr Σ⁻¹.
  public func squaredScore(_ options: RunOptions = RunOptions()) -> Estimate {
    Estimate(covariance.inverseTrace)
  }

  public func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    try noised(alpha, sigma)
  }

  /// N(αμ, α²Σ + σ²I).
  func noised(_ alpha: Double, _ sigma: Double) throws -> Gaussian {
    try checkPerturbation(alpha, sigma)
    return try Gaussian(mean.map { alpha * $0 }, try covariance.perturbed(alpha, sigma))
  }

  public var description: String {
    "Gaussian in \(dimensionsText(dimension)): mean \(listText(mean)), "
      + (covariance.isDiagonal ? "std \(listText(covariance.factor))" : "full covariance")
  }
}
