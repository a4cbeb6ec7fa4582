import Kernels

/// Samples and direct sums for the tests of distances.
enum Draws {
  /// n rows of d normals with this mean in each column.
  static func normal(_ n: Int, _ d: Int, mean: Double = 0, _ random: inout SequentialRandom) throws -> NDArray
  {
    try NDArray((0..<n * d).map { _ in mean + random.normal() }, shape: [n, d])
  }

  static func normal(_ n: Int, _ d: Int, mean: Double = 0, seed: UInt64) throws -> NDArray {
    var random = SequentialRandom(seed: seed, stream: .auxiliary)
    return try normal(n, d, mean: mean, &random)
  }

  static func row(_ x: NDArray, _ i: Int) -> [Double] {
    let d = x.rank == 2 ? x.shape[1] : 1
    return Array(x.values[i * d..<(i + 1) * d])
  }

  static func squaredDistance(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// The mean of k over pairs; over different ones for one sample if `isUnbiased`.
  static func mean(
    _ a: NDArray, _ b: NDArray, isUnbiased: Bool = false, _ k: ([Double], [Double]) -> Double
  ) -> Double {
    var sum = 0.0, count = 0
    for i in 0..<a.shape[0] {
      for j in 0..<b.shape[0] where !(isUnbiased && i == j) {
        sum += k(row(a, i), row(b, j))
        count += 1
      }
    }
    return sum / Double(count)
  }
}

/// Every distance, by name, for what all of them must hold.
enum EveryDistance: String, CaseIterable, Sendable {
  case energy, mmd, laplace, rationalQuadratic, polynomial, sliced1, sliced2, w2, sinkhorn, ks, c2st

  func callAsFunction(_ a: NDArray, _ b: NDArray, _ options: DistanceOptions) throws -> SampleDistance {
    switch self {
    case .energy: try SampleDistance.energy(a, b, options: options)
    case .mmd: try SampleDistance.mmd(a, b, options: options)
    case .laplace: try SampleDistance.mmd(a, b, kernel: .laplace, bandwidths: [0.5, 2], options: options)
    case .rationalQuadratic:
      try SampleDistance.mmd(a, b, kernel: .rationalQuadratic(alpha: 0.5), options: options)
    case .polynomial: try SampleDistance.mmd(a, b, kernel: .polynomial(degree: 3), options: options)
    case .sliced1: try SampleDistance.slicedWasserstein(a, b, order: .one, projections: 20, options: options)
    case .sliced2: try SampleDistance.slicedWasserstein(a, b, projections: 20, options: options)
    case .w2: try SampleDistance.w2(a, b, options: options)
    case .sinkhorn: try SampleDistance.sinkhorn(a, b, options: options)
    case .ks: try SampleDistance.kolmogorovSmirnov(a, b, options: options)
    case .c2st: try SampleDistance.classifier(a, b, options: options)
    }
  }
}
