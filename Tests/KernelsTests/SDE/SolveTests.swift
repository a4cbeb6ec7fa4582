import Kernels
import Testing

/// The ensemble: what is saved, and that nothing but the options decides the numbers.
@Suite struct SolveTests {
  private func options(
    _ x0: [Double], steps: Int = 48, paths: Int = 300, save: SaveSpecification = .final, seed: UInt64 = 7
  ) -> SolveOptions {
    var options = SolveOptions(initial: .point(x0))
    (options.steps, options.paths, options.save, options.seed) = (steps, paths, save, seed)
    return options
  }

  private func bits(_ array: NDArray?) -> [UInt64] { array?.values.map(\.bitPattern) ?? [] }

  /// x → 1/x goes from 0 to infinity and back to 0: only the guard shows that the path was lost.
  @Test func aStepThatIsNotASumKeepsItsFailures() throws {
    let problem = try Models.ornsteinUhlenbeck(1, 0, 1)
    func reciprocal(guarded: Bool) -> Method {
      Method(name: "reciprocal", title: "", calculi: [.ito], orders: [:], cost: "", source: "") { s in
        let next = [1 / s.x[0]]
        return guarded ? s.keepingFailures(next) : next
      }
    }
    let guarded = try problem.solve(options([0], steps: 2, paths: 20), by: reciprocal(guarded: true))
    #expect(guarded.failure?.count == 20 && guarded.failure?.time == 0.5)
    let bare = try problem.solve(options([0], steps: 2, paths: 20), by: reciprocal(guarded: false))
    #expect(bare.failure == nil)
    // A path that is finite all along is what it would be without the guard.
    let finite = try problem.solve(options([2], steps: 3, paths: 20), by: reciprocal(guarded: true))
    #expect(finite.failure == nil && finite.states?.values.allSatisfy { $0 == 0.5 } == true)
  }

  // MARK: What is saved

  @Test func finalStates() throws {
    let solution = try Models.heston().solve(options([100, 0.04]))
    #expect(solution.times == [1] && solution.states?.shape == [300, 2])
    #expect(solution.states?.columnNames == ["x1", "x2"])
    #expect(try solution.mean().shape == [1, 2])
  }

  @Test func everyStep() throws {
    let problem = try Models.heston()
    let whole = try problem.solve(options([100, 0.04], save: .path))
    let final = try problem.solve(options([100, 0.04]))
    let states = try whole.storedStates()
    #expect(states.shape == [300, 49, 2] && whole.times == whole.stepTimes)
    for path in [0, 1, 137, 299] {
      #expect(states.values[path * 98] == 100 && states.values[path * 98 + 1] == 0.04)
      #expect(states.values[path * 98 + 97] == final.states!.values[2 * path + 1])
    }
  }

  /// n + 1 equally spaced times; those between two steps lie on the line between the states.
  @Test func intervalsAndTimes() throws {
    let problem = try Models.gbm()
    let whole = try problem.solve(options([1], save: .path)).storedStates().values
    for (save, times) in [
      (SaveSpecification.intervals(4), [0, 0.25, 0.5, 0.75, 1]),
      (.intervals(5), [0, 0.2, 0.4, 0.6, 0.8, 1]),
      (.times([0.1, 0.101, 0.25, 0.9999]), [0.1, 0.101, 0.25, 0.9999]), (.times([0, 1]), [0, 1]),
      (.times([0.5]), [0.5]),
    ] {
      let solution = try problem.solve(options([1], save: save))
      let states = try solution.storedStates()
      #expect(zip(solution.times, times).allSatisfy { isNear($0, $1, 1e-15) })
      #expect(states.shape == [300, times.count, 1])
      for path in 0..<300 {
        for (index, time) in times.enumerated() {
          let position = time * 48
          let step = min(Int(position + 1e-9), 47)
          let (a, b) = (whole[path * 49 + step], whole[path * 49 + step + 1])
          let expected = a + (position - Double(step)) * (b - a)
          #expect(isNear(states.values[path * times.count + index], expected, 1e-13))
        }
      }
    }
  }

  @Test func timesThatDoNotStartAtZero() throws {
    let problem = try Models.timeDependent()
    var later = options([1], steps: 30, paths: 16, save: .path)
    (later.start, later.end) = (2, 3.5)
    let solution = try problem.solve(later)
    #expect(solution.times.first == 2 && solution.times.last == 3.5)
    #expect(isNear(solution.times[7], 2 + 7 * 0.05))
    // One Euler step by hand from the path's own increments: the drift reads the time of the step.
    let path = try solution.path(3).values
    later.end = 2 + 1.5 / 30
    let noise = try Models.sde(
      "W", drift: { _, t, _ in [t.constant(0)] }, diffusion: { _, t, _ in [t.constant(1)] })
    var same = options([0], steps: 30, paths: 16, save: .path)
    (same.start, same.end) = (2, 3.5)
    let w = try noise.solve(same).path(3).values
    for step in 0..<30 {
      let t = 2 + Double(step) * 0.05
      let drift = 0.5 / (1 + t).squareRoot() - path[step] / (2 * (1 + t))
      let expected = path[step] + drift * 0.05 + 0.05 / (1 + t).squareRoot() * (w[step + 1] - w[step])
      #expect(isNear(path[step + 1], expected, 1e-13))
    }
  }

