import Program

/// The Euler–Heun method: Euler in the drift, Heun in the noise,
///
///     x̂ = x + G(x, t) ΔW,
///     x' = x + f(x, t) h + ½(G(x, t) + G(x̂, t)) ΔW.
///
/// Stratonovich; strong order 1 for commutative noise, ½ for general; weak order 1.
/// Source: Kloeden and Platen (1992), (4.9.14) and §10.2; the order for commutative noise follows from
/// G(x̂) = G + Σⱼ Lʲ G ΔWⱼ + O(h), which are Milstein's terms.
let eulerHeun = Method(
  name: "euler_heun", title: "Euler-Heun", calculi: [.stratonovich],
  orders: [
    .additive: .init(strong: 1, weak: 1), .scalar: .init(strong: 1, weak: 1),
    .diagonal: .init(strong: 1, weak: 1), .commutative: .init(strong: 1, weak: 1),
    .general: .init(strong: 0.5, weak: 1),
  ],
  cost: "f, 2 G", source: "Kloeden & Platen 1992, §10.2"
) { s in
  let g = s.g(s.x, s.t)
  let noise = s.average(g, s.g(s.addNoise(s.x, g), s.t))
  return s.addNoise(s.add(s.x, s.f(s.x, s.t), times: s.h), noise)
}
