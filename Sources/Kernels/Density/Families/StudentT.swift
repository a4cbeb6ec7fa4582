import Execution
import Glibc
import Program

/// The multivariate t law with ν degrees of freedom, location μ and scale matrix Σ: μ + Lz·√(ν/w), where
/// Σ = LLᵀ, z is standard normal and w is χ² with ν degrees of freedom.
///
/// With q = ‖L⁻¹(x − μ)‖²: log p = c − ½(ν + d) log(1 + q/ν), c = log Γ((ν+d)/2) − log Γ(ν/2)
/// − ½d log νπ − ½ log det Σ, and s = −(ν + d)/(ν + q) Σ⁻¹(x − μ).
///
/// Source: Kotz and Nadarajah, Multivariate t Distributions and Their Applications (2004), §1.2 and §1.10.
public struct StudentT: DensityLaw {
  public let location: [Double]
  public let freedom: Double
  let scale: Covariance

  public var dimension: Int { location.count }
  public var family: String { "Student t" }

  /// - Parameter scales: one, or one a component: the diagonal of L.
  /// - Throws: ``LawError`` unless ν and the scales are positive.
  public init(location: [Double], scales: [Double], freedom: Double) throws {
    try self.init(
      location, try Covariance(standardDeviations: spread(scales, over: location.count, "location")), freedom)
  }

  /// - Parameter shape: Σ, d × d, row by row; for ν > 2 the covariance is Σν/(ν − 2).
  public init(location: [Double], shape: [Double], freedom: Double) throws {
    guard shape.count == location.count * location.count else {
      throw LawError(
        "the location has \(componentsText(location.count)), but the shape matrix \(shape.count) elements")
    }
    try self.init(location, try Covariance(matrix: shape, dimension: location.count), freedom)
  }

  private init(_ location: [Double], _ scale: Covariance, _ freedom: Double) throws {
    try checkLocation(location, "location")
    guard freedom > 0, freedom.isFinite else {
      throw LawError("the degrees of freedom must be a number above 0, got \(freedom)")
    }
    self.location = location
    self.scale = scale
    self.freedom = freedom
  }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let z = draws.normals(dimension)
    let w = draws.chiSquares(freedom)
    let out = LaneRows(rows: dimension, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      for i in 0..<dimension { out[i][lane] = location[i] }
      scale.addColoured(z, lane: lane, times: (freedom / w[0][lane]).squareRoot(), to: out)
    }
    return out
  }

  private var d: Double { Double(dimension) }

  private var logPeak: Double {
    lgamma((freedom + d) / 2) - lgamma(freedom / 2) - 0.5 * d * log(freedom * .pi)
      - 0.5 * scale.logDeterminant
  }

  public func logDensity(_ x: Expression) -> Expression {
    let y = scale.whitened(x - x.constants(location))
    return logPeak - (0.5 * (freedom + d)) * (y.sumOfSquares / freedom).apply(.log1p)
  }

  public func score(_ x: Expression) -> Expression {
    let y = scale.whitened(x - x.constants(location))
    return -scale.whitenedTransposed(y) * ((freedom + d) / (freedom + y.sumOfSquares))
  }

  /// −c + ½(ν + d)(ψ((ν+d)/2) − ψ(ν/2)).
  public func entropy(_ options: RunOptions = RunOptions()) -> Estimate {
    Estimate(-logPeak + 0.5 * (freedom + d) * (digamma((freedom + d) / 2) - digamma(freedom / 2)))
  }

  /// tr Σ⁻¹ (ν + d)/(ν + d + 2): q/(ν + q) is Beta(d/2, ν/2).
  public func squaredScore(_ options: RunOptions = RunOptions()) -> Estimate {
    Estimate(scale.inverseTrace * (freedom + d) / (freedom + d + 2))
  }

  public func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    try checkPerturbation(alpha, sigma)
    if alpha == 0 { return try Gaussian(mean: location.map { _ in 0 }, standardDeviations: [sigma]) }
    guard sigma == 0 else {
      throw LawError("a Student t with Gaussian noise has no closed form: use a Gaussian or a mixture")
    }
    return try StudentT(location.map { alpha * $0 }, try scale.perturbed(alpha, 0), freedom)
  }

  public var description: String {
    "Student t in \(dimensionsText(dimension)): \(shortText(freedom)) degrees of freedom, location "
      + listText(location) + ", "
      + (scale.isDiagonal ? "scale \(listText(scale.factor))" : "full shape matrix")
  }
}

/// ψ(x) for x > 0: by ψ(x) = ψ(x + 1) − 1/x up to x ≥ 10, where its asymptotic series has an error below 1e-15.
/// Source: Abramowitz and Stegun (1964), 6.3.5 and 6.3.18.
package func digamma(_ x: Double) -> Double {
  var x = x
  var below = 0.0
  while x < 10 {
    below -= 1 / x
    x += 1
  }
  let y = 1 / (x * x)
  let series =
    y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * 691 / 32760)))))
  return below + log(x) - 0.5 / x - series
}
