import Kernels

/// SDEs with known solutions or laws, written as Programs.
enum Models {
  /// f(x, t, p) or G(x, t, p), the entries row by row.
  typealias Coefficient = (_ x: [Expression], _ t: Expression, _ p: [Expression]) -> [Expression]

  static func sde(
    _ name: String, dimension: Int = 1, shape: SDEProblem.DiffusionShape = .matrix(noises: 1),
    parameters: [(String, Double)] = [], calculus: Calculus = .ito, drift: Coefficient, diffusion: Coefficient
  ) throws -> SDEProblem {
    let declared = parameters.map { Parameter(name: $0.0, values: [$0.1]) }
    func program(_ output: String, _ body: Coefficient) throws -> Program {
      let builder = ProgramBuilder()
      let x = builder.inputExpression("x", rows: dimension, variation: .lane).components
      let t = builder.inputExpression("t", variation: .step)
      let p = declared.map { builder.inputExpression($0.input, variation: .run) }
      return try builder.finish([(output, Expression.stack(body(x, t, p)).id)])
    }
    let names = dimension == 1 ? ["x"] : (1...dimension).map { "x\($0)" }
    return try SDEProblem(
      name: name, stateNames: names, dimension: dimension, shape: shape, parameters: declared,
      drift: try program("f", drift), diffusion: try program("g", diffusion), calculus: calculus)
  }

  /// The exact solution x(x0, t, W, p).
  static func exact(
    dimension: Int = 1, noises: Int = 1, parameters: [String] = [],
    _ body: (_ x0: [Expression], _ t: Expression, _ w: [Expression], _ p: [Expression]) -> [Expression]
  ) throws -> Program {
    let builder = ProgramBuilder()
    let x0 = builder.inputExpression("x0", rows: dimension, variation: .run).components
    let t = builder.inputExpression("t", variation: .step)
    let w = builder.inputExpression("W", rows: noises, variation: .lane).components
    let p = parameters.map { builder.inputExpression(SDEProblem.parameterInput($0), variation: .run) }
    return try builder.finish([("x", Expression.stack(body(x0, t, w, p)).id)])
  }

  /// φ(x, t, p) as the Program with the given output.
  static func function(
    dimension: Int = 1, output: String = "phi", parameters: [String] = [],
    _ body: (_ x: [Expression], _ t: Expression, _ p: [Expression]) -> Expression
  ) throws -> Program {
    let builder = ProgramBuilder()
    let x = builder.inputExpression("x", rows: dimension, variation: .lane).components
    let t = builder.inputExpression("t", variation: .step)
    let p = parameters.map { builder.inputExpression(SDEProblem.parameterInput($0), variation: .run) }
    return try builder.finish([(output, body(x, t, p).id)])
  }

  // MARK: Scalar noise

  /// dX = aX dt + bX dW.
  static func gbm(_ a: Double = 1.01, _ b: Double = 0.87, calculus: Calculus = .ito) throws -> SDEProblem {
    try sde(
      "GBM", parameters: [("a", a), ("b", b)], calculus: calculus, drift: { x, _, p in [p[0] * x[0]] },
      diffusion: { x, _, p in [p[1] * x[0]] })
  }

  /// x0 exp((a − b²/2) t + bW), without the b²/2 for Stratonovich.
  static func gbmExact(_ calculus: Calculus = .ito) throws -> Program {
    try exact(parameters: ["a", "b"]) { x0, t, w, p in
      let rate = calculus == .ito ? p[0] - p[1] * p[1] * 0.5 : p[0]
      return [x0[0] * (rate * t + p[1] * w[0]).apply(.exp)]
    }
  }

  /// dX = −(a + b²X)(1 − X²) dt + b(1 − X²) dW. Kloeden and Platen (1992), (4.4.46).
  static func cubic(_ a: Double, _ b: Double) throws -> SDEProblem {
    try sde(
      "KP 4.4.46", parameters: [("a", a), ("b", b)],
      drift: { x, _, p in [-(p[0] + p[1] * p[1] * x[0]) * (1 - x[0] * x[0])] },
      diffusion: { x, _, p in [p[1] * (1 - x[0] * x[0])] })
  }

