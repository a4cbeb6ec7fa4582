import Glibc
import Kernels
import Testing

/// Where a sample comes from; each gives `count` numbers a row.
private func rows<Scalar: RandomScalar>(
  _ type: Scalar.Type, seed: UInt64, count: Int, path: Int = 0, level: Int = 0, group: Int = 0,
  dimension: Int = 0,
  stream: RandomStream = .brownian, uniform: Bool = false, scale: Scalar = 1
) -> [[Double]] {
  let per = Scalar.numbersPerCall
  let memory: UnsafeMutablePointer<Scalar> = allocateLanes(per * count)
  defer { memory.deallocate() }
  let pointers = (0..<per).map { memory + $0 * count }
  let base = CounterBase(
    seed: seed, stream: stream, firstPath: path, level: level, group: group, dimension: dimension)
  if uniform {
    Scalar.fillUniforms(pointers, count: count, base: base)
  } else {
    Scalar.fillNormals(pointers, count: count, base: base, scale: scale)
  }
  return pointers.map { row in (0..<count).map { Double(row[$0]) } }
}

private struct Source {
  let precision: Precision
  func callAsFunction(
    seed: UInt64 = 20_261, count: Int = 1 << 18, path: Int = 0, level: Int = 0, group: Int = 0,
    dimension: Int = 0,
    stream: RandomStream = .brownian, uniform: Bool = false, scale: Double = 1
  ) -> [[Double]] {
    switch precision {
    case .single:
      rows(
        Float.self, seed: seed, count: count, path: path, level: level, group: group, dimension: dimension,
        stream: stream, uniform: uniform, scale: Float(scale))
    case .double:
      rows(
        Double.self, seed: seed, count: count, path: path, level: level, group: group, dimension: dimension,
        stream: stream, uniform: uniform, scale: scale)
    }
  }
}

@Suite struct NormalsTests {
  // MARK: One sample: false alarms 10⁻⁶ each

  /// The first six moments of a million normals, each as z = (m − μ)/(σ/√n).
  private func momentScores(_ z: [Double]) -> [Double] {
    let n = Double(z.count)
    let moments: [(power: Int, mean: Double, variance: Double)] = [
      (1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (5, 0, 945), (6, 15, 10_170),
    ]
    return moments.map { power, mean, variance in
      let sum = z.reduce(0.0) { total, x in
        total + (0..<power).reduce(1.0) { product, _ in product * x }
      }
      return (sum / n - mean) / (variance / n).squareRoot()
    }
  }

  @Test(arguments: Precision.allCases)
  func moments(precision: Precision) {
    let z = Source(precision: precision)().flatMap { $0 }
    for score in momentScores(z) { #expect(score.magnitude < Significance.normalLimit) }
    // Negative control: a standard deviation that is wrong by one percent.
    #expect(momentScores(z.map { $0 * 1.01 }).contains { $0.magnitude > Significance.normalLimit })
    #expect(momentScores(z.map { $0 + 0.01 })[0].magnitude > Significance.normalLimit)
  }

  @Test(arguments: Precision.allCases)
  func kolmogorovSmirnov(precision: Precision) {
    let source = Source(precision: precision)
    for row in source(count: 1 << 18) {
      #expect(
        Significance.kolmogorovSmirnov(row, Significance.normalDistribution) < Significance.kolmogorovLimit)
    }
    for row in source(count: 1 << 18, uniform: true) {
      #expect(Significance.kolmogorovSmirnov(row) { $0 } < Significance.kolmogorovLimit)
    }
    // Negative controls: a shift by 0.02, and the wrong law.
    let shifted = source(count: 1 << 18)[0].map { $0 + 0.02 }
    #expect(
      Significance.kolmogorovSmirnov(shifted, Significance.normalDistribution) > Significance.kolmogorovLimit)
    let square = source(count: 1 << 18, uniform: true)[0].map { $0 * $0 }
    #expect(Significance.kolmogorovSmirnov(square) { $0 } > Significance.kolmogorovLimit)
  }

  /// χ² over cells that reach to ±4.5 σ, so that the tails weigh as much as the middle.
  @Test(arguments: Precision.allCases)
  func tails(precision: Precision) {
    let edges = [-4.5, -4, -3.5, -3, -2.5, -2, -1, 0, 1, 2, 2.5, 3, 3.5, 4, 4.5]
    func score(_ z: [Double]) -> Double {
      var counts = [Int](repeating: 0, count: edges.count + 1)
      for value in z { counts[edges.firstIndex { value < $0 } ?? edges.count] += 1 }
      let below = [0] + edges.map(Significance.normalDistribution) + [1]
      let expected = zip(below, below.dropFirst()).map { Double(z.count) * ($1 - $0) }
      return Significance.chiSquare(counts, expected: expected)
    }
    let z = (0..<8).flatMap { Source(precision: precision)(group: $0).flatMap { $0 } }
    #expect(score(z) < Significance.normalLimit)
    // Negative control: tails cut at 4 σ.
    #expect(score(z.map { max(-4, min(3.99, $0)) }) > Significance.normalLimit)
  }

  // MARK: Independence: χ² on a 16 × 16 grid of equally probable cells

