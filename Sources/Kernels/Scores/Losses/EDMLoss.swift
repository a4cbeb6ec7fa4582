import Glibc
import Program

/// EDM's loss of a preconditioned network: z = x + σe, ln σ ~ N(P_mean, P_std²),
///
///     E λ‖D(z, σ) − x‖²,   λ = (σ² + σ_d²)/(σσ_d)² = 1/c_out²,
///
/// which is `‖F − (σx/σ_d − σ_d e)/√(σ² + σ_d²)‖²`: the target of F has unit variance. The model is F; it is given
/// c_in z and c_noise. σ_d is the data's standard deviation unless given (the literature's 0.5 is for images in
/// [−1, 1]). Source: Karras et al. 2022, (8) and table 1.
struct EDMLoss: ScoreLoss {
  let name = "edm"
  let form: LossForm
  let preconditioning: Preconditioning?
  let meanLog: Double
  let deviationLog: Double
  var prediction: Prediction { .network }

  init(form: LossForm, dataDeviation: Double?, meanLog: Double, deviationLog: Double) throws {
    self.form = form
    preconditioning = try dataDeviation.map(Preconditioning.init)
    self.meanLog = meanLog
    self.deviationLog = try positive(deviationLog, "p_std")
  }

  var takesTime: Bool { true }
  var noise: LossNoise { preconditioning.map { .preconditioned($0) } ?? .none }
  var constant: String {
    "the mean of λσ²(d − σ²E‖s_σ‖²)\(form == .half ? "/2" : "") more than the weighted squared distance to the "
      + "best denoiser, constant in the network"
  }

  func fitted(to data: DataSummary) -> EDMLoss {
    guard preconditioning == nil else { return self }
    let own = try? EDMLoss(
      form: form, dataDeviation: data.standardDeviation, meanLog: meanLog, deviationLog: deviationLog)
    return own ?? self
  }

  private func scales() throws -> Preconditioning {
    if let preconditioning { return preconditioning }
    throw ScoreError(
      "edm: sigma_data has no value, and there are no data that vary here to take it from: give the data's "
        + "standard deviation as sigma_data=")
  }

  func full(_ p: LossPoint) throws -> Expression {
    let c = try scales()
    let n = p.normal()
    let logSigma = n * deviationLog + meanLog
    let sigma = logSigma.exponential
    let e = p.noise()
    let scale = c.input(sigma)
    let value = try p.model(scale * (p.x + sigma * e), logSigma * 0.25)
    let target = (sigma * scale * (1 / c.dataDeviation)) * p.x - (scale * c.dataDeviation) * e
    return (value - target).squaredNorm
  }

  /// The mean of `λσ²(d − σ²E‖s_σ‖²)` over ln σ, by the trapezoidal rule to ±6 deviations.
  func fullFloor(_ oracle: any ScoreOracle) throws -> Double? {
    let data = try scales().dataDeviation
    let h = 0.125
    return try stride(from: -6.0, through: 6, by: h).reduce(0) { sum, n in
      let sigma = exp(meanLog + deviationLog * n)
      let noised = try oracle.perturbed(alpha: 1, sigma: sigma)
      let error = Double(oracle.dimension) - sigma * sigma * noised.expectedSquaredScore
      let weight = (sigma * sigma + data * data) / (data * data)
      return sum + h * exp(-0.5 * n * n) / (2 * .pi).squareRoot() * weight * error
    }
  }
}
