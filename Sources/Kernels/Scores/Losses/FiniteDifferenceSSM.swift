import Program

/// Sliced score matching by finite differences, two evaluations of the model and no derivative:
///
///     E[ ¼‖s(x + h) + s(x − h)‖² + (d/ε²)(s(x + h) − s(x − h))·h ],      h = (ε/√d)v,  E[vv'] = I,
///
/// which is the variance-reduced loss up to O(ε²). ε is 0.05 of the data's standard deviation unless given.
/// In single precision the difference's rounding error grows as 1/ε.
///
/// Source: Pang et al. 2020, the score-network form (their J is the half form, v on the sphere).
struct FiniteDifferenceSSM: ScoreLoss {
  let name = "fd_ssm"
  let form: LossForm
  let projection: Projection
  let projections: Int
  let epsilon: Double?

  static let relativeEpsilon = 0.05

  init(form: LossForm, projection: Projection, projections: Int, epsilon: Double?) throws {
    self.form = form
    self.projection = projection
    self.projections = projections
    if let epsilon, !(epsilon > 0 && epsilon.isFinite) {
      throw ScoreError("epsilon is the length of a step and must be a positive number, got \(epsilon)")
    }
    self.epsilon = epsilon
  }

  var constant: String { meanSquaredScore(form) + ", up to a bias of order ε²" }

  func fitted(to data: DataSummary) -> FiniteDifferenceSSM {
    guard epsilon == nil, data.standardDeviation > 0 else { return self }
    let own = Self.relativeEpsilon * data.standardDeviation
    return
      (try? FiniteDifferenceSSM(
        form: form, projection: projection, projections: projections, epsilon: own)) ?? self
  }

  func full(_ p: LossPoint) throws -> Expression {
    guard let epsilon else {
      throw ScoreError(
        "fd_ssm: there are no data here to take the step from: give epsilon=, about 0.05 of the data's "
          + "standard deviation")
    }
    let root = Double(p.dimension).squareRoot()
    return .mean(
      try p.directions(projection, count: projections).map { v in
        let h = v * (epsilon / root)
        let (ahead, behind) = (try p.model(p.x + h), try p.model(p.x - h))
        return (ahead + behind).squaredNorm * 0.25 + Expression.dot(ahead - behind, v) * (root / epsilon)
      })
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? { -oracle.expectedSquaredScore }
}
