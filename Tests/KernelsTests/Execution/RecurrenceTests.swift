import Glibc
import Kernels
import Synchronization
import Testing

/// Recurrences for tests, and runs of them with everything stored.
private enum Sample {
  /// dx = (cos t − x) dt + 0.3 dW₁, dy = (x − y·p) dt + 0.2 y dW₂ by Euler–Maruyama, from random x₀.
  static func recurrence(
    precision: Precision, steps: Int = 24, saves: [SavePoint]? = nil, initial: Recurrence.Initial? = nil,
    observed: Bool = false, seed: UInt64 = 11
  ) throws -> Recurrence {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", rows: 2, variation: .lane)
    let w = b.inputExpression("dW", rows: 2, variation: .lane)
    let t = b.inputExpression("t", variation: .step)
    let h = b.inputExpression("h", variation: .run)
    let p = b.inputExpression("p", variation: .run)
    let first = x[0] + ((t.apply(.cos) - x[0]) * h + w[0] * 0.3)
    let second = x[1] + ((x[0] - x[1] * p) * h + x[1] * 0.2 * w[1])
    let step = try b.finish([("x", Expression.stack([first, second]).id)])
    let start = ProgramBuilder()
    let q = start.inputExpression("p", variation: .run)
    let random = start.expression(start.draw(.normal))
    let uniform = start.expression(start.draw(.uniform))
    let startProgram = try start.finish([("x", Expression.stack([q + random * 0.1, uniform + 1]).id)])
    let o = ProgramBuilder()
    let final = o.inputExpression("x", rows: 2, variation: .lane)
    let late = o.inputExpression("t", variation: .step)
    let observables = try o.finish([
      ("sum", (final[0] + final[1]).id), ("late", (final[0] * late).id), ("first", final[0].id),
      ("p", o.input("p", variation: .run)),
    ])
    let grid = BrownianGrid(seed: seed, steps: steps, span: 1.5, dimension: 2)
    return Recurrence(
      step: step, initial: initial ?? .program(startProgram), observables: observed ? observables : nil,
      parameters: ["p": [0.75]], dimension: 2, startTime: 0.25, grid: grid,
      saves: saves
        ?? [0, steps / 2, steps].map { SavePoint(step: $0, fraction: 0, time: 0.25 + Double($0) * grid.step) },
      precision: precision, contract: false)
  }

  struct Run {
    let summary: EnsembleSummary
    let values: [Double]
    let times: Int
    /// The saved states of a path, time by time.
    func path(_ index: Int) -> [Double] { Array(values[index * times * 2..<(index + 1) * times * 2]) }
  }

  static func run(
    _ recurrence: Recurrence, paths: Int, threads: Int = 1, sketch: Bool = false,
    options: RunOptions? = nil
  ) throws -> Run {
    let times = recurrence.saves.count
    let count = paths * times * recurrence.dimension
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: count + 64)
    defer { memory.deallocate() }
    memory.initialize(repeating: -987.5, count: count + 64)
    let summary = try recurrence.run(
      paths: paths, store: StateStore(memory), sketch: sketch,
      options: options ?? RunOptions(threads: threads))
    #expect((count..<count + 64).allSatisfy { memory[$0] == -987.5 }, "nothing is written beyond the store")
    return Run(summary: summary, values: (0..<count).map { memory[$0] }, times: times)
  }
}

@Suite struct RecurrenceTests {
  // MARK: One path, many ways

  /// In Double the path is that of a plain loop over the same increments, to the last bit: state, noise,
  /// time and step reach the right places at the right moment.
  @Test func aPathIsThePlainLoop() throws {
    let recurrence = try Sample.recurrence(precision: .double)
    let walker = BrownianWalker<Double>(recurrence.grid, count: 16)
    walker.start(firstPath: 32)
    let replayed = recurrence.replay(path: 37)
    var (x, y) = (replayed[0], replayed[1])
    let h = recurrence.grid.step
    for step in 0..<24 {
      walker.advance(to: step)
      let (dw1, dw2) = (walker.increments[0][5], walker.increments[1][5])
      let t = 0.25 + Double(step) * h
      let next = x + ((Double.evaluate(.cos, t) - x) * h + dw1 * 0.3)
      y = y + ((x - y * 0.75) * h + y * 0.2 * dw2)
      x = next
      #expect(replayed[2 * step + 2] == x && replayed[2 * step + 3] == y, "step \(step)")
    }
  }

