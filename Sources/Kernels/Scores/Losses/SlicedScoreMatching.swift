import Program

/// Sliced score matching: implicit score matching along random directions v,
///
///     E[2 v'(∂s/∂x)v + (v's)²],        E[vv'] = I.
///
/// Source: Song, Garg, Shi, Ermon 2019 (UAI), (8); their J is the half form.
struct SlicedScoreMatching: ScoreLoss {
  let name = "ssm"
  let form: LossForm
  let projection: Projection
  let projections: Int
  var constant: String { meanSquaredScore(form) }

  func full(_ p: LossPoint) throws -> Expression {
    let directions = p.directions(projection, count: projections)
    let (s, products) = try p.modelWithJacobian(p.x, directions)
    return .mean(
      zip(directions, products).map { v, Jv in Expression.dot(v, Jv) * 2 + Expression.dot(v, s).squared })
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? { -oracle.expectedSquaredScore }
}

/// Sliced score matching with variance reduction: the mean of (v's)² is known to be ‖s‖²,
///
///     E[2 v'(∂s/∂x)v + ‖s‖²],          E[vv'] = I.
///
/// This removes the noise of (v's)² but not the trace's, and the two may cancel: for s = −x on N(0, I) with
/// Gaussian directions the variances (half form) are 2d with and d(d+2)/2 without, so that d = 1 is worse.
/// Source: Song, Garg, Shi, Ermon 2019 (UAI), (9).
struct SlicedScoreMatchingVR: ScoreLoss {
  let name = "ssm_vr"
  let form: LossForm
  let projection: Projection
  let projections: Int
  var constant: String { meanSquaredScore(form) }

  func full(_ p: LossPoint) throws -> Expression {
    let directions = p.directions(projection, count: projections)
    let (s, products) = try p.modelWithJacobian(p.x, directions)
    return .mean(zip(directions, products).map { Expression.dot($0, $1) }) * 2 + s.squaredNorm
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? { -oracle.expectedSquaredScore }
}
