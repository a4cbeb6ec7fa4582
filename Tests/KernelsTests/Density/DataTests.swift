import Glibc
import Kernels
import Testing

@Suite("Data") struct DataTests {
  @Test("toy sets lie where they should") func shapes() throws {
    let n = 20_000
    func points(_ name: String, noise: Double?) throws -> [(Double, Double)] {
      let law = try #require(toySets.first { $0.name == name }).law(noise: noise)
      let x = try law.sample(n, seed: 3)
      return Array(zip(column(x, 0), column(x, 1)))
    }
    for (x, y) in try points("circles", noise: 0) {
      #expect(abs(hypot(x, y) - 3) < 1e-12 || abs(hypot(x, y) - 1.5) < 1e-12)
    }
    let radii = try points("rings", noise: 0).map { (hypot($0, $1) / 0.75).rounded() }
    for radius in 1...4 {
      let share = radii.map { $0 == Double(radius) ? 1.0 : 0 }
      // False alarm 6·10⁻⁷ each; control: a share of 0.27.
      #expect(abs(standardScore(share, 0.25)) < 5 && abs(standardScore(share, 0.27)) > 5)
    }
    for (x, y) in try points("two_moons", noise: 0) {
      let outer = abs(hypot(x + 1, y + 0.2) - 2) < 1e-12 && y >= -0.2
      let inner = abs(hypot(x - 1, y - 0.8) - 2) < 1e-12 && y <= 0.8
      #expect(outer || inner)
    }
    for (x, y) in try points("swissroll", noise: 0) {
      let t = 5 * hypot(x, y)
      #expect(t > 1.49 * .pi && t < 4.51 * .pi && abs(x - t * cos(t) / 5) < 1e-9)
    }
    for (x, y) in try points("checkerboard", noise: nil) {
      #expect(abs(x) <= 4 && abs(y) <= 4 && Int((x / 2).rounded(.down) + (y / 2).rounded(.down)) % 2 == 0)
    }
    for (x, y) in try points("spirals", noise: 0) { #expect(hypot(x, y) < .pi + 0.25) }
    // Five blades: turning by 72° changes nothing; of the fifth harmonics the sum is not zero.
    let angles = try points("pinwheel", noise: nil).map { atan2($1, $0) }
    #expect(
      abs(standardScore(angles.map { cos($0) }, 0)) < 5
        && abs(standardScore(angles.map { sin(2 * $0) }, 0)) < 5)
    #expect(
      hypot(standardScore(angles.map { cos(5 * $0) }, 0), standardScore(angles.map { sin(5 * $0) }, 0)) > 5)
  }

  @Test("standardized and whitened have mean 0 and covariance 1, and come back") func transforms() throws {
    let x = try Gaussian(mean: [5, -1, 2], covariance: [4, 1, 0.5, 1, 2, -0.3, 0.5, -0.3, 1]).sample(
      1000, seed: 2)
    for (map, isWhite) in [
      (try Standardization.standardizing(x), false), (try Standardization.whitening(x), true),
    ] {
      let y = try map.apply(x)
      let mean = try y.mean(axis: 0).values
      let covariance = try y.covariance(ddof: 0).values
      for i in 0..<3 {
        #expect(abs(mean[i]) < 1e-12)
        for j in 0..<3 where isWhite || i == j {
          #expect(abs(covariance[3 * i + j] - (i == j ? 1 : 0)) < 1e-12)
        }
      }
      #expect(isWhite || abs(covariance[1]) > 0.1)
      let back = try map.inverse(y)
      #expect(zip(back.values, x.values).allSatisfy { abs($0 - $1) < 1e-12 })
      // The change of volume, by a difference quotient of the map.
      let corner = try map.apply(NDArray([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [4, 3])).values
      let e = (1...3).map { k in (0..<3).map { corner[3 * k + $0] - corner[$0] } }
      let determinant =
        e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) - e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0])
        + e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0])
      #expect(abs(map.logDeterminant - log(determinant)) < 1e-10)
    }
  }

  @Test("with a constant column are centred, and cannot be whitened") func constants() throws {
    let x = try NDArray([1, 0.1, 2, 0.1, 3, 0.1], shape: [3, 2])
    let map = try Standardization.standardizing(x)
    #expect(column(try map.apply(x), 1).allSatisfy { abs($0) < 1e-15 })
    #expect(map.standardDeviations[1] == 1)
    #expect(throws: LawError.self) { try Standardization.whitening(x) }
  }

  @Test("dequantised lie in their level's interval, uniformly") func dequantised() throws {
    let x = try NDArray((0..<40_000).map { Double($0 % 17) }, shape: [5000, 8])
    let y = try dequantise(x, levels: 17, seed: 4)
    let u = zip(x.values, y.values).map { 17 * $1 - $0 }
    #expect(u.allSatisfy { $0 > 0 && $0 < 1 })
    // False alarm 10⁻⁶; control: the squares.
    #expect(Significance.kolmogorovSmirnov(u) { $0 } < Significance.kolmogorovLimit)
    #expect(Significance.kolmogorovSmirnov(u.map { $0 * $0 }) { $0 } > Significance.kolmogorovLimit)
    let few = try NDArray(Array(x.values.prefix(80)), shape: [10, 8])
    #expect(try dequantise(few, levels: 17, seed: 4).values == Array(y.values.prefix(80)))
    #expect(throws: LawError("row 2 has the value 16.0, which is none of the levels 0, 1, …, 15")) {
      try dequantise(NDArray([1, 16], shape: [2, 1]), levels: 16, seed: 1)
    }
  }

  @Test("split into parts that together are the whole") func split() throws {
    let x = try NDArray((0..<300).map(Double.init), shape: [100, 3])
    let parts = try splitRows(x, fractions: [0.7, 0.2, 0.1], seed: 3)
    #expect(parts.map { $0.shape[0] } == [70, 20, 10])
    let rows = parts.flatMap { column($0) }
    #expect(rows.sorted() == (0..<100).map { Double(3 * $0) } && rows != rows.sorted())
    #expect(
      parts.allSatisfy { part in
        (0..<part.shape[0]).allSatisfy { part.values[3 * $0 + 2] == part.values[3 * $0] + 2 }
      })
    let labels = try splitRows(NDArray((0..<100).map(Double.init)), fractions: [0.7, 0.2, 0.1], seed: 3)
    #expect(labels[1].values == column(parts[1]).map { $0 / 3 })
    #expect(
      try splitRows(x, fractions: [0.7, 0.3], seed: 4)[0] != splitRows(x, fractions: [0.7, 0.3], seed: 5)[0])
    #expect(throws: LawError("fractions must sum to 1, but they sum to 0.75")) {
      try splitRows(x, fractions: [0.5, 0.25], seed: 1)
    }
    #expect(throws: LawError("part 2 would have no row: 0.001 of 100 rows is too little")) {
      try splitRows(x, fractions: [0.999, 0.001], seed: 1)
    }
  }

  /// Every order of four rows is equally frequent; χ², false alarm 10⁻⁶.
  @Test("split in orders that are equally likely") func orders() throws {
    var counts: [[Double]: Int] = [:]
    for seed in 0..<4800 {
      let parts = try splitRows(
        NDArray([0, 1, 2, 3]), fractions: [0.25, 0.25, 0.25, 0.25], seed: UInt64(seed))
      counts[parts.flatMap(\.values), default: 0] += 1
    }
    #expect(counts.count == 24)
    let all = Array(counts.values)
    #expect(Significance.chiSquare(all, expected: all.map { _ in 200 }) < Significance.normalLimit)
    let skewed = all.enumerated().map { $0 == 0 ? $1 + 120 : $0 == 1 ? $1 - 120 : $1 }
    #expect(Significance.chiSquare(skewed, expected: all.map { _ in 200 }) > Significance.normalLimit)
  }

  @Test("with NaN are refused, with its row") func hostile() throws {
    let x = try NDArray([1, 2, 3, 4, 5, .nan], shape: [3, 2])
    let expected = LawError("the data have NaN in row 3, column 2: remove or replace it")
    #expect(throws: expected) { try Standardization.standardizing(x) }
    #expect(throws: expected) { try Standardization.whitening(x) }
    #expect(throws: expected) { try dequantise(x, levels: 9, seed: 1) }
    #expect(throws: LawError("expected data with at least one row, got an array of shape (0, 2)")) {
      try Standardization.standardizing(NDArray.zeros([0, 2]))
    }
  }
}
