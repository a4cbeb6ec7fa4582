import COpenBLAS

/// OpenBLAS stays on the calling thread: parallelism is over blocks of work above it, and its own threads would
/// only compete with those. Evaluated once, before the first product.
private let oneThread: Void = openblas_set_num_threads(1)

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
    try checkBLASExtents([m, k, n], a.shape)
    let shape = (a.rank == 2 ? [m] : []) + (b.rank == 2 ? [n] : [])
    var result = try NDArray(shape: shape) { out in
      guard k > 0 else {
        out.initialize(repeating: 0)
        return
      }
      guard !out.isEmpty else { return }
      _ = oneThread
      a.values.withUnsafeBufferPointer { a in
        b.values.withUnsafeBufferPointer { b in
          cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a.baseAddress,
            Int32(k),
            b.baseAddress, Int32(n), 0, out.baseAddress, Int32(n))
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
    try NDArray.checkBLASExtents([d], shape)
    let mean = try rank == 2 ? self.mean(axis: 0).values : [self.mean()]
    var result = try NDArray(shape: [d, d]) { out in
      out.initialize(repeating: 0)
      guard d > 0 else { return }
      _ = oneThread
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
          cblas_dsyrk(
            CblasRowMajor, CblasUpper, CblasTrans, Int32(d), Int32(rows), 1 / Double(n - ddof), centred,
            Int32(d), 1,
            out.baseAddress, Int32(d))
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

  private static func checkBLASExtents(_ extents: [Int], _ shape: [Int]) throws {
    guard extents.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw ArrayError.invalidShape(shape, reason: "a matrix product takes extents up to \(Int32.max)")
    }
  }
}
