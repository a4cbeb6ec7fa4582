import Glibc
import Program

/// The cosine schedule, variance preserving with
///
///     α² = cos²θ(t)/cos²θ(0),   θ(t) = (π/2)(t + s)/(1 + s),   β = −d ln α²/dt = 2θ' tan θ.
///
/// β grows without bound at t = 1, where α = 0: times end where β is ``largestRate``. In N steps the literature
/// clips 1 − α²ₜ/α²ₜ₋₁ at 0.999 for the same reason.
///
///     σ² = 1 − α² = sin(θ − θ₀) sin(θ + θ₀)/cos²θ₀, without cancellation.
///
/// Source: Nichol and Dhariwal 2021, (17).
let cosine = ProcessKind(
  name: "cosine", title: "cosine", formula: "α² = cos²θ(t)/cos²θ(0), σ² = 1 − α², θ = (π/2)(t + s)/(1 + s)",
  source: "Nichol & Dhariwal 2021",
  options: [.init(name: "offset", value: 0.008, text: "s, which keeps the first steps' noise from vanishing")]
) {
  let offset = $0["offset"] ?? .nan
  guard offset > 0, offset < 1 else { throw ScoreError("expected 0 < offset < 1, got \(offset)") }
  return Cosine(offset: offset)
}

private struct Cosine: DiffusionProcess {
  let kind = "cosine"
  let offset: Double
  static let largestRate = 1000.0

  private var speed: Double { .pi / 2 / (1 + offset) }
  private var first: Double { speed * offset }

  var times: ClosedRange<Double> {
    leastTime...((atan(Self.largestRate / (2 * speed)) - first) / speed)
  }

  private func angle(_ t: Expression) -> Expression { t * speed + first }
  func alpha(_ t: Expression) -> Expression { angle(t).apply(.cos) * (1 / cos(first)) }
  func sigma(_ t: Expression) -> Expression {
    ((t * speed).apply(.sin) * (t * speed + 2 * first).apply(.sin)).squareRoot * (1 / cos(first))
  }
  func gamma(_ t: Expression) -> Expression { (sigma(t) / alpha(t)).logarithm * 2 }
  func squaredDiffusion(_ t: Expression) -> Expression { angle(t).apply(.tan) * (2 * speed) }
  func time(gamma: Expression) -> Expression {
    // tan²θ = (1/α² − cos²θ₀)/cos²θ₀ with 1/α² = 1 + e^γ; that is tan²θ₀ + e^γ/cos²θ₀. Less θ₀, by
    // tan(θ − θ₀) = (tan θ − tan θ₀)/(1 + tan θ tan θ₀).
    let tangent = tan(first)
    let part = gamma.exponential * (1 / (cos(first) * cos(first)))
    let whole = (part + tangent * tangent).squareRoot
    let difference = part / (whole + tangent)
    return (difference / (whole * tangent + 1)).apply(.atan) * (1 / speed)
  }
}
