import Execution
import Glibc
import Program

/// The uniform law on the box ∏ᵢ [lowᵢ, highᵢ].
///
/// Its density jumps at the boundary: E‖s‖² is infinite, though s is 0 inside; outside s is NaN.
public struct UniformBox: DensityLaw {
  public let low: [Double]
  public let high: [Double]

  public var dimension: Int { low.count }
  public var family: String { "uniform" }

  /// - Throws: ``LawError`` unless low < high, component by component.
  public init(low: [Double], high: [Double]) throws {
    try checkLocation(low, "lower corner")
    try checkLocation(high, "upper corner")
    guard low.count == high.count else {
      throw LawError("the lower corner has \(componentsText(low.count)), but the upper \(high.count)")
    }
    for i in low.indices where !(low[i] < high[i]) {
      throw LawError("the box is empty: component \(i + 1) goes from \(low[i]) to \(high[i])")
    }
    self.low = low
    self.high = high
  }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let u = draws.uniforms(dimension)
    let out = LaneRows(rows: dimension, lanes: draws.lanes)
    for i in 0..<dimension {
      for lane in 0..<draws.lanes { out[i][lane] = low[i] + (high[i] - low[i]) * u[i][lane] }
    }
    return out
  }

  private var logVolume: Double { zip(low, high).reduce(0) { $0 + log($1.1 - $1.0) } }

  /// `inside` where low ≤ x ≤ high, else `outside`.
  private func choose(_ x: Expression, _ inside: Double, _ outside: Double) -> Expression {
    let builder = x.builder
    let above = builder.compare(.lessOrEqual, builder.constant(low), x.id)
    let below = builder.compare(.lessOrEqual, x.id, builder.constant(high))
    let count = (builder.expression(above) * builder.expression(below)).rowSum
    return .select(
      .equal, count, x.constant(Double(dimension)), then: x.constant(inside), else: x.constant(outside))
  }

  public func logDensity(_ x: Expression) -> Expression { choose(x, -logVolume, -.infinity) }

  public func score(_ x: Expression) -> Expression {
    x.builder.expression(x.builder.broadcast(choose(x, 0, .nan).id, dimension))
  }

  public func entropy(_ options: RunOptions = RunOptions()) -> Estimate { Estimate(logVolume) }

  public func squaredScore(_ options: RunOptions = RunOptions()) -> Estimate { Estimate(.infinity) }

  public func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    try checkPerturbation(alpha, sigma)
    if alpha == 0 { return try Gaussian(mean: low.map { _ in 0 }, standardDeviations: [sigma]) }
    guard sigma == 0 else {
      throw LawError(
        "a uniform law with Gaussian noise is not kept in closed form: use a Gaussian or a mixture")
    }
    let ends = zip(low, high).map { (alpha * $0, alpha * $1) }
    return try UniformBox(low: ends.map { min($0.0, $0.1) }, high: ends.map { max($0.0, $0.1) })
  }

  public var description: String {
    "uniform in \(dimensionsText(dimension)): from \(listText(low)) to \(listText(high))"
  }
}
