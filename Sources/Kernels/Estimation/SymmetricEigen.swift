/// Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations, which find small
/// eigenvalues of a scaled matrix to high relative accuracy.
///
/// Source: Golub and Van Loan, Matrix Computations (2013), alg. 8.5.3.
struct SymmetricEigen {
  private(set) var values: [Double]
  /// `vectors[i]` belongs to `values[i]`.
  private(set) var vectors: [[Double]]

  /// - Parameter matrix: n × n, row by row.
  init(_ matrix: [Double], size n: Int) {
    var a = matrix
    var v = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
    for _ in 0..<60 {
      var off = 0.0, scale = 0.0
      for i in 0..<n {
        scale += a[i * n + i] * a[i * n + i]
        for j in 0..<i { off += a[i * n + j] * a[i * n + j] }
      }
      guard off > 1e-34 * scale, off.isFinite else { break }
      for p in 0..<n {
        for q in p + 1..<max(n, p + 1) where a[p * n + q] != 0 {
          let theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
          let t = (theta < 0 ? -1.0 : 1) / (theta.magnitude + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<n {
            let (x, y) = (a[k * n + p], a[k * n + q])
            a[k * n + p] = c * x - s * y
            a[k * n + q] = s * x + c * y
          }
          for k in 0..<n {
            let (x, y) = (a[p * n + k], a[q * n + k])
            a[p * n + k] = c * x - s * y
            a[q * n + k] = s * x + c * y
            (v[p][k], v[q][k]) = (c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k])
          }
        }
      }
    }
    values = (0..<n).map { a[$0 * n + $0] }
    vectors = v
  }
}

/// Minus the Hessian of a log-likelihood in some of its coordinates, scaled to a unit diagonal: its
/// eigenvectors say which combinations of parameters the data determine.
struct Information {
  /// The coordinates it is of.
  let indices: [Int]
  /// √|diagonal|, 1 where that is 0.
  let scale: [Double]
  let eigen: SymmetricEigen

  /// An eigenvalue below this is rounding error: the likelihood is flat along its vector.
  static let flat = 1e-10

  init(hessian: [Double], size: Int, indices: [Int]) {
    self.indices = indices
    let n = indices.count
    let scale = indices.map { i -> Double in
      let root = hessian[i * size + i].magnitude.squareRoot()
      return root > 0 && root.isFinite ? root : 1
    }
    var matrix = [Double](repeating: 0, count: n * n)
    for a in 0..<n {
      for b in 0..<n { matrix[a * n + b] = -hessian[indices[a] * size + indices[b]] / scale[a] / scale[b] }
    }
    self.scale = scale
    eigen = SymmetricEigen(matrix, size: n)
  }

  /// The components of a gradient along the eigenvectors, in scaled coordinates.
  func components(of gradient: [Double]) -> [Double] {
    eigen.vectors.map { vector in
      indices.indices.reduce(0) { $0 + vector[$1] * gradient[indices[$1]] / scale[$1] }
    }
  }

  /// The coordinates of the sum of multiples of the eigenvectors, unscaled.
  func combine(_ multiples: [Double]) -> [Double] {
    indices.indices.map { row in
      zip(eigen.vectors, multiples).reduce(0) { $0 + $1.0[row] * $1.1 } / scale[row]
    }
  }

  /// Positions in `indices` that take part in a flat direction.
  var undetermined: Set<Int> {
    var result: Set<Int> = []
    for (value, vector) in zip(eigen.values, eigen.vectors) where value.magnitude <= Information.flat {
      for row in vector.indices where vector[row].magnitude > 1e-4 { result.insert(row) }
    }
    return result
  }

  var hasNegativeCurvature: Bool { eigen.values.contains { $0 < -Information.flat } }

  /// The inverse, leaving out flat directions.
  func covariance() -> [[Double]] {
    let n = indices.count
    var result = (0..<n).map { _ in [Double](repeating: 0, count: n) }
    for (value, vector) in zip(eigen.values, eigen.vectors) where value.magnitude > Information.flat {
      for a in 0..<n {
        for b in 0..<n { result[a][b] += vector[a] * vector[b] / (value * scale[a] * scale[b]) }
      }
    }
    return result
  }
}
