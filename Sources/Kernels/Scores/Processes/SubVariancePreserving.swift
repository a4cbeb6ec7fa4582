import Program

/// Sub-variance-preserving: the drift of VP with less noise, `g² = β(1 − e^{−2B})`,
///
///     α = e^{−B/2},   σ = 1 − e^{−B} (a standard deviation, not a variance),   γ = 2 ln(2 sinh(B/2)),
///
/// so that t(γ) has B = 2 arsinh(e^{γ/2}/2). Source: Song et al. 2021, (12) and appendix B.
let subVariancePreserving = ProcessKind(
  name: "subvp", title: "sub-variance-preserving", formula: "α² = e^{−B}, σ = 1 − e^{−B}",
  source: "Song et al. 2021", options: LinearRate.options
) { try SubVariancePreserving(beta: LinearRate($0)) }

private struct SubVariancePreserving: DiffusionProcess {
  let kind = "subvp"
  let beta: LinearRate
  let times = leastTime...1

  func alpha(_ t: Expression) -> Expression { (beta.integral(t) * -0.5).exponential }
  func sigma(_ t: Expression) -> Expression { -(-beta.integral(t)).apply(.expm1) }
  func gamma(_ t: Expression) -> Expression {
    // 2 ln σ − 2 ln α.
    beta.integral(t) + sigma(t).logarithm * 2
  }
  func squaredDiffusion(_ t: Expression) -> Expression {
    -(beta.rate(t) * (beta.integral(t) * -2).apply(.expm1))
  }
  func time(gamma: Expression) -> Expression {
    // arsinh y = ln(1 + y + y²/(1 + √(1 + y²))), without cancellation at small y.
    let y = (gamma * 0.5).exponential * 0.5
    let arsinh = (y + y.squared / ((y.squared + 1).squareRoot + 1)).apply(.log1p)
    return beta.time(integral: arsinh * 2)
  }
}
