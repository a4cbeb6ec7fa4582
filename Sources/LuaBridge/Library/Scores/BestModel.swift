import Kernels

/// The model at which a loss is least, where the law of the data is known.
struct BestModel {
  let law: any DensityLaw
  let noise: LossNoise
  let prediction: Prediction
  let options: RunOptions

  /// The law whose score is learned, where it is one law; nil: one for each time.
  func target() throws -> (any DensityLaw)? {
    switch noise {
    case .none: law
    case .level(let sigma): try law.perturbed(alpha: 1, sigma: sigma)
    case .ladder, .process, .preconditioned: nil
    }
  }

  var sigma: Double? { if case .level(let sigma) = noise { sigma } else { nil } }

  /// Its value at x and t.
  ///
  /// - Throws: ``CheckError`` where the law has no closed form after noise.
  func value(_ x: Expression, _ t: Expression?) throws -> Expression {
    if let target = try target() { return target.score(x) }
    guard let t else { throw CheckError("the loss gives its model no time") }
    switch noise {
    case .process(let process):
      let (alpha, sigma) = (process.alpha(t), process.sigma(t))
      let parts = Parameterisation(z: x, alpha: alpha, sigma: sigma)
      let score = try noised(x, alpha, sigma)
      switch prediction {
      case .score, .network: return score
      case .noise: return try parts.noise(score, .score)
      case .data: return try parts.data(score, .score)
      case .velocity: return try parts.velocity(score, .score)
      }
    case .preconditioned(let scales):
      let sigma = (t * 4).apply(.exp)
      let z = x / scales.input(sigma)
      let denoised = z + sigma * sigma * (try noised(z, x.constant(1), sigma))
      return (denoised - scales.skip(sigma) * z) / scales.out(sigma)
    case .none, .level, .ladder: return try noised(x, x.constant(1), t)
    }
  }

  private func noised(_ z: Expression, _ alpha: Expression, _ sigma: Expression) throws -> Expression {
    guard let score = law.noisedScore(z, alpha: alpha, sigma: sigma) else {
      throw CheckError(
        "the score of the \(law.family) after noise has no formula in the noise level: losses that draw their noise level "
          + "can be checked against Gaussians and mixtures with diagonal covariances, and products of them; losses with "
          + "one sigma= against all mixtures")
    }
    return score
  }
}
