import Execution
import Glibc
import Program

/// The mixture Σₖ wₖ N(μₖ, Σₖ).
///
/// With ℓₖ = log wₖ + log Nₖ(x) and m = maxₖ ℓₖ, log p = m + log Σₖ exp(ℓₖ − m) and s = Σₖ rₖ sₖ(x), where
/// rₖ = exp(ℓₖ − m) / Σⱼ exp(ℓⱼ − m) is the probability that x comes from component k: neither under- nor
/// overflows, however far x is from all means.
public struct GaussianMixture: DensityLaw {
  public let weights: [Double]
  public let components: [Gaussian]
  private let title: String
  /// Σ of the weights up to each component.
  private let cumulative: [Double]

  public var dimension: Int { components[0].dimension }
  public var family: String { "Gaussian mixture" }

  /// - Parameters:
  ///   - weights: not negative, with sum 1 to 1e-9; a component of weight 0 is left out.
  ///   - title: what the law is called, if it has a name of its own.
  /// - Throws: ``LawError`` if the weights are not such, or the dimensions differ.
  public init(weights: [Double], components: [Gaussian], title: String? = nil) throws {
    guard !components.isEmpty else { throw LawError("a mixture needs at least one component") }
    guard weights.count == components.count else {
      throw LawError("\(weights.count) weights for \(componentsText(components.count)) of the mixture")
    }
    for (k, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
      throw LawError("weights must be numbers of at least 0, but weight \(k + 1) is \(weight)")
    }
    let sum = weights.reduce(0, +)
    guard (sum - 1).magnitude <= 1e-9 else {
      throw LawError("weights must sum to 1, but they sum to \(sum): divide each by the sum")
    }
    for (k, component) in components.enumerated() where component.dimension != components[0].dimension {
      throw LawError(
        "mean \(k + 1) has \(componentsText(component.dimension)), but mean 1 has \(components[0].dimension)")
    }
    let present = weights.indices.filter { weights[$0] > 0 }
    self.weights = present.map { weights[$0] / sum }
    self.components = present.map { components[$0] }
    self.title =
      title
      ?? "Gaussian mixture of \(componentsText(present.count)) in \(dimensionsText(components[0].dimension))"
    var total = 0.0
    cumulative = self.weights.map {
      total += $0
      return total
    }
  }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let u = draws.uniforms(1)
    let z = draws.normals(dimension)
    let out = LaneRows(rows: dimension, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      let component = components[component(u[0][lane])]
      for i in 0..<dimension { out[i][lane] = component.mean[i] }
      component.covariance.addColoured(z, lane: lane, to: out)
    }
    return out
  }

  /// The component that a uniform chooses: the first whose cumulative weight exceeds it.
  private func component(_ u: Double) -> Int {
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if u < cumulative[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// exp(ℓₖ − m) for each k, their sum, m, and W(x − μₖ).
  private func parts(_ x: Expression) -> (
    shares: [Expression], total: Expression, peak: Expression, whitened: [Expression]
  ) {
    let whitened = components.map { $0.whitened(x) }
    let logs = zip(zip(weights, components), whitened).map { part, y in
      (log(part.0) + part.1.logPeak) - 0.5 * y.sumOfSquares
    }
    // Where every ℓ is −∞ the peak must not be, so that their difference is not NaN.
    let lowest = x.constant(-Double.greatestFiniteMagnitude)
    let peak = logs.reduce(lowest) { Expression.apply(.maximum, $0, $1) }
    let shares = logs.map { ($0 - peak).apply(.exp) }
    return (shares, shares.dropFirst().reduce(shares[0], +), peak, whitened)
  }

  public func logDensity(_ x: Expression) -> Expression {
    if components.count == 1 { return components[0].logDensity(x) }
    let (_, total, peak, _) = parts(x)
    return peak + total.apply(.log)
  }

  public func score(_ x: Expression) -> Expression {
    if components.count == 1 { return components[0].score(x) }
    let (shares, total, _, whitened) = parts(x)
    let terms = components.indices.map { k in
      components[k].covariance.whitenedTransposed(whitened[k]) * (shares[k] / total)
    }
    return -terms.dropFirst().reduce(terms[0], +)
  }

  /// Closed form for one component; for d ≤ 2 by quadrature, else by Monte Carlo.
  public func entropy(_ options: RunOptions = RunOptions()) throws -> Estimate {
    try moments(options).entropy
  }

  public func squaredScore(_ options: RunOptions = RunOptions()) throws -> Estimate {
    try moments(options).squaredScore
  }

  /// Both at once.
  package func moments(_ options: RunOptions = RunOptions()) throws -> (
    entropy: Estimate, squaredScore: Estimate
  ) {
    if components.count == 1 {
      return (components[0].entropy(options), components[0].squaredScore(options))
    }
    if let quadrature = MixtureQuadrature(self) { return try quadrature.moments(options) }
    // As many samples as take some seconds.
    return try monteCarlo(options, samples: max(1 << 12, min(1 << 17, (1 << 30) / components.count)))
  }

  /// Each component perturbed, with the same weights.
  public func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    try GaussianMixture(weights: weights, components: components.map { try $0.noised(alpha, sigma) })
  }

  public var description: String { title }
}
