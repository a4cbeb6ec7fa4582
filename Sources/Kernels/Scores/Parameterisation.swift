import Program

/// The conversions between what a model may predict, at a given `z = αx + σe`.
///
///     score  s = −e/σ            noise  e = σz′ + αv′         velocity  v = αe − σx
///     data   x = (z − σe)/α = αz′ − σv′,     z′ = z/(α² + σ²),  v′ = v/(α² + σ²)
///
/// so that for α² + σ² = 1 these are the usual `x = αz − σv`, `e = σz + αv`. Squared errors at fixed z:
///
///     ‖e − ê‖² = σ²‖s − ŝ‖² = (α²/σ²)‖x − x̂‖² = α²/(α² + σ²)²·‖v − v̂‖².
///
/// Source: Salimans and Ho 2022, appendix D, for α² + σ² = 1; the general form by inverting
/// (x, e) → (z, v), a rotation times √(α² + σ²).
package struct Parameterisation {
  package let z: Expression
  package let alpha: Expression
  package let sigma: Expression

  package init(z: Expression, alpha: Expression, sigma: Expression) {
    self.z = z
    self.alpha = alpha
    self.sigma = sigma
  }

  private var norm: Expression { alpha.squared + sigma.squared }

  /// The noise that a model's value stands for.
  package func noise(_ value: Expression, _ prediction: Prediction) throws -> Expression {
    switch prediction {
    case .noise: value
    case .score: -(value * sigma)
    case .data: (z - alpha * value) / sigma
    case .velocity: (sigma * z + alpha * value) / norm
    case .network: throw raw
    }
  }

  package func score(_ value: Expression, _ prediction: Prediction) throws -> Expression {
    prediction == .score ? value : -(try noise(value, prediction) / sigma)
  }

  package func data(_ value: Expression, _ prediction: Prediction) throws -> Expression {
    switch prediction {
    case .data: value
    case .velocity: (alpha * z - sigma * value) / norm
    case .score: (z + sigma.squared * value) / alpha
    case .noise: (z - sigma * value) / alpha
    case .network: throw raw
    }
  }

  package func velocity(_ value: Expression, _ prediction: Prediction) throws -> Expression {
    if prediction == .velocity { return value }
    return alpha * (try noise(value, prediction)) - sigma * (try data(value, prediction))
  }

  /// The factor c in `‖own error‖² = c·‖e − ê‖²`.
  static func errorFactor(
    _ prediction: Prediction, alpha: Expression, sigma: Expression
  ) -> Expression {
    switch prediction {
    case .noise, .network: alpha.constant(1)
    case .score: 1 / sigma.squared
    case .data: (sigma / alpha).squared
    case .velocity: ((alpha.squared + sigma.squared) / alpha).squared
    }
  }

  private var raw: ScoreError {
    ScoreError("a network's raw output is no prediction by itself: its preconditioning makes it one")
  }
}
