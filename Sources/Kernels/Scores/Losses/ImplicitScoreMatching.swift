import Program

/// Implicit score matching, with the exact trace by d directions:
///
///     E[‖s(x)‖² + 2 tr ∂s/∂x]  =  E‖s − s*‖² − E‖s*‖²,
///
/// if p·s vanishes at the boundary of the domain or at infinity; on a box see ``BoundedScoreMatching``.
/// Source: Hyvärinen 2005, theorem 1.
struct ImplicitScoreMatching: ScoreLoss {
  let name = "ism"
  let form: LossForm
  var constant: String { meanSquaredScore(form) }

  func full(_ p: LossPoint) throws -> Expression {
    let (s, columns) = try p.modelWithJacobian(p.x, p.basis)
    let trace = columns.enumerated().dropFirst().reduce(columns[0][0]) { $0 + $1.element[$1.offset] }
    return s.squaredNorm + trace * 2
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? { -oracle.expectedSquaredScore }
}

func meanSquaredScore(_ form: LossForm) -> String {
  "\(form == .half ? "½" : "")E‖s*‖² less than the squared distance to the score s*, constant in the model"
}
