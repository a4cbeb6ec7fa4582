import Program

/// The Euler–Maruyama method,
///
///     x' = x + f(x, t) h + G(x, t) ΔW.
///
/// Ito; strong order ½ (1 for additive noise), weak order 1.
/// Source: Maruyama 1955; Kloeden and Platen (1992), (10.2.4).
let eulerMaruyama = Method(
  name: "em", title: "Euler-Maruyama", calculi: [.ito],
  orders: [
    .additive: .init(strong: 1, weak: 1), .scalar: .init(strong: 0.5, weak: 1),
    .diagonal: .init(strong: 0.5, weak: 1), .commutative: .init(strong: 0.5, weak: 1),
    .general: .init(strong: 0.5, weak: 1),
  ],
  cost: "f, G", source: "Kloeden & Platen 1992, (10.2.4)"
) { s in
  s.addNoise(s.add(s.x, s.f(s.x, s.t), times: s.h), s.g(s.x, s.t))
}
