import Program
import SDE

/// Correlated components beyond this make a factorisation too long to write out.
private let largestFactorised = 8
/// A pivot below this share of its diagonal entry is rounding error: the covariance is singular.
private let singularShare = 1e-14

/// The log-density at the residual r of N(0, G Gᵀ Δ), G a d × m matrix of expressions,
///
///     −½ Σᵢ ( log(2π Δ dᵢ) + zᵢ² / (Δ dᵢ) ),   G Gᵀ = L D Lᵀ,   z = L⁻¹ r,
///
/// L unit lower triangular. Entries that are the constant 0 cost nothing: diagonal noise needs no
/// factorisation, and a G that is lower triangular is its own. Where the covariance is singular the
/// value is not finite.
///
/// - Throws: ``SDEError`` if a component has no noise at all, or more than eight are correlated.
func gaussianLogDensity(
  residual: [Expression], factor: [[Expression]], dt: Expression, problem: SDEProblem
) throws -> Expression {
  for (row, name) in zip(factor, problem.stateNames) where row.allSatisfy(\.isZero) {
    throw SDEError(
      "'\(name)' of '\(problem.name)' has no noise: its transitions have no density to fit by")
  }
  let (pivots, z) =
    isLowerTriangular(factor)
    ? solveTriangular(factor, residual) : try factorise(factor, residual, problem)
  let terms = zip(pivots, z).map { d, z in
    (d * (dt * (2 * Double.pi))).apply(.log) + z * z / (d * dt)
  }
  return terms.dropFirst().reduce(terms[0], +) * -0.5
}

private func isLowerTriangular(_ g: [[Expression]]) -> Bool {
  g.enumerated().allSatisfy { i, row in
    row.count == g.count && row.enumerated().allSatisfy { j, entry in j <= i || entry.isZero }
  }
}

/// D and z for G = L √D: zᵢ = rᵢ − Σⱼ₍ⱼ<ᵢ₎ Gᵢⱼ zⱼ/Gⱼⱼ.
private func solveTriangular(
  _ g: [[Expression]], _ r: [Expression]
) -> (pivots: [Expression], z: [Expression]) {
  var z: [Expression] = []
  for i in g.indices {
    var value = r[i]
    for j in 0..<i where !g[i][j].isZero { value = value - g[i][j] * (z[j] / g[j][j]) }
    z.append(value)
  }
  return (g.indices.map { g[$0][$0] * g[$0][$0] }, z)
}

/// D and z of G Gᵀ = L D Lᵀ. Source: Golub and Van Loan, Matrix Computations (2013), alg. 4.1.1.
private func factorise(
  _ g: [[Expression]], _ r: [Expression], _ problem: SDEProblem
) throws -> (pivots: [Expression], z: [Expression]) {
  let d = g.count
  let covariance = (0..<d).map { i in
    (0...i).map { j in
      Expression.sum(zip(g[i], g[j]).compactMap { $0.isZero || $1.isZero ? nil : $0 * $1 })
    }
  }
  let isCorrelated = (0..<d).contains { i in (0..<i).contains { covariance[i][$0] != nil } }
  guard d <= largestFactorised || !isCorrelated else {
    throw SDEError(
      "'\(problem.name)' has \(d) correlated components: a fit takes at most \(largestFactorised) "
        + "(any number if G is diagonal or lower triangular)")
  }
  var pivots: [Expression] = []
  var lower: [[Expression?]] = []
  var z: [Expression] = []
  for i in 0..<d {
    // products[j] = Lᵢⱼ Dⱼ
    var products: [Expression?] = []
    var row: [Expression?] = []
    for j in 0..<i {
      var entry = covariance[i][j]
      for k in 0..<j {
        guard let a = products[k], let b = lower[j][k] else { continue }
        entry = entry.map { $0 - a * b } ?? -(a * b)
      }
      products.append(entry)
      row.append(entry.map { $0 / pivots[j] })
    }
    guard let variance = covariance[i][i] else {
      throw SDEError("'\(problem.stateNames[i])' of '\(problem.name)' has no noise")
    }
    var pivot = variance
    var value = r[i]
    for j in 0..<i {
      guard let l = row[j], let product = products[j] else { continue }
      pivot = pivot - l * product
      value = value - l * z[j]
    }
    if row.contains(where: { $0 != nil }) {
      pivot = Expression.select(
        .less, variance * singularShare, pivot, then: pivot, else: pivot.constant(.nan))
    }
    pivots.append(pivot)
    lower.append(row)
    z.append(value)
  }
  return (pivots, z)
}