  @Test(arguments: Precision.allCases)
  func pathsDoNotDependOnHowManyThereAre(precision: Precision) throws {
    let recurrence = try Sample.recurrence(precision: precision)
    let all = try Sample.run(recurrence, paths: 4200)
    var lengths: Set<Int> = [all.summary.blockLength]
    for paths in [1, 2, 15, 16, 17, 100, 128, 129, 200, 1000, 2051] {
      let some = try Sample.run(recurrence, paths: paths)
      lengths.insert(some.summary.blockLength)
      #expect(some.values == Array(all.values.prefix(some.values.count)), "\(paths) paths")
      #expect(some.summary.moments[2][0].count == paths)
    }
    #expect(lengths.count >= 5, "several block lengths were tried: \(lengths)")
    #expect(Set(all.values).count > 4200 * 5, "no two paths are the same")
  }

  @Test(arguments: Precision.allCases)
  func aReplayedPathIsTheStoredOne(precision: Precision) throws {
    let recurrence = try Sample.recurrence(precision: precision)
    let stored = try Sample.run(recurrence, paths: 1000, threads: 2)
    for path in [0, 1, 15, 16, 127, 128, 500, 999] {
      let replayed = recurrence.replay(path: path)
      #expect(replayed.count == 25 * 2)
      #expect(stored.path(path) == [0, 1, 24, 25, 48, 49].map { replayed[$0] })
    }
    let table: [Double] = (0..<1000).flatMap { [Double($0) / 8, 1.0] }
    let fromTable = try Sample.recurrence(precision: precision, initial: .table(table))
    let tabled = try Sample.run(fromTable, paths: 1000)
    for path in [0, 17, 999] {
      #expect(tabled.path(path)[0] == Double(path) / 8)
      #expect(tabled.path(path).suffix(2) == fromTable.replay(path: path).suffix(2))
    }
  }

  @Test(arguments: Precision.allCases)
  func threadsChangeNoBit(precision: Precision) throws {
    let recurrence = try Sample.recurrence(precision: precision, observed: true)
    let one = try Sample.run(recurrence, paths: 5003, threads: 1, sketch: true)
    for threads in [2, 3, 8] {
      let several = try Sample.run(recurrence, paths: 5003, threads: threads, sketch: true)
      #expect(several.values == one.values)
      #expect(several.summary.moments == one.summary.moments)
      #expect(several.summary.observed == one.summary.observed)
      #expect(several.summary.sketches == one.summary.sketches)
      #expect(several.summary.blockLength == one.summary.blockLength)
    }
    // Statistics without a store are the same statistics.
    let only = try recurrence.run(paths: 5003, store: nil, sketch: false, options: RunOptions(threads: 2))
    #expect(only.moments == one.summary.moments && only.observed == one.summary.observed)
    #expect(only.sketches.isEmpty)
  }

  @Test func seedsDiffer() throws {
    let a = try Sample.run(Sample.recurrence(precision: .double), paths: 10)
    let b = try Sample.run(Sample.recurrence(precision: .double, seed: 12), paths: 10)
    #expect(zip(a.values, b.values).allSatisfy { $0 != $1 })
  }

  /// A finer grid refines the same paths: the error of Euler's method against the finest falls.
  @Test func finerGridsFollowTheSamePaths() throws {
    func final(_ steps: Int) throws -> [Double] {
      var recurrence = try Sample.recurrence(precision: .double, steps: steps)
      recurrence.initial = .table(Array(repeating: 1, count: 400))
      return try Sample.run(recurrence, paths: 200).values.enumerated().filter { $0.offset % 6 >= 4 }.map(
        \.element)
    }
    let fine = try final(3 << 8)
    func distance(_ other: [Double]) -> Double {
      (zip(fine, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(fine.count)).squareRoot()
    }
    let (coarse, middle) = (try distance(final(3 << 1)), try distance(final(3 << 5)))
    #expect(middle * 3 < coarse && coarse < 0.2)
    #expect(try distance(final(5 << 5)) > coarse, "another number of root cells is another path")
  }

  // MARK: Statistics

  @Test(arguments: Precision.allCases)
  func momentsAreThoseOfTheStoredStates(precision: Precision) throws {
    let paths = 2051
    let recurrence = try Sample.recurrence(precision: precision, observed: true)
    let run = try Sample.run(recurrence, paths: paths, sketch: true)
    func expectClose(_ moments: Moments, _ values: [Double]) {
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect(moments.count == values.count)
      #expect((moments.mean - mean).magnitude < 1e-13)
      #expect((moments.squaredDeviations - squares).magnitude <= 1e-11 * max(squares, 1e-3))
      #expect(moments.minimum == values.min() && moments.maximum == values.max())
    }
    func states(_ time: Int, _ component: Int) -> [Double] {
      (0..<paths).map { run.path($0)[time * 2 + component] }
    }
    for time in 0..<3 {
      for component in 0..<2 {
        expectClose(run.summary.moments[time][component], states(time, component))
        let sorted = states(time, component).sorted()
        for q in [0.05, 0.5, 0.95] {
          let exact = sorted[Int((q * Double(paths - 1)).rounded())]
          let got = run.summary.sketches[time][component].quantile(q)
          #expect((got - exact).magnitude <= QuantileSketch.relativeError * exact.magnitude)
        }
      }
    }
    let (x, y) = (states(2, 0), states(2, 1))
    func rounded(_ value: Double) -> Double { precision == .single ? Double(Float(value)) : value }
    expectClose(run.summary.observed[0], zip(x, y).map { rounded($0 + $1) })
    expectClose(run.summary.observed[1], x.map { rounded($0 * rounded(1.75)) })
    expectClose(run.summary.observed[2], x)
    expectClose(run.summary.observed[3], x.map { _ in 0.75 })
  }

  /// Initial draws have their laws: false alarms 10⁻⁶.
  @Test(arguments: Precision.allCases)
  func initialDrawsHaveTheirLaws(precision: Precision) throws {
    let run = try Sample.run(Sample.recurrence(precision: precision, steps: 1), paths: 8192)
    let normals = (0..<8192).map { (run.path($0)[0] - 0.75) / 0.1 }
    let uniforms = (0..<8192).map { run.path($0)[1] - 1 }
    #expect(
      Significance.kolmogorovSmirnov(normals, Significance.normalDistribution) < Significance.kolmogorovLimit)
    #expect(Significance.kolmogorovSmirnov(uniforms) { $0 } < Significance.kolmogorovLimit)
    let u = normals.map(Significance.normalDistribution)
    #expect(Significance.independence(u, uniforms, cells: 8) < Significance.normalLimit)
    let increments = (0..<8192).map { run.path($0)[2] }
    #expect(increments != normals)
  }

