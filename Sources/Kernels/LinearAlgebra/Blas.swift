import CBlas

/// The library behind the matrix products, OpenBLAS. It is loaded at the first use.
package enum Blas {
  /// - Throws: `BlasError` if the library is not on this machine. After one call that returned, products cannot
  ///   fail: what plans products asks once.
  package static func requireLibrary() throws(BlasError) {
    if let reason = wb_blas_error() { throw BlasError(reason: String(cString: reason)) }
  }

  /// The processor that its kernels are for, as the library names it; nil without the library.
  package static var coreName: String? { wb_blas_core_name().map { String(cString: $0) } }

  /// Whether OPENBLAS_CORETYPE asks for kernels without AVX-512 although the processor has it: products then take about
  /// twice as long.
  package static var isHeldBack: Bool { wb_blas_is_held_back() }

  /// Extents and distances between rows go up to this.
  package static let maximumExtent = Int(Int32.max)

  /// The upper triangle of C ← α Aᵀ A + β C: A is k × n, C n × n, both row by row.
  package static func addSquare(
    n: Int, k: Int, alpha: Double, _ a: UnsafePointer<Double>, lda: Int, beta: Double,
    _ c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    guard n > 0 else { return }
    if !wb_dsyrk(Int32(n), Int32(k), alpha, a, Int32(lda), beta, c, Int32(ldc)) {
      for i in 0..<n { (c + i * ldc + i).update(repeating: .nan, count: n - i) }
    }
  }
}

/// OpenBLAS is not there.
public struct BlasError: Error, Equatable, CustomStringConvertible, Sendable {
  /// What to do about it, and what the loader said.
  public let reason: String
  public var description: String { reason }
}
