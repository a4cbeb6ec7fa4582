import CBlas

/// A precision that matrices are multiplied in.
package protocol BlasScalar: BinaryFloatingPoint, Sendable {
  /// The product as the library takes it; false, with nothing done, without the library.
  static func blasGemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int32, _ n: Int32, _ k: Int32, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>, _ ldb: Int32, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int32
  ) -> Bool
}

extension Float: BlasScalar {
  @inlinable @inline(__always)
  package static func blasGemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int32, _ n: Int32, _ k: Int32, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>, _ ldb: Int32, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
  ) -> Bool {
    wb_sgemm(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }
}

extension Double: BlasScalar {
  @inlinable @inline(__always)
  package static func blasGemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int32, _ n: Int32, _ k: Int32, _ alpha: Double,
    _ a: UnsafePointer<Double>, _ lda: Int32, _ b: UnsafePointer<Double>, _ ldb: Int32, _ beta: Double,
    _ c: UnsafeMutablePointer<Double>, _ ldc: Int32
  ) -> Bool {
    wb_dgemm(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }
}

/// The general matrix product on plain memory.
package enum Gemm {
  /// C ← α op(A) op(B) + β C, all row by row: op(A) is m × k, op(B) k × n, C m × n, and op transposes or not. It runs
  /// on the calling thread and allocates nothing. With β = 0 what C held, NaN too, does not matter.
  ///
  /// Without the library C becomes NaN: `Blas.requireLibrary` says beforehand that it is there.
  ///
  /// - Parameters:
  ///   - lda, ldb, ldc: the distance between two rows as they are stored, at least their length. A stored A is
  ///     m × k, and k × m with `transposeA`.
  /// - Precondition: extents and distances are at most `Blas.maximumExtent`; C overlaps neither A nor B.
  @inlinable
  package static func multiply<Scalar: BlasScalar>(
    m: Int, n: Int, k: Int, alpha: Scalar = 1, _ a: UnsafePointer<Scalar>, lda: Int, transposeA: Bool = false,
    _ b: UnsafePointer<Scalar>, ldb: Int, transposeB: Bool = false, beta: Scalar = 0,
    _ c: UnsafeMutablePointer<Scalar>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    // Rows of no length have no distance that the library would accept.
    let done = Scalar.blasGemm(
      transposeA, transposeB, Int32(m), Int32(n), Int32(k), alpha, a, Int32(max(lda, 1)), b,
      Int32(max(ldb, 1)), beta, c, Int32(ldc))
    guard !done else { return }
    for row in 0..<m { (c + row * ldc).update(repeating: .nan, count: n) }
  }
}
