import Arrays
import Density
import Distances
import Execution

/// Compares samples with a law: a two-sample test, and tests that say what is wrong.
///
/// Half of the level goes to the energy distance between equally many rows of both, by permutations; the other half to
/// z-tests of means, variances, the temperature and, for mixtures, the weights of the components. The temperature is
/// Stein's: under p^{1/T}, `E[(x − c)·s*(x)] = −dT` for any c.
public struct SampleCheck: Sendable {
  public var level = 0.01
  /// At most so many rows of each sample go into the energy distance, whose cost is their square.
  public var rows = 2000
  public var seed: UInt64 = 1

  public init() {}

  private static let permutations = 399
  private static let fewestRows = 50

  /// - Throws: ``CheckError`` for samples that do not fit, ``DistanceError``, ``Cancelled``.
  public func report(
    _ samples: NDArray, law: any DensityLaw, options: RunOptions = RunOptions()
  ) throws -> CheckReport {
    let (d, given) = (law.dimension, samples.shape.first ?? 0)
    let width = samples.rank == 2 ? samples.shape[1] : 1
    guard samples.rank == 1 || samples.rank == 2, width == d else {
      throw CheckError(
        "the samples have the shape \(samples.shape.map(String.init).joined(separator: " × ")), but the law has "
          + "\(counted(d, "component")): one sample a row, one component a column")
    }
    guard given >= Self.fewestRows else {
      throw CheckError(
        "\(counted(given, "sample")) are too few to tell anything: at least \(Self.fewestRows)")
    }
    let all = samples.values
    let bad = (0..<given).filter { i in (0..<d).contains { !all[i * d + $0].isFinite } }
    if let first = bad.first {
      return CheckReport(
        "samples", .notFinite,
        ["\(bad.count) of your \(counted(given, "sample")) are not finite, the first is row \(first + 1)"],
        level: level)
    }
    // Another seed than the user's, whose samples may be these.
    let size = max(given, 20_000)
    let oracle = try law.sample(size, seed: seed &+ 0x5EED_0000_0000, options: options)
    let features = try Features(law, options)
    let mine = try features.columns(of: samples.reshaped([given, d]))
    let theirs = try features.columns(of: oracle)
    var distance = DistanceOptions(permutations: Self.permutations, seed: seed, run: options)
    distance.run = options
    let few = min(rows, given)
    let energy = try SampleDistance.energy(
      Self.thinned(samples, given, d, few), Self.thinned(oracle, size, d, few), options: distance)

    let tests = zip(features.names, zip(mine, theirs)).map { name, pair in
      Test(name, Measured.mean(pair.0), Measured.mean(pair.1))
    }
    let critical = criticalDeviation(level: level / 2, tests: tests.count)
    let failed = tests.filter { $0.deviation > critical }
    var report = judge(energy, failed, features, tests, given, critical)
    report.pValue = energy.pValue
    report.distance = energy.value
    report.temperature = features.hasTemperature ? tests.first { $0.name == .temperature }?.mine : nil
    report.bias = (0..<d).map { j in
      Measured(tests[j].difference.value, error: tests[j].difference.error)
    }
    return report
  }

  // MARK: sentences

  private func judge(
    _ energy: SampleDistance, _ failed: [Test], _ features: Features, _ tests: [Test], _ given: Int,
    _ critical: Double
  ) -> CheckReport {
    let isFar = energy.pValue <= level / 2
    let distance =
      "energy distance \(short(energy.value)) (95 % of same-law samples below \(short(energy.floorUpper))), p = "
      + "\(short(energy.pValue, 2)), n = \(energy.na) and \(energy.nb)"
    guard isFar || !failed.isEmpty else {
      return CheckReport(
        "samples", .right,
        [
          "right: these samples cannot be told from the law's: \(distance)",
          power(features, tests, critical),
          "samples of the law itself are blamed once in \(short(1 / level, 3)) checks at most",
        ], level: level)
    }
    var told = failed
    var first: String?
    var finding = CheckReport.Finding.wrong
    let spreads = tests.filter(\.isSpread).map(\.root)
    if failed.contains(where: \.isWeight) {
      // Then means and spreads are off, too.
    } else if let spread = spreads.first, spreads.allSatisfy({ $0.deviation(from: 1) > critical }),
      spreads.allSatisfy({ ($0.value - spread.value).magnitude < 3 * ($0.error + spread.error) })
    {
      first = "the samples are \(spread) times as wide as the law"
      told.removeAll { $0.isSpread }
      finding = .scaled
    } else if let temperature = failed.first(where: { $0.name == .temperature })?.mine,
      let cause = Self.cause(of: temperature)
    {
      first = cause
      told.removeAll { $0.name == .temperature }
      finding = .scaled
    } else if let worst = failed.max(by: { $0.deviation < $1.deviation }) {
      if case .mean = worst.name { finding = .biased }
      if worst.isSpread { finding = .scaled }
    }
    told.sort { $0.rank == $1.rank ? $0.deviation > $1.deviation : $0.rank < $1.rank }
    var sentences = (first.map { [$0] } ?? []) + told.prefix(4).map(\.sentence)
    if sentences.isEmpty {
      sentences = ["wrong: the samples are not the law's, though means, variances and weights are"]
    }
    return CheckReport("samples", finding, sentences + [distance], level: level)
  }

  private static func cause(of temperature: Measured) -> String? {
    if (temperature.value - 0.5).magnitude < 0.1 {
      return
        "too cold: the samples have temperature \(temperature) instead of 1: the noise of Langevin dynamics without "
        + "its √2, or the drift without its ½"
    }
    if (temperature.value - 2).magnitude < 0.2 {
      return
        "too hot: the samples have temperature \(temperature) instead of 1: the drift ½s with the noise that belongs "
        + "to the drift s"
    }
    return nil
  }

