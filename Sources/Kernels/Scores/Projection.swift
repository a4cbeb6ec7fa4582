import Lanes
import Program

/// The law of the random directions v that estimate a trace: `E[v'Jv] = tr J` needs `E[vv'] = I`.
///
/// Variance of `v'Av` for symmetric A (for others take (A + A')/2): Gaussian `2‖A‖²_F`; Rademacher
/// `2(‖A‖²_F − Σ aᵢᵢ²)`; sphere `2d/(d+2)·(‖A‖²_F − tr(A)²/d)`. Rademacher is the default: it is never worse
/// than Gaussian, and exact where A is diagonal. Pairs v, −v give nothing, for `v'Av` is even in v.
///
/// The unit sphere has `E[vv'] = I/d`; with it the variance-reduced loss is minimised by s*/d. Here the sphere
/// always has the radius √d.
///
/// Source: Hutchinson 1989; Song et al. 2019 (sliced score matching).
public enum Projection: String, Sendable, CaseIterable {
  /// Independent signs.
  case rademacher
  /// Independent standard normals.
  case gaussian
  /// Uniform on the sphere of radius √d.
  case sphere

  /// The law of this name.
  ///
  /// - Throws: ``ScoreError`` for an unknown name and, with the reason, for the unit sphere.
  public init(named name: String) throws {
    if name == "unit_sphere" {
      throw ScoreError(
        "directions on the unit sphere have E[vv'] = I/d, not I: the trace would count 1/d of itself and the "
          + "loss be minimised by a wrong score; use \"sphere\", which has the radius √d")
    }
    guard let known = Projection(rawValue: name) else {
      throw ScoreError.unknown("distribution", name, of: Projection.allCases.map(\.rawValue))
    }
    self = known
  }
}

extension ProgramBuilder {
  /// A random direction of `rows` components for every lane, with `E[vv'] = I`.
  ///
  /// - Parameter draw: the next random number; a draw of the Program by default.
  package func direction(
    _ projection: Projection, rows: Int, _ draw: ((Distribution) -> NodeID)? = nil
  ) -> NodeID {
    let next = draw ?? { self.draw($0) }
    switch projection {
    case .rademacher:
      let half = constant(0.5)
      let (minus, plus) = (constant(-1), constant(1))
      return stack((0..<rows).map { _ in select(compare(.less, next(.uniform), half), minus, plus) })
    case .gaussian: return normals(rows: rows, next)
    case .sphere:
      // In one dimension the sphere is two points; r/|r| would be the same, but 0/0 at r = 0.
      if rows == 1 { return direction(.rademacher, rows: 1, next) }
      let z = expression(normals(rows: rows, next))
      return (z * (Double(rows).squareRoot() / z.squaredNorm.squareRoot)).id
    }
  }

  /// Independent standard normals, `rows` of them for every lane.
  package func normals(rows: Int, _ draw: ((Distribution) -> NodeID)? = nil) -> NodeID {
    let next = draw ?? { self.draw($0) }
    return stack((0..<rows).map { _ in next(.normal) })
  }
}
