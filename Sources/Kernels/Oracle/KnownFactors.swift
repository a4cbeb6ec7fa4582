/// Factors that have a usual cause.
struct KnownFactor {
  let value: Double
  let name: String
  let cause: String

  /// The cause that fits a factor best, if one is within 2 % or four standard errors; 1 is none.
  static func nearest(to factor: Measured, _ known: [KnownFactor]) -> [KnownFactor] {
    let near = known.filter { candidate in
      candidate.value != 1
        && ((factor.value - candidate.value).magnitude <= 0.02 * candidate.value.magnitude
          || (factor.deviation(from: candidate.value) <= 4
            && factor.error < 0.1 * (candidate.value == 0 ? 1 : candidate.value.magnitude)))
    }
    guard let least = near.map({ ($0.value - factor.value).magnitude }).min() else { return [] }
    return near.filter { ($0.value - factor.value).magnitude <= least * 1.000001 + 1e-12 }
  }

  /// What a score is multiplied by.
  static func ofScore(dimension d: Int, sigma: Double?) -> [KnownFactor] {
    let n = Double(d)
    var all = [
      KnownFactor(
        value: -1, name: "-1",
        cause: "a sign: the gradient of the energy -log p is minus the score, and time may run backwards"),
      KnownFactor(
        value: 0.5, name: "1/2",
        cause: "the drift ½s of Langevin dynamics, or a loss whose trace has lost its factor 2"),
      KnownFactor(
        value: 2, name: "2", cause: "a loss in the half form for ‖s‖² and in the full form for the trace"),
      KnownFactor(value: -0.5, name: "-1/2", cause: "a sign, and a factor ½"),
      KnownFactor(value: -2, name: "-2", cause: "a sign, and a factor 2"),
      KnownFactor(value: 0, name: "0", cause: "it does not follow the score at all"),
    ]
    if d > 1 {
      all += [
        KnownFactor(
          value: 1 / n, name: "1/d",
          cause: "this is what unit-sphere projections with the variance-reduced form give"),
        KnownFactor(value: n, name: "d", cause: "a mean over components where a sum belongs, or the reverse"),
        KnownFactor(value: n.squareRoot(), name: "√d", cause: "a norm of √d that was or was not divided by"),
        KnownFactor(
          value: 1 / n.squareRoot(), name: "1/√d", cause: "a norm of √d that was or was not divided by"),
      ]
    }
    if let sigma, sigma != 1 {
      all += [
        KnownFactor(value: -sigma, name: "-σ", cause: "it predicts the noise e: divide it by -σ"),
        KnownFactor(value: sigma, name: "σ", cause: "it is the score times σ: divide it by σ"),
        KnownFactor(value: sigma * sigma, name: "σ²", cause: "it is the score times σ²: divide it by σ²"),
        KnownFactor(value: 1 / sigma, name: "1/σ", cause: "σ was divided by once too often"),
      ]
    }
    return all
  }

  /// What the minimiser of a loss is, times the score.
  static func ofMinimiser(dimension d: Int, sigma: Double?) -> [KnownFactor] {
    if let sigma {
      var all = [
        KnownFactor(value: -1, name: "-1", cause: "a sign: of the noise, or of the model, taken for -∇log p"),
        KnownFactor(value: 0, name: "0", cause: "the noise of the target is not that of the data"),
      ]
      if sigma != 1 {
        all += [
          KnownFactor(value: -sigma, name: "-σ", cause: "its minimiser predicts the noise, e = -σs"),
          KnownFactor(
            value: sigma, name: "σ", cause: "its minimiser is σs: the target is -e where -e/σ belongs"),
          KnownFactor(
            value: 1 / sigma, name: "1/σ", cause: "its minimiser is s/σ: the target is divided by σ twice"),
          KnownFactor(value: sigma * sigma, name: "σ²", cause: "its minimiser is σ²s: the target is -σe"),
        ]
      }
      return all
    }
    var all = [
      KnownFactor(
        value: -1, name: "-1",
        cause:
          "a sign: the trace enters with the wrong one, or the model is taken for the gradient of the energy "
          + "-log p"),
      KnownFactor(
        value: 0.5, name: "1/2",
        cause: "the trace has lost its factor 2, or ‖s‖² has not the ½ of the half form"),
      KnownFactor(
        value: 2, name: "2", cause: "the trace has the factor 2 of the full form, ‖s‖² the ½ of the half form"
      ),
      KnownFactor(value: 0, name: "0", cause: "the trace does not enter"),
    ]
    if d > 1 {
      all.append(
        KnownFactor(
          value: 1 / Double(d), name: "1/d",
          cause: "this is what unit-sphere projections with the variance-reduced form give: scale them by √d")
      )
    }
    return all
  }

  /// What a loss's curvature is, over that of the full form.
  static func ofForm(dimension d: Int, sigma: Double?) -> [KnownFactor] {
    var all = [
      KnownFactor(value: 0.5, name: "1/2", cause: "the half form"),
      KnownFactor(value: 2, name: "2", cause: "twice the full form"),
    ]
    if d > 1 {
      all += [
        KnownFactor(
          value: 1 / Double(d), name: "1/d",
          cause: "a mean over components, or directions of length 1 instead of √d"),
        KnownFactor(
          value: 0.5 / Double(d), name: "1/(2d)",
          cause: "the half form, as a mean over components or with directions of length 1 instead of √d"),
      ]
    }
    if let sigma, sigma != 1 {
      all += [
        KnownFactor(value: sigma * sigma, name: "σ²", cause: "the full form weighted by σ²"),
        KnownFactor(value: sigma * sigma / 2, name: "σ²/2", cause: "the half form weighted by σ²"),
      ]
    }
    return all
  }
}

/// "this, or that"
func causes(_ factors: [KnownFactor]) -> String { factors.map(\.cause).joined(separator: "; or ") }
