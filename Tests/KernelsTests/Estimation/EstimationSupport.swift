import Kernels

extension Parameter {
  static func number(_ name: String, _ value: Double, _ learnable: Learnable? = nil) -> Parameter {
    Parameter(name: name, values: [value], learnable: learnable)
  }
}

extension Parameter.Learnable {
  static let positive = Parameter.Learnable(lower: 0)
}

/// |a − b| ≤ tolerance · max(1, |b|).
func agree(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  (a - b).magnitude <= tolerance * max(1, b.magnitude)
}

/// The SDEs that the tests of this folder fit.
enum FitModels {
  /// An SDE whose coefficients are written as expressions of the parameters, the state and the time.
  static func sde(
    _ name: String, states: [String] = ["x"], noises: Int = 1, _ parameters: [Parameter],
    calculus: Calculus = .ito,
    drift: (_ p: [Expression], _ x: [Expression], _ t: Expression) -> [Expression],
    diffusion: (_ p: [Expression], _ x: [Expression], _ t: Expression) -> [Expression]
  ) throws -> SDEProblem {
    func coefficient(
      _ output: String, _ body: ([Expression], [Expression], Expression) -> [Expression]
    ) throws -> Program {
      let builder = ProgramBuilder()
      let x = builder.inputExpression("x", rows: states.count, variation: .lane)
      let t = builder.inputExpression("t", variation: .step)
      let p = parameters.map { builder.inputExpression($0.input, rows: $0.values.count, variation: .run) }
      return try builder.finish([(output, Expression.stack(body(p, x.components, t)).id)])
    }
    return try SDEProblem(
      name: name, stateNames: states, dimension: states.count, shape: .matrix(noises: noises),
      parameters: parameters, drift: try coefficient("f", drift), diffusion: try coefficient("g", diffusion),
      calculus: calculus)
  }

  /// dX = κ(θ − X) dt + σ dW.
  static func vasicek(
    _ kappa: Double, _ theta: Double, _ sigma: Double, kappaBounds: Parameter.Learnable = .init()
  )
    throws -> SDEProblem
  {
    try sde(
      "vasicek",
      [
        .number("kappa", kappa, kappaBounds), .number("theta", theta, .init()),
        .number("sigma", sigma, .positive),
      ], drift: { p, x, _ in [p[0] * (p[1] - x[0])] }, diffusion: { p, _, _ in [p[2]] })
  }

  /// dX = μX dt + σX dW.
  static func gbm(_ mu: Double, _ sigma: Double, calculus: Calculus = .ito) throws -> SDEProblem {
    try sde(
      "gbm", [.number("mu", mu), .number("sigma", sigma)], calculus: calculus,
      drift: { p, x, _ in [p[0] * x[0]] }, diffusion: { p, x, _ in [p[1] * x[0]] })
  }

  /// dX = (a + bX) dt + σ X^γ dW.
  static func linearCKLS(_ start: [Double], gamma: Parameter.Learnable? = .init()) throws -> SDEProblem {
    try sde(
      "ckls",
      [
        .number("a", start[0], .init()), .number("b", start[1], .init()),
        .number("sigma", start[2], .positive), .number("gamma", start[3], gamma),
      ], drift: { p, x, _ in [p[0] + p[1] * x[0]] },
      diffusion: { p, x, _ in [p[2] * Expression.apply(.power, x[0], p[3])] })
  }

  /// A path of dX = κ(θ − X) dt + σX^γ dW by Euler–Maruyama: what the Euler likelihood is exact for.
  static func eulerPath(
    kappa: Double, theta: Double, sigma: Double, gamma: Double, from start: Double, steps: Int, dt: Double,
    _ random: inout SequentialRandom
  ) -> NDArray {
    var x = start
    var path = [x]
    for _ in 0..<steps {
      let scale = gamma == 0 ? sigma : sigma * Double.evaluate(.power, x, gamma)
      x += kappa * (theta - x) * dt + scale * dt.squareRoot() * random.normal()
      path.append(x)
    }
    return NDArray(path)
  }

}
