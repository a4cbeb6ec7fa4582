import LinearAlgebra

extension NDArray {
  /// The matrix product, as NumPy's `matmul` for one and two axes: a one-axis left operand is a row, a right one a
  /// column, and the axis of 1 so added is dropped again; two one-axis operands give their dot product, shape `[]`.
  public static func matmul(_ a: NDArray, _ b: NDArray) throws -> NDArray {
    for operand in [a, b] where operand.rank != 1 && operand.rank != 2 {
      throw ArrayError.wrongRank(
        operation: "matmul", expected: "arrays of one or two axes", shape: operand.shape)
    }
    let m = a.rank == 2 ? a.shape[0] : 1
    let k = a.shape[a.rank - 1]
    let n = b.rank == 2 ? b.shape[1] : 1
    guard b.shape[0] == k else {
      throw ArrayError.shapeMismatch(
        operation: "matmul", a.shape, b.shape,
        rule: "the columns of the first must be as many as the rows of the second")
    }
    try prepareProduct([m, k, n], a.shape)
    let shape = (a.rank == 2 ? [m] : []) + (b.rank == 2 ? [n] : [])
    var result = try NDArray(shape: shape) { out in
      guard k > 0 else {
        out.initialize(repeating: 0)
        return
      }
      guard !out.isEmpty else { return }
      a.values.withUnsafeBufferPointer { a in
        b.values.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let out = out.baseAddress else { return }
          Gemm.multiply(m: m, n: n, k: k, a, lda: k, b, ldb: n, out, ldc: n)
        }
      }
    }
    if b.rank == 2 { result.columnNames = b.columnNames }
    return result
  }

  /// The covariance matrix of the columns: rows are observations, columns variables.
  /// C = Σᵣ (xᵣ − x̄)(xᵣ − x̄)ᵀ / (n − ddof); `ddof` = 1 by default, as in NumPy's `cov`.
  /// One axis is one variable: the result is 1 × 1.
  public func covariance(ddof: Int = 1) throws -> NDArray {
    guard rank == 1 || rank == 2 else {
      throw ArrayError.wrongRank(
        operation: "cov", expected: "rows of observations and columns of variables", shape: shape)
    }
    let n = shape[0], d = rank == 2 ? shape[1] : 1
    guard ddof >= 0, n > ddof else {
      throw ArrayError.invalidArgument(
        "cov with ddof = \(ddof) needs more than \(ddof) observations (rows), got an array of shape "
          + shapeText(shape))
    }
    try NDArray.prepareProduct([d], shape)
    let mean = try rank == 2 ? self.mean(axis: 0).values : [self.mean()]
    var result = try NDArray(shape: [d, d]) { out in
      out.initialize(repeating: 0)
      guard d > 0 else { return }
      // Blocks of centred rows, so that no second copy of the data is needed.
      let block = min(n, max(1, 65_536 / d))
      let centred = UnsafeMutablePointer<Double>.allocate(capacity: block * d)
      defer { centred.deallocate() }
      values.withUnsafeBufferPointer { x in
        for start in stride(from: 0, to: n, by: block) {
          let rows = min(block, n - start)
          for r in 0..<rows {
            for j in 0..<d { (centred + r * d + j).initialize(to: x[(start + r) * d + j] - mean[j]) }
          }
          if let out = out.baseAddress {
            Blas.addSquare(
              n: d, k: rows, alpha: 1 / Double(n - ddof), centred, lda: d, beta: 1, out, ldc: d)
          }
        }
      }
      for i in 0..<d {
        for j in 0..<i { out[i * d + j] = out[j * d + i] }
      }
    }
    result.columnNames = rank == 2 ? columnNames : nil
    return result
  }

  /// The correlation matrix of the columns: Cᵢⱼ / √(Cᵢᵢ Cⱼⱼ), clipped to [−1, 1], with ones on the diagonal.
  /// A column that does not vary has correlation NaN.
  public func correlation() throws -> NDArray {
    var c = try covariance(ddof: 1)
    let d = c.shape[0]
    let scale = (0..<d).map { c.values[$0 * d + $0].squareRoot() }
    for i in 0..<d {
      for j in 0..<d {
        let r = c.values[i * d + j] / scale[i] / scale[j]
        c.values[i * d + j] = r.isNaN ? r : i == j ? 1 : max(-1, min(1, r))
      }
    }
    return c
  }

  private static func prepareProduct(_ extents: [Int], _ shape: [Int]) throws {
    guard extents.allSatisfy({ $0 <= Blas.maximumExtent }) else {
      throw ArrayError.invalidShape(
        shape, reason: "a matrix product takes extents up to \(Blas.maximumExtent)")
    }
    do {
      try Blas.requireLibrary()
    } catch {
      throw ArrayError.unavailable(error.reason)
    }
  }
}