  @Test(arguments: Precision.allCases)
  func independence(precision: Precision) {
    let source = Source(precision: precision)
    let count = 1 << 18
    func u(_ z: [Double]) -> [Double] { z.map(Significance.normalDistribution) }
    let own = source(count: count)
    let first = u(own[0])
    var pairs: [(String, [Double])] = [
      ("sine and cosine", u(own[1])),
      ("the next step", u(source(count: count, group: 1)[0])),
      ("a far step", u(source(count: count, group: 1 << 32)[0])),
      ("another dimension", u(source(count: count, dimension: 1)[0])),
      ("the dimension with the top bit", u(source(count: count, dimension: 1 << 15)[0])),
      ("another level", u(source(count: count, level: 1)[0])),
      ("another stream", u(source(count: count, stream: .initial)[0])),
      ("the next seed", u(source(seed: 20_262, count: count)[0])),
      ("a seed that differs in the top half", u(source(seed: 20_261 | 1 << 40, count: count)[0])),
      ("a path 2³² away", u(source(count: count, path: 1 << 32)[0])),
      ("the next path", Array(first[1...] + first[..<1])),
      ("the path after the next", Array(first[2...] + first[..<2])),
      ("a block away", Array(first[256...] + first[..<256])),
      ("the uniform of the same bits' stream", source(count: count, stream: .initial, uniform: true)[0]),
    ]
    if own.count > 2 {
      pairs.append(("the other half of the call", u(own[2])))
      pairs.append(("the last of the call", u(own[3])))
    }
    for (name, second) in pairs {
      let score = Significance.independence(first, second)
      #expect(score.magnitude < Significance.normalLimit, "\(name): \(score)")
    }
    // Negative controls: a correlation of 0.05, and dependence without correlation.
    let correlated = zip(own[0], own[1]).map { 0.05 * $0 + (1 - 0.0025).squareRoot() * $1 }
    #expect(Significance.independence(first, u(correlated)) > Significance.normalLimit)
    let sameSize = zip(own[0], own[1]).map { $1.sign == .minus ? -$0.magnitude : $0.magnitude }
    #expect(Significance.independence(first, u(sameSize)) > Significance.normalLimit)
  }

  // MARK: Accuracy and range

  /// Box–Muller of the same bits by the C library in Double: the fast logarithm, sine and cosine are
  /// within the stated error, over all of u's exponents that occur.
  @Test func boxMullerInDoubleIsAccurate() {
    let count = 1 << 16
    let z = rows(Double.self, seed: 7, count: count, group: 3)
    var worst = 0.0
    for lane in 0..<count {
      let w = philox4x32((UInt32(lane), 0, 3, 0), key: (7, 0))
      let (first, second) = (UInt64(w.0) << 32 | UInt64(w.1), UInt64(w.2) << 32 | UInt64(w.3))
      let mantissa: UInt64 = (1 << 52) - 1
      let u = Double(first & mantissa) * 0x1p-52 + 0x1p-53
      let eighths = Double(second & mantissa) * 0x1p-52 - 0.5
      let r = (-2 * log(u)).squareRoot() * (first >> 63 == 0 ? 1 : -1)
      var (sine, cosine) = (r * sin(Double.pi / 2 * eighths), r * cos(Double.pi / 2 * eighths))
      if second >> 63 != 0 { swap(&sine, &cosine) }
      worst = max(worst, ((z[0][lane] - sine) / sine).magnitude)
      worst = max(worst, ((z[1][lane] - cosine) / cosine).magnitude)
    }
    #expect(worst < 1e-14, "\(worst)")
  }

  @Test func boxMullerInFloatIsAccurate() {
    let count = 1 << 16
    let z = rows(Float.self, seed: 7, count: count, group: 3, scale: 0.5)
    var worst = 0.0
    for lane in 0..<count {
      let w = philox4x32((UInt32(lane), 0, 3, 0), key: (7, 0))
      for (pair, (bits, turn)) in [(w.0, w.1), (w.2, w.3)].enumerated() {
        let u = Double(Float(bits & 0x7FFF_FFFF | 1) * 0x1p-31)
        let eighths = Double(Float(Int32(bitPattern: turn)) * 0x1p-32)
        let r = 0.5 * (-2 * log(u)).squareRoot() * (bits >> 31 == 0 ? 1 : -1)
        var (sine, cosine) = (r * sin(Double.pi / 2 * eighths), r * cos(Double.pi / 2 * eighths))
        if turn & 1 != 0 { swap(&sine, &cosine) }
        worst = max(worst, ((z[2 * pair][lane] - sine) / sine).magnitude)
        worst = max(worst, ((z[2 * pair + 1][lane] - cosine) / cosine).magnitude)
      }
    }
    #expect(worst < 3e-7, "\(worst)")
  }

  @Test(arguments: Precision.allCases)
  func uniformsAreInsideTheOpenInterval(precision: Precision) {
    let u = (0..<4).flatMap { Source(precision: precision)(group: $0, uniform: true).flatMap { $0 } }
    #expect(u.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(u.min()! < 1e-5 && u.max()! > 1 - 1e-5)
    let z = (0..<4).flatMap { Source(precision: precision)(group: $0).flatMap { $0 } }
    #expect(z.allSatisfy { $0.isFinite && $0.magnitude < 8.6 })
  }

  @Test(arguments: Precision.allCases)
  func aBlockIsAsGoodAsItsParts(precision: Precision) {
    let source = Source(precision: precision)
    let whole = source(count: 96, path: 64)
    let parts = zip(
      zip(source(count: 16, path: 64), source(count: 48, path: 80)), source(count: 32, path: 128)
    )
    .map { $0.0 + $0.1 + $1 }
    #expect(whole == parts)
    #expect(source(count: 16, path: 64, scale: 2).flatMap { $0 } != whole.flatMap { $0 })
  }
}
