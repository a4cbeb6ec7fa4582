import Program

/// Implicit score matching where the data fill a box, whose density does not vanish at the boundary.
///
/// Integrating `2E[s·s*] = 2∫ s·∇p` by parts leaves the surface term `2∮ p s·n`, so that on a box
/// implicit score matching is not the squared distance but for a term:
///
///     E[‖s‖² + 2 div s] − 2∮ p s·n  =  E‖s − s*‖² − E‖s*‖².
///
/// Three ways to deal with it (``Boundary``):
///
/// - weighted: the i-th error is weighted by hᵢ(xᵢ) ≥ 0 that vanishes at both ends of its axis, so that no
///   surface is left: `E Σ hᵢsᵢ² + 2 ∂ᵢ(hᵢsᵢ) = E Σ hᵢ(sᵢ − s*ᵢ)² − E Σ hᵢs*ᵢ²`. No knowledge of the density is needed.
///   hᵢ is the distance to the nearer end, at most the cap; x² (Hyvärinen) would do for non-negative data.
/// - uniform: the data are uniform along each axis given the others, and the surface term is
///   `Σ (sᵢ(x|xᵢ=bᵢ) − sᵢ(x|xᵢ=aᵢ))/(bᵢ − aᵢ)`, at the sample's own other components.
/// - periodic: a torus. Opposite faces cancel, for a model that has the period; then it is "ism" itself.
///
/// Source: Hyvärinen 2007 (non-negative data); Yu, Drton, Shojaie 2019 and 2022 (weights with a cap); the surface
/// terms by the divergence theorem.
struct BoundedScoreMatching: ScoreLoss {
  enum Boundary: String, CaseIterable { case weighted, uniform, periodic }

  let name = "bounded"
  let form: LossForm
  let boundary: Boundary
  let lower: [Double]
  let upper: [Double]
  let cap: Double?

  init(form: LossForm, boundary: String, lower: [Double], upper: [Double], cap: Double?) throws {
    guard let known = Boundary(rawValue: boundary) else {
      throw ScoreError.unknown("boundary", boundary, of: Boundary.allCases.map(\.rawValue))
    }
    guard !lower.isEmpty, lower.count == upper.count else {
      throw ScoreError(
        "lower and upper are one number, or one a component: got \(lower.count) and \(upper.count) numbers")
    }
    for (low, high) in zip(lower, upper) where !(low < high) {
      throw ScoreError("expected lower < upper, got \(low) and \(high)")
    }
    if known != .weighted, (lower + upper).contains(where: { !$0.isFinite }) {
      throw ScoreError(
        "boundary = \"\(boundary)\" needs finite lower and upper; \"weighted\" allows infinite ones")
    }
    if let cap {
      _ = try positive(cap, "cap", "the greatest weight")
      guard known == .weighted else {
        throw ScoreError("cap belongs to boundary = \"weighted\", not to \"\(boundary)\"")
      }
    }
    self.form = form
    self.boundary = known
    self.lower = lower
    self.upper = upper
    self.cap = cap
  }

  var constant: String {
    boundary == .weighted
      ? "\(form == .half ? "½" : "")E Σ hᵢs*ᵢ² less than the weighted squared distance to the score s*, constant in "
        + "the model" : meanSquaredScore(form)
  }

  /// Outside of the box the weights would be negative, and the loss one of nothing. A torus has no outside.
  func admit(_ columns: [[Double]]) throws {
    guard boundary != .periodic else { return }
    try check(dimension: columns.count)
    for (i, column) in columns.enumerated() {
      let (low, high) = bounds(i)
      if let row = column.firstIndex(where: { $0 < low || $0 > high }) {
        throw ScoreError(
          "bounded: the data have \(column[row]) in row \(row + 1), column \(i + 1), which is not between lower = "
            + "\(low) and upper = \(high): give the bounds of the data")
      }
    }
  }

  private func bounds(_ i: Int) -> (low: Double, high: Double) {
    (lower[lower.count == 1 ? 0 : i], upper[upper.count == 1 ? 0 : i])
  }

  private func check(dimension: Int) throws {
    guard lower.count == 1 || lower.count == dimension else {
      throw ScoreError("bounded: lower and upper have \(lower.count) numbers for a sample of \(dimension)")
    }
  }

  func full(_ p: LossPoint) throws -> Expression {
    try check(dimension: p.dimension)
    let (s, columns) = try p.modelWithJacobian(p.x, p.basis)
    let terms = try (0..<p.dimension).map { i -> Expression in
      let (low, high) = bounds(i)
      switch boundary {
      case .periodic: return s[i].squared + columns[i][i] * 2
      case .uniform:
        let surface = (try at(high, i, p)[i] - at(low, i, p)[i]) * (2 / (high - low))
        return s[i].squared + columns[i][i] * 2 - surface
      case .weighted:
        let (h, slope) = weight(p.x[i], low, high)
        return h * s[i].squared + (slope * s[i] + h * columns[i][i]) * 2
      }
    }
    return terms.dropFirst().reduce(terms[0], +)
  }

  /// The model where the i-th component of the sample is at a face.
  private func at(_ face: Double, _ i: Int, _ p: LossPoint) throws -> Expression {
    var components = p.x.components
    components[i] = p.constant(face)
    return try p.model(.stack(components))
  }

  /// min(x − a, b − x, cap) and its derivative.
  private func weight(_ x: Expression, _ low: Double, _ high: Double) -> (Expression, Expression) {
    let limit = cap.map(x.constant)
    switch (low.isFinite, high.isFinite) {
    case (false, false): return (limit ?? x.constant(1), x.constant(0))
    case (true, false): return capped(x - low, 1, limit)
    case (false, true): return capped(high - x, -1, limit)
    case (true, true):
      let (near, far) = (x - low, high - x)
      let (distance, slope) = (
        Expression.apply(.minimum, near, far),
        Expression.select(.less, far, near, then: x.constant(-1), else: x.constant(1))
      )
      guard let limit else { return (distance, slope) }
      return (
        .apply(.minimum, distance, limit),
        .select(.less, limit, distance, then: x.constant(0), else: slope)
      )
    }
  }

  private func capped(
    _ distance: Expression, _ slope: Double, _ limit: Expression?
  ) -> (Expression, Expression) {
    guard let limit else { return (distance, distance.constant(slope)) }
    return (
      .apply(.minimum, distance, limit),
      .select(.less, limit, distance, then: distance.constant(0), else: distance.constant(slope))
    )
  }

  func fullFloor(_ oracle: any ScoreOracle) -> Double? {
    boundary == .weighted ? nil : -oracle.expectedSquaredScore
  }
}
