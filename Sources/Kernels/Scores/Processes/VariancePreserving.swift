import Program

/// β(t) = β₀ + (β₁ − β₀)t and its integral B(t) = β₀t + (β₁ − β₀)t²/2, for t in [0, 1].
struct LinearRate: Sendable {
  let start: Double
  let end: Double

  init(_ values: [String: Double]) throws {
    (start, end) = (values["beta_min"] ?? .nan, values["beta_max"] ?? .nan)
    try ordered(start, end, ("beta_min", "beta_max"))
  }

  func rate(_ t: Expression) -> Expression { t * (end - start) + start }
  func integral(_ t: Expression) -> Expression { t * (t * ((end - start) / 2) + start) }

  /// The t with B(t) = `integral`: `2B/(β₀ + √(β₀² + 2(β₁ − β₀)B))`, which does not cancel.
  func time(integral: Expression) -> Expression {
    integral * 2 / ((integral * (2 * (end - start)) + start * start).squareRoot + start)
  }

  static let options: [ProcessKind.Option] = [
    .init(name: "beta_min", value: 0.1, text: "the rate at t = 0"),
    .init(name: "beta_max", value: 20, text: "the rate at t = 1"),
  ]
}

/// Variance preserving: `dz = −½βz dt + √β dW`,
///
///     α = e^{−B/2},   σ² = 1 − e^{−B},   γ = ln(e^B − 1),   t(γ) by B = ln(1 + e^γ).
///
/// Source: Song et al. 2021, (11) and appendix B.
let variancePreserving = ProcessKind(
  name: "vp", title: "variance preserving", formula: "α² = e^{−B}, σ² = 1 − e^{−B}",
  source: "Song et al. 2021",
  options: LinearRate.options
) { try VariancePreserving(beta: LinearRate($0)) }

private struct VariancePreserving: DiffusionProcess {
  let kind = "vp"
  let beta: LinearRate
  let times = leastTime...1

  func alpha(_ t: Expression) -> Expression { (beta.integral(t) * -0.5).exponential }
  func sigma(_ t: Expression) -> Expression { (-(-beta.integral(t)).apply(.expm1)).squareRoot }
  func gamma(_ t: Expression) -> Expression {
    // B + ln(1 − e^{−B}): e^B overflows where B does not.
    let B = beta.integral(t)
    return B + (-(-B).apply(.expm1)).logarithm
  }
  func squaredDiffusion(_ t: Expression) -> Expression { beta.rate(t) }
  func time(gamma: Expression) -> Expression { beta.time(integral: gamma.apply(.softplus)) }
}
