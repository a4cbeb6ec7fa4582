import Program

/// What a solver's step is made of: the state, the time, the step length, the noise increments and the
/// coefficients, all as expressions. A step is a function of these, written as mathematics.
public struct StepContext {
  public let coefficients: Coefficients
  public let x: [Expression]
  /// Further vectors of d components that the method carries from step to step, each x₀ at the start.
  public let companions: [[Expression]]
  public let t: Expression
  public let h: Expression
  /// ΔWⱼ, independent normals of variance h.
  public let dW: [Expression]
  public let calculus: Calculus

  init(_ problem: SDEProblem, _ builder: ProgramBuilder, companions count: Int) throws {
    coefficients = try Coefficients(problem, builder)
    if count == 0 {
      x = coefficients.state
      companions = []
    } else {
      let d = problem.dimension
      let all = builder.inputExpression("x", rows: d * (1 + count), variation: .lane).components
      x = Array(all[..<d])
      companions = (1...count).map { Array(all[$0 * d..<($0 + 1) * d]) }
    }
    t = coefficients.time
    h = builder.inputExpression("h", variation: .run)
    dW = builder.inputExpression("dW", rows: problem.noiseDimension, variation: .lane).components
    calculus = problem.calculus
  }

  /// f(x, t).
  public func f(_ x: [Expression], _ t: Expression) -> [Expression] { coefficients.drift(x, t) }
  /// G(x, t), d × m.
  public func g(_ x: [Expression], _ t: Expression) -> [[Expression]] { coefficients.diffusion(x, t) }

  /// x + a·s for vectors a, x.
  public func add(_ x: [Expression], _ a: [Expression], times s: Expression) -> [Expression] {
    zip(x, a).map { $1.isZero ? $0 : $0 + $1 * s }
  }

  /// x + G·ΔW, term by term.
  public func addNoise(_ x: [Expression], _ g: [[Expression]]) -> [Expression] { addNoise(x, g, dW) }
  /// x + G·w.
  public func addNoise(_ x: [Expression], _ g: [[Expression]], _ dW: [Expression]) -> [Expression] {
    zip(x, g).map { start, row in
      zip(row, dW).reduce(start) { $1.0.isZero ? $0 : $0 + $1.0 * $1.1 }
    }
  }

  /// The next state, made NaN in paths where the present one is not finite: for steps that are not x + …,
  /// which could turn a path that blew up into an ordinary number (max(0, NaN) is 0).
  ///
  /// x − x is 0 for a finite x and NaN otherwise.
  public func keepingFailures(_ next: [Expression]) -> [Expression] {
    let sum = x.dropFirst().reduce(x[0] - x[0]) { $0 + ($1 - $1) }
    let zero = h.constant(0)
    let lost = h.constant(.nan)
    return next.map { Expression.select(.equal, sum, zero, then: $0, else: lost) }
  }

  /// (a + b)/2.
  public func average(_ a: [Expression], _ b: [Expression]) -> [Expression] {
    zip(a, b).map { ($0 + $1) * 0.5 }
  }
  public func average(_ a: [[Expression]], _ b: [[Expression]]) -> [[Expression]] {
    zip(a, b).map { zip($0, $1).map { $0.isZero && $1.isZero ? $0 : ($0 + $1) * 0.5 } }
  }
}

/// A one-step method for SDEs: what it is called, where it converges and how, and its step.
public struct Method: Sendable {
  /// A strong and a weak order of convergence.
  public struct Order: Sendable, Equatable {
    public let strong: Double
    public let weak: Double
    public init(strong: Double, weak: Double) {
      self.strong = strong
      self.weak = weak
    }
  }

  public let name: String
  public let title: String
  public let calculi: Set<Calculus>
  /// The orders for each class of noise the method fits.
  public let orders: [NoiseClass: Order]
  /// Evaluations of the drift and of the diffusion (with derivatives) in a step.
  public let cost: String
  public let source: String
  /// How many further vectors it carries along a path: ``StepContext/companions``.
  public let companions: Int
  /// The state before a step, and its companions, from those after it, of which the context is made but for t and ΔW, which are still
  /// the step's; nil for a method that cannot be undone.
  public let inverse: (@Sendable (StepContext) -> [Expression])?
  /// The state after the step, and then its companions.
  public let step: @Sendable (StepContext) -> [Expression]

  public init(
    name: String, title: String, calculi: Set<Calculus>, orders: [NoiseClass: Order], cost: String,
    source: String, companions: Int = 0, inverse: (@Sendable (StepContext) -> [Expression])? = nil,
    step: @escaping @Sendable (StepContext) -> [Expression]
  ) {
    self.name = name
    self.title = title
    self.calculi = calculi
    self.orders = orders
    self.cost = cost
    self.source = source
    self.companions = companions
    self.inverse = inverse
    self.step = step
  }

  /// Whether the method solves this SDE. Additive noise reads the same in both calculi.
  public func fits(_ problem: SDEProblem) -> Bool {
    let noise = problem.noise.noiseClass
    return orders[noise] != nil && (calculi.contains(problem.calculus) || noise == .additive)
  }

  /// One step as a Program of "x", "t", "h", "dW" and the parameters, with the output "x": the state, and then its
  /// companions.
  ///
  /// - Throws: ``ProgramError`` if the step is not well formed.
  public func program(for problem: SDEProblem) throws -> Program { try program(of: step, problem) }

  /// The step undone: the same inputs, of which "x" is what the step gave; nil if it cannot be.
  ///
  /// - Throws: ``ProgramError`` if it is not well formed.
  public func inverseProgram(for problem: SDEProblem) throws -> Program? {
    try inverse.map { try program(of: $0, problem) }
  }

  private func program(
    of step: (StepContext) -> [Expression], _ problem: SDEProblem
  ) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let context = try StepContext(problem, builder, companions: companions)
    return try builder.finish([("x", Expression.stack(step(context)).id)])
  }
}