  /// ((1 + x0)E + x0 − 1)/((1 + x0)E + 1 − x0), E = exp(−2at + 2bW).
  static func cubicExact() throws -> Program {
    try exact(parameters: ["a", "b"]) { x0, t, w, p in
      let e = (1 + x0[0]) * (p[1] * w[0] * 2 - p[0] * t * 2).apply(.exp)
      return [(e + x0[0] - 1) / (e + 1 - x0[0])]
    }
  }

  // MARK: Additive noise

  /// dX = sin X dt + s dW: additive noise in a drift that is not linear.
  static func sineDrift(calculus: Calculus = .ito) throws -> SDEProblem {
    try sde(
      "sine drift", parameters: [("s", 1)], calculus: calculus, drift: { x, _, _ in [x[0].apply(.sin)] },
      diffusion: { _, _, p in [p[0]] })
  }

  /// dX = (β/√(1+t) − X/(2(1+t))) dt + αβ/√(1+t) dW.
  static func timeDependent() throws -> SDEProblem {
    try sde(
      "additive in t", parameters: [("alpha", 0.1), ("beta", 0.5)],
      drift: { x, t, p in [p[1] / (1 + t).apply(.sqrt) - x[0] / (2 * (1 + t))] },
      diffusion: { _, t, p in [p[0] * p[1] / (1 + t).apply(.sqrt)] })
  }

  /// X = x0/√(1+t) + β(t + αW)/√(1+t), from t = 0.
  static func timeDependentExact() throws -> Program {
    try exact(parameters: ["alpha", "beta"]) { x0, t, w, p in
      [(x0[0] + p[1] * (t + p[0] * w[0])) / (1 + t).apply(.sqrt)]
    }
  }

  /// dX = κ(θ − X) dt + σ dW.
  static func ornsteinUhlenbeck(_ kappa: Double, _ theta: Double, _ sigma: Double) throws -> SDEProblem {
    try sde(
      "OU", parameters: [("kappa", kappa), ("theta", theta), ("sigma", sigma)],
      drift: { x, _, p in [p[0] * (p[1] - x[0])] }, diffusion: { _, _, p in [p[2]] })
  }

  // MARK: Several noises

  /// Two independent GBMs with one noise each, by the diagonal or by the matrix with zeros.
  static func twoGBMs(matrix: Bool = false, calculus: Calculus = .ito) throws -> SDEProblem {
    try sde(
      "two GBMs", dimension: 2, shape: matrix ? .matrix(noises: 2) : .diagonal,
      parameters: [("a1", 0.6), ("b1", 0.5), ("a2", -0.4), ("b2", 0.7)], calculus: calculus,
      drift: { x, _, p in [p[0] * x[0], p[2] * x[1]] },
      diffusion: { x, t, p in
        let (g1, g2, zero) = (p[1] * x[0], p[3] * x[1], t.constant(0))
        return matrix ? [g1, zero, zero, g2] : [g1, g2]
      })
  }

  static func twoGBMsExact(_ calculus: Calculus = .ito) throws -> Program {
    try exact(dimension: 2, noises: 2, parameters: ["a1", "b1", "a2", "b2"]) { x0, t, w, p in
      (0..<2).map { i in
        let (a, b) = (p[2 * i], p[2 * i + 1])
        let rate = calculus == .ito ? a - b * b * 0.5 : a
        return x0[i] * (rate * t + b * w[i]).apply(.exp)
      }
    }
  }

  /// dX = (A + cI)X dt + Σₖ bₖ X dWₖ with A = [−2 1; 1 −2] in two components: linear noises that commute.
  /// With `written` each noise is written in a way of its own, so that only numbers show it.
  static func commutative(
    _ b: [Double], calculus: Calculus = .ito, written: Bool = false
  ) throws -> SDEProblem {
    try sde(
      "commutative", dimension: 2, shape: .matrix(noises: b.count), parameters: [("c", 1.01)],
      calculus: calculus,
      drift: { x, _, p in [x[1] - (2 - p[0]) * x[0], x[0] - (2 - p[0]) * x[1]] },
      diffusion: { x, _, _ in x.flatMap { x in b.map { written ? (x * 2) * ($0 / 2) : x * $0 } } })
  }

