import Execution

/// How a distance is computed. `run` changes no result.
public struct DistanceOptions: Sendable {
  /// How many permutations of the pooled rows tell p-value and floor.
  public var permutations: Int
  /// Of the permutations, the groups of the jackknife, and projections.
  public var seed: UInt64
  public var run: RunOptions

  /// With fewer no same-law share of 5 % can be told.
  public static let fewestPermutations = 20
  public static let mostPermutations = 100_000

  public init(permutations: Int = 200, seed: UInt64 = 1, run: RunOptions = RunOptions()) {
    self.permutations = permutations
    self.seed = seed
    self.run = run
  }

  func check() throws {
    let range = DistanceOptions.fewestPermutations...DistanceOptions.mostPermutations
    guard range.contains(permutations) else {
      throw DistanceError(
        "\(permutations) permutations: expected from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}

/// A distance between two samples, with what it would be between samples of one law.
///
/// Rows must be independent draws: permutations and the jackknife know no other dependence.
public struct SampleDistance: Sendable {
  /// What was computed, with its settings: "energy distance".
  public let method: String
  public let value: Double
  /// How probable a value at least as great is if both samples have one law.
  public internal(set) var pValue: Double
  /// How the p-value was found: "200 permutations", "exact".
  public internal(set) var pValueSource: String
  /// The mean over permutations of the pooled rows: what two samples of one law, of these sizes, are apart.
  public let floor: Double
  /// At most this are 95 % of such same-law samples apart.
  public let floorUpper: Double
  /// Where 95 % of values from other samples of these laws and sizes lie: the value ± Student's t times the
  /// grouped jackknife's standard error, cut at the ends of the statistic's range.
  public let interval: ClosedRange<Double>
  public let standardError: Double
  public let na: Int
  public let nb: Int
  public let permutations: Int
  /// Numbers of the method by name, in order: the bandwidth used, the iterations made.
  public internal(set) var details: [(name: String, value: Double)] = []
  /// What a reader must know about this value.
  public internal(set) var warning: String?
  /// The statistic of each column, where the method has one.
  public internal(set) var columns: [Column] = []

  public struct Column: Sendable {
    public let value: Double
    public let pValue: Double
  }
}

extension SampleDistance {
  /// - Parameters:
  ///   - values: the statistic for each labeling, in their order.
  ///   - range: the statistic's.
  ///   - scale: what the rounding errors are relative to; the greatest value unless given.
  init(
    _ method: String, _ values: [Double], _ resampling: Resampling,
    range: ClosedRange<Double> = 0...(.infinity),
    scale: Double? = nil
  ) throws {
    guard values.allSatisfy(\.isFinite) else {
      throw DistanceError(
        "\(method): the distances between rows overflow; divide both samples by a common scale first")
    }
    let observed = values[0]
    let permutations = resampling.permutations
    let same = values[1...permutations].sorted()
    // Equal splits differ by rounding: they count as at least as great.
    let rounding = 1e-12 * (scale ?? values.reduce(0) { max($0, $1.magnitude) })
    let asGreat = same.reduce(0) { $0 + ($1 >= observed - rounding ? 1 : 0) }
    self.method = method
    value = observed
    pValue = Double(1 + asGreat) / Double(1 + permutations)
    pValueSource = "\(permutations) permutations"
    floor = same.reduce(0, +) / Double(permutations)
    // The k-th of P exchangeable values is exceeded by one more with probability at most 1 − k/(P + 1).
    floorUpper = same[min(permutations, (95 * (permutations + 1) + 99) / 100) - 1]
    let groups = resampling.groups
    let without = values[(1 + permutations)...]
    let mean = without.reduce(0, +) / Double(groups)
    let squares = without.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = (Double(groups - 1) / Double(groups) * squares).squareRoot()
    let half = studentQuantile95(degrees: groups - 1) * standardError
    interval = max(range.lowerBound, observed - half)...min(range.upperBound, observed + half)
    na = resampling.na
    nb = resampling.nb
    self.permutations = permutations
  }
}

/// The 97.5 % quantile of Student's t, by Cornish and Fisher's expansion in 1/ν.
/// Source: Abramowitz & Stegun 26.7.5; off by less than 2·10⁻³ from ν = 4 on.
func studentQuantile95(degrees: Int) -> Double {
  let z = 1.959963984540054, v = Double(degrees)
  let z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, z9 = z7 * z * z
  let g1 = (z3 + z) / 4
  let g2 = (5 * z5 + 16 * z3 + 3 * z) / 96
  let g3 = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
  let g4 = (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / 92160
  return z + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v
}

extension SampleDistance: CustomStringConvertible {
  /// `energy distance 0.0123 (95 % interval 0.0101 to 0.0145), p = 0.31 (200 permutations), floor 0.011 (95 % of
  /// same-law samples below 0.021)`
  public var description: String {
    let text =
      "\(method) \(short(value)) (95 % interval \(short(interval.lowerBound)) to \(short(interval.upperBound))), "
      + "p = \(short(pValue, digits: 2)) (\(pValueSource)), floor \(short(floor)) (95 % of same-law samples below "
      + "\(short(floorUpper)))"
    return warning.map { "\(text); \($0)" } ?? text
  }

  /// So many significant digits.
  private func short(_ x: Double, digits: Int32 = 4) -> String { significant(x, digits: digits) }
}
