import Execution
import Program

/// The gradient of a loss of an SDE's paths, such as E[L(X_T; θ)], in the parameters θ and in x₀, by reverse mode
/// through the steps of the solver.
///
/// It is exactly the derivative of what ``SDEProblem/solve(_:)`` computes with the same options: the same
/// paths, the same steps. What a path costs does not depend on the number of parameters; the memory a thread
/// needs grows as √steps (``keptBytes``).
///
/// It is made once for a loss and run with as many parameters and seeds as one likes: each run with another
/// seed gives an unbiased estimate of the gradient of the discrete mean, what stochastic gradient descent needs.
/// A loss with jumps (an indicator) has a derivative that misses them, and then the estimate is biased.
///
/// A loss with means inside (``PathLoss``) takes a solve more, which gives the means and the loss's slopes in them. With
/// the same paths for both, the gradient is exact for the loss of these paths; but a function of a mean over n
/// paths differs from that of the expectation by O(1/n) on average, and so does its gradient.
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
  private let ensemble: EnsembleLoss
  private let hasMeans: Bool
  let paths: Int
  /// The names of parameters and of their inputs.
  private let names: [(parameter: String, input: String)]
  private let startsAtPoint: Bool
  /// Parameters that neither the coefficients nor the loss use.
  public let unused: [String]

  /// The bytes of states and increments that each thread keeps.
  public var keptBytes: Int { recurrence.keptBytes }

  /// - Parameters:
  ///   - options: as for a solve; `save` and `observables` are not looked at. With the method "reversible_heun"
  ///     (Stratonovich) steps are undone on the way back, and memory does not grow with their number.
  ///   - loss: a Program of "x", "t" and the parameters' inputs with the output "loss", one number a path.
  ///   - parameters: names of parameters, or of shared values (nets' parameters); all parameters by default. One
  ///     that neither the coefficients nor the loss use has the gradient 0.
  /// - Throws: ``SDEError`` for options that do not make sense and unknown names, `ProgramError` if the loss
  ///   does not fit.
  public init(
    _ problem: SDEProblem, _ options: SolveOptions, loss: Program, parameters: [String]? = nil
  ) throws {
    try self.init(problem, options, loss: PathLoss(loss), parameters: parameters)
  }

  /// - Parameters:
  ///   - method: one that need not be registered; nil: the options'.
  ///   - loss: of means over the paths too, and of states at any steps.
  public init(
    _ problem: SDEProblem, _ options: SolveOptions, by method: Method? = nil, loss: PathLoss,
    parameters: [String]? = nil
  ) throws {
    self.problem = problem
    paths = options.paths
    var options = options
    options.save = .final
    options.observables = nil
    let stepper = try method ?? problem.method(named: options.method)
    self.method = stepper.name
    var recurrence = try problem.makeRecurrence(options, by: stepper)
    let count = 1 + stepper.companions
    if case .point(let x0) = options.initial {
      startsAtPoint = true
      let builder = ProgramBuilder()
      let start = builder.input(Self.pointInput, rows: x0.count, variation: .run)
      recurrence.initial = try Recurrence.Initial.program(try builder.finish([("x", start)])).repeated(
        count, dimension: x0.count)
      recurrence.parameters[Self.pointInput] = x0
    } else {
      startsAtPoint = false
    }
    // The loss's sweep back carries cotangents of companions too.
    recurrence.dimension += recurrence.hidden
    recurrence.hidden = 0
    let loss = try loss.ofFirst(problem.dimension, of: recurrence.dimension)
    for mean in loss.means {
      let zeros = [Double](repeating: 0, count: loss.rows(of: mean))
      recurrence.parameters[mean] = zeros
      recurrence.parameters[PathLoss.weight(of: mean)] = zeros
    }
    hasMeans = !loss.means.isEmpty
    ensemble = try EnsembleLoss(recurrence, loss, paths: options.paths)
    let linearized = try loss.linearized()
    names = try (parameters ?? problem.parameters.map(\.name)).map { name in
      if let parameter = problem.parameters.first(where: { $0.name == name }) {
        return (name, parameter.input)
      }
      guard problem.sharedValues[name] != nil else {
        throw SDEError("'\(name)' is not a parameter of '\(problem.name)'")
      }
      return (name, name)
    }
    var present = Set((recurrence.step.inputs + linearized.inputs).map(\.name))
    if case .program(let start) = recurrence.initial { present.formUnion(start.inputs.map(\.name)) }
    self.recurrence = try RecurrenceGradient(
      recurrence, loss: linearized,
      parameters: names.map(\.input).filter(present.contains) + (startsAtPoint ? [Self.pointInput] : []),
      paths: options.paths, observed: loss.observedSteps,
      inverse: stepper.inverseProgram(for: problem))
    unused = names.filter { !present.contains($0.input) }.map(\.parameter)
  }

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
    var values = try values(parameters, x0)
    if hasMeans {
      let point = try ensemble.linearization(values, seed: seed, run)
      guard point.failed == 0 else {
        let lost = names.map { ($0.parameter, problem.parameterValues[$0.input]!.map { _ in Double.nan }) }
        return Value(
          loss: .nan, standardError: .nan, gradient: Dictionary(uniqueKeysWithValues: lost),
          initialGradient: nil, failedPaths: point.failed, firstFailedPath: point.firstFailed)
      }
      values.merge(point.values) { $1 }
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

  /// The loss without its gradient, by one solve; what is not given is as in ``callAsFunction(parameters:x0:seed:run:)``.
  public func loss(
    parameters: [String: [Double]] = [:], x0: [Double]? = nil, seed: UInt64? = nil,
    run: RunOptions = RunOptions()
  ) throws -> Value {
    let result = try ensemble(try values(parameters, x0), seed: seed, run)
    let isLost = result.loss.count == 0
    return Value(
      loss: isLost ? .nan : result.loss.mean, standardError: result.loss.standardError, gradient: [:],
      initialGradient: nil, failedPaths: result.failed, firstFailedPath: result.firstFailed)
  }

  private func values(_ parameters: [String: [Double]], _ x0: [Double]?) throws -> [String: [Double]] {
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
    return values
  }
}
