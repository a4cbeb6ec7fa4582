import Program

extension SDEProblem {
  /// The same process written in the other calculus.
  ///
  /// The Ito drift f and the Stratonovich drift f̃ differ by the noise-induced drift
  ///
  ///     f = f̃ + ½ Σⱼ (∂Gⱼ/∂x) Gⱼ,   Gⱼ the j-th column of G.
  ///
  /// Source: Kloeden and Platen (1992), (4.9.9)–(4.9.11).
  public func converted(to target: Calculus) throws -> SDEProblem {
    guard target != calculus else { return self }
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let coefficients = try Coefficients(self, builder)
    let (x, t) = (coefficients.state, coefficients.time)
    let g = coefficients.diffusion(x, t)
    var corrections = [[Expression]](repeating: [], count: dimension)
    for j in 0..<noiseDimension {
      let column = coefficients.column(g, j)
      if column.allSatisfy(\.isZero) { continue }
      let derivative = coefficients.diffusionDerivative(x, t, along: column)
      for row in 0..<dimension { corrections[row].append(derivative[row][j]) }
    }
    let drift = zip(coefficients.drift(x, t), corrections).map { f, terms -> Expression in
      guard let correction = Expression.sum(terms) else { return f }
      return target == .ito ? f + correction * 0.5 : f - correction * 0.5
    }
    return try SDEProblem(
      name: name, stateNames: stateNames, dimension: dimension, shape: shape, parameters: parameters,
      drift: try builder.finish([("f", Expression.stack(drift).id)]), diffusion: diffusion,
      calculus: target, sharedValues: sharedValues)
  }

  /// The generator of the process applied to a function: the Program of
  ///
  ///     (L φ)(x, t) = ∂φ/∂t + Σᵢ fᵢ ∂φ/∂xᵢ + ½ Σᵢⱼ (G Gᵀ)ᵢⱼ ∂²φ/∂xᵢ∂xⱼ,   f the Ito drift.
  ///
  /// - Parameter function: a Program of "x", "t" and the parameters with the one-row output "phi".
  /// - Returns: a Program of the same inputs with the output "L".
  ///
  /// Source: Øksendal, Stochastic Differential Equations (2003), th. 7.3.3.
  public func generator(of function: Program) throws -> Program {
    guard function.rows(of: "phi") == 1 else {
      throw SDEError("the generator applies to a function with one value")
    }
    let ito = try converted(to: .ito)
    let declaring = ProgramBuilder()
    declaring.nodeLimit = .max
    _ = declaring.input("x", rows: dimension, variation: .lane, rowNames: stateNames)
    _ = declaring.input("t", variation: .step)
    let phi = try declaring.finish([("phi", declaring.call(function)["phi"]!)])
    let gradient = try phi.jvp(inputs: ["x", "t"])
    let hessian = try gradient.jvp(inputs: ["x"], prefix: "dd.")

    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let coefficients = try Coefficients(ito, builder)
    let (x, t) = (coefficients.state, coefficients.time)
    let state = Expression.stack(x).id
    let zero = builder.constant(0)
    let along = {
      (program: Program, first: NodeID, time: NodeID, second: NodeID?, output: String) -> Expression in
      var inputs = ["x": state, "t": t.id, "d.x": first, "d.t": time]
      if let second { inputs["dd.x"] = second }
      return builder.expression(builder.call(program, inputs)[output]!)
    }
    var terms = [
      along(
        gradient, Expression.stack(coefficients.drift(x, t)).id, builder.constant(1), nil, "d.phi")
    ]
    let g = coefficients.diffusion(x, t)
    for j in 0..<noiseDimension {
      let column = coefficients.column(g, j)
      if column.allSatisfy(\.isZero) { continue }
      let direction = Expression.stack(column).id
      terms.append(along(hessian, direction, zero, direction, "dd.d.phi") * 0.5)
    }
    let result = Expression.sum(terms) ?? builder.expression(zero)
    return try builder.finish([("L", result.id)])
  }
}
