import Program

/// The explicit stochastic midpoint method,
///
///     x̂ = x + ½(f(x, t) h + G(x, t) ΔW),
///     x' = x + f(x̂, t+h/2) h + G(x̂, t+h/2) ΔW.
///
/// Stratonovich; strong order 1 for commutative noise, ½ for general; weak order 1.
/// Source: Kloeden and Platen (1992), §11.1 with the Stratonovich Runge–Kutta conditions of Burrage and
/// Burrage, Appl. Numer. Math. 22 (1996).
let midpoint = Method(
  name: "midpoint", title: "explicit midpoint", calculi: [.stratonovich],
  orders: [
    .additive: .init(strong: 1, weak: 1), .scalar: .init(strong: 1, weak: 1),
    .diagonal: .init(strong: 1, weak: 1), .commutative: .init(strong: 1, weak: 1),
    .general: .init(strong: 0.5, weak: 1),
  ],
  cost: "2 f, 2 G", source: "Burrage & Burrage 1996"
) { s in
  let whole = s.addNoise(s.add(s.x, s.f(s.x, s.t), times: s.h), s.g(s.x, s.t))
  let middle = s.average(s.x, whole)
  let half = s.t + s.h * 0.5
  return s.addNoise(s.add(s.x, s.f(middle, half), times: s.h), s.g(middle, half))
}