  @Test func startsFromATableAndFromDraws() throws {
    let problem = try Models.twoGBMs()
    var table = options([], save: .times([0, 1]))
    let rows = (0..<600).map { 1 + Double($0) }
    table.initial = .table(try NDArray(rows, shape: [300, 2]))
    let states = try problem.solve(table).storedStates().values
    for path in 0..<300 {
      #expect(states[4 * path] == rows[2 * path] && states[4 * path + 1] == rows[2 * path + 1])
    }
    // In one component a plain column will do.
    var column = options([], save: .times([0]))
    column.initial = .table(NDArray(Array(rows[0..<300])))
    #expect(try Models.gbm().solve(column).storedStates().values == Array(rows[0..<300]))
    // Draws: normals of mean 3, different for each path, the same each time.
    let builder = ProgramBuilder()
    let draw = builder.expression(builder.draw(.normal))
    var drawn = options([], paths: 20_000, save: .times([0]))
    drawn.initial = .program(try builder.finish([("x", (draw + 3).id)]))
    let first = try Models.gbm().solve(drawn)
    #expect(((try first.mean().values[0] - 3) * 20_000.0.squareRoot()).magnitude < Significance.normalLimit)
    #expect(Set(first.states!.values).count > 19_990)
    #expect(bits(try Models.gbm().solve(drawn).states) == bits(first.states))
  }

  // MARK: The same numbers every time

