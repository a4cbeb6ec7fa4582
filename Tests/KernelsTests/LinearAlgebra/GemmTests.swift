import Glibc
import Testing

import LinearAlgebra

/// Matrices of small whole numbers: their products are exact in both precisions, so that any order of the sums
/// gives the same bits.
private struct Product<Scalar: BlasScalar> {
  var m: Int, n: Int, k: Int
  var transposeA = false, transposeB = false
  var alpha: Scalar = 1, beta: Scalar = 0
  /// What rows are longer than they need be.
  var padding = 0

  func run(_ random: inout SystemRandomNumberGenerator) -> (got: [Scalar], expected: [Scalar]) {
    let (rowsA, columnsA) = transposeA ? (k, m) : (m, k)
    let (rowsB, columnsB) = transposeB ? (n, k) : (k, n)
    let (lda, ldb, ldc) = (columnsA + padding, columnsB + padding, n + padding)
    func whole(_ count: Int) -> [Scalar] {
      (0..<count).map { _ in Scalar(Int.random(in: -4...4, using: &random)) }
    }
    let (a, b) = (whole(rowsA * lda + 1), whole(rowsB * ldb + 1))
    // What a product with β = 0 must not read.
    let c = beta == 0 ? [Scalar](repeating: .nan, count: m * ldc + 1) : whole(m * ldc + 1)
    var got = c, expected = c
    Gemm.multiply(
      m: m, n: n, k: k, alpha: alpha, a, lda: lda, transposeA: transposeA, b, ldb: ldb,
      transposeB: transposeB,
      beta: beta, &got, ldc: ldc)
    for i in 0..<m {
      for j in 0..<n {
        var sum: Scalar = 0
        for l in 0..<k {
          sum +=
            (transposeA ? a[l * lda + i] : a[i * lda + l]) * (transposeB ? b[j * ldb + l] : b[l * ldb + j])
        }
        expected[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j])
      }
    }
    return (got, expected)
  }
}

@Suite struct GemmTests {
  /// Equal bits, with NaN where neither was to write.
  private func same<Scalar: BlasScalar>(_ a: [Scalar], _ b: [Scalar]) -> Bool {
    zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  private func compare<Scalar: BlasScalar>(_: Scalar.Type) {
    var random = SystemRandomNumberGenerator()
    let extents = [0, 1, 2, 3, 7, 16, 33, 70]
    for m in extents {
      for n in extents {
        for k in extents {
          for transposes in 0..<4 {
            for (alpha, beta) in [(1, 0), (1, 1), (-2, 0), (2, -1), (0, 2)] as [(Scalar, Scalar)] {
              let product = Product(
                m: m, n: n, k: k, transposeA: transposes & 1 != 0, transposeB: transposes & 2 != 0,
                alpha: alpha,
                beta: beta, padding: (m + n + k) % 3)
              let (got, expected) = product.run(&random)
              #expect(same(got, expected), "\(product)")
            }
          }
        }
      }
    }
  }

  @Test func singles() { compare(Float.self) }
  @Test func doubles() { compare(Double.self) }

  /// Blocks of the library's kernels, their edges included.
  @Test(arguments: [(256, 128, 128), (2, 1024, 128), (128, 128, 1023), (511, 64, 513)])
  func large(_ m: Int, _ n: Int, _ k: Int) {
    var random = SystemRandomNumberGenerator()
    for transposes in 0..<4 {
      let (got, expected) = Product<Float>(
        m: m, n: n, k: k, transposeA: transposes & 1 != 0, transposeB: transposes & 2 != 0, beta: 1
      ).run(&random)
      #expect(same(got, expected), "\(transposes)")
    }
  }

  /// The comparison sees one wrong element.
  @Test func wrongElementIsSeen() {
    var random = SystemRandomNumberGenerator()
    var (got, expected) = Product<Float>(m: 5, n: 4, k: 3).run(&random)
    #expect(same(got, expected))
    expected[7] += 1
    #expect(!same(got, expected))
    got[7] += 1
    #expect(same(got, expected))
  }

  @Test func square() {
    let a: [Double] = [1, 2, 3, 4, 5, 6]
    var c = [Double](repeating: 7, count: 4)
    Blas.addSquare(n: 2, k: 3, alpha: 2, a, lda: 2, beta: 1, &c, ldc: 2)
    #expect(c == [77, 95, 7, 119])
    Blas.addSquare(n: 0, k: 3, alpha: 2, a, lda: 2, beta: 1, &c, ldc: 2)
  }

  /// The library's own threads stay off: ours call it at once, and each gets what one alone gets, to the bit.
  @Test func manyThreads() async throws {
    try Blas.requireLibrary()
    #expect(Blas.coreName?.isEmpty == false)
    let (m, n, k) = (64, 96, 128)
    let a = (0..<m * k).map { Float(sin(Double($0))) }, b = (0..<k * n).map { Float(sin(Double($0) * 0.7)) }
    @Sendable func multiply() -> [Float] {
      var c = [Float](repeating: 0, count: m * n)
      Gemm.multiply(m: m, n: n, k: k, a, lda: k, b, ldb: n, &c, ldc: n)
      return c
    }
    let alone = multiply()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { (0..<50).allSatisfy { _ in multiply() == alone } } }
      for await same in group { #expect(same) }
    }
  }
}
