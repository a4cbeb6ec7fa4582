import Glibc
import Kernels
import Testing

@Suite struct MomentsTests {
  private func moments<Scalar: RandomScalar>(_ values: [Scalar]) -> Moments {
    values.withUnsafeBufferPointer { Moments($0.baseAddress!, count: values.count) }
  }

  /// Mean and Σ(x − mean)² in two passes.
  private func naive(_ values: [Double]) -> (mean: Double, squares: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
  }

  private func expectClose(_ moments: Moments, _ values: [Double]) {
    let expected = naive(values)
    let scale = values.map(\.magnitude).max()!
    #expect(moments.count == values.count)
    #expect((moments.mean - expected.mean).magnitude <= 1e-14 * scale)
    // The mean's rounding, at most an ulp of the values, is multiplied by the sum of their deviations.
    let deviations = values.reduce(0) { $0 + ($1 - expected.mean).magnitude }
    let tolerance = 1e-13 * expected.squares + 0x1p-52 * scale * deviations
    #expect((moments.squaredDeviations - expected.squares).magnitude <= tolerance)
    #expect(moments.minimum == values.min() && moments.maximum == values.max())
  }

  /// All paths start at one point: no rounding of sums may show as spread.
  @Test func equalValuesHaveNoSpread() {
    var moments = Moments()
    for count in [1024, 1024, 37] {
      moments.merge(Moments([Double](repeating: 0.04, count: count), count: count))
    }
    #expect(moments.count == 2085)
    #expect(moments.mean == 0.04)
    #expect(moments.standardDeviation == 0)
  }

  @Test(arguments: [1, 2, 7, 8, 9, 16, 31, 100, 1024])
  func blocksOfEveryLength(length: Int) {
    var random = SplitMix(length)
    let values = (0..<length).map { _ in 1000 + random.uniform(-1, 1) }
    expectClose(moments(values), values)
    let floats = values.map { Float($0) }
    expectClose(moments(floats), floats.map(Double.init))
  }

  @Test func nothingIsNothing() {
    let none: [Double] = [1]
    let empty = none.withUnsafeBufferPointer { Moments($0.baseAddress!, count: 0) }
    #expect(empty.count == 0 && empty.variance.isNaN && empty.minimum == .infinity)
    var one = moments([3.5])
    #expect(one.mean == 3.5 && one.variance.isNaN && one.squaredDeviations == 0)
    one.merge(empty)
    #expect(one == moments([3.5]))
    var other = empty
    other.merge(one)
    #expect(other == one)
  }

  /// Merged in any order and grouping the moments are those of all values, to rounding.
  @Test func mergingIsTheWhole() {
    var random = SplitMix(5)
    let blocks = [5, 64, 1, 300, 17].map { length in (0..<length).map { _ in 1e6 + random.uniform(-1, 1) } }
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
      var left = Moments()
      for index in order { left.merge(moments(blocks[index])) }
      expectClose(left, blocks.flatMap { $0 })
      var right = Moments()
      for index in order.reversed() {
        var next = moments(blocks[index])
        next.merge(right)
        right = next
      }
      expectClose(right, blocks.flatMap { $0 })
    }
  }

  @Test func valuesThatAreNotFiniteAreLeftOut() {
    for bad in [Double.nan, .infinity, -.infinity] {
      for position in [0, 7, 8, 20] {
        var values = (0..<21).map { Double($0) }
        values[position] = bad
        let kept = values.filter(\.isFinite)
        expectClose(moments(values), kept)
        expectClose(moments(values.map { Float($0) }), kept)
      }
    }
    #expect(moments([Double.nan, .infinity]).count == 0)
    #expect(moments([Double.infinity, -.infinity, 2, 2]).mean == 2)
    // A sum that overflows although every value is finite.
    let huge = moments([Double](repeating: 1.5e308, count: 4))
    #expect(huge.count == 4 && huge.mean == 1.5e308 && huge.squaredDeviations == 0)
  }

  @Test func derivedStatistics() {
    let m = moments([1.0, 2, 3, 4])
    #expect(m.variance == 5.0 / 3 && m.standardDeviation == (5.0 / 3).squareRoot())
    #expect((m.standardError - (5.0 / 12).squareRoot()).magnitude < 1e-15)
  }
}

@Suite struct QuantileSketchTests {
  private static let laws: [(String, @Sendable (inout SplitMix) -> Double)] = [
    ("uniform", { $0.uniform(-1, 3) }),
    ("lognormal", { exp(5 * ($0.uniform() + $0.uniform() + $0.uniform() - 1.5)) }),
    ("Cauchy", { tan(.pi * ($0.uniform() - 0.5)) }),
    ("with zeros", { $0.chance(0.4) ? 0 : $0.uniform(-1e-3, 1e-3) }),
    ("integers", { Double($0.below(50)) - 10 }),
    ("all magnitudes", { ($0.chance(0.5) ? -1 : 1) * exp($0.uniform(-700, 700)) }),
    ("constant", { _ in -7.125 }),
  ]

  /// The value of that rank, within the stated relative error, for several laws.
  @Test(arguments: 0..<7)
  func theErrorIsBounded(law: Int) {
    let (name, draw) = Self.laws[law]
    var random = SplitMix(law)
    let values = (0..<20_000).map { _ in draw(&random) }
    var sketch = QuantileSketch()
    for value in values { sketch.add(value) }
    let sorted = values.sorted()
    #expect(sketch.count == values.count)
    for q in [0, 0.001, 0.01, 0.05, 0.25, 0.4, 0.5, 0.6, 0.75, 0.95, 0.99, 0.9999, 1] {
      let exact = sorted[Int((q * 19_999).rounded())]
      let error = (sketch.quantile(q) - exact).magnitude
      #expect(
        error <= QuantileSketch.relativeError * exact.magnitude,
        "\(name), \(q): \(sketch.quantile(q)), \(exact)")
    }
  }

  /// However the values are shared out and in whatever order the parts are merged, the sketch is the same.
  @Test(arguments: 0..<7)
  func mergingDependsOnNothing(law: Int) {
    var random = SplitMix(100 + law)
    let values = (0..<3000).map { _ in Self.laws[law].1(&random) }
    var whole = QuantileSketch()
    for value in values { whole.add(value) }
    for _ in 0..<5 {
      var parts = Array(repeating: QuantileSketch(), count: 6)
      for value in values { parts[random.below(6)].add(value) }
      parts.shuffle(using: &random)
      var merged = QuantileSketch()
      for part in parts { merged.merge(part) }
      #expect(merged == whole)
      #expect(merged.quantile(0.37) == whole.quantile(0.37))
    }
    var other = whole
    other.add(1234.5)
    #expect(other != whole)
  }

  @Test func edges() {
    var sketch = QuantileSketch()
    #expect(sketch.quantile(0.5).isNaN)
    for value in [Double.nan, .infinity, -.infinity] { sketch.add(value) }
    #expect(sketch.count == 0)
    for value in [Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p-1074, -0.0, 0x1p-1022] {
      sketch.add(value)
    }
    #expect(sketch.quantile(0) < -1.79e308 && sketch.quantile(1) > 1.79e308)
    #expect(sketch.quantile(0.25) == 0 && sketch.quantile(0.5) == 0)
    #expect((sketch.quantile(0.75) / 0x1p-1022 - 1).magnitude <= QuantileSketch.relativeError)
    for q in [-0.1, 1.1, .nan, .infinity, 1e300, -1e300] { #expect(sketch.quantile(q).isNaN) }
  }
}