  /// expm((A + cI − ½Σb²)t + Σ bₖWₖ) x0: the eigenvectors of A are (1, 1) and (1, −1).
  static func commutativeExact(_ b: [Double], calculus: Calculus = .ito) throws -> Program {
    try exact(dimension: 2, noises: b.count, parameters: ["c"]) { x0, t, w, p in
      let half = calculus == .ito ? b.reduce(0) { $0 + $1 * $1 / 2 } : 0
      let noise = Expression.sum(zip(b, w).map { $1 * $0 })!
      let scale = ((p[0] - half) * t + noise).apply(.exp) * 0.5
      let sum = (x0[0] + x0[1]) * (-t).apply(.exp)
      let difference = (x0[0] - x0[1]) * (t * -3).apply(.exp)
      return [scale * (sum + difference), scale * (sum - difference)]
    }
  }

  /// dX = aX dt + b₁X dW₁ + b₂X dW₂. Kloeden and Platen (1992), (4.4.59).
  static func twoNoises(_ a: Double, _ b: [Double], calculus: Calculus = .ito) throws -> SDEProblem {
    try sde(
      "KP 4.4.59", shape: .matrix(noises: 2), parameters: [("a", a)], calculus: calculus,
      drift: { x, _, p in [p[0] * x[0]] }, diffusion: { x, _, _ in b.map { x[0] * $0 } })
  }

  static func twoNoisesExact(_ b: [Double]) throws -> Program {
    try exact(noises: 2, parameters: ["a"]) { x0, t, w, p in
      let rate = p[0] - (b[0] * b[0] + b[1] * b[1]) / 2
      return [x0[0] * (rate * t + w[0] * b[0] + w[1] * b[1]).apply(.exp)]
    }
  }

  /// The Heisenberg group: dX₁ = dW₁, dX₂ = dW₂, dX₃ = X₁ dW₂, the same in both calculi.
  static func heisenberg(calculus: Calculus = .ito) throws -> SDEProblem {
    try sde(
      "Heisenberg", dimension: 3, shape: .matrix(noises: 2), calculus: calculus,
      drift: { _, t, _ in [t.constant(0), t.constant(0), t.constant(0)] },
      diffusion: { x, t, _ in
        let (zero, one) = (t.constant(0), t.constant(1))
        return [one, zero, zero, one, zero, x[0]]
      })
  }

  /// Heston's price and variance, √v by √max(v, 0).
  static func heston() throws -> SDEProblem {
    try sde(
      "Heston", dimension: 2, shape: .matrix(noises: 2),
      parameters: [("mu", 0.05), ("kappa", 2), ("theta", 0.04), ("xi", 0.3), ("rho", -0.7)],
      drift: { x, _, p in [p[0] * x[0], p[1] * (p[2] - x[1])] },
      diffusion: { x, t, p in
        let zero = t.constant(0)
        let s = Expression.apply(.maximum, x[1], zero).apply(.sqrt)
        return [s * x[0], zero, p[4] * p[3] * s, p[3] * s * (1 - p[4] * p[4]).apply(.sqrt)]
      })
  }

  /// dX = κ(θ − X⁺) dt + σ√X⁺ dW: the square-root process with full truncation.
  static func squareRoot(_ kappa: Double, _ theta: Double, _ sigma: Double) throws -> SDEProblem {
    try sde(
      "CIR", parameters: [("kappa", kappa), ("theta", theta), ("sigma", sigma)],
      drift: { x, t, p in [p[0] * (p[1] - Expression.apply(.maximum, x[0], t.constant(0)))] },
      diffusion: { x, t, p in [p[2] * Expression.apply(.maximum, x[0], t.constant(0)).apply(.sqrt)] })
  }
}

/// A number near another.
func isNear(_ a: Double, _ b: Double, _ relative: Double = 1e-12) -> Bool {
  (a - b).magnitude <= relative * max(1, a.magnitude, b.magnitude)
}
