import Program

/// Explicit score matching: the squared distance to a score that is known,
///
///     E‖s(x) − s*(x)‖²          (the Fisher divergence).
///
/// Source: Hyvärinen 2005, (2).
struct ExplicitScoreMatching: ScoreLoss {
  let name = "esm"
  let form: LossForm
  let score: ScoreFunction
  let constant = "0: the loss is the squared distance itself"

  func full(_ p: LossPoint) throws -> Expression {
    let known = p.builder.expression(try score.build(p.builder, p.x.id))
    guard known.rows == p.dimension else {
      throw ScoreError(
        "esm: the known score gives \(known.rows) \(known.rows == 1 ? "value" : "values") for a sample of "
          + "\(p.dimension)")
    }
    return (try p.model(p.x) - known).squaredNorm
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? { 0 }
}

/// A score that is known, as nodes of a Program.
package struct ScoreFunction: Sendable {
  package let build: @Sendable (ProgramBuilder, NodeID) throws -> NodeID
  package init(_ build: @escaping @Sendable (ProgramBuilder, NodeID) throws -> NodeID) { self.build = build }
}
