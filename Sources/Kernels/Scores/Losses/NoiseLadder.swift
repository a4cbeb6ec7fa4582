import Program

/// Denoising score matching over a ladder of noise levels, one drawn for each sample:
///
///     (1/L) Σ_l w(σ_l) E‖s(x + σ_l e, σ_l) + e/σ_l‖²,
///
/// w = σ² by default. The model is given σ itself as its time. Source: Song and Ermon 2019, (5) and (6).
struct NoiseLadder: ScoreLoss {
  let name = "dsm"
  let form: LossForm
  let sigmas: [Double]
  /// Whether the squared error is multiplied by σ².
  let weighted: Bool
  let stratified: Bool

  init(form: LossForm, sigmas: [Double], weighted: Bool, stratified: Bool) throws {
    guard !sigmas.isEmpty else { throw ScoreError("sigmas needs at least one noise level") }
    self.form = form
    self.sigmas = try sigmas.enumerated().map { try positive($1, "sigmas[\($0 + 1)]") }
    self.weighted = weighted
    self.stratified = stratified
  }

  var takesTime: Bool { true }
  var constant: String { denoisingConstant(form) }
  var noise: LossNoise { .ladder(sigmas) }

  func full(_ p: LossPoint) throws -> Expression {
    let u = p.timeUniform(stratified: stratified)
    // The last level whose lower end u has passed.
    let sigma = sigmas.enumerated().dropFirst().reduce(p.constant(sigmas[0])) { chosen, level in
      let start = p.constant(Double(level.offset) / Double(sigmas.count))
      return .select(.less, u, start, then: chosen, else: p.constant(level.element))
    }
    let e = p.noise()
    let s = try p.model(p.x + sigma * e, sigma)
    let error = (sigma * s + e).squaredNorm
    return weighted ? error : error / sigma.squared
  }

  func fullFloor(_ oracle: any ScoreOracle) throws -> Double? {
    try sigmas.reduce(0) { sum, sigma in
      let noised = try oracle.perturbed(alpha: 1, sigma: sigma)
      let floor = Double(oracle.dimension) / (sigma * sigma) - noised.expectedSquaredScore
      return sum + (weighted ? floor * sigma * sigma : floor) / Double(sigmas.count)
    }
  }
}
