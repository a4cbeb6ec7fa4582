import Glibc
import Program

/// Laws whose score after noise is a formula also in the noise.
extension DensityLaw {
  /// The score of αx + σε at z, for an α and a σ of one row each.
  ///
  /// - Returns: nil where there is no such formula: for full covariances, and laws that are no mixtures of Gaussians or
  ///   products of them.
  package func noisedScore(_ z: Expression, alpha: Expression, sigma: Expression) -> Expression? {
    if let product = self as? ProductLaw {
      var first = 0
      var parts: [Expression] = []
      for part in product.parts {
        let x = Expression(z.builder, z.builder.slice(z.id, first, part.dimension))
        guard let score = part.noisedScore(x, alpha: alpha, sigma: sigma) else { return nil }
        parts.append(score)
        first += part.dimension
      }
      return .stack(parts)
    }
    let mixture: GaussianMixture
    if let gaussian = self as? Gaussian {
      guard let one = try? GaussianMixture(weights: [1], components: [gaussian]) else { return nil }
      mixture = one
    } else {
      guard let known = (self as? GaussianMixture) ?? (try? perturbed(alpha: 1, sigma: 0)) as? GaussianMixture
      else { return nil }
      mixture = known
    }
    return mixture.diagonalNoisedScore(z, alpha, sigma)
  }
}

extension GaussianMixture {
  /// `Σ rₖ (αμₖ − z)/(α²σₖ² + σ²)`, for diagonal covariances.
  fileprivate func diagonalNoisedScore(
    _ z: Expression, _ alpha: Expression, _ sigma: Expression
  ) -> Expression? {
    guard components.allSatisfy(\.covariance.isDiagonal) else { return nil }
    let parts = components.map { component -> (offset: Expression, variance: Expression) in
      let variance = alpha * alpha * z.constants(component.covariance.matrix) + sigma * sigma
      return (alpha * z.constants(component.mean) - z, variance)
    }
    let logs = zip(weights, parts).map { weight, part in
      log(weight) - 0.5 * (part.offset * part.offset / part.variance + part.variance.apply(.log)).rowSum
    }
    let peak = logs.dropFirst().reduce(logs[0]) { Expression.apply(.maximum, $0, $1) }
    let shares = logs.map { ($0 - peak).apply(.exp) }
    let total = shares.dropFirst().reduce(shares[0], +)
    let terms = zip(shares, parts).map { $0 / total * ($1.offset / $1.variance) }
    return terms.dropFirst().reduce(terms[0], +)
  }
}
