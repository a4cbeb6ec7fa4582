import Program
import SDE

/// What a transition density is written in: the two states, the time, the time between them and the
/// coefficients, all as expressions.
public struct TransitionContext {
  public let problem: SDEProblem
  public let coefficients: Coefficients
  /// The state at the start of the transition.
  public let x: [Expression]
  /// The state at its end.
  public let next: [Expression]
  /// The time at its start; the constant 0 if the coefficients do not depend on time.
  public let t: Expression
  /// The time it takes, Δ.
  public let dt: Expression

  /// f(x, t), the Ito drift.
  public func f(_ x: [Expression], _ t: Expression) -> [Expression] { coefficients.drift(x, t) }
  /// G(x, t), d × m.
  public func g(_ x: [Expression], _ t: Expression) -> [[Expression]] { coefficients.diffusion(x, t) }
}

/// An approximation of log p(x′ | x, t, Δ) to fit by: what it is called, where it applies and its formula.
///
/// A new one is a file with a value like ``eulerDensity`` and a line in ``transitionDensities``; its
/// derivatives in the parameters, its precision and its threads come by themselves.
public struct TransitionDensity: Sendable {
  public let name: String
  public let title: String
  /// What an SDE must be like, in words.
  public let requirement: String
  public let source: String
  /// Why the density does not apply to an SDE (in Ito form); nil if it does.
  public let refusal: @Sendable (SDEProblem) -> String?
  /// log p(x′ | x, t, Δ). Where the density does not exist it is to be NaN or infinite, never a number.
  public let logDensity: @Sendable (TransitionContext) throws -> Expression

  public init(
    name: String, title: String, requirement: String, source: String,
    refusal: @escaping @Sendable (SDEProblem) -> String? = { _ in nil },
    logDensity: @escaping @Sendable (TransitionContext) throws -> Expression
  ) {
    self.name = name
    self.title = title
    self.requirement = requirement
    self.source = source
    self.refusal = refusal
    self.logDensity = logDensity
  }

  /// The log-density as a Program of a pair of observations.
  ///
  /// Inputs: "x" and "x.next" (d lanes), "dt" (one value a run, or a lane each if `unequal`), "t" (a lane,
  /// only if the coefficients depend on time) and the parameters; output "logp". A Stratonovich SDE is
  /// converted to Ito form first.
  ///
  /// - Throws: ``SDEError`` if the density does not apply to the SDE.
  public func program(for problem: SDEProblem, unequal: Bool) throws -> Program {
    let ito = try problem.converted(to: .ito)
    if let reason = refusal(ito) {
      throw SDEError("the fit method \"\(name)\" does not apply to '\(problem.name)': \(reason)")
    }
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let coefficients = try Coefficients(ito, builder)
    let x = coefficients.state
    let next = builder.inputExpression(
      "x.next", rows: ito.dimension, variation: .lane, rowNames: ito.stateNames.map { "\($0)'" })
    let dt = builder.inputExpression("dt", variation: unequal ? .lane : .run)
    let t =
      ito.dependsOnTime
      ? builder.inputExpression("t", variation: .lane) : builder.expression(builder.constant(0))
    let context = TransitionContext(
      problem: ito, coefficients: coefficients, x: x, next: next.components, t: t, dt: dt)
    return try builder.finish([("logp", try logDensity(context).id)])
  }
}

extension SDEProblem {
  /// Whether a coefficient reads the time.
  var dependsOnTime: Bool {
    [(drift, "f"), (diffusion, "g")].contains { program, output in
      program.dependence(of: output, on: "t")?.contains { !$0.isEmpty } ?? false
    }
  }
}
