import Program
import SDE

/// The law of one Euler–Maruyama step,
///
///     X′ | x ~ N(x + f(x, t) Δ, G(x, t) G(x, t)ᵀ Δ).
///
/// Its maximiser is consistent as Δ → 0; at a fixed Δ it estimates the coefficients of the discretised
/// process (the bias is of order Δ).
/// Source: Florens-Zmirou, Statistics 20 (1989) 547; Kessler, Scand. J. Statist. 24 (1997) 211.
let eulerDensity = TransitionDensity(
  name: "euler", title: "Euler pseudo-likelihood",
  requirement: "noise in every direction of the state; at most 8 components where they are correlated",
  source: "Florens-Zmirou 1989",
  refusal: { problem in
    problem.noiseDimension < problem.dimension
      ? "it has \(problem.noiseDimension) noises for \(problem.dimension) components, so that the covariance of a "
        + "step is singular and the step has no density" : nil
  }
) { s in
  let residual = zip(zip(s.next, s.x), s.f(s.x, s.t)).map { states, f in
    states.0 - (states.1 + f * s.dt)
  }
  return try gaussianLogDensity(residual: residual, factor: s.g(s.x, s.t), dt: s.dt, problem: s.problem)
}