  /// What would have been found nine times in ten.
  private func power(_ features: Features, _ tests: [Test], _ critical: Double) -> String {
    let z = critical + 1.2816
    let shift =
      tests.prefix(features.dimension).enumerated().map { index, test in
        z * test.difference.error / features.deviations(index, tests)
      }.max() ?? .nan
    let spread =
      tests.filter(\.isSpread).map {
        z * $0.difference.error / $0.theirs.value / 2
      }.max() ?? .nan
    return
      "a mean off by \(short(shift, 2)) standard deviations, or a spread off by \(percent(spread)), would have been "
      + "found nine times in ten"
  }

  /// Rows at equal steps: the first ones of a chain are not typical of it.
  private static func thinned(_ x: NDArray, _ count: Int, _ d: Int, _ rows: Int) throws -> NDArray {
    if rows == count { return try x.reshaped([count, d]) }
    let values = x.values
    let chosen = (0..<rows).flatMap { k -> ArraySlice<Double> in
      let row = k * count / rows
      return values[row * d..<(row + 1) * d]
    }
    return try NDArray(chosen, shape: [rows, d])
  }
}

/// A number whose mean is compared.
private struct Test {
  enum Name: Equatable {
    case mean(Int), spread(Int), temperature, weight(Int)
  }
  let name: Name
  let mine: Measured
  let theirs: Measured

  init(_ name: Name, _ mine: Measured, _ theirs: Measured) {
    (self.name, self.mine, self.theirs) = (name, mine, theirs)
  }

  var difference: Measured {
    Measured(
      mine.value - theirs.value, error: (mine.error * mine.error + theirs.error * theirs.error).squareRoot())
  }
  var deviation: Double { difference.deviation(from: 0) }

  var sentence: String {
    switch name {
    case .mean(let j): "biased by \(difference) in component \(j + 1): the mean is \(mine)"
    case .spread(let j):
      "the standard deviation of component \(j + 1) is \(root) times the law's"
    case .temperature:
      "temperature \(mine) where the law has 1: \(mine.value < 1 ? "too narrow" : "too wide") around its modes"
    case .weight(let k):
      "component \(k + 1) of the mixture has the share \(mine) of the samples, but \(short(theirs.value, 3)) of the law's"
    }
  }

  var isSpread: Bool { if case .spread = name { true } else { false } }
  var isWeight: Bool { if case .weight = name { true } else { false } }

  /// The order in which they are told.
  var rank: Int {
    switch name {
    case .weight: 0
    case .mean: 1
    case .temperature, .spread: 2
    }
  }

  /// Of a spread: the ratio of the standard deviations.
  var root: Measured {
    let ratio = mine.value / theirs.value
    let first = mine.error / mine.value, second = theirs.error / theirs.value
    let error = ratio * (first * first + second * second).squareRoot()
    return Measured(ratio.squareRoot(), error: error / (2 * ratio.squareRoot()))
  }
}

/// Numbers of a sample whose means tell what is wrong.
private struct Features {
  let dimension: Int
  let names: [Test.Name]
  let hasTemperature: Bool
  private let law: any DensityLaw
  private let centers: [Double]
  private let means: [[Double]]
  private let options: RunOptions

  init(_ law: any DensityLaw, _ options: RunOptions) throws {
    self.law = law
    self.options = options
    let d = law.dimension
    dimension = d
    let pilot = try law.sample(4096, seed: 0xC0FFEE, options: options)
    let values = pilot.values
    centers = (0..<d).map { j in (0..<4096).reduce(0) { $0 + values[$1 * d + j] } / 4096 }
    let squares = try law.squaredScore(options).value
    hasTemperature = squares.isFinite && squares > 0
    let components = (law as? GaussianMixture)?.components ?? []
    means = (2...32).contains(components.count) ? components.map(\.mean) : []
    names =
      (0..<d).map { .mean($0) } + (0..<d).map { .spread($0) } + (hasTemperature ? [.temperature] : [])
      + means.indices.map { .weight($0) }
  }

  /// The standard deviation of a component under the law.
  func deviations(_ component: Int, _ tests: [Test]) -> Double {
    tests[dimension + component].theirs.value.squareRoot()
  }

  /// One column of numbers for each name.
  func columns(of x: NDArray) throws -> [[Double]] {
    let (n, d) = (x.shape[0], dimension)
    let values = x.values
    var result = (0..<d).map { j in (0..<n).map { values[$0 * d + j] } }
    result += (0..<d).map { j in
      (0..<n).map { (values[$0 * d + j] - centers[j]) * (values[$0 * d + j] - centers[j]) }
    }
    if hasTemperature {
      let score = try law.score(x, options: options).values
      result.append(
        (0..<n).map { i in
          -(0..<d).reduce(0) { $0 + (values[i * d + $1] - centers[$1]) * score[i * d + $1] } / Double(d)
        })
    }
    if !means.isEmpty {
      let nearest = (0..<n).map { i -> Int in
        let distances = means.map { mean in
          (0..<d).reduce(0) { $0 + (values[i * d + $1] - mean[$1]) * (values[i * d + $1] - mean[$1]) }
        }
        return distances.indices.min { distances[$0] < distances[$1] } ?? 0
      }
      result += means.indices.map { k in nearest.map { $0 == k ? 1 : 0 } }
    }
    return result
  }
}
