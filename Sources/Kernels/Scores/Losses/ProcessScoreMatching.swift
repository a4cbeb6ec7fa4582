import Program

/// Denoising at a random time of a process, z = α(t)x + σ(t)e:
///
///     E_t w(t) E‖e − ê(z, t)‖²,     t uniform over the process's times,
///
/// where ê is what the model predicts, as a noise: ê = −σs for a score ("dsm"), the model itself ("ddpm"),
/// (z − αx̂)/σ for the data ("x0"), σz + αv̂ for a velocity ("v", α² + σ² = 1). The error is computed as the
/// prediction's own. Every w is of the same minimiser; ``Weighting`` names them.
///
/// With `importance`, t is drawn uniform in γ = ln(σ²/α²), whose density in t is g²/σ² up to a factor, and the
/// weight is divided by it: the same mean. For the likelihood weighting it is then constant.
///
/// Source: Ho et al. 2020, (14); Song et al. 2021, (7); Salimans and Ho 2022; Song et al. 2021 (likelihood).
struct ProcessScoreMatching: ScoreLoss {
  let name: String
  let form: LossForm
  let prediction: Prediction
  let process: any DiffusionProcess
  let weighting: Weighting
  let importance: Bool
  let stratified: Bool

  var takesTime: Bool { true }
  var constant: String { denoisingConstant(form) }
  var noise: LossNoise { .process(process) }

  func full(_ p: LossPoint) throws -> Expression {
    let t = time(p.timeUniform(stratified: stratified))
    let (alpha, sigma) = (process.alpha(t), process.sigma(t))
    let e = p.noise()
    let value = try p.model(alpha * p.x + sigma * e, t)
    let error: Expression
    switch prediction {
    case .score: error = sigma * value + e
    case .noise, .network: error = e - value
    case .data: error = p.x - value
    case .velocity: error = alpha * e - sigma * p.x - value
    }
    guard let weight = weight(of: plain, t) else { return error.squaredNorm }
    return error.squaredNorm * weight
  }

  /// The weighting that the error, as it is computed, has by itself.
  private var plain: Weighting {
    switch prediction {
    case .score, .noise, .network: .sigma2
    case .data: .x0
    case .velocity: .v
    }
  }

  func time(_ u: Expression) -> Expression {
    if importance {
      let gammas = process.gammas
      return process.time(gamma: u * (gammas.last - gammas.first) + gammas.first)
    }
    return u * (process.times.upperBound - process.times.lowerBound) + process.times.lowerBound
  }

  /// What an error of the weighting `own` is multiplied by; nil for 1.
  private func weight(of own: Weighting, _ t: Expression) -> Expression? {
    let factor = own.ofNoise(process, t)
    if !importance { return weighting == own ? nil : weighting.ofNoise(process, t) / factor }
    let gammas = process.gammas
    let range =
      (gammas.last - gammas.first) / (process.times.upperBound - process.times.lowerBound)
    if weighting == .likelihood { return range / factor }
    return weighting.ofNoise(process, t) / (Weighting.likelihood.ofNoise(process, t) * factor) * range
  }

  /// `mean over t of w·(d − σ²E‖s_t‖²)`, by Simpson's rule in γ.
  func fullFloor(_ oracle: any ScoreOracle) throws -> Double? {
    let gammas = process.gammas
    let intervals = 128
    let h = (gammas.last - gammas.first) / Double(intervals)
    var sum = 0.0
    for k in 0...intervals {
      let t =
        k == 0
        ? process.times.lowerBound
        : k == intervals
          ? process.times.upperBound
          : process.evaluate(gammas.first + Double(k) * h) { process.time(gamma: $0) }
      let sigma = process.evaluate(t, process.sigma)
      let noised = try oracle.perturbed(alpha: process.evaluate(t, process.alpha), sigma: sigma)
      let least = Double(oracle.dimension) - sigma * sigma * noised.expectedSquaredScore
      // dt = dγ/(g²/σ²)
      let weight = process.evaluate(t) {
        weighting.ofNoise(process, $0) / Weighting.likelihood.ofNoise(process, $0)
      }
      sum += (k == 0 || k == intervals ? 1 : k % 2 == 1 ? 4 : 2) * weight * least
    }
    return sum * h / 3 / (process.times.upperBound - process.times.lowerBound)
  }
}
