import Program

/// The Ornstein–Uhlenbeck process: `dz = −θz dt + s dW`,
///
///     α = e^{−θt},   σ² = (s²/2θ)(1 − e^{−2θt}),   γ = ln((s²/2θ)(e^{2θt} − 1)).
///
/// Source: Uhlenbeck and Ornstein 1930; for s² = 2θ it is variance preserving with β = 2θ.
let ornsteinUhlenbeck = ProcessKind(
  name: "ou", title: "Ornstein–Uhlenbeck", formula: "α = e^{−θt}, σ² = (s²/2θ)(1 − e^{−2θt})",
  source: "Uhlenbeck & Ornstein 1930",
  options: [
    .init(name: "theta", value: 1, text: "θ, the rate of return to 0"),
    .init(name: "sigma", value: 2.0.squareRoot(), text: "s, the noise"),
    .init(name: "end", value: 5, text: "the last time"),
  ]
) {
  let (theta, noise, end) = ($0["theta"] ?? .nan, $0["sigma"] ?? .nan, $0["end"] ?? .nan)
  guard theta > 0 else { throw ScoreError("theta must be a positive rate, got \(theta)") }
  guard end > leastTime else { throw ScoreError("end must be a time after \(leastTime), got \(end)") }
  return OrnsteinUhlenbeck(theta: theta, noise: try positive(noise, "sigma"), times: leastTime...end)
}

private struct OrnsteinUhlenbeck: DiffusionProcess {
  let kind = "ou"
  let theta: Double
  let noise: Double
  let times: ClosedRange<Double>

  private var stationary: Double { noise * noise / (2 * theta) }
  func alpha(_ t: Expression) -> Expression { (t * -theta).exponential }
  func sigma(_ t: Expression) -> Expression {
    ((t * (-2 * theta)).apply(.expm1) * -stationary).squareRoot
  }
  func gamma(_ t: Expression) -> Expression { sigma(t).logarithm * 2 + t * (2 * theta) }
  func squaredDiffusion(_ t: Expression) -> Expression { t.constant(noise * noise) }
  func time(gamma: Expression) -> Expression {
    (gamma.exponential * (1 / stationary)).apply(.log1p) * (0.5 / theta)
  }
}
