import Kernels
import Testing

/// The increments of a grid: [step][dimension][lane].
private func increments<Scalar: RandomScalar>(
  _ type: Scalar.Type, _ grid: BrownianGrid, firstPath: Int, count: Int
) -> [[[Double]]] {
  let walker = BrownianWalker<Scalar>(grid, count: count)
  walker.start(firstPath: firstPath)
  return (0..<grid.steps).map { step in
    walker.advance(to: step)
    return (0..<grid.dimension).map { d in (0..<count).map { Double(walker.increments[d][$0]) } }
  }
}

private func increments(
  _ precision: Precision, _ grid: BrownianGrid, firstPath: Int = 0, count: Int = 16
) -> [[[Double]]] {
  precision == .single
    ? increments(Float.self, grid, firstPath: firstPath, count: count)
    : increments(Double.self, grid, firstPath: firstPath, count: count)
}

@Suite struct BrownianTests {
  /// For N = m·2ᵏ the fine increments over each step of every coarser grid with the same m add up to its
  /// increment, to rounding: 2ᵏ additions of numbers below 6√h.
  @Test(arguments: [1, 3, 5, 25], Precision.allCases)
  func refinementKeepsThePath(cells: Int, precision: Precision) {
    let span = 2.5
    let deepest = 7
    let unit = precision == .single ? 0x1p-23 : 0x1p-52
    func path(_ level: Int, seed: UInt64 = 9) -> [[[Double]]] {
      increments(precision, BrownianGrid(seed: seed, steps: cells << level, span: span, dimension: 2))
    }
    let fine = path(deepest)
    func worst(_ coarse: [[[Double]]], _ level: Int) -> Double {
      let ratio = 1 << (deepest - level)
      var worst = 0.0
      for step in coarse.indices {
        for d in 0..<2 {
          for lane in 0..<16 {
            let sum = (0..<ratio).reduce(0.0) { $0 + fine[step * ratio + $1][d][lane] }
            worst = max(worst, (sum - coarse[step][d][lane]).magnitude)
          }
        }
      }
      return worst
    }
    let root = (span / Double(cells)).squareRoot()
    for level in 0..<deepest { #expect(worst(path(level), level) < 8 * unit * root * Double(deepest)) }
    // Negative control: another seed's path is another path.
    #expect(worst(path(3, seed: 10), 3) > 0.1 * root)
  }

  /// From any step on, in whatever order it is asked for, the increments are those of a walk from the start.
  @Test(arguments: [1, 7, 12, 64, 400], Precision.allCases)
  func seekingGivesTheSameBits(steps: Int, precision: Precision) {
    let grid = BrownianGrid(seed: 5, steps: steps, span: 1.3, dimension: 2)
    func check<Scalar: RandomScalar>(_ type: Scalar.Type) -> Bool {
      let whole = increments(type, grid, firstPath: 32, count: 16)
      let walker = BrownianWalker<Scalar>(grid, count: 16)
      walker.start(firstPath: 32)
      func here() -> [[Double]] { (0..<2).map { d in (0..<16).map { Double(walker.increments[d][$0]) } } }
      for first in stride(from: steps - 1, through: 0, by: -3) {
        walker.seek(to: first)
        if here() != whole[first] { return false }
        for step in first + 1..<max(first + 1, min(first + 9, steps)) {
          walker.advance(to: step)
          if here() != whole[step] { return false }
        }
      }
      return true
    }
    #expect(precision == .single ? check(Float.self) : check(Double.self))
  }

  /// Lévy's construction written down: roots and bridges straight from their Philox counters.
  @Test(arguments: [(1, 4), (3, 3), (5, 0), (7, 1), (2, 2)], Precision.allCases)
  func theGridIsLevysConstruction(shape: (Int, Int), precision: Precision) {
    let steps = shape.0 << shape.1
    let grid = BrownianGrid(seed: 77, steps: steps, span: 1.7, dimension: 3)
    #expect(grid.cells << grid.levels == steps && grid.cells % 2 == 1)
    let got = increments(precision, grid, firstPath: 32, count: 16)
    let per = precision == .single ? 4 : 2
    func normal(_ level: Int, _ node: Int, _ d: Int) -> [Double] {
      let base = CounterBase(
        seed: 77, stream: .brownian, firstPath: 32, level: level, group: node / per, dimension: d)
      let length = grid.span / Double(grid.cells) / Double(1 << max(0, level - 1))
      let scale = level == 0 ? length.squareRoot() : length.squareRoot() / 2
      func row<Scalar: RandomScalar>(_ type: Scalar.Type) -> [Double] {
        let memory: UnsafeMutablePointer<Scalar> = allocateLanes(per * 16)
        defer { memory.deallocate() }
        Scalar.fillNormals((0..<per).map { memory + $0 * 16 }, count: 16, base: base, scale: Scalar(scale))
        return (0..<16).map { Double(memory[node % per * 16 + $0]) }
      }
      return precision == .single ? row(Float.self) : row(Double.self)
    }
    func rounded(_ x: Double) -> Double { precision == .single ? Double(Float(x)) : x }
    for d in 0..<3 {
      var level = (0..<grid.cells).map { normal(0, $0, d) }
      for depth in 0..<grid.levels {
        level = level.enumerated().flatMap { node, parent in
          let bridge = normal(depth + 1, node, d)
          return [
            zip(parent, bridge).map { rounded($0 / 2 + $1) },
            zip(parent, bridge).map { rounded($0 / 2 - $1) },
          ]
        }
      }
      for step in 0..<steps { #expect(got[step][d] == level[step]) }
    }
  }

  @Test(arguments: Precision.allCases)
  func theBitsDoNotDependOnTheBlock(precision: Precision) {
    let grid = BrownianGrid(seed: 3, steps: 24, span: 1, dimension: 2)
    let whole = increments(precision, grid, firstPath: 0, count: 256)
    for (first, count) in [(0, 16), (16, 16), (128, 64), (240, 16)] {
      let part = increments(precision, grid, firstPath: first, count: count)
      for step in 0..<24 {
        for d in 0..<2 { #expect(part[step][d] == Array(whole[step][d][first..<first + count])) }
      }
    }
    // And a walker can start anew.
    let walker = BrownianWalker<Double>(grid, count: 16)
    func last(_ firstPath: Int) -> [Double] {
      walker.start(firstPath: firstPath)
      for step in 0..<24 { walker.advance(to: step) }
      return (0..<16).map { walker.increments[1][$0] }
    }
    let first = last(0)
    #expect(last(16) != first)
    #expect(last(0) == first)
  }

  @Test func seedsStreamsAndDimensionsDiffer() {
    let grid = BrownianGrid(seed: 3, steps: 4, span: 1, dimension: 2)
    let own = increments(.double, grid)
    #expect(own[0][0] != own[0][1])
    #expect(increments(.double, BrownianGrid(seed: 4, steps: 4, span: 1, dimension: 2))[0][0] != own[0][0])
    let auxiliary = BrownianGrid(seed: 3, steps: 4, span: 1, dimension: 2, stream: .auxiliary)
    #expect(increments(.double, auxiliary)[0][0] != own[0][0])
    // A dimension's path does not depend on how many there are.
    #expect(
      increments(.double, BrownianGrid(seed: 3, steps: 4, span: 1, dimension: 1)).map { $0[0] }
        == own.map { $0[0] })
    #expect(
      increments(.double, BrownianGrid(seed: 3, steps: 4, span: 1, dimension: 0)).allSatisfy { $0.isEmpty })
  }

  /// Variance h a step, quadratic variation T, no correlation between steps, nor between dimensions; false
  /// alarms 10⁻⁶ each.
  @Test(arguments: [(1, 6), (3, 4), (5, 0), (25, 1)], Precision.allCases)
  func incrementsAreIndependentNormals(shape: (Int, Int), precision: Precision) {
    let count = 4096
    let grid = BrownianGrid(seed: 12_345, steps: shape.0 << shape.1, span: 3, dimension: 2)
    let h = grid.step
    let w = increments(precision, grid, count: count).map { $0.map { $0.map { $0 / h.squareRoot() } } }
    let n = Double(count)
    func correlation(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / n.squareRoot()
    }
    for step in 0..<grid.steps {
      for d in 0..<2 {
        let x = w[step][d]
        let variance = x.reduce(0) { $0 + $1 * $1 } / n
        #expect(((variance - 1) * (n / 2).squareRoot()).magnitude < Significance.normalLimit)
        #expect((x.reduce(0, +) / n.squareRoot()).magnitude < Significance.normalLimit)
        for other in step + 1..<min(step + 5, grid.steps) where step + 1 < grid.steps {
          #expect(correlation(x, w[other][d]).magnitude < Significance.normalLimit)
        }
      }
      #expect(correlation(w[step][0], w[step][1]).magnitude < Significance.normalLimit)
    }
    // Σ ΔW² over all steps and paths: mean N a path, variance 2N.
    let total = w.reduce(0) { $0 + $1[0].reduce(0) { $0 + $1 * $1 } }
    let steps = Double(grid.steps)
    #expect(((total / n - steps) / (2 * steps / n).squareRoot()).magnitude < Significance.normalLimit)
    // Negative control: increments that share a little of the step before.
    let shared = zip(w[0][0], w[1][0]).map { 0.15 * $0 + $1 }
    #expect(correlation(w[0][0], shared).magnitude > Significance.normalLimit)
  }

  /// All pairs of the last steps of a cell and the first of the next, on the grid of the χ² test.
  @Test func neighbouringStepsAreIndependent() {
    let count = 1 << 16
    let grid = BrownianGrid(seed: 99, steps: 12, span: 12, dimension: 1)
    let u = increments(.single, grid, count: count).map { $0[0].map(Significance.normalDistribution) }
    for step in 0..<11 {
      #expect(Significance.independence(u[step], u[step + 1]).magnitude < Significance.normalLimit)
    }
    #expect(Significance.independence(u[0], u[0]) > Significance.normalLimit)
  }
}
