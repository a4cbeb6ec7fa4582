import Arrays
import Execution
import Program
import SDE

/// The log-likelihood of observed paths as a function of the fitted parameters, with exact derivatives.
///
/// One Program gives the value and its k first derivatives, a second one also the k(k + 1)/2 second ones:
/// forward derivatives of the transition density in the parameters' directions, summed over the pairs in
/// a fixed order, so that the bits do not depend on the number of threads.
public struct Likelihood: Sendable {
  /// A parameter, or one of its components, that a fit may change.
  public struct Coordinate: Sendable, Equatable {
    /// Index in the problem's parameters, and among that parameter's values.
    public let parameter: Int
    public let component: Int
    /// "kappa", or "theta[2]" for a component.
    public let name: String
    public let start: Double
    public let lower: Double
    public let upper: Double
  }

  public struct Value: Sendable {
    public let logLikelihood: Double
    public let gradient: [Double]
    /// k × k, row by row; empty if it was not asked for.
    public let hessian: [Double]

    var isFinite: Bool {
      logLikelihood.isFinite && gradient.allSatisfy(\.isFinite) && hessian.allSatisfy(\.isFinite)
    }
  }

  public let problem: SDEProblem
  public let observations: Observations
  public let density: TransitionDensity
  public let coordinates: [Coordinate]
  private let terms: LaneEvaluator
  private let first: LaneEvaluator
  private let second: LaneEvaluator
  private let columns: LaneEvaluator.Columns

  /// - Throws: ``SDEError`` if the density does not apply to the SDE, or no parameter can be fitted.
  public init(_ problem: SDEProblem, _ observations: Observations, density: TransitionDensity) throws {
    self.problem = problem
    self.observations = observations
    self.density = density
    coordinates = try Likelihood.coordinates(of: problem)
    let program = try density.program(for: problem, unequal: observations.commonStep == nil)
    terms = LaneEvaluator(program)
    let derivatives = try Likelihood.differentiate(program, problem, coordinates)
    first = LaneEvaluator(derivatives.first)
    second = LaneEvaluator(derivatives.second)
    var columns: LaneEvaluator.Columns = ["x": observations.x, "x.next": observations.next]
    for input in program.inputs where input.variation == .lane {
      if input.name == "t" { columns["t"] = [observations.t] }
      if input.name == "dt" { columns["dt"] = [observations.dt] }
    }
    self.columns = columns
  }

  /// The log-likelihood, its gradient and, if asked for, its Hessian in the ``coordinates``.
  ///
  /// - Throws: ``Cancelled``.
  public func evaluate(
    _ parameters: [Double], hessian: Bool = false, options: RunOptions = RunOptions()
  ) throws -> Value {
    let evaluator = hessian ? second : first
    let sums = try evaluator.sum(
      columns, shared: try shared(parameters), count: observations.count, options: options)
    let k = coordinates.count
    var matrix: [Double] = []
    if hessian, let rows = sums["h"] {
      matrix = [Double](repeating: 0, count: k * k)
      var index = 0
      for i in 0..<k {
        for j in 0...i {
          matrix[i * k + j] = rows[index]
          matrix[j * k + i] = rows[index]
          index += 1
        }
      }
    }
    return Value(
      logLikelihood: sums["logp"]?[0] ?? .nan, gradient: sums["g"] ?? [], hessian: matrix)
  }

  /// The log-density of every pair.
  ///
  /// - Throws: ``Cancelled``.
  public func logDensities(_ parameters: [Double], options: RunOptions = RunOptions()) throws -> [Double] {
    try terms.map(columns, shared: try shared(parameters), count: observations.count, options: options)[
      "logp"]![0]
  }

  /// The problem with these values of the fitted parameters.
  public func problem(with values: [Double]) throws -> SDEProblem {
    guard values.count == coordinates.count else {
      throw SDEError("\(coordinates.count) parameters are fitted, got \(values.count) values")
    }
    var changed = Dictionary(
      problem.parameters.map { ($0.name, $0.values) }, uniquingKeysWith: { first, _ in first })
    for (coordinate, value) in zip(coordinates, values) {
      changed[problem.parameters[coordinate.parameter].name]?[coordinate.component] = value
    }
    // Also looks at the class of the noise again, which may depend on the parameters.
    return try problem.with(changed)
  }

  private func shared(_ parameters: [Double]) throws -> [String: [Double]] {
    var values = try problem(with: parameters).parameterValues
    if let step = observations.commonStep { values["dt"] = [step] }
    return values
  }

  private static func coordinates(of problem: SDEProblem) throws -> [Coordinate] {
    let anyMarked = problem.parameters.contains { $0.learnable != nil }
    var result: [Coordinate] = []
    for (index, parameter) in problem.parameters.enumerated() {
      guard parameter.learnable != nil || (!anyMarked && parameter.values.count == 1) else { continue }
      let bounds = parameter.learnable ?? Parameter.Learnable()
      for (component, start) in parameter.values.enumerated() {
        let name = parameter.values.count == 1 ? parameter.name : "\(parameter.name)[\(component + 1)]"
        guard bounds.lower < bounds.upper else {
          throw SDEError(
            "the bounds of '\(name)' leave no room: lower = \(bounds.lower), upper = \(bounds.upper)")
        }
        guard start.isFinite, start >= bounds.lower, start <= bounds.upper else {
          throw SDEError(
            "the start value of '\(name)' is \(start), but it must lie between \(bounds.lower) and \(bounds.upper)"
          )
        }
        result.append(
          Coordinate(
            parameter: index, component: component, name: name, start: start, lower: bounds.lower,
            upper: bounds.upper))
      }
    }
    guard !result.isEmpty else { throw SDEError("'\(problem.name)' has no parameter to fit") }
    return result
  }

  /// The density with outputs "g" (k rows), and with "g" and "h" (the lower triangle, row by row).
  private static func differentiate(
    _ program: Program, _ problem: SDEProblem, _ coordinates: [Coordinate]
  ) throws -> (first: Program, second: Program) {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let value = builder.call(program)["logp"]!
    let zero = builder.constant(0)
    var directions = coordinates.map { coordinate in
      let parameter = problem.parameters[coordinate.parameter]
      let rows = parameter.values.count
      let input = builder.input(parameter.input, rows: rows, variation: .run)
      let unit = (0..<rows).map { $0 == coordinate.component ? 1.0 : 0 }
      return ForwardMode(builder, seeds: [input: builder.constant(unit)])
    }
    let gradient = directions.indices.map { directions[$0].tangent(of: value) ?? zero }
    var hessian: [NodeID] = []
    for i in gradient.indices {
      for j in 0...i { hessian.append(directions[j].tangent(of: gradient[i]) ?? zero) }
    }
    let g = builder.stack(gradient)
    return (
      try builder.finish([("logp", value), ("g", g)]),
      try builder.finish([("logp", value), ("g", g), ("h", builder.stack(hessian))])
    )
  }
}
