import Glibc
import Program

/// The covariance matrix Σ of a Gaussian, with its Cholesky factor L (Σ = LLᵀ) and W = L⁻¹.
///
/// A diagonal Σ is kept as standard deviations, so that what is computed with it costs d, not d².
struct Covariance: Sendable, Equatable {
  let dimension: Int
  let isDiagonal: Bool
  /// Row by row; the variances if diagonal.
  let matrix: [Double]
  /// L, lower triangular, row by row; the standard deviations if diagonal.
  let factor: [Double]
  /// L⁻¹, lower triangular, row by row; one over the standard deviations if diagonal.
  let whitening: [Double]

  /// - Throws: ``LawError`` unless all are positive and finite.
  init(standardDeviations: [Double]) throws {
    for (i, std) in standardDeviations.enumerated() where !(std > 0 && std.isFinite) {
      let place = standardDeviations.count == 1 ? "" : " (component \(i + 1))"
      throw LawError("a standard deviation must be a number above 0, got \(std)\(place)")
    }
    dimension = standardDeviations.count
    isDiagonal = true
    matrix = standardDeviations.map { $0 * $0 }
    factor = standardDeviations
    whitening = standardDeviations.map { 1 / $0 }
  }

  /// - Parameter matrix: d × d, row by row.
  /// - Throws: ``LawError`` if it is not symmetric to 1e-10 of its entries' scale, or not positive definite.
  init(matrix: [Double], dimension d: Int) throws {
    var scale = 0.0
    for i in 0..<d {
      for j in 0..<d where !matrix[i * d + j].isFinite {
        throw LawError("the covariance has the element [\(i + 1)][\(j + 1)] = \(matrix[i * d + j])")
      }
      scale = max(scale, matrix[i * d + i].magnitude)
    }
    for i in 0..<d {
      for j in 0..<i where (matrix[i * d + j] - matrix[j * d + i]).magnitude > 1e-10 * scale {
        throw LawError(
          "the covariance is not symmetric: [\(i + 1)][\(j + 1)] is \(matrix[i * d + j]), but"
            + " [\(j + 1)][\(i + 1)] is \(matrix[j * d + i])")
      }
    }
    var l = [Double](repeating: 0, count: d * d)
    for i in 0..<d {
      for j in 0...i {
        var sum = matrix[i * d + j]
        for k in 0..<j { sum -= l[i * d + k] * l[j * d + k] }
        if i == j {
          // What is left of the variance after the earlier components are taken out; below rounding it is none.
          guard sum > 1e-14 * matrix[i * d + i], sum > 0 else {
            throw LawError(
              "the covariance is not positive definite: given the components before it, component \(i + 1)"
                + " has the variance \(sum)")
          }
          l[i * d + i] = sum.squareRoot()
        } else {
          l[i * d + j] = sum / l[j * d + j]
        }
      }
    }
    let offDiagonal = (0..<d).contains { i in (0..<i).contains { l[i * d + $0] != 0 } }
    dimension = d
    if offDiagonal {
      isDiagonal = false
      self.matrix = matrix
      factor = l
      whitening = Covariance.inverse(lower: l, d)
    } else {
      isDiagonal = true
      self.matrix = (0..<d).map { matrix[$0 * d + $0] }
      factor = (0..<d).map { l[$0 * d + $0] }
      whitening = factor.map { 1 / $0 }
    }
  }

  private static func inverse(lower l: [Double], _ d: Int) -> [Double] {
    var w = [Double](repeating: 0, count: d * d)
    for j in 0..<d {
      w[j * d + j] = 1 / l[j * d + j]
      for i in j + 1..<max(d, j + 1) {
        var sum = 0.0
        for k in j..<i { sum += l[i * d + k] * w[k * d + j] }
        w[i * d + j] = -sum / l[i * d + i]
      }
    }
    return w
  }

  /// The squares of L's diagonal: the variance of each component given those before it.
  var pivots: [Double] {
    isDiagonal ? matrix : (0..<dimension).map { factor[$0 * (dimension + 1)] * factor[$0 * (dimension + 1)] }
  }

  /// log det Σ.
  var logDeterminant: Double {
    (0..<dimension).reduce(0) { $0 + 2 * log(factor[isDiagonal ? $1 : $1 * (dimension + 1)]) }
  }

  /// tr Σ⁻¹.
  var inverseTrace: Double { whitening.reduce(0) { $0 + $1 * $1 } }

  /// Element (i, j) of Σ.
  subscript(_ i: Int, _ j: Int) -> Double {
    isDiagonal ? (i == j ? matrix[i] : 0) : matrix[i * dimension + j]
  }

  /// α²Σ + σ²I.
  func perturbed(_ alpha: Double, _ sigma: Double) throws -> Covariance {
    if isDiagonal { return try Covariance(standardDeviations: factor.map { hypot(alpha * $0, sigma) }) }
    let d = dimension
    return try Covariance(
      matrix: (0..<d * d).map { alpha * alpha * matrix[$0] + ($0 % (d + 1) == 0 ? sigma * sigma : 0) },
      dimension: d)
  }

  // MARK: in Programs

  /// W r.
  func whitened(_ r: Expression) -> Expression {
    if isDiagonal { return r * r.constants(whitening) }
    if dimension >= Covariance.leastProduct { return product(r, transposed: false) }
    let d = dimension, r = r.components
    return .stack((0..<d).map { i in dot((0...i).map { (whitening[i * d + $0], r[$0]) }) })
  }

  /// Wᵀ y.
  func whitenedTransposed(_ y: Expression) -> Expression {
    if isDiagonal { return y * y.constants(whitening) }
    if dimension >= Covariance.leastProduct { return product(y, transposed: true) }
    let d = dimension, y = y.components
    return .stack((0..<d).map { j in dot((j..<d).map { (whitening[$0 * d + j], y[$0]) }) })
  }

  /// From this size on one matrix product is faster than as many products as the triangle has entries.
  private static let leastProduct = 8

  private func product(_ x: Expression, transposed: Bool) -> Expression {
    let (builder, d) = (x.builder, dimension)
    return builder.expression(
      builder.matrixVector(builder.constant(whitening), x.id, rows: d, columns: d, transposed: transposed))
  }

  private func dot(_ terms: [(Double, Expression)]) -> Expression {
    let products = terms.filter { $0.0 != 0 }.map { $0.1 * $0.0 }
    return products.dropFirst().reduce(products[0], +)
  }

  // MARK: in samples

  /// Adds to row i, lane `lane`, (L z)ᵢ for the normals z of that lane.
  @inline(__always)
  func addColoured(_ z: LaneRows, lane: Int, times scale: Double = 1, to out: LaneRows) {
    factor.withUnsafeBufferPointer { l in
      for i in 0..<dimension {
        var sum = 0.0
        if isDiagonal {
          sum = l[i] * z[i][lane]
        } else {
          for j in 0...i { sum += l[i * dimension + j] * z[j][lane] }
        }
        out[i][lane] += scale * sum
      }
    }
  }
}

extension Expression {
  /// A constant of several rows.
  func constants(_ values: [Double]) -> Expression { Expression(builder, builder.constant(values)) }

  /// Σᵢ xᵢ².
  var sumOfSquares: Expression { (self * self).rowSum }

  /// Σᵢ xᵢ.
  var rowSum: Expression { builder.expression(builder.sum(id)) }
}
