import Arrays
import Execution
import Random

/// The order p of a Wasserstein distance in one dimension, (∫₀¹ |F_a⁻¹(u) − F_b⁻¹(u)|ᵖ du)^(1/p).
public enum WassersteinOrder: Int, Sendable {
  case one = 1
  case two = 2
}

extension WassersteinOrder {
  /// The p-th power of the distance along a line.
  func power(
    _ line: SortedLine, _ labels: UnsafePointer<UInt8>, _ room: UnsafeMutablePointer<Double>
  ) -> Double {
    switch self {
    case .one: line.wasserstein1(labels)
    case .two: line.squaredWasserstein2(labels, room)
    }
  }

  func root(_ power: Double) -> Double { self == .one ? power : power.squareRoot() }
}

/// Memory for numbers that is freed with it.
final class Room: @unchecked Sendable {
  // Used by one thread.
  let numbers: UnsafeMutablePointer<Double>

  init(_ count: Int) {
    numbers = .allocate(capacity: max(1, count))
    numbers.initialize(repeating: 0, count: max(1, count))
  }

  deinit { numbers.deallocate() }
}

extension SampleDistance {
  /// The Wasserstein distance of order 1 or 2 between samples of one column, exact also for different sizes.
  ///
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func wasserstein(
    _ a: NDArray, _ b: NDArray, order: WassersteinOrder = .one, options: DistanceOptions = DistanceOptions()
  ) throws -> SampleDistance {
    try options.check()
    let samples = try TwoSamples(a, b)
    guard samples.dimension == 1 else {
      throw DistanceError(
        "the exact Wasserstein distance is of one column, got \(samples.dimension): take one column, or "
          + "sliced_wasserstein, w2 or sinkhorn")
    }
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let line = SortedLine(samples.rows)
    let values = try resampling.evaluate(options.run, space: { Room(samples.count + 2) }) { _, labels, room in
      order.root(order.power(line, labels, room.numbers))
    }
    return try SampleDistance("Wasserstein-\(order.rawValue) distance", values, resampling)
  }

  /// The sliced Wasserstein distance (mean over directions θ of W_p(θ·a, θ·b)ᵖ)^(1/p), for directions uniform on
  /// the sphere, which are the same for every labeling. In one dimension it is the Wasserstein distance.
  ///
  /// Source: Bonneel et al., J. Math. Imaging Vis. 51 (2015) 22.
  ///
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func slicedWasserstein(
    _ a: NDArray, _ b: NDArray, order: WassersteinOrder = .two, projections: Int = 128,
    options: DistanceOptions = DistanceOptions()
  ) throws -> SampleDistance {
    try options.check()
    guard (1...100_000).contains(projections) else {
      throw DistanceError("\(projections) projections: expected from 1 to 100000")
    }
    let samples = try TwoSamples(a, b)
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    let d = samples.dimension
    let directions = (0..<(d == 1 ? 1 : projections)).map { _ in direction(d, &random) }
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let labels = AllLabels(resampling)
    let run = options.run
    var sums = [Double](repeating: 0, count: resampling.labelings)
    var done = 0
    try forEachBlock(
      count: directions.count, options: run,
      makeWorker: { Room(samples.count + 2) },
      process: { room, index -> [Double]? in
        let line = SortedLine(project(samples, directions[index]))
        var powers: [Double] = []
        powers.reserveCapacity(resampling.labelings)
        for labeling in 0..<resampling.labelings {
          if labeling % 16 == 0, run.cancellation.isRequested { return nil }
          powers.append(order.power(line, labels[labeling], room.numbers))
        }
        return powers
      },
      consume: { powers in
        for k in sums.indices { sums[k] += powers[k] }
        done += 1
        run.progress?(Double(done) / Double(directions.count))
      })
    let values = sums.map { order.root($0 / Double(directions.count)) }
    let used = d == 1 ? "exact" : "\(projections) projections"
    var result = try SampleDistance(
      "sliced Wasserstein-\(order.rawValue) distance (\(used))", values, resampling)
    result.details = [("projections", Double(directions.count))]
    return result
  }
}

/// A direction uniform on the sphere: a normal vector, normalised.
private func direction(_ dimension: Int, _ random: inout SequentialRandom) -> [Double] {
  guard dimension > 1 else { return [1] }
  while true {
    let normals = (0..<dimension).map { _ in random.normal() }
    let norm = normals.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if norm > 0 { return normals.map { $0 / norm } }
  }
}

private func project(_ samples: TwoSamples, _ direction: [Double]) -> [Double] {
  let d = samples.dimension
  return samples.rows.withUnsafeBufferPointer { rows in
    (0..<samples.count).map { i in
      var sum = 0.0
      for k in 0..<d { sum = sum.addingProduct(rows[i * d + k], direction[k]) }
      return sum
    }
  }
}
