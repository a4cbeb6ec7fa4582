import Kernels

/// A scalar SDE with one noise, its coefficients written as expressions of x and the parameters.
func scalarSDE(
  _ name: String, _ parameters: [Parameter], calculus: Calculus = .ito,
  drift: ([Expression], Expression) -> Expression, diffusion: ([Expression], Expression) -> Expression
) throws -> SDEProblem {
  func coefficient(_ output: String, _ body: ([Expression], Expression) -> Expression) throws -> Program {
    let builder = ProgramBuilder()
    let x = builder.inputExpression("x", variation: .lane)
    let p = parameters.map { builder.inputExpression($0.input, rows: $0.values.count, variation: .run) }
    return try builder.finish([(output, body(p, x).id)])
  }
  return try SDEProblem(
    name: name, stateNames: ["x"], dimension: 1, shape: .matrix(noises: 1), parameters: parameters,
    drift: try coefficient("f", drift), diffusion: try coefficient("g", diffusion), calculus: calculus)
}

func parameter(_ name: String, _ value: Double, _ learnable: Parameter.Learnable? = nil) -> Parameter {
  Parameter(name: name, values: [value], learnable: learnable)
}

/// dX = κ(θ − X) dt + σ dW.
func vasicek(kappa: Double, theta: Double, sigma: Double) throws -> SDEProblem {
  try scalarSDE(
    "vasicek",
    [
      parameter("kappa", kappa, .init()), parameter("theta", theta, .init()),
      parameter("sigma", sigma, .init(lower: 0)),
    ], drift: { p, x in p[0] * (p[1] - x) }, diffusion: { p, _ in p[2] })
}

/// dX = (a + bX) dt + σ X^γ dW.
func linearCKLS(_ start: [Double], gamma: Parameter.Learnable = .init()) throws -> SDEProblem {
  try scalarSDE(
    "ckls",
    [
      parameter("a", start[0], .init()), parameter("b", start[1], .init()),
      parameter("sigma", start[2], .init(lower: 0)), parameter("gamma", start[3], gamma),
    ], drift: { p, x in p[0] + p[1] * x },
    diffusion: { p, x in p[2] * Expression.apply(.power, x, p[3]) })
}
