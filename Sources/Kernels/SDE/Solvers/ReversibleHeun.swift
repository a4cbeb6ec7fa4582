import Program

/// The reversible Heun method, on pairs (x, x̂) with x̂₀ = x₀:
///
///     x̂' = 2x − x̂ + f(x̂, t) h + G(x̂, t) ΔW,
///     x' = x + ½(f(x̂, t) + f(x̂', t+h)) h + ½(G(x̂, t) + G(x̂', t+h)) ΔW.
///
/// It is undone by the same formulas with −h and −ΔW from the end of the step: (x, x̂) follows from (x', x̂')
/// algebraically, so that a gradient keeps no path. Stratonovich; strong order ½, and 1 for additive noise, by the
/// source; 1 for noise that commutes, and weak order 2 for additive noise, by our measurements, as of Heun's method: x̂ − x is of the order √h, but it changes its sign
/// with every step, so that it cancels from the mean of G to first order. Two evaluations of f and G a step here, as none is carried
/// over.
/// Source: Kidger, Foster, Li and Lyons, "Efficient and accurate gradients for neural SDEs", NeurIPS 2021,
/// algorithms 1 and 2.
let reversibleHeun = Method(
  name: "reversible_heun", title: "reversible Heun", calculi: [.stratonovich],
  orders: [
    .additive: .init(strong: 1, weak: 2), .scalar: .init(strong: 1, weak: 1),
    .diagonal: .init(strong: 1, weak: 1), .commutative: .init(strong: 1, weak: 1),
    .general: .init(strong: 0.5, weak: 1),
  ],
  cost: "2 f, 2 G", source: "Kidger et al. 2021", companions: 1,
  inverse: { s in reversibleStep(s, s.t + s.h, -s.h, s.dW.map { -$0 }) },
  step: { s in reversibleStep(s, s.t, s.h, s.dW) }
)

/// From (x, x̂) at the time `t` to the time `t` + `h`, which may be a step back.
private func reversibleStep(
  _ s: StepContext, _ t: Expression, _ h: Expression, _ dW: [Expression]
) -> [Expression] {
  let shadow = s.companions[0]
  let (f, g) = (s.f(shadow, t), s.g(shadow, t))
  let reflected = zip(s.x, shadow).map { $0 * 2 - $1 }
  let next = s.addNoise(s.add(reflected, f, times: h), g, dW)
  let drift = s.average(f, s.f(next, t + h))
  let noise = s.average(g, s.g(next, t + h))
  return s.addNoise(s.add(s.x, drift, times: h), noise, dW) + next
}
