import Arrays
import Glibc
import Lanes
import Random

/// How entropic transport is solved.
public struct SinkhornOptions: Sendable {
  /// ε as a share of the median squared distance between the pooled rows.
  public var epsilon = 0.05
  /// Whether the samples' transport to themselves is subtracted.
  public var isDebiased = true
  /// The iteration ends where the marginals are off by at most this in all, of a mass of 1.
  public var tolerance = 1e-4
  /// At most so many at the final ε.
  public var iterations = 1000

  public init() {}

  func check() throws {
    guard epsilon > 0, epsilon.isFinite else {
      throw DistanceError("epsilon must be a finite number above 0, got \(epsilon)")
    }
    guard tolerance > 0, tolerance < 1 else {
      throw DistanceError("tolerance must be between 0 and 1, got \(tolerance)")
    }
    guard (1...1_000_000).contains(iterations) else {
      throw DistanceError("\(iterations) iterations: expected from 1 to 1000000")
    }
  }
}

extension SampleDistance {
  /// The most rows of a sample that ``sinkhorn(_:_:transport:options:)`` takes.
  public static let mostSinkhornRows = 2000

  /// The root of the Sinkhorn divergence
  ///
  ///     S = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b),
  ///     OT_ε(a, b) = min over couplings π of Σ πᵢⱼ |aᵢ − bⱼ|² + ε KL(π | a ⊗ b),
  ///
  /// which tends to the Wasserstein distance of order 2 as ε → 0. Sinkhorn's iteration runs on logarithms, with
  /// ε lowered in steps to its value.
  ///
  /// Source: Feydy et al., AISTATS 2019; Peyré & Cuturi, Computational Optimal Transport, 2019, §4.4.
  ///
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func sinkhorn(
    _ a: NDArray, _ b: NDArray, transport: SinkhornOptions = SinkhornOptions(),
    options: DistanceOptions = DistanceOptions(permutations: 50)
  ) throws -> SampleDistance {
    try options.check()
    try transport.check()
    let samples = try TwoSamples(a, b)
    guard max(samples.na, samples.nb) <= mostSinkhornRows else {
      throw DistanceError(
        "sinkhorn holds all pairs and takes at most \(mostSinkhornRows) rows a sample, got \(samples.na) and "
          + "\(samples.nb): take some of them, or sliced_wasserstein")
    }
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    let median = try medianSquaredDistance(samples, &random)
    guard median > 0, median.isFinite else {
      throw DistanceError(
        "the median squared distance between rows is \(significant(median, digits: 3)): there is no scale for epsilon"
      )
    }
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let epsilon = transport.epsilon * median
    let outcome = Outcome()
    let cancellation = options.run.cancellation
    let values = try resampling.evaluate(
      options.run, space: { SinkhornSpace(samples, transport, epsilon) }
    ) { labeling, labels, space -> Double? in
      guard let (value, state) = space.divergence(labels, { cancellation.isRequested }) else { return nil }
      if labeling == 0 { outcome.state = state }
      return value
    }
    let name = transport.isDebiased ? "Sinkhorn divergence, root" : "entropic transport cost, root"
    var result = try SampleDistance(
      "\(name) (epsilon \(significant(transport.epsilon, digits: 4)) × the median cost)", values, resampling)
    let state = outcome.state
    result.details = [
      ("epsilon", epsilon), ("iterations", Double(state.iterations)), ("marginal_error", state.error),
      ("converged", state.error <= transport.tolerance ? 1 : 0),
    ]
    if state.error > transport.tolerance {
      result.warning =
        "not converged: after \(state.iterations) iterations the marginals are off by "
        + "\(significant(state.error, digits: 2))"
    }
    return result
  }
}

/// How an iteration ended.
private struct SinkhornState {
  var iterations = 0
  var error = 0.0

  mutating func worsen(_ other: SinkhornState) {
    iterations = max(iterations, other.iterations)
    error = max(error, other.error)
  }
}

/// How the observed samples' iteration ended: written by the one thread that has them, read after all have ended.
private final class Outcome: @unchecked Sendable {
  var state = SinkhornState()
}

/// A thread's memory for transport problems.
private struct SinkhornSpace {
  private let samples: TwoSamples
  private let options: SinkhornOptions
  private let epsilon: Double
  private var rows = SplitRows()
  private let cost: Room
  private let transposed: Room
  private let line: UnsafeMutablePointer<Double>
  private let lineOwner: AlignedLine

  init(_ samples: TwoSamples, _ options: SinkhornOptions, _ epsilon: Double) {
    self.samples = samples
    self.options = options
    self.epsilon = epsilon
    let most = max(samples.na, samples.nb)
    cost = Room(most * most)
    transposed = Room(samples.na * samples.nb)
    lineOwner = AlignedLine(most)
    line = lineOwner.numbers
  }

  mutating func divergence(
    _ labels: UnsafePointer<UInt8>, _ isStopped: () -> Bool
  ) -> (Double, SinkhornState)? {
    rows.split(labels, samples.count)
    guard let (across, state) = transport(isStopped) else { return nil }
    guard options.isDebiased else { return (max(0, across).squareRoot(), state) }
    var worst = state
    var value = across
    for side in [rows.a, rows.b] {
      guard let (own, state) = selfTransport(side, isStopped) else { return nil }
      value -= 0.5 * own
      worst.worsen(state)
    }
    return (max(0, value).squareRoot(), worst)
  }

