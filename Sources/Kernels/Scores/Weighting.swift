import Program

/// What the squared error at a time is multiplied by. Each is also the plain squared error of some
/// prediction, because those differ by factors of α and σ only.
///
/// Source of likelihood: Song, Durkan, Murray, Ermon 2021: with it, ½ of the integral over t bounds
/// KL(data ‖ model) up to the prior's part.
package enum Weighting: String, Sendable, CaseIterable {
  /// σ²‖s − ŝ‖² = ‖e − ê‖².
  case sigma2
  /// ‖s − ŝ‖².
  case uniform
  /// g²‖s − ŝ‖².
  case likelihood
  /// ‖x − x̂‖².
  case x0
  /// ‖v − v̂‖².
  case v

  package init(named name: String) throws {
    guard let known = Weighting(rawValue: name) else {
      throw ScoreError.unknown("weighting", name, of: Weighting.allCases.map(\.rawValue))
    }
    self = known
  }

  /// The weight of ‖e − ê‖² at a time of a process.
  func ofNoise(_ process: any DiffusionProcess, _ t: Expression) -> Expression {
    let (alpha, sigma) = (process.alpha(t), process.sigma(t))
    switch self {
    case .sigma2: return t.constant(1)
    case .uniform: return Parameterisation.errorFactor(.score, alpha: alpha, sigma: sigma)
    case .x0: return Parameterisation.errorFactor(.data, alpha: alpha, sigma: sigma)
    case .v: return Parameterisation.errorFactor(.velocity, alpha: alpha, sigma: sigma)
    case .likelihood: return process.squaredDiffusion(t) / sigma.squared
    }
  }
}
