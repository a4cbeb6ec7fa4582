import Program

/// Denoising score matching at one noise level, z = x + σe:
///
///     E‖s(z) + e/σ‖²  =  E‖s − s_σ‖² + d/σ² − E‖s_σ‖²,
///
/// s_σ the score of the noised data: the least value is not 0. Weighted by σ² it is E‖σs(z) + e‖².
/// Source: Vincent 2011, (13).
struct DenoisingScoreMatching: ScoreLoss {
  let name = "dsm"
  let form: LossForm
  let sigma: Double
  /// Whether the squared error is multiplied by σ².
  let weighted: Bool

  init(form: LossForm, sigma: Double, weighted: Bool) throws {
    self.form = form
    self.sigma = try positive(sigma, "sigma")
    self.weighted = weighted
  }

  var constant: String { denoisingConstant(form) }
  var noise: LossNoise { .level(sigma) }

  func full(_ p: LossPoint) throws -> Expression {
    let e = p.noise()
    let s = try p.model(p.x + e * sigma)
    return weighted ? (s * sigma + e).squaredNorm : (s + e * (1 / sigma)).squaredNorm
  }

  func fullFloor(_ oracle: any ScoreOracle) throws -> Double? {
    let noised = try oracle.perturbed(alpha: 1, sigma: sigma)
    let floor = Double(oracle.dimension) / (sigma * sigma) - noised.expectedSquaredScore
    return weighted ? floor * sigma * sigma : floor
  }
}

func denoisingConstant(_ form: LossForm) -> String {
  "\(form == .half ? "½(d/σ² − E‖s_σ‖²)" : "d/σ² − E‖s_σ‖²") (times the weight) more than the squared distance "
    + "to the score s_σ of the noised data, constant in the model but not in the noise or the process"
}

/// A scale that must be a positive number.
func positive(_ value: Double, _ name: String, _ what: String = "a standard deviation") throws -> Double {
  guard value > 0, value.isFinite else {
    throw ScoreError(
      "\(name) is \(what) and must be a positive number, got \(value.isNaN ? "nan" : "\(value)")")
  }
  return value
}
