import Arrays
import Glibc

/// An affine map of data and its inverse: y = W(x − m), x = m + Ly.
public struct Standardization: Sendable {
  public enum Kind: String, Sendable { case standardized, whitened }
  public let kind: Kind
  public let mean: [Double]
  private let scale: Covariance

  public var dimension: Int { mean.count }
  /// The standard deviations that components were divided by; of whitened data the diagonal of L.
  public var standardDeviations: [Double] { scale.pivots.map { $0.squareRoot() } }
  /// log |det W|: log p(x) = log p(y) + this.
  public var logDeterminant: Double { -0.5 * scale.logDeterminant }

  /// Mean 0 and standard deviation 1 for each column; a column that does not vary is only centred.
  ///
  /// - Throws: ``LawError`` if the data are empty or not finite.
  public static func standardizing(_ x: NDArray) throws -> Standardization {
    let rows = try matrix(x)
    let stds = try rows.standardDeviation(axis: 0).values
    let mean = try rows.mean(axis: 0).values
    // A constant column may have a standard deviation of rounding errors.
    let scales = zip(stds, mean).map { $0 > 1e-12 * $1.magnitude && $0 > 0 ? $0 : 1 }
    return Standardization(
      kind: .standardized, mean: mean, scale: try Covariance(standardDeviations: scales))
  }

  /// Mean 0 and covariance I: L is the Cholesky factor of the data's covariance (divisor n).
  ///
  /// - Throws: ``LawError`` if the data are empty or not finite, or a column is a combination of others.
  public static func whitening(_ x: NDArray) throws -> Standardization {
    let rows = try matrix(x)
    let d = rows.shape[1]
    let mean = try rows.mean(axis: 0).values
    let matrix = try rows.covariance(ddof: 0).values
    // What rounding leaves of a variance that is none: of a constant column, of a combination of others.
    func isGone(_ left: Double, _ i: Int) -> Bool {
      left <= max(1e-10 * matrix[i * d + i], 1e-24 * mean[i] * mean[i])
    }
    let scale = try? Covariance(matrix: matrix, dimension: d)
    guard let scale, !scale.pivots.enumerated().contains(where: { isGone($1, $0) }) else {
      throw LawError(
        "the data cannot be whitened: their covariance is singular, for a column is constant or a combination of"
          + " others (or there are too few rows); remove it, dequantise, or standardize instead")
    }
    return Standardization(kind: .whitened, mean: mean, scale: scale)
  }

  private static func matrix(_ x: NDArray) throws -> NDArray {
    try checkData(x)
    guard x.rank <= 2 else {
      throw LawError("expected data with one row a point, got an array of shape \(shapeText(x.shape))")
    }
    return x.rank == 2 ? x : try x.reshaped([x.count, 1])
  }

  /// y = W(x − m), row by row.
  ///
  /// - Throws: ``LawError`` if x has another number of columns.
  public func apply(_ x: NDArray) throws -> NDArray {
    try map(x) { row, out in
      let d = dimension
      for i in 0..<d {
        if scale.isDiagonal {
          out[i] = (row[i] - mean[i]) * scale.whitening[i]
        } else {
          out[i] = (0...i).reduce(0) { $0 + scale.whitening[i * d + $1] * (row[$1] - mean[$1]) }
        }
      }
    }
  }

  /// x = m + Ly, row by row.
  ///
  /// - Throws: as ``apply(_:)``.
  public func inverse(_ y: NDArray) throws -> NDArray {
    try map(y) { row, out in
      let d = dimension
      for i in 0..<d {
        if scale.isDiagonal {
          out[i] = mean[i] + scale.factor[i] * row[i]
        } else {
          out[i] = (0...i).reduce(mean[i]) { $0 + scale.factor[i * d + $1] * row[$1] }
        }
      }
    }
  }

  private func map(
    _ x: NDArray, _ row: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) throws -> NDArray {
    let d = dimension
    guard (x.rank == 1 && (d == 1 || x.count == d)) || (x.rank == 2 && x.shape[1] == d) else {
      throw LawError(
        "expected \(d) column\(d == 1 ? "" : "s"), as the data had, got an array of shape \(shapeText(x.shape))"
      )
    }
    return try NDArray(shape: x.shape) { out in
      x.withUnsafeBufferPointer { x in
        guard let source = x.baseAddress, let target = out.baseAddress else { return }
        for first in stride(from: 0, to: x.count, by: d) { row(source + first, target + first) }
      }
    }.named(x.columnNames)
  }
}
