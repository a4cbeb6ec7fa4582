import Arrays
import Testing

/// Expected numbers without a derivation are NumPy 2's.
@Suite struct ArrayStatisticsTests {
  let x = NDArray([3.5, -1.25, 7, 0.1, 2.2, -9.75, 4, 4, 1e-3, 12.5])
  let table = try! NDArray(
    rows: [[1, 2, 0.5], [2, 1.5, 4], [4, 7, -1], [8, 3, 2.5]], columnNames: ["a", "b", "c"])

  func close(_ a: Double, _ b: Double, _ tolerance: Double = 1e-14) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
  }
  func close(_ a: NDArray, _ b: [Double]) -> Bool {
    a.count == b.count && zip(a.values, b).allSatisfy { close($0, $1) }
  }

  @Test func wholeArray() throws {
    #expect(close(x.sum(), 22.301))
    #expect(close(try x.mean(), 2.2301))
    #expect(close(try x.variance(), 30.12415409))
    #expect(close(try x.standardDeviation(ddof: 1), 5.785437089989158))
    #expect(try x.minimum() == -9.75 && x.maximum() == 12.5)
    #expect(try x.argMinimum() == 5 && x.argMaximum() == 9)
  }

  @Test func alongAnAxis() throws {
    #expect(try table.sum(axis: 0) == NDArray([15, 13.5, 6], shape: [3], columnNames: ["a", "b", "c"]))
    #expect(try table.sum(axis: 1) == NDArray([3.5, 7.5, 10, 13.5]))
    #expect(try table.mean(axis: 0).values == [3.75, 3.375, 1.5])
    #expect(try table.mean(axis: 0).columnNames == ["a", "b", "c"])
    #expect(
      close(try table.variance(axis: 0, ddof: 1), [9.583333333333334, 6.229166666666667, 4.833333333333333]))
    #expect(
      close(
        try table.standardDeviation(axis: 1),
        [0.6236095644623235, 1.0801234497346435, 3.299831645537222, 2.48327740429189]))
    #expect(try table.minimum(axis: 0).values == [1, 1.5, -1])
    #expect(try table.maximum(axis: 1).values == [2, 4, 7, 8])
    let cube = try NDArray(Array(stride(from: 0, to: 24, by: 1.0)), shape: [2, 3, 4])
    #expect(try cube.sum(axis: 1).shape == [2, 4])
    #expect(try cube.sum(axis: 1).values == [12, 15, 18, 21, 48, 51, 54, 57])
    #expect(try cube.maximum(axis: 0).values == Array(stride(from: 12, to: 24, by: 1.0)))
    #expect(throws: ArrayError.axisOutOfRange(axis: 2, shape: [4, 3])) { try table.sum(axis: 2) }
    #expect(throws: ArrayError.axisOutOfRange(axis: -1, shape: [4, 3])) { try table.mean(axis: -1) }
  }

  /// Sums that plain and pairwise summation get wrong.
  @Test func sumsCarryTheirErrors() throws {
    let cancelling = NDArray([1e16, 1, -1e16, 1e-3, 1, 3e17, -3e17])
    #expect(cancelling.sum() == 2.001)
    let tenths = try NDArray.full(0.1, shape: [1_000_003])
    #expect(tenths.sum() == 100_000.3)
    #expect(try tenths.variance() < 1e-30)
    let shifted = NDArray((0..<1001).map { 1e9 + Double($0 % 2) })
    #expect(close(try shifted.variance(), 500 * 501 / (1001.0 * 1001), 1e-9))
    let columns = try NDArray((0..<3000).map { $0 % 3 == 0 ? 0.1 : 1e16 * Double($0 % 2) }, shape: [1000, 3])
    #expect(try columns.sum(axis: 0).values[0] == 100)
  }

  @Test func infinitiesAndNaN() throws {
    #expect(NDArray([1, .infinity, 2]).sum() == .infinity)
    #expect(NDArray([-.infinity, .infinity]).sum().isNaN)
    #expect(try NDArray([1, .nan]).mean().isNaN)
    #expect(try NDArray([1, .nan, 0]).maximum().isNaN)
    #expect(try NDArray([1, .nan, 0]).quantile(0.5).isNaN)
    #expect(try NDArray(rows: [[1, 2], [.nan, 0]]).minimum(axis: 0).values[0].isNaN)
    #expect(try NDArray(rows: [[1, 2], [.nan, 0]]).minimum(axis: 0).values[1] == 0)
    #expect(try NDArray([1e308, 1e308, 1e308]).mean() == 1e308)
    #expect(try NDArray(rows: [[1e308, 1], [1e308, 3]]).mean(axis: 0).values == [1e308, 2])
  }

  @Test func emptyArrays() throws {
    let empty = NDArray([]), flat = try NDArray.zeros([0, 3])
    #expect(empty.sum() == 0)
    #expect(try flat.sum(axis: 0).values == [0, 0, 0])
    #expect(try flat.mean(axis: 1).shape == [0])
    #expect(throws: ArrayError.empty(operation: "mean")) { try empty.mean() }
    #expect(throws: ArrayError.empty(operation: "mean")) { try flat.mean(axis: 0) }
    #expect(throws: ArrayError.empty(operation: "variance")) { try empty.variance() }
    #expect(throws: ArrayError.empty(operation: "minimum")) { try empty.minimum() }
    #expect(throws: ArrayError.empty(operation: "maximum")) { try flat.maximum(axis: 0) }
    #expect(throws: ArrayError.empty(operation: "quantile")) { try empty.quantile(0.5) }
    #expect(throws: ArrayError.self) { try NDArray([1]).variance(ddof: 1) }
    #expect(throws: ArrayError.self) { try NDArray([1]).covariance() }
    #expect(try empty.sorted().isEmpty)
    #expect(try empty.histogram(bins: 2).counts.values == [0, 0])
  }

  @Test func quantilesInterpolateAsNumPy() throws {
    let expected = [-9.75, -5.925, 0.025750000000000002, 0.1, 2.85, 7.549999999999998, 12.5]
    #expect(close(try x.quantiles([0, 0.05, 0.25, 1 / 3.0, 0.5, 0.9, 1]), expected))
    #expect(try x.median() == 2.85)
    let byColumn = try table.quantiles([0.25, 0.5], axis: 0)
    #expect(byColumn.shape == [2, 3] && byColumn.values == [1.75, 1.875, 0.125, 3, 2.5, 1.5])
    let byRow = try table.quantiles([0.25, 0.5], axis: 1)
    #expect(byRow.values == [0.75, 1.75, 1.5, 2.75, 1, 2, 4, 3])
    #expect(try NDArray([7]).quantile(0.3) == 7)
    #expect(try NDArray([.infinity, .infinity, 1]).quantile(0.9) == .infinity)
    for bad in [-0.1, 1.1, .nan] { #expect(throws: ArrayError.self) { try x.quantile(bad) } }
    #expect(throws: ArrayError.self) { try x.quantiles([]) }
  }

  /// Selection against sorting, for data that make bad pivots likely too.
  @Test(arguments: 0..<6) func quantilesOfLongData(_ form: Int) throws {
    var generator = SplitMix(UInt64(form))
    let n = 10_007
    let values = (0..<n).map { i -> Double in
      switch form {
      case 0: Double.random(in: -1...1, using: &generator)
      case 1: Double(i)
      case 2: Double(n - i)
      case 3: Double(min(i, n - i))
      case 4: Double(i % 3)
      default: 4
      }
    }
    let sorted = values.sorted()
    let q = (0...20).map { Double($0) / 20 }
    let got = try NDArray(values).quantiles(q).values
    for (k, q) in q.enumerated() {
      let h = q * Double(n - 1), low = Int(h), high = min(low + 1, n - 1)
      #expect(close(got[k], sorted[low] + (sorted[high] - sorted[low]) * (h - Double(low))))
    }
  }

  @Test func histogramsCountAsNumPy() throws {
    let auto = try x.histogram(bins: 5)
    #expect(auto.counts.values == [1, 1, 4, 3, 1])
    #expect(close(auto.edges, [-9.75, -5.3, -0.85, 3.6, 8.05, 12.5]))
    let ranged = try x.histogram(bins: 4, range: (-2, 6))
    #expect(ranged.counts.values == [1, 2, 2, 2] && ranged.edges.values == [-2, 0, 2, 4, 6])
    #expect(ranged.inside == 7 && ranged.outside == 3)
    #expect(close(try ranged.density().values.reduce(0, +) * 2, 1))
    // Both ends belong to the range. The edge 3 · 0.1 is above 0.3, which therefore counts one bin lower, and so on:
    // the edges as returned decide, not the rounding of a quotient.
    let tenths = try NDArray((0...10).map { Double($0) / 10 }).histogram(bins: 10, range: (0, 1))
    #expect(tenths.counts.values == [1, 1, 2, 0, 1, 2, 1, 0, 1, 2])
    #expect(try NDArray([3, 3]).histogram(bins: 2).edges.values == [2.5, 3, 3.5])
    #expect(try NDArray([.nan, 1, 5]).histogram(bins: 1, range: (0, 2)).counts.values == [1])
  }

  @Test func impossibleHistograms() {
    #expect(throws: ArrayError.self) { try x.histogram(bins: 0) }
    #expect(throws: ArrayError.self) { try x.histogram(bins: Int.max) }
    #expect(throws: ArrayError.self) { try x.histogram(bins: 5, range: (1, 0)) }
    #expect(throws: ArrayError.self) { try x.histogram(bins: 5, range: (0, .infinity)) }
    #expect(throws: ArrayError.self) { try x.histogram(bins: 5, range: (-1.7e308, 1.7e308)) }
    #expect(throws: ArrayError.self) { try x.histogram(bins: 5, range: (0, Double.leastNonzeroMagnitude)) }
    #expect(throws: ArrayError.self) { try x.histogram(bins: 5, range: (1, 1.0.nextUp)) }
    #expect(throws: ArrayError.self) { try NDArray([1, .nan]).histogram() }
  }

  @Test func covarianceAndCorrelation() throws {
    let c = try table.covariance()
    #expect(c.shape == [3, 3] && c.columnNames == ["a", "b", "c"])
    #expect(
      close(
        c,
        [
          9.583333333333332, 2.125, 0.6666666666666666, 2.125, 6.229166666666666, -4.25, 0.6666666666666666,
          -4.25,
          4.833333333333333,
        ]))
    #expect(
      close(
        try table.correlation(),
        [
          1, 0.2750335419152014, 0.09795510399566018, 0.2750335419152014, 1, -0.7745520020172015,
          0.09795510399566018,
          -0.7745520020172015, 1,
        ]))
    #expect(close(try x.covariance().item(), try x.variance(ddof: 1)))
    let constant = try NDArray(rows: [[1, 2], [1, 3]]).correlation()
    #expect(constant.values[0].isNaN && constant.values[1].isNaN && constant.values[3] == 1)
    // More rows than one block of the accumulation.
    let long = try NDArray((0..<200_000).map { Double($0 % 7) }, shape: [100_000, 2])
    let first = try long.column(0)
    #expect(close(try long.covariance().values[0], try first.variance(ddof: 1), 1e-12))
  }

  @Test func descriptions() throws {
    #expect(NDArray([1, 2.5, -3]).description == "array 3\n 1.0   2.5  -3.0")
    #expect(
      table.description == "array 4×3\na    b     c\n1  2.0   0.5\n2  1.5   4.0\n4  7.0  -1.0\n8  3.0   2.5")
    let long = try NDArray.linspace(0, 99, count: 100)
    #expect(long.description == "array 100\n 0   1   2  …  97  98  99")
    let tall = try long.reshaped([50, 2]).description
    #expect(tall.split(separator: "\n").count == 8 && tall.contains("…") && tall.hasSuffix("98  99"))
    #expect(NDArray(scalar: 2.5).description == "2.5")
    #expect(try NDArray.zeros([0, 3]).description == "array 0×3 (empty)")
    #expect(NDArray([.nan, .infinity, 0.001]).description == "array 3\n  nan    inf  0.001")
    #expect(NDArray([1e-12, 1]).description == "array 2\n1.00000e-12  1.00000e+00")
    #expect(NDArray([1.0 / 3, 100]).description == "array 2\n  0.333  100.000")
    #expect(try NDArray.ones([2, 1, 2]).description == "array 2×1×2\n[0, …]\n1  1\n[1, …]\n1  1")
  }
}
