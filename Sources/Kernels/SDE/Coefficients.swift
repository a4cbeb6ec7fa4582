import Program

/// The coefficients of an SDE as expressions of a Program under construction: what a solver's step, a
/// generator or a likelihood is written in.
public struct Coefficients {
  public let problem: SDEProblem
  public let builder: ProgramBuilder
  private let driftDerivative: Program
  private let diffusionDerivative: Program

  /// - Throws: ``ProgramError`` if a coefficient does not have the inputs an SDE's must have.
  public init(_ problem: SDEProblem, _ builder: ProgramBuilder) throws {
    self.problem = problem
    self.builder = builder
    driftDerivative = try problem.drift.readingState(problem).jvp(inputs: ["x"])
    diffusionDerivative = try problem.diffusion.readingState(problem).jvp(inputs: ["x"])
  }

  public var dimension: Int { problem.dimension }
  public var noises: Int { problem.noiseDimension }

  /// The input "x".
  public var state: [Expression] {
    builder.inputExpression("x", rows: dimension, variation: .lane, rowNames: problem.stateNames)
      .components
  }
  /// The input "t".
  public var time: Expression { builder.inputExpression("t", variation: .step) }

  private func arguments(_ x: [Expression], _ t: Expression) -> [String: NodeID] {
    ["x": Expression.stack(x).id, "t": t.id]
  }

  private func components(_ id: NodeID?) -> [Expression] {
    id.map { builder.expression($0).components } ?? []
  }

  /// f(x, t).
  public func drift(_ x: [Expression], _ t: Expression) -> [Expression] {
    components(builder.call(problem.drift, arguments(x, t))["f"])
  }

  /// G(x, t) as d rows of m entries; entries off the diagonal of diagonal noise are the constant 0.
  public func diffusion(_ x: [Expression], _ t: Expression) -> [[Expression]] {
    matrix(components(builder.call(problem.diffusion, arguments(x, t))["g"]))
  }

  /// (∂f/∂x)·v.
  public func driftDerivative(_ x: [Expression], _ t: Expression, along v: [Expression]) -> [Expression] {
    var inputs = arguments(x, t)
    inputs["d.x"] = Expression.stack(v).id
    return components(builder.call(driftDerivative, inputs)["d.f"])
  }

  /// The matrix Σₖ vₖ ∂G/∂xₖ.
  public func diffusionDerivative(
    _ x: [Expression], _ t: Expression, along v: [Expression]
  ) -> [[Expression]] {
    var inputs = arguments(x, t)
    inputs["d.x"] = Expression.stack(v).id
    return matrix(components(builder.call(diffusionDerivative, inputs)["d.g"]))
  }

  private func matrix(_ entries: [Expression]) -> [[Expression]] {
    switch problem.shape {
    case .matrix(let noises):
      return (0..<dimension).map { Array(entries[$0 * noises..<($0 + 1) * noises]) }
    case .diagonal:
      let zero = builder.expression(builder.constant(0))
      return (0..<dimension).map { row in
        (0..<dimension).map { $0 == row ? entries[row] : zero }
      }
    }
  }

  /// Column j of a matrix.
  public func column(_ matrix: [[Expression]], _ j: Int) -> [Expression] { matrix.map { $0[j] } }

  /// Σⱼ G[i][j]·w[j] for each i, leaving out entries that are zero; nil where nothing is left.
  public func product(_ matrix: [[Expression]], _ w: [Expression]) -> [Expression?] {
    matrix.map { row in
      Expression.sum(zip(row, w).compactMap { $0.isZero || $1.isZero ? nil : $0 * $1 })
    }
  }
}

extension Program {
  /// The same Program with the state declared as an input even where it is not read, so that it can be
  /// differentiated in it.
  fileprivate func readingState(_ problem: SDEProblem) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    _ = builder.input(
      "x", rows: problem.dimension, variation: .lane, rowNames: problem.stateNames)
    let values = builder.call(self)
    return try builder.finish(outputs.map { ($0.name, values[$0.name]!) })
  }
}
