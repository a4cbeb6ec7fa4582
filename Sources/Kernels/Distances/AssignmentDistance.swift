import Arrays
import Random

extension SampleDistance {
  /// The most rows of a sample that ``w2(_:_:options:)`` takes.
  public static let mostAssignedRows = 2000

  /// The Wasserstein distance of order 2 between samples of n rows each, exact: the root of the least mean of
  /// |aᵢ − b_σ(i)|² over assignments σ.
  ///
  /// Every permutation is an assignment problem of its own.
  ///
  /// - Throws: ``DistanceError`` also for samples of different sizes and for more than 2000 rows; ``Cancelled``.
  public static func w2(
    _ a: NDArray, _ b: NDArray, options: DistanceOptions = DistanceOptions(permutations: 50)
  ) throws -> SampleDistance {
    try options.check()
    let samples = try TwoSamples(a, b)
    guard samples.na == samples.nb else {
      throw DistanceError(
        "w2 assigns row to row and needs samples of equal size, got \(samples.na) and \(samples.nb) rows: leave "
          + "some out, or take sinkhorn")
    }
    let n = samples.na
    guard n <= mostAssignedRows else {
      throw DistanceError(
        "w2 solves an assignment problem in O(n³) and takes at most \(mostAssignedRows) rows a sample, got \(n): "
          + "take some of them, or sliced_wasserstein")
    }
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let cancellation = options.run.cancellation
    let values = try resampling.evaluate(options.run, space: { AssignmentSpace(n) }) { _, labels, space in
      space.split(labels)
      let count = space.a.count
      squaredDistances(samples, space.a, space.b, to: space.problem.cost)
      return space.problem.solve(count) { cancellation.isRequested }
        .map { (max(0, $0) / Double(count)).squareRoot() }
    }
    return try SampleDistance("Wasserstein-2 distance (exact assignment)", values, resampling)
  }
}

/// The rows of the two samples of a labeling.
struct SplitRows {
  var a: [Int] = []
  var b: [Int] = []

  mutating func split(_ labels: UnsafePointer<UInt8>, _ count: Int) {
    a.removeAll(keepingCapacity: true)
    b.removeAll(keepingCapacity: true)
    for row in 0..<count {
      if labels[row] == Resampling.inA {
        a.append(row)
      } else if labels[row] == Resampling.inB {
        b.append(row)
      }
    }
  }
}

private struct AssignmentSpace {
  let problem: Assignment
  private let count: Int
  private var rows = SplitRows()
  var a: [Int] { rows.a }
  var b: [Int] { rows.b }

  init(_ n: Int) {
    problem = Assignment(size: n)
    count = 2 * n
  }

  mutating func split(_ labels: UnsafePointer<UInt8>) { rows.split(labels, count) }
}

/// Writes |xᵢ − yⱼ|² for rows i of `left` and j of `right`, a row of the result for each i.
func squaredDistances(
  _ samples: TwoSamples, _ left: [Int], _ right: [Int], to out: UnsafeMutablePointer<Double>
) {
  let d = samples.dimension, n = right.count
  // Column-major, so that the inner loop runs along j.
  var columns = [Double](repeating: 0, count: n * d)
  for (j, row) in right.enumerated() {
    for k in 0..<d { columns[k * n + j] = samples.rows[row * d + k] }
  }
  columns.withUnsafeBufferPointer { columns in
    samples.rows.withUnsafeBufferPointer { rows in
      for (i, row) in left.enumerated() {
        let target = out + i * n
        for j in 0..<n { target[j] = 0 }
        for k in 0..<d { addSquares(columns.baseAddress! + k * n, rows[row * d + k], n, target) }
      }
    }
  }
}

/// out[j] += (y[j] − x)².
@inline(__always)
private func addSquares(
  _ y: UnsafePointer<Double>, _ x: Double, _ count: Int, _ out: UnsafeMutablePointer<Double>
) {
  let from = UnsafeRawPointer(y), to = UnsafeMutableRawPointer(out)
  let point = SIMD8<Double>(repeating: x)
  var j = 0
  while j &+ 8 <= count {
    let difference = from.loadUnaligned(fromByteOffset: 8 &* j, as: SIMD8<Double>.self) - point
    let sum = to.loadUnaligned(fromByteOffset: 8 &* j, as: SIMD8<Double>.self)
    to.storeBytes(of: sum.addingProduct(difference, difference), toByteOffset: 8 &* j, as: SIMD8<Double>.self)
    j &+= 8
  }
  while j < count {
    let difference = y[j] - x
    out[j] = out[j].addingProduct(difference, difference)
    j &+= 1
  }
}
