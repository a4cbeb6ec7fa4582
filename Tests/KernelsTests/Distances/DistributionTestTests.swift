import Kernels
import Testing

/// Kolmogorov-Smirnov and the classifier test.
@Suite struct DistributionTestTests {
  /// The law of D by all splits of n + m ranks.
  @Test(arguments: [(5, 5), (5, 7), (6, 8)]) func exactPValues(_ n: Int, _ m: Int) {
    var counts: [Int: Int] = [:]
    for mask in 0..<(1 << (n + m)) where mask.nonzeroBitCount == n {
      var (balance, greatest) = (0, 0)
      for k in 0..<n + m {
        balance += mask >> k & 1 == 1 ? m : -n
        greatest = max(greatest, abs(balance))
      }
      counts[greatest, default: 0] += 1
    }
    let all = counts.values.reduce(0, +)
    let law = KolmogorovSmirnovLaw(n, m)
    for (value, _) in counts {
      let tail = counts.filter { $0.key >= value }.values.reduce(0, +)
      #expect(agree(law.pValue(value), Double(tail) / Double(all), 1e-13))
    }
  }

  /// Tabulated: 5 % point of Kolmogorov's law at λ = 1.3581, 1 % at 1.6276. Far in the tail the exact value has all
  /// its digits: complete separation of n and m has probability 2/C(n + m, n).
  @Test func largeSamples() {
    let n = 40_000, root = (Double(n) / 2).squareRoot(), stephens = root + 0.12 + 0.11 / root
    let law = KolmogorovSmirnovLaw(n, n)
    #expect((law.asymptotic(1.3581 / stephens) - 0.05).magnitude < 1e-5)
    #expect((law.asymptotic(1.6276 / stephens) - 0.01).magnitude < 1e-5)
    let middle = KolmogorovSmirnovLaw(1000, 800)
    let exact = middle.pValue(800_000 * 6 / 100)
    #expect((exact - middle.asymptotic(0.06)).magnitude < 0.05 * exact)
    var binomial = 1.0
    for k in 1...50 { binomial *= Double(50 + k) / Double(k) }
    #expect(agree(KolmogorovSmirnovLaw(50, 50).pValue(2500) * binomial, 2, 1e-10))
  }

  @Test func statistic() throws {
    let a = NDArray([1, 2, 3, 4, 5.0]), b = NDArray([3, 4, 5, 6, 7.0])
    let distance = try SampleDistance.kolmogorovSmirnov(a, b)
    // Equal values step together: F_a − F_b is 2/5 from 2 on.
    #expect(agree(distance.value, 0.4, 1e-15))
    #expect(distance.pValueSource == "exact")
    #expect(agree(distance.pValue, 0.873015873015873, 1e-12))
  }

  @Test func columns() throws {
    var random = SequentialRandom(seed: 1, stream: .auxiliary)
    let a = try Draws.normal(80, 3, &random)
    var values = try Draws.normal(80, 3, &random).values
    for i in 0..<80 { values[3 * i + 1] += 2 }
    let distance = try SampleDistance.kolmogorovSmirnov(a, try NDArray(values, shape: [80, 3]))
    #expect(distance.columns.count == 3)
    #expect(distance.value == distance.columns[1].value)
    #expect(distance.columns[1].pValue < 1e-10)
    #expect(distance.columns[0].pValue > 0.01 && distance.columns[2].pValue > 0.01)
    #expect(distance.pValue < 0.006)
  }

  @Test func classifierTellsWhatIsApart() throws {
    let a = try Draws.normal(60, 2, seed: 2), b = try Draws.normal(90, 2, mean: 20, seed: 3)
    let distance = try SampleDistance.classifier(a, b)
    #expect(distance.value == 1)
    #expect(distance.pValue < 0.006)
    #expect((distance.floor - 0.5).magnitude < 0.05)
    #expect(distance.details.map(\.value) == [12])
  }

  /// Rows on a line, a b a b …: the one nearest neighbour (of two equally near) is always of the other sample.
  @Test func classifierOfAlternatingRows() throws {
    let a = NDArray((0..<10).map { Double(2 * $0) }), b = NDArray((0..<10).map { Double(2 * $0 + 1) })
    #expect(try SampleDistance.classifier(a, b, neighbours: 1).value == 0)
  }

  /// Many equal rows: order in the arrays must not tell the samples apart.
  @Test func classifierDoesNotProfitFromTies() throws {
    let a = NDArray([Double](repeating: 1, count: 100)), b = NDArray([Double](repeating: 1, count: 100))
    let distance = try SampleDistance.classifier(a, b)
    #expect((distance.value - 0.5).magnitude < 0.2)
    #expect(distance.pValue > 0.001)
  }
}