  // MARK: Saves

  @Test(arguments: Precision.allCases)
  func statesBetweenStepsAreInterpolated(precision: Precision) throws {
    let points: [(Int, Double)] = [
      (0, 0), (0, 0.5), (2, 0.25), (2, 0.75), (3, 0), (3, 0), (23, 0.5), (24, 0),
    ]
    let saves = points.map { SavePoint(step: $0.0, fraction: $0.1, time: 0) }
    let recurrence = try Sample.recurrence(precision: precision, saves: saves)
    let run = try Sample.run(recurrence, paths: 40)
    for path in [0, 7, 39] {
      let all = recurrence.replay(path: path)
      for (index, (step, fraction)) in points.enumerated() {
        for component in 0..<2 {
          let a = all[2 * step + component]
          let b = all[2 * min(step + 1, 24) + component]
          let expected =
            precision == .single
            ? Double(Float(a) + Float(fraction) * (Float(b) - Float(a))) : a + fraction * (b - a)
          #expect(run.path(path)[2 * index + component] == expected)
        }
      }
    }
  }

  @Test func aRunMaySaveNothing() throws {
    let run = try Sample.run(Sample.recurrence(precision: .double, saves: [], observed: true), paths: 100)
    #expect(run.summary.moments.isEmpty && run.summary.observed[0].count == 100)
  }

  // MARK: Failures

