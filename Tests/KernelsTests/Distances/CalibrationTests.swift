import Kernels
import Synchronization
import Testing

/// What every distance must hold: its false alarms are as many as stated, it sees what differs, and threads do not
/// change it.
@Suite struct CalibrationTests {
  /// Of 39 permutations a same-law sample has p ≤ 0.05 with probability 2/40, or less where values tie. Bounds at a
  /// probability of 10⁻⁶ by Chernoff's inequality.
  @Test(arguments: EveryDistance.allCases) func falseAlarms(_ distance: EveryDistance) throws {
    let repetitions = distance == .sinkhorn ? 150 : 400
    var random = SequentialRandom(seed: 17, stream: .auxiliary)
    let m = distance == .w2 ? 20 : 26
    var alarms = 0, above = 0
    for repetition in 0..<repetitions {
      let a = try Draws.normal(20, 2, &random), b = try Draws.normal(m, 2, &random)
      let result = try distance(a, b, DistanceOptions(permutations: 39, seed: UInt64(repetition)))
      alarms += result.pValue <= 0.05 ? 1 : 0
      above += result.value > result.floorUpper ? 1 : 0
    }
    let most = repetitions == 400 ? 47 : 25
    #expect(alarms <= most, "\(alarms) of \(repetitions)")
    #expect(above <= most, "\(above) of \(repetitions)")
    // Values of ks and c2st are few, and tie.
    if ![.ks, .c2st, .sinkhorn].contains(distance) { #expect(alarms >= 3, "\(alarms)") }
  }

  /// The negative control: means that differ by 1.5 in each column are seen.
  @Test(arguments: EveryDistance.allCases) func power(_ distance: EveryDistance) throws {
    var random = SequentialRandom(seed: 18, stream: .auxiliary)
    var seen = 0
    for repetition in 0..<40 {
      let a = try Draws.normal(20, 2, &random), b = try Draws.normal(20, 2, mean: 1.5, &random)
      let result = try distance(a, b, DistanceOptions(permutations: 39, seed: UInt64(repetition)))
      seen += result.pValue <= 0.05 && result.value > result.floorUpper ? 1 : 0
    }
    #expect(seen >= 36, "\(seen) of 40")
  }

  /// The interval of the value covers the mean of the value, as often as it says or a little more.
  @Test(arguments: [EveryDistance.energy, .mmd, .sliced2, .c2st]) func intervals(_ distance: EveryDistance)
    throws
  {
    var random = SequentialRandom(seed: 19, stream: .auxiliary)
    let results = try (0..<300).map { repetition in
      let a = try Draws.normal(60, 2, &random), b = try Draws.normal(60, 2, mean: 0.7, &random)
      return try distance(a, b, DistanceOptions(permutations: 20, seed: UInt64(repetition)))
    }
    let mean = results.reduce(0) { $0 + $1.value } / 300
    let covered = results.count { $0.interval.contains(mean) }
    // 95 % of 300 are 285; five standard deviations below are 266.
    #expect(covered >= 266, "\(covered)")
    let spread = (results.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / 299).squareRoot()
    let typical = results.map(\.standardError).sorted()[150]
    #expect(typical > 0.7 * spread && typical < 2 * spread, "\(typical) \(spread)")
    // Negative control: half as wide they would cover too seldom.
    let half = results.count { (($0.value - mean) / $0.standardError).magnitude < 0.9 }
    #expect(half < 266, "\(half)")
  }

  @Test(arguments: EveryDistance.allCases) func threadsChangeNothing(_ distance: EveryDistance) throws {
    let n = distance == .sinkhorn || distance == .w2 ? 60 : 700
    let a = try Draws.normal(n, 3, seed: 20), b = try Draws.normal(n, 3, mean: 0.1, seed: 21)
    let results = try [1, 2, 5].map {
      try distance(a, b, DistanceOptions(permutations: 30, seed: 3, run: RunOptions(threads: $0)))
    }
    for result in results.dropFirst() {
      #expect(result.value == results[0].value && result.pValue == results[0].pValue)
      #expect(result.floor == results[0].floor && result.floorUpper == results[0].floorUpper)
      #expect(result.interval == results[0].interval)
    }
    // Another seed permutes otherwise and leaves the value as it is, but for rounding, except where the value is drawn too.
    let other = try distance(a, b, DistanceOptions(permutations: 30, seed: 4))
    #expect(other.floor != results[0].floor)
    if [.energy, .w2, .ks].contains(distance) { #expect(agree(other.value, results[0].value, 1e-12)) }
    // More permutations leave the value as it is.
    let more = try distance(a, b, DistanceOptions(permutations: 45, seed: 3))
    #expect(agree(more.value, results[0].value, 1e-12))
  }

  @Test(arguments: EveryDistance.allCases) func stopsWhenAsked(_ distance: EveryDistance) throws {
    let a = try Draws.normal(200, 2, seed: 22), b = try Draws.normal(200, 2, seed: 23)
    let polls = Atomic(0)
    let run = RunOptions(
      threads: 2,
      cancellation: Cancellation { polls.add(1, ordering: .relaxed).newValue > 3 })
    #expect(throws: Cancelled.self) { try distance(a, b, DistanceOptions(run: run)) }
  }

  @Test(arguments: EveryDistance.allCases) func progressEndsAtOne(_ distance: EveryDistance) throws {
    let a = try Draws.normal(40, 2, seed: 24), b = try Draws.normal(40, 2, seed: 25)
    let shares = Mutex<[Double]>([])
    let run = RunOptions(threads: 2, progress: { share in shares.withLock { $0.append(share) } })
    _ = try distance(a, b, DistanceOptions(permutations: 20, run: run))
    let told = shares.withLock { $0 }
    #expect(told.last == 1)
    #expect(told == told.sorted())
  }

  @Test func badInput() throws {
    let good = try Draws.normal(10, 2, seed: 1)
    func message(_ a: NDArray, _ b: NDArray, _ options: DistanceOptions = DistanceOptions()) -> String {
      do {
        _ = try SampleDistance.energy(a, b, options: options)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message(good, try Draws.normal(10, 3, seed: 1)).hasPrefix(
        "the samples have different columns: 2 in the first"))
    #expect(
      message(good, try NDArray([], shape: [0, 2])) == "the second sample is empty: its shape is (0, 2)")
    #expect(message(try Draws.normal(4, 2, seed: 1), good).hasPrefix("the first sample has 4 rows"))
    var values = good.values
    values[7] = .nan
    let bad = try NDArray(values, shape: [10, 2])
    #expect(message(good, bad).hasPrefix("row 4, column 2 of the second sample is NaN"))
    values[7] = 1e200
    #expect(
      message(try NDArray(values, shape: [10, 2]), good).contains(
        "row 4, column 2 of the first sample is beyond"))
    #expect(
      message(good, good, DistanceOptions(permutations: 3)) == "3 permutations: expected from 20 to 100000")
    #expect(
      message(try good.named(["x", "y"]), try good.named(["y", "x"]))
        == "the samples have different columns: x, y in the first, y, x in the second")
    #expect(message(NDArray(scalar: 1), good).contains("got an array of shape ()"))
    #expect(
      message(good, try NDArray([Double](repeating: 0, count: 40), shape: [10, 2, 2])).contains("(10, 2, 2)"))
    let long = try NDArray([Double](repeating: 0, count: 2_000_000), shape: [2_000_000])
    #expect(message(long, long).contains("more than can be held"))
    #expect(throws: DistanceError.self) { try SampleDistance.w2(good, try Draws.normal(11, 2, seed: 1)) }
    #expect(throws: DistanceError.self) {
      try SampleDistance.w2(try Draws.normal(2001, 1, seed: 1), try Draws.normal(2001, 1, seed: 2))
    }
    #expect(throws: DistanceError.self) { try SampleDistance.wasserstein(good, good) }
    #expect(throws: DistanceError.self) { try SampleDistance.classifier(good, good, neighbours: 20) }
    let point = NDArray([Double](repeating: 1, count: 10))
    #expect(throws: DistanceError.self) { try SampleDistance.mmd(point, point) }
    #expect(throws: DistanceError.self) { try SampleDistance.sinkhorn(point, point) }
  }

  @Test func prints() throws {
    let a = try Draws.normal(50, 1, seed: 26), b = try Draws.normal(50, 1, seed: 27)
    let text = "\(try SampleDistance.energy(a, b))"
    #expect(text.hasPrefix("energy distance 0."))
    #expect(
      text.contains("(95 % interval ") && text.contains(", p = ")
        && text.contains(" (200 permutations), floor "))
    #expect(text.contains(" (95 % of same-law samples below "))
  }
}