  /// OT_ε between the two samples.
  private func transport(_ isStopped: () -> Bool) -> (Double, SinkhornState)? {
    let n = rows.a.count, m = rows.b.count
    squaredDistances(samples, rows.a, rows.b, to: cost.numbers)
    squaredDistances(samples, rows.b, rows.a, to: transposed.numbers)
    var f = [Double](repeating: 0, count: n), g = [Double](repeating: 0, count: m)
    var state = SinkhornState()
    for (level, isLast) in levels(n * m) {
      for step in 0... {
        if isStopped() { return nil }
        // Before its update a potential's marginal tells how far the iteration is.
        state.error = update(&f, g, cost.numbers, level, share: 1)
        _ = update(&g, f, transposed.numbers, level, share: 1)
        state.iterations = step + 1
        if isDone(state, isLast) { break }
      }
    }
    return (mean(f) + mean(g), state)
  }

  /// OT_ε of a sample to itself: both potentials are one, and the mean of old and new converges fast.
  private func selfTransport(_ side: [Int], _ isStopped: () -> Bool) -> (Double, SinkhornState)? {
    squaredDistances(samples, side, side, to: cost.numbers)
    var f = [Double](repeating: 0, count: side.count)
    var state = SinkhornState()
    for (level, isLast) in levels(side.count * side.count) {
      for step in 0... {
        if isStopped() { return nil }
        state.error = update(&f, f, cost.numbers, level, share: 0.5)
        state.iterations = step + 1
        if isDone(state, isLast) { break }
      }
    }
    var last = f
    _ = update(&last, f, cost.numbers, epsilon, share: 1)
    return (mean(f) + mean(last), state)
  }

  private func isDone(_ state: SinkhornState, _ isLast: Bool) -> Bool {
    isLast
      ? state.error <= options.tolerance || state.iterations >= options.iterations
      : state.error <= 0.01 || state.iterations >= 20
  }

  /// From the greatest cost down to ε, a quarter each.
  private func levels(_ count: Int) -> [(Double, Bool)] {
    var greatest = 0.0
    for k in 0..<count where cost.numbers[k] > greatest { greatest = cost.numbers[k] }
    var levels: [(Double, Bool)] = []
    var level = greatest
    while level > epsilon, levels.count < 60 {
      levels.append((level, false))
      level *= 0.25
    }
    return levels + [(epsilon, true)]
  }

  /// f ← f − share · ε log sᵢ, sᵢ = mean over j of exp((fᵢ + gⱼ − cᵢⱼ)/ε): with share 1 the potential for which the
  /// marginal of the rows is right.
  ///
  /// - Returns: mean |sᵢ − 1|, what that marginal was off.
  private func update(
    _ f: inout [Double], _ g: [Double], _ cost: UnsafePointer<Double>, _ epsilon: Double, share: Double
  ) -> Double {
    let m = g.count, padded = (m + laneGroup - 1) / laneGroup * laneGroup
    let inverse = 1 / epsilon
    var off = 0.0
    g.withUnsafeBufferPointer { g in
      for i in 0..<f.count {
        let row = cost + i * m
        var (sum, shift) = (sumOfExponentials(row, g, f[i], inverse, m, padded), 0.0)
        if !(sum > 1e-250 && sum < 1e250) {
          // Far from the solution: shifted by the greatest term.
          var greatest = -Double.infinity
          for j in 0..<m { greatest = max(greatest, g[j] - row[j]) }
          shift = -greatest - f[i]
          sum = sumOfExponentials(row, g, -greatest, inverse, m, padded)
        }
        let logarithm = log(sum / Double(m)) - shift * inverse
        off += abs(exp(min(logarithm, 700)) - 1)
        f[i] -= share * epsilon * logarithm
      }
    }
    return off / Double(f.count)
  }

  /// Σⱼ exp((shift + gⱼ − cⱼ)/ε).
  @inline(__always)
  private func sumOfExponentials(
    _ row: UnsafePointer<Double>, _ g: UnsafeBufferPointer<Double>, _ shift: Double, _ inverse: Double,
    _ m: Int,
    _ padded: Int
  ) -> Double {
    for j in 0..<m { line[j] = (shift + (g[j] - row[j])) * inverse }
    for j in m..<padded { line[j] = 0 }
    Double.apply(.exp, LaneOperand(lanes: line), to: line, count: padded)
    for j in m..<padded { line[j] = 0 }
    let vectors = UnsafeMutableRawPointer(line).assumingMemoryBound(to: SIMD8<Double>.self)
    var (even, odd) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    for k in 0..<padded / 16 {
      even += vectors[2 &* k]
      odd += vectors[2 &* k &+ 1]
    }
    return (even + odd).sum()
  }

  private func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
}

/// Aligned memory for a row, in whole groups of lanes.
private final class AlignedLine: @unchecked Sendable {
  // Used by one thread.
  let numbers: UnsafeMutablePointer<Double>
  init(_ count: Int) { numbers = allocateLanes((count + laneGroup - 1) / laneGroup * laneGroup) }
  deinit { numbers.deallocate() }
}