  /// x' = x + x³h leaves the finite numbers where it starts large, and only there.
  @Test(arguments: Precision.allCases)
  func pathsThatBlowUpAreCountedAndLeftOut(precision: Precision) throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let h = b.inputExpression("h", variation: .run)
    let step = try b.finish([("x", (x + x * x * x * h).id)])
    let o = ProgramBuilder()
    let observables = try o.finish([("x", o.input("x", variation: .lane))])
    let paths = 1000
    let start = (0..<paths).map { $0 % 7 == 3 ? 10 : 0.1 + Double($0) * 1e-4 }
    let recurrence = Recurrence(
      step: step, initial: .table(start), observables: observables, parameters: [:], dimension: 1,
      startTime: 0,
      grid: BrownianGrid(seed: 1, steps: 20, span: 2, dimension: 0),
      saves: [0, 20].map { SavePoint(step: $0, fraction: 0, time: Double($0) / 10) }, precision: precision,
      contract: true)
    let summary = try recurrence.run(paths: paths, store: nil, sketch: true, options: RunOptions(threads: 2))
    let failing = start.filter { $0 == 10 }.count
    #expect(summary.failedPaths == failing && summary.firstFailedPath == 3)
    #expect(summary.moments[0][0].count == paths && summary.moments[1][0].count == paths - failing)
    #expect(summary.sketches[1][0].count == paths - failing)
    #expect(summary.observed[0].count == paths - failing)
    let kept = (0..<paths).filter { $0 % 7 != 3 }.map { recurrence.replay(path: $0)[20] }
    #expect((summary.moments[1][0].mean - kept.reduce(0, +) / Double(kept.count)).magnitude < 1e-7)
    #expect(!recurrence.replay(path: 3)[20].isFinite)
    // Paths that only fill up the last block are neither counted nor averaged.
    let few = try recurrence.run(paths: 3, store: nil, sketch: false, options: RunOptions())
    #expect(few.failedPaths == 0 && few.firstFailedPath == nil && few.moments[1][0].count == 3)
  }

  /// A step that does not read its state: the rows of the noise and of the new state are not mixed up.
  @Test func aStepMayForgetTheState() throws {
    let b = ProgramBuilder()
    let w = b.inputExpression("dW", variation: .lane)
    let step = try b.finish([("x", Expression.stack([w, w * 2]).id)])
    var recurrence = try Sample.recurrence(
      precision: .double, initial: .table(Array(repeating: 0, count: 200)))
    recurrence.step = step
    recurrence.grid = BrownianGrid(seed: 11, steps: 24, span: 1.5, dimension: 1)
    let run = try Sample.run(recurrence, paths: 100)
    for path in 0..<100 {
      let states = run.path(path)
      #expect(
        states[2] != 0 && states[3] == 2 * states[2] && states[5] == 2 * states[4] && states[4] != states[2])
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let good = try Sample.recurrence(precision: .double, observed: true)
    func refused(_ what: String, paths: Int = 10, _ change: (inout Recurrence) throws -> Void) throws {
      var recurrence = good
      try change(&recurrence)
      #expect(throws: ProgramError.self, "\(what)") {
        try recurrence.run(paths: paths, store: nil, sketch: false, options: RunOptions())
      }
    }
    func program(_ output: String, _ body: (ProgramBuilder) -> NodeID) throws -> Program {
      let b = ProgramBuilder()
      return try b.finish([(output, body(b))])
    }
    try refused("too many paths", paths: .max) { _ in }
    try refused("fewer than no paths", paths: -1) { _ in }
    try refused("no component") { $0.dimension = 0 }
    try refused("an output short") {
      $0.step = try program("x") { $0.input("x", rows: 2, variation: .lane) }; $0.dimension = 3
    }
    try refused("no output x") { $0.step = try program("y") { $0.constant([1, 2]) } }
    try refused("noise of another size") { $0.grid = BrownianGrid(seed: 1, steps: 4, span: 1, dimension: 3) }
    try refused("an input that nobody provides") {
      $0.step = try program("x") { $0.binary(.add, $0.constant([1, 2]), $0.input("z", variation: .lane)) }
    }
    try refused("draws in a step") {
      $0.step = try program("x") { $0.stack([$0.draw(.normal), $0.draw(.normal)]) }
    }
    try refused("an empty table") { $0.initial = .table([]) }
    try refused("a short table", paths: 3) { $0.initial = .table([1, 2, 3, 4]) }
    try refused("an initial state of the wrong size") {
      $0.initial = .program(try program("x") { $0.constant(1) })
    }
    try refused("an observable with two rows") {
      $0.observables = try program("o") { $0.input("x", rows: 2, variation: .lane) }
    }
    let none = try good.run(paths: 0, store: nil, sketch: false, options: RunOptions(threads: 3))
    #expect(none.moments[0][0].count == 0 && none.failedPaths == 0)
  }

  // MARK: Cancelling and progress

  /// A run that would take hours stops within 100 ms of the request, and no thread goes on afterwards.
  ///
  /// The machine may be busy: the best of five attempts counts.
  @Test(arguments: [1, 2], [1000, 1 << 20])
  func cancellingStopsSoon(threads: Int, paths: Int) throws {
    let recurrence = try Sample.recurrence(precision: .single, steps: 1 << 24)
    let clock = ContinuousClock()
    var best = Duration.seconds(100)
    for _ in 0..<5 where best > .milliseconds(100) {
      let polls = Atomic<Int>(0)
      let deadline = clock.now + .milliseconds(20)
      let cancellation = Cancellation {
        polls.add(1, ordering: .relaxed)
        return clock.now >= deadline
      }
      #expect(throws: Cancelled.self) {
        try recurrence.run(
          paths: paths, store: nil, sketch: false,
          options: RunOptions(threads: threads, cancellation: cancellation))
      }
      best = min(best, clock.now - deadline)
      let after = polls.load(ordering: .relaxed)
      usleep(20_000)
      #expect(polls.load(ordering: .relaxed) == after, "nobody is at work any more")
    }
    #expect(best < .milliseconds(100))
  }

  @Test func progressEndsAtOne() throws {
    let reports = Mutex<[Double]>([])
    let recurrence = try Sample.recurrence(precision: .single, steps: 3000)
    _ = try Sample.run(
      recurrence, paths: 300,
      options: RunOptions(threads: 2, progress: { share in reports.withLock { $0.append(share) } }))
    let shares = reports.withLock { $0 }
    #expect(shares.max() == 1 && shares.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(shares.count >= 6)
  }
}
