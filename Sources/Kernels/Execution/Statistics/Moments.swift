/// Count, mean, spread and range of values, updated block by block.
///
/// Blocks are merged by the parallel form of Welford's update: with n = n₁ + n₂ and δ = μ₂ − μ₁,
///
///     μ = μ₁ + δ n₂/n,   M = M₁ + M₂ + δ² n₁n₂/n,   M = Σ(x − μ)².
///
/// Values that are not finite are left out and show in no field; their number is the number of lanes
/// less `count`.
///
/// Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
/// variances", COMPSTAT 1982.
public struct Moments: Sendable, Equatable {
  public private(set) var count = 0
  public private(set) var mean = 0.0
  /// Σ(x − mean)².
  public private(set) var squaredDeviations = 0.0
  public private(set) var minimum = Double.infinity
  public private(set) var maximum = -Double.infinity

  public init() {}

  /// The unbiased sample variance, with divisor n − 1; NaN for fewer than two values.
  public var variance: Double { count > 1 ? squaredDeviations / Double(count - 1) : .nan }
  public var standardDeviation: Double { variance.squareRoot() }
  /// The standard error of the mean, s/√n.
  public var standardError: Double { (variance / Double(count)).squareRoot() }

  public mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let (n1, n2) = (Double(count), Double(other.count))
    let total = n1 + n2
    let delta = other.mean - mean
    mean += delta * (n2 / total)
    squaredDeviations += other.squaredDeviations + delta * delta * (n1 * n2 / total)
    count += other.count
    minimum = Swift.min(minimum, other.minimum)
    maximum = Swift.max(maximum, other.maximum)
  }

  /// The moments of a block of lanes, in a fixed order of summation.
  package init<Scalar: BinaryFloatingPoint & SIMDScalar>(
    _ lanes: UnsafePointer<Scalar>, count lanesCount: Int
  ) {
    if Scalar.self == Float.self {
      self.init(floats: UnsafeRawPointer(lanes).assumingMemoryBound(to: Float.self), lanesCount)
    } else {
      self.init(doubles: UnsafeRawPointer(lanes).assumingMemoryBound(to: Double.self), lanesCount)
    }
  }

  private init(floats lanes: UnsafePointer<Float>, _ lanesCount: Int) {
    self.init(count: lanesCount) { Double(lanes[$0]) }
  }

  private init(doubles lanes: UnsafePointer<Double>, _ lanesCount: Int) {
    self.init(count: lanesCount) { lanes[$0] }
  }

  @inline(__always)
  private init(count lanesCount: Int, _ value: (Int) -> Double) {
    self.init()
    // Eight running sums, which one vector register holds; their order is part of the result.
    var sums = SIMD8<Double>(repeating: 0)
    var low = SIMD8<Double>(repeating: .infinity)
    var high = SIMD8<Double>(repeating: -.infinity)
    var index = 0
    while index + 8 <= lanesCount {
      let group = SIMD8<Double>(
        value(index), value(index + 1), value(index + 2), value(index + 3), value(index + 4),
        value(index + 5), value(index + 6), value(index + 7))
      sums += group
      low.replace(with: group, where: group .< low)
      high.replace(with: group, where: group .> high)
      index += 8
    }
    var sum = sums.sum()
    (minimum, maximum) = (low.min(), high.max())
    while index < lanesCount {
      let x = value(index)
      sum += x
      (minimum, maximum) = (Swift.min(minimum, x), Swift.max(maximum, x))
      index += 1
    }
    guard sum.isFinite else {
      self = Moments(finiteOf: lanesCount, value)
      return
    }
    guard lanesCount > 0 else { return }
    count = lanesCount
    if minimum == maximum {
      // One value: its mean and spread without the rounding of sums, as at the start of all paths.
      mean = minimum
      return
    }
    mean = sum / Double(lanesCount)
    var squares = SIMD8<Double>(repeating: 0)
    index = 0
    while index + 8 <= lanesCount {
      let group = SIMD8<Double>(
        value(index), value(index + 1), value(index + 2), value(index + 3), value(index + 4),
        value(index + 5), value(index + 6), value(index + 7))
      let deviation = group - mean
      squares += deviation * deviation
      index += 8
    }
    squaredDeviations = squares.sum()
    while index < lanesCount {
      squaredDeviations += (value(index) - mean) * (value(index) - mean)
      index += 1
    }
  }

  /// The slow way, for a block with values that are not finite (or whose sum overflows).
  private init(finiteOf lanesCount: Int, _ value: (Int) -> Double) {
    self.init()
    for index in 0..<lanesCount {
      let x = value(index)
      guard x.isFinite else { continue }
      count += 1
      let delta = x - mean
      mean += delta / Double(count)
      squaredDeviations += delta * (x - mean)
      minimum = Swift.min(minimum, x)
      maximum = Swift.max(maximum, x)
    }
  }
}
