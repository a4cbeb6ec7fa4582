import Program

/// The Milstein method for commutative noise. With Lʲ = Σᵢ Gᵢⱼ ∂/∂xᵢ,
///
///     x' = x + f h + G ΔW + ½ Σⱼₖ (Lʲ G·ₖ)(ΔWⱼ ΔWₖ − δⱼₖ h)        Ito
///     x' = x + f h + G ΔW + ½ Σⱼₖ (Lʲ G·ₖ) ΔWⱼ ΔWₖ                 Stratonovich
///
/// Since the noise commutes, Σⱼ Lʲ G·ₖ ΔWⱼ is the derivative of G·ₖ along G ΔW: one directional derivative
/// gives all products, and one along each column the terms with h.
///
/// Strong order 1, weak order 1. Source: Milstein 1974; Kloeden and Platen (1992), (10.3.16) and (10.3.18).
let milstein = Method(
  name: "milstein", title: "Milstein", calculi: [.ito, .stratonovich],
  orders: [
    .additive: .init(strong: 1, weak: 1), .scalar: .init(strong: 1, weak: 1),
    .diagonal: .init(strong: 1, weak: 1), .commutative: .init(strong: 1, weak: 1),
  ],
  cost: "f, G, derivatives of G", source: "Kloeden & Platen 1992, (10.3.16)"
) { s in
  let c = s.coefficients
  let g = s.g(s.x, s.t)
  let euler = s.addNoise(s.add(s.x, s.f(s.x, s.t), times: s.h), g)
  let zero = s.h.constant(0)

  var corrections = [[Expression]](repeating: [], count: c.dimension)
  if case .diagonal = c.problem.shape, c.problem.noise.noiseClass == .diagonal || c.dimension == 1 {
    // gᵢ' gᵢ (ΔWᵢ² − h)/2, all components by one derivative along g itself.
    let slope = c.diffusionDerivative(s.x, s.t, along: (0..<c.dimension).map { g[$0][$0] })
    for i in 0..<c.dimension where !slope[i][i].isZero {
      let area = s.calculus == .ito ? s.dW[i] * s.dW[i] - s.h : s.dW[i] * s.dW[i]
      corrections[i].append(slope[i][i] * (area * 0.5))
    }
  } else {
    let noise = c.product(g, s.dW).map { $0 ?? zero }
    let along = c.diffusionDerivative(s.x, s.t, along: noise)
    for k in 0..<c.noises {
      for i in 0..<c.dimension where !along[i][k].isZero {
        corrections[i].append(along[i][k] * s.dW[k] * 0.5)
      }
      guard s.calculus == .ito else { continue }
      let own = c.diffusionDerivative(s.x, s.t, along: c.column(g, k))
      for i in 0..<c.dimension where !own[i][k].isZero { corrections[i].append(-(own[i][k] * s.h * 0.5)) }
    }
  }
  return zip(euler, corrections).map { x, terms in Expression.sum(terms).map { x + $0 } ?? x }
}
