import Program

/// Sliced score matching: implicit score matching along random directions v with E[vv'] = I,
///
///     "ssm"     E[2 v'(∂s/∂x)v + (v's)²],
///     "ssm_vr"  E[2 v'(∂s/∂x)v + ‖s‖²],      variance reduced: the mean of (v's)² is known to be ‖s‖².
///
/// Variance reduction removes the noise of (v's)² but not the trace's, and the two may cancel: for s = −x on N(0, I)
/// with Gaussian directions the variances (half form) are 2d with and d(d+2)/2 without, so that d = 1 is worse.
/// Source: Song, Garg, Shi, Ermon 2019 (UAI), (8) and (9); their J is the half form.
struct SlicedScoreMatching: ScoreLoss {
  let form: LossForm
  let projection: Projection
  let projections: Int
  let isVarianceReduced: Bool
  var name: String { isVarianceReduced ? "ssm_vr" : "ssm" }
  var constant: String { meanSquaredScore(form) }

  func full(_ p: LossPoint) throws -> Expression {
    let directions = p.directions(projection, count: projections)
    let (s, products) = try p.modelWithJacobian(p.x, directions)
    let pairs = zip(directions, products)
    if isVarianceReduced {
      return .mean(pairs.map { v, Jv in Expression.dot(v, Jv) }) * 2 + s.squaredNorm
    }
    return .mean(pairs.map { v, Jv in Expression.dot(v, Jv) * 2 + Expression.dot(v, s).squared })
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? { -oracle.expectedSquaredScore }
}
