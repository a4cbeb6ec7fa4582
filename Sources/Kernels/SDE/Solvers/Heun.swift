import Program

/// The stochastic Heun method (predictor and trapezoidal corrector in drift and noise),
///
///     x̂ = x + f(x, t) h + G(x, t) ΔW,
///     x' = x + ½(f(x, t) + f(x̂, t+h)) h + ½(G(x, t) + G(x̂, t+h)) ΔW.
///
/// Stratonovich; strong order 1 for commutative noise, ½ for general; weak order 1, and 2 for additive noise,
/// where ½(f(x) + f(x̂)) has the mean of the second-order Taylor term, ½h²(f f' + ½g²f'').
/// Source: Rümelin, "Numerical treatment of stochastic differential equations", SIAM J. Numer. Anal. 19 (1982).
let heun = Method(
  name: "heun", title: "Heun", calculi: [.stratonovich],
  orders: [
    .additive: .init(strong: 1, weak: 2), .scalar: .init(strong: 1, weak: 1),
    .diagonal: .init(strong: 1, weak: 1), .commutative: .init(strong: 1, weak: 1),
    .general: .init(strong: 0.5, weak: 1),
  ],
  cost: "2 f, 2 G", source: "Rümelin 1982"
) { s in
  let (f, g) = (s.f(s.x, s.t), s.g(s.x, s.t))
  let predicted = s.addNoise(s.add(s.x, f, times: s.h), g)
  let end = s.t + s.h
  let drift = s.average(f, s.f(predicted, end))
  let noise = s.average(g, s.g(predicted, end))
  return s.addNoise(s.add(s.x, drift, times: s.h), noise)
}
