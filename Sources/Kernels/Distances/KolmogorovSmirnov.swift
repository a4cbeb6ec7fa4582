import Arrays
import Glibc
import Random

extension SampleDistance {
  /// The two-sample Kolmogorov-Smirnov statistic D = max |F_a − F_b|; of several columns the greatest of theirs.
  ///
  /// The p-value of one column is exact where n·m ≤ 10⁸ (conservative where values are equal), else asymptotic;
  /// that of the greatest over several columns is from permutations, which keep the rows together. `columns` has
  /// statistic and p-value of each.
  ///
  /// Source: Hodges, Ark. Mat. 3 (1958) 469; for large samples Stephens, J. R. Stat. Soc. B 32 (1970) 115.
  ///
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func kolmogorovSmirnov(
    _ a: NDArray, _ b: NDArray, options: DistanceOptions = DistanceOptions()
  ) throws -> SampleDistance {
    try options.check()
    let samples = try TwoSamples(a, b)
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let d = samples.dimension
    let lines = (0..<d).map { k in SortedLine((0..<samples.count).map { samples.rows[$0 * d + k] }) }
    let values = try resampling.evaluate(options.run, space: { () }) { _, labels, _ in
      lines.reduce(0.0) {
        let (greatest, all) = $1.kolmogorovSmirnov(labels)
        return max($0, Double(greatest) / Double(all))
      }
    }
    let name = d == 1 ? "Kolmogorov-Smirnov D" : "Kolmogorov-Smirnov D (greatest of \(d) columns)"
    var result = try SampleDistance(name, values, resampling, range: 0...1)
    let labels = AllLabels(observed: resampling)
    result.columns = lines.map { line in
      let (greatest, all) = line.kolmogorovSmirnov(labels[0])
      return Column(
        value: Double(greatest) / Double(all),
        pValue: KolmogorovSmirnovLaw(samples.na, samples.nb).pValue(greatest))
    }
    if d == 1 {
      result.pValue = result.columns[0].pValue
      result.pValueSource = KolmogorovSmirnovLaw(samples.na, samples.nb).isExact ? "exact" : "asymptotic"
    }
    return result
  }
}

/// The law of D for samples of n and m rows from one continuous law.
package struct KolmogorovSmirnovLaw {
  let n: Int
  let m: Int

  package init(_ n: Int, _ m: Int) {
    self.n = n
    self.m = m
  }

  var isExact: Bool { n * m <= 100_000_000 }

  /// P(n m D ≥ greatest).
  package func pValue(_ greatest: Int) -> Double {
    if greatest <= 0 { return 1 }
    return isExact ? exact(greatest) : asymptotic(Double(greatest) / (Double(n) * Double(m)))
  }

  /// The share of lattice paths from (0, 0) to (n, m) that somewhere have |i m − j n| ≥ greatest. A uniform path
  /// to (i, j) came from (i − 1, j) with probability i/(i + j): sums of positive terms, accurate however small.
  private func exact(_ greatest: Int) -> Double {
    var touched = [Double](repeating: 0, count: m + 1)
    for i in 0...n {
      for j in 0...m {
        if abs(i * m - j * n) >= greatest {
          touched[j] = 1
        } else if i == 0 {
          touched[j] = j == 0 ? 0 : touched[j - 1]
        } else if j > 0 {
          touched[j] = (Double(i) * touched[j] + Double(j) * touched[j - 1]) / Double(i + j)
        }
      }
    }
    return min(1, touched[m])
  }

  /// 2 Σ (−1)^(k−1) exp(−2 k² λ²) with Stephens' λ = (√N + 0.12 + 0.11/√N) D, N = n m/(n + m).
  package func asymptotic(_ d: Double) -> Double {
    let root = (Double(n) * Double(m) / Double(n + m)).squareRoot()
    let lambda = (root + 0.12 + 0.11 / root) * d
    guard lambda > 0.2 else { return 1 }
    var sum = 0.0
    for k in 1...100 {
      let term = exp(-2 * Double(k * k) * lambda * lambda)
      sum += k % 2 == 1 ? term : -term
      if term < 1e-17 { break }
    }
    return min(1, max(0, 2 * sum))
  }
}
