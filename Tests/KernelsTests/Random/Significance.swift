import Glibc

/// Tests of randomness and their tail probabilities. A test of this suite raises a false alarm with
/// probability `falseAlarm` for a perfect generator; the seeds are fixed, so it does so always or never.
enum Significance {
  static let falseAlarm = 1e-6
  /// |z| of a normal variable beyond which lies `falseAlarm`.
  static let normalLimit = 4.891638

  /// Kolmogorov–Smirnov: the statistic √n·sup|F̂ − F|, which exceeds 2.694 with probability 10⁻⁶
  /// (2·exp(−2d²)).
  static func kolmogorovSmirnov(_ values: [Double], _ distribution: (Double) -> Double) -> Double {
    let n = Double(values.count)
    var greatest = 0.0
    for (rank, value) in values.sorted().enumerated() {
      let f = distribution(value)
      greatest = max(greatest, f - Double(rank) / n, Double(rank + 1) / n - f)
    }
    return greatest * n.squareRoot()
  }
  static let kolmogorovLimit = 2.694

  /// Pearson's χ² of counts, as a standard normal by Wilson and Hilferty's cube root: good to a few percent
  /// in the tail for the degrees of freedom used here.
  static func chiSquare(_ counts: [Int], expected: [Double]) -> Double {
    let statistic = zip(counts, expected).reduce(0) {
      $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1
    }
    let freedom = Double(counts.count - 1)
    let spread = 2 / (9 * freedom)
    return (cbrt(statistic / freedom) - (1 - spread)) / spread.squareRoot()
  }

  /// Counts of pairs on a grid of equally probable cells, as a standard normal.
  static func independence(_ u: [Double], _ v: [Double], cells: Int = 16) -> Double {
    var counts = [Int](repeating: 0, count: cells * cells)
    for (a, b) in zip(u, v) {
      let row = min(cells - 1, Int(a * Double(cells)))
      let column = min(cells - 1, Int(b * Double(cells)))
      counts[row * cells + column] += 1
    }
    let expected = Double(u.count) / Double(cells * cells)
    return chiSquare(counts, expected: Array(repeating: expected, count: counts.count))
  }

  /// Φ(z).
  static func normalDistribution(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
}
