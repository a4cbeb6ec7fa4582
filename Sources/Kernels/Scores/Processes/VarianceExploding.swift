import Glibc
import Program

/// Variance exploding: `dz = g dW`, `g = s(t)√(2 ln(s₁/s₀))` with s(t) = s₀(s₁/s₀)^t,
///
///     α = 1,   σ² = s(t)² − s₀² = s₀²(e^{2t ln(s₁/s₀)} − 1).
///
/// This is the SDE's kernel from the data themselves. Much code takes σ = s(t), which is the kernel of data
/// already blurred by s₀; the two differ where t is small. Source: Song et al. 2021, (9) and appendix C.
let varianceExploding = ProcessKind(
  name: "ve", title: "variance exploding", formula: "α = 1, σ² = σ_min²((σ_max/σ_min)^{2t} − 1)",
  source: "Song et al. 2021",
  options: [
    .init(name: "sigma_min", value: 0.01, text: "the noise scale s(0)"),
    .init(name: "sigma_max", value: 50, text: "the noise scale s(1)"),
  ]
) {
  let (low, high) = ($0["sigma_min"] ?? .nan, $0["sigma_max"] ?? .nan)
  try ordered(low, high, ("sigma_min", "sigma_max"))
  return VarianceExploding(least: low, logRatio: log(high / low))
}

private struct VarianceExploding: DiffusionProcess {
  let kind = "ve"
  let least: Double
  let logRatio: Double
  let times = leastTime...1

  func alpha(_ t: Expression) -> Expression { t.constant(1) }
  func sigma(_ t: Expression) -> Expression {
    (t * (2 * logRatio)).apply(.expm1).squareRoot * least
  }
  func gamma(_ t: Expression) -> Expression { sigma(t).logarithm * 2 }
  func squaredDiffusion(_ t: Expression) -> Expression {
    (t * (2 * logRatio)).exponential * (2 * logRatio * least * least)
  }
  func time(gamma: Expression) -> Expression {
    (gamma.exponential * (1 / (least * least))).apply(.log1p) * (0.5 / logRatio)
  }
}
