import Execution
import Program

/// The gradient of the mean of a loss of the end of an SDE's paths, E[L(X_T; θ)], in the parameters θ and in x₀,
/// by reverse mode through the steps of the solver.
///
/// It is exactly the derivative of the mean that ``SDEProblem/solve(_:)`` computes with the same options: the same
/// paths, the same steps. What a path costs does not depend on the number of parameters; the memory a thread
/// needs grows as √steps (``keptBytes``).
///
/// It is made once for a loss and run with as many parameters and seeds as one likes: each run with another
/// seed gives an unbiased estimate of the gradient of the discrete mean, what stochastic gradient descent needs.
/// A loss with jumps (an indicator) has a derivative that misses them, and then the estimate is biased.
///
/// Source: see `RecurrenceGradient`.
public struct SolveGradient: Sendable {
  public struct Value: Sendable {
    /// The mean over the paths.
    public let loss: Double
    public let standardError: Double
    /// By the name of the parameter.
    public let gradient: [String: [Double]]
    /// In x₀ where the paths start at one point, else nil.
    public let initialGradient: [Double]?
    /// Paths whose loss is not finite; then the loss is the mean of the others and the gradient is not finite.
    public let failedPaths: Int
    public let firstFailedPath: Int?
  }

  /// The name of the method that takes the steps.
  public let method: String
  private let problem: SDEProblem
  private let recurrence: RecurrenceGradient
  /// The names of parameters and of their inputs.
  private let names: [(parameter: String, input: String)]
  private let startsAtPoint: Bool

  /// The bytes of states and increments that each thread keeps.
  public var keptBytes: Int { recurrence.keptBytes }

  /// - Parameters:
  ///   - options: as for a solve; `save` and `observables` are not looked at. The method may also be
  ///     "reversible_heun" (Stratonovich): its steps are undone on the way back, and memory does not grow with
  ///     their number.
  ///   - loss: a Program of "x", "t" and the parameters' inputs with the output "loss", one number a path.
  ///   - parameters: names of parameters, or of shared values (nets' parameters); all parameters by default. One
  ///     that neither the coefficients nor the loss use has the gradient 0.
  /// - Throws: ``SDEError`` for options that do not make sense and unknown names, `ProgramError` if the loss
  ///   does not fit.
  public init(
    _ problem: SDEProblem, _ options: SolveOptions, loss: Program, parameters: [String]? = nil
  ) throws {
    self.problem = problem
    var options = options
    options.save = .final
    options.observables = nil
    let reversible = options.method == Self.reversibleHeun ? try ReversibleHeun(problem) : nil
    let stepper = try reversible == nil ? problem.method(named: options.method) : heun
    method = reversible == nil ? stepper.name : Self.reversibleHeun
    var recurrence = try problem.makeRecurrence(options, by: stepper)
    if case .point(let x0) = options.initial {
      startsAtPoint = true
      let builder = ProgramBuilder()
      let start = builder.input(Self.pointInput, rows: x0.count, variation: .run)
      recurrence.initial = .program(try builder.finish([("x", start)]))
      recurrence.parameters[Self.pointInput] = x0
    } else {
      startsAtPoint = false
    }
    if let reversible { try reversible.replaceStep(of: &recurrence) }
    names = try (parameters ?? problem.parameters.map(\.name)).map { name in
      if let parameter = problem.parameters.first(where: { $0.name == name }) {
        return (name, parameter.input)
      }
      guard problem.sharedValues[name] != nil else {
        throw SDEError("'\(name)' is not a parameter of '\(problem.name)'")
      }
      return (name, name)
    }
    var present = Set((recurrence.step.inputs + loss.inputs).map(\.name))
    if case .program(let start) = recurrence.initial { present.formUnion(start.inputs.map(\.name)) }
    self.recurrence = try RecurrenceGradient(
      recurrence, loss: reversible == nil ? loss : loss.ofPair(problem.dimension),
      parameters: names.map(\.input).filter(present.contains) + (startsAtPoint ? [Self.pointInput] : []),
      paths: options.paths, inverse: reversible?.inverse)
  }

  private static let reversibleHeun = "reversible_heun"

  private static let pointInput = "x0"

  /// - Parameters:
  ///   - parameters: values other than the problem's, by name.
  ///   - x0: another point to start at.
  ///   - seed: another seed than the options'.
  /// - Throws: ``SDEError`` for an unknown name, `ProgramError` for a wrong number of values, `Cancelled`.
  public func callAsFunction(
    parameters: [String: [Double]] = [:], x0: [Double]? = nil, seed: UInt64? = nil,
    run: RunOptions = RunOptions()
  ) throws -> Value {
    var values: [String: [Double]] = [:]
    for (name, given) in parameters {
      if let parameter = problem.parameters.first(where: { $0.name == name }) {
        values[parameter.input] = given
      } else if problem.sharedValues[name] != nil {
        values[name] = given
      } else {
        throw SDEError("'\(name)' is not a parameter of '\(problem.name)'")
      }
    }
    if let x0 {
      guard startsAtPoint else { throw SDEError("these paths do not start at one point x0") }
      values[Self.pointInput] = x0
    }
    let result = try recurrence.run(values: values, seed: seed, options: run)
    var gradient: [String: [Double]] = [:]
    let all = problem.parameterValues
    for (name, input) in names {
      gradient[name] = result.gradient[input] ?? all[input]!.map { _ in 0 }
    }
    return Value(
      loss: result.loss.mean, standardError: result.loss.standardError, gradient: gradient,
      initialGradient: result.gradient[Self.pointInput], failedPaths: result.failedPaths,
      firstFailedPath: result.firstFailedPath)
  }
}