  @Test(arguments: [Precision.double, .single])
  func threadsChangeNoBit(precision: Precision) throws {
    let problem = try Models.heston()
    var options = options([100, 0.04], steps: 24, paths: 5003, save: .times([0.3, 1]))
    options.precision = precision
    options.observables = try Models.function(dimension: 2, output: "call") { x, t, _ in
      Expression.apply(.maximum, x[0] - 100, t.constant(0))
    }
    let one = try problem.solve(options)
    var unstored = options
    unstored.memoryLimit = 2048
    let few = try problem.solve(unstored)
    for threads in [2, 3] {
      options.run.threads = threads
      let several = try problem.solve(options)
      #expect(bits(several.states) == bits(one.states))
      #expect(several.summary.moments == one.summary.moments)
      #expect(several.summary.observed == one.summary.observed)
      unstored.run.threads = threads
      let sketched = try problem.solve(unstored)
      #expect(
        sketched.summary.moments == few.summary.moments && sketched.summary.sketches == few.summary.sketches)
    }
    // Another seed is another ensemble.
    options.seed = 8
    #expect(bits(try problem.solve(options).states) != bits(one.states))
  }

  /// Path i does not depend on how many paths there are, nor on being replayed alone.
  @Test(arguments: [Precision.double, .single])
  func pathsAreTheirOwn(precision: Precision) throws {
    let problem = try Models.heston()
    var options = options([100, 0.04], paths: 1031, save: .path)
    options.precision = precision
    let solution = try problem.solve(options)
    let states = try solution.storedStates().values
    let length = 49 * 2
    for path in [0, 1, 15, 16, 17, 512, 1030] {
      let replayed = try solution.path(path)
      #expect(replayed.shape == [49, 2])
      #expect(replayed.values == Array(states[path * length..<(path + 1) * length]))
    }
    options.paths = 3
    #expect(try problem.solve(options).storedStates().values == Array(states[0..<3 * length]))
    if precision == .single { #expect(states.allSatisfy { Double(Float($0)) == $0 }) }
  }

  /// Doubling the steps refines the same Brownian path: for dX = dW the end stays where it is.
  @Test func refiningKeepsThePath() throws {
    let brownian = try Models.sde(
      "W", drift: { _, t, _ in [t.constant(0)] }, diffusion: { _, t, _ in [t.constant(1)] })
    let coarse = try brownian.solve(options([0], steps: 12)).states!.values
    for steps in [24, 96, 768] {
      let fine = try brownian.solve(options([0], steps: steps)).states!.values
      #expect(zip(coarse, fine).allSatisfy { isNear($0, $1, 1e-13) })
    }
    // Another number of root cells is another path.
    let other = try brownian.solve(options([0], steps: 20)).states!.values
    #expect(!isNear(coarse[0], other[0], 1e-3))
  }

  // MARK: Statistics

  @Test func statisticsDoNotNeedStoredStates() throws {
    let problem = try Models.heston()
    var options = options([100, 0.04], paths: 4000, save: .intervals(3))
    options.observables = try Models.function(dimension: 2, output: "square") { x, _, _ in x[0] * x[0] }
    let stored = try problem.solve(options)
    options.memoryLimit = 4000 * 8 * 8 - 1
    let streamed = try problem.solve(options)
    #expect(stored.states != nil && streamed.states == nil)
    #expect(streamed.summary.moments == stored.summary.moments)
    #expect(streamed.summary.observed == stored.summary.observed)
    // The moments are those of the states.
    let states = try stored.storedStates().values
    for (time, component) in [(1, 0), (3, 1)] {
      let column = (0..<4000).map { (path: Int) -> Double in states[path * 8 + time * 2 + component] }
      let mean = column.reduce(0, +) / 4000
      let squares = column.map { (x: Double) -> Double in (x - mean) * (x - mean) }
      let variance = squares.reduce(0, +) / 3999
      let at = time * 2 + component
      #expect(isNear(try streamed.mean().values[at], mean, 1e-13))
      #expect(isNear(try streamed.variance().values[at], variance, 1e-11))
      #expect(isNear(try streamed.standardError().values[at], (variance / 4000).squareRoot(), 1e-11))
      #expect(
        try streamed.minimum().values[at] == column.min() && streamed.maximum().values[at] == column.max())
    }
    let squares = (0..<4000).map { (path: Int) -> Double in states[path * 8 + 6] * states[path * 8 + 6] }
    #expect(isNear(streamed.summary.observed[0].mean, squares.reduce(0, +) / 4000, 1e-12))
    // Asking for the states says what to use instead.
    do {
      _ = try streamed.storedStates()
      Issue.record("states that were not stored were given")
    } catch let error as SDEError {
      #expect(
        error.description.hasPrefix(
          "the 4000 × 4 × 2 states need 256.0 kB, more than memory_limit = 256.0 kB"))
      for remedy in ["mean()", "quantile()", "observe", "raise memory_limit"] {
        #expect(error.description.contains(remedy))
      }
    }
  }

  /// The sketch gives the value of a rank with its stated relative error; stored states give quantiles exactly.
  @Test func quantilesFromASketch() throws {
    let problem = try Models.gbm()
    var options = options([0.5], paths: 5001)
    let stored = try problem.solve(options)
    options.memoryLimit = 1000
    let streamed = try problem.solve(options)
    let sorted = stored.states!.values.sorted()
    let probabilities = [0, 0.01, 0.05, 0.25, 0.5, 0.9, 0.999, 1]
    let tables = try stored.quantiles(probabilities)
    for (q, table) in zip(probabilities, tables) {
      let position = q * 5000
      let below = Int(position)
      let above = min(below + 1, 5000)
      let exact = sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
      #expect(isNear(table.values[0], exact, 1e-14))
      #expect(try stored.quantile(q) == table)
      let sketched = try streamed.quantile(q).values[0]
      let ranked = sorted[Int(position.rounded())]
      #expect((sketched - ranked).magnitude <= QuantileSketch.relativeError * ranked.magnitude)
    }
    for q in [-0.1, 1.1, .nan] {
      #expect(throws: SDEError.self) { try stored.quantile(q) }
      #expect(throws: SDEError.self) { try streamed.quantile(q) }
      #expect(throws: SDEError.self) { try stored.quantiles([0.5, q]) }
    }
  }

  // MARK: Paths that blow up

  /// dX = X² dt + dW leaves every bound in finite time on some paths.
  @Test func explodingPathsAreCounted() throws {
    let explosive = try Models.sde(
      "explosion", drift: { x, _, _ in [x[0] * x[0]] }, diffusion: { _, t, _ in [t.constant(1)] })
    var options = options([0], steps: 400, paths: 1000, save: .intervals(4))
    options.end = 2
    options.observables = try Models.function(output: "x") { x, _, _ in x[0] }
    let solution = try explosive.solve(options)
    let states = try solution.storedStates().values
    let failed = (0..<1000).filter { !states[$0 * 5 + 4].isFinite }
    #expect(failed.count > 50 && failed.count < 950)
    let failure = try #require(solution.failure)
    #expect(failure.count == failed.count && failure.firstPath == failed[0])
    let path = try solution.path(failure.firstPath).values
    let step = try #require(path.firstIndex { !$0.isFinite })
    #expect(step > 0 && failure.time == solution.stepTimes[step])
    // The rest is usable: failed paths are in no statistic, from the time they fail.
    for time in 0..<5 {
      let finite = (0..<1000).map { states[$0 * 5 + time] }.filter(\.isFinite)
      #expect(solution.summary.moments[time][0].count == finite.count)
      #expect(try solution.finiteValues(time, 0)?.count == finite.count)
    }
    #expect(solution.summary.observed[0].count == 1000 - failed.count)
    #expect(try solution.mean().values.allSatisfy(\.isFinite))
    #expect(try Models.gbm().solve(self.options([1])).failure == nil)
  }

  @Test func whenAllPathsFailNothingIsMadeUp() throws {
    let explosive = try Models.sde(
      "explosion", drift: { x, _, _ in [x[0] * x[0] * x[0]] }, diffusion: { _, t, _ in [t.constant(1)] })
    var options = options([50], steps: 64, paths: 40)
    options.end = 5
    for limit in [1 << 30, 300] {
      options.memoryLimit = limit
      let solution = try explosive.solve(options)
      #expect(solution.failure?.count == 40 && solution.failure?.firstPath == 0)
      #expect(try solution.quantile(0.5).values[0].isNaN)
      #expect(try solution.standardDeviation().values[0].isNaN && solution.summary.moments[0][0].count == 0)
      #expect(try solution.mean().values[0].isNaN)
    }
  }
}
