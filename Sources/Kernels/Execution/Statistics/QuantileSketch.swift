/// Quantiles of any number of values in little memory, with a relative error of at most 2⁻⁸ (0.4 %).
///
/// A value falls into the bin of its sign, its exponent and the top seven bits of its mantissa; a
/// quantile is the middle of the bin that holds that rank. Bin counts are integers, so merging sketches
/// in any order gives the same sketch. Values of magnitude below 2⁻¹⁰²² count as 0; values that are not
/// finite are left out.
///
/// Source: the log-linear bins of G. Tene's HdrHistogram; the error bound is half the width of a bin,
/// 2⁻⁷, relative to its lower edge.
public struct QuantileSketch: Sendable, Equatable {
  private static let mantissaBits = 7
  private var positive = Bins()
  private var negative = Bins()
  private var zeros = 0
  public private(set) var count = 0

  public static let relativeError = 0x1p-8

  public init() {}

  private struct Bins: Sendable, Equatable {
    var first = 0
    var counts: [Int] = []

    mutating func add(_ key: Int, _ amount: Int) {
      if counts.isEmpty {
        first = key
        counts = [0]
      } else if key < first {
        counts.insert(contentsOf: repeatElement(0, count: first - key), at: 0)
        first = key
      } else if key >= first + counts.count {
        counts.append(contentsOf: repeatElement(0, count: key - first - counts.count + 1))
      }
      counts[key - first] += amount
    }

    static func == (a: Bins, b: Bins) -> Bool {
      func nonzero(_ bins: Bins) -> [[Int]] {
        bins.counts.enumerated().filter { $0.element > 0 }.map { [$0.offset + bins.first, $0.element] }
      }
      return nonzero(a) == nonzero(b)
    }
  }

  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    count += 1
    guard value.magnitude >= 0x1p-1022 else {
      zeros += 1
      return
    }
    let key = Int(value.magnitude.bitPattern >> UInt64(52 - Self.mantissaBits))
    if value > 0 { positive.add(key, 1) } else { negative.add(key, 1) }
  }

  public mutating func merge(_ other: QuantileSketch) {
    for (offset, amount) in other.positive.counts.enumerated() where amount > 0 {
      positive.add(other.positive.first + offset, amount)
    }
    for (offset, amount) in other.negative.counts.enumerated() where amount > 0 {
      negative.add(other.negative.first + offset, amount)
    }
    zeros += other.zeros
    count += other.count
  }

  /// The middle of a bin.
  private static func value(_ key: Int) -> Double {
    let low = Double(bitPattern: UInt64(key) << UInt64(52 - mantissaBits))
    let high = Double(bitPattern: UInt64(key + 1) << UInt64(52 - mantissaBits))
    return high.isFinite ? low + (high - low) / 2 : low
  }

  /// The value of rank q·(n − 1); NaN for an empty sketch and for q outside 0 ≤ q ≤ 1.
  public func quantile(_ q: Double) -> Double {
    guard count > 0, (0...1).contains(q) else { return .nan }
    let rank = Int((q * Double(count - 1)).rounded())
    var passed = 0
    for index in negative.counts.indices.reversed() {
      passed += negative.counts[index]
      if passed > rank { return -Self.value(negative.first + index) }
    }
    passed += zeros
    if passed > rank { return 0 }
    for index in positive.counts.indices {
      passed += positive.counts[index]
      if passed > rank { return Self.value(positive.first + index) }
    }
    return .nan
  }
}
