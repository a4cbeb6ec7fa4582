import Arrays
import Execution
import Program
import Random

/// Which states of an ensemble are kept.
public enum SaveSpecification: Sendable, Equatable {
  case final
  /// The start and every step.
  case path
  /// n + 1 equally spaced times.
  case intervals(Int)
  case times([Double])
}

/// Where the paths start.
public enum InitialState: Sendable {
  /// All paths at one point.
  case point([Double])
  /// One row a path.
  case table(NDArray)
  /// A Program of the parameters and draws, with the output "x".
  case program(Program)
}

/// What to solve an SDE with.
public struct SolveOptions: Sendable {
  public var initial: InitialState
  public var start = 0.0
  public var end = 1.0
  public var steps = 100
  public var paths = 1
  public var method = "auto"
  public var seed: UInt64 = 1
  public var save = SaveSpecification.final
  /// A Program of "x", "t" and the parameters; each one-row output is an observable.
  public var observables: Program?
  public var precision = Precision.double
  /// Bytes that stored states may take; beyond, only statistics are kept.
  public var memoryLimit = 1 << 29
  /// False keeps every multiplication and addition rounded by itself.
  public var contract = true
  public var run = RunOptions()

  public init(initial: InitialState) { self.initial = initial }
}

/// An ensemble of solved paths.
public struct Solution: Sendable {
  public let problem: SDEProblem
  public let method: Method
  public let options: SolveOptions
  /// The times that were kept.
  public let times: [Double]
  /// paths × times × d, or paths × d if only the end was kept; nil if it would not fit the memory limit.
  public let states: NDArray?
  public let summary: EnsembleSummary
  public let observableNames: [String]
  public let seconds: Double
  /// Paths that blew up: how many, the first of them and the time it stopped being finite.
  public let failure: Failure?
  /// Operations of a step per lane, after planning.
  public let instructions: Int
  private let recurrence: Recurrence

  public struct Failure: Sendable, Equatable {
    public let count: Int
    public let firstPath: Int
    public let time: Double
  }

  /// The time a path took for one step.
  public var nanosecondsPerPathStep: Double {
    seconds * 1e9 / (Double(options.paths) * Double(options.steps))
  }

  /// The times of all steps, the start included.
  public var stepTimes: [Double] { (0...options.steps).map { recurrence.time(ofStep: $0) } }

  /// One whole path, (steps + 1) × d, the same bits as in the ensemble.
  ///
  /// - Throws: ``SDEError`` if there is no such path, or if it would not fit the memory limit.
  public func path(_ index: Int) throws -> NDArray {
    guard index >= 0, index < options.paths else {
      throw SDEError("there are \(options.paths) paths; path \(index + 1) was asked for")
    }
    let bytes = Double(options.steps + 1) * Double(problem.dimension) * 8
    // A memory limit that is low so that only statistics are kept still allows one path.
    let limit = Double(max(options.memoryLimit, 1 << 28))
    guard bytes <= limit else {
      throw SDEError(
        "a path of \(options.steps) steps needs \(readable(bytes: bytes)), more than \(readable(bytes: limit)); "
          + "raise memory_limit")
    }
    return try NDArray(
      recurrence.replay(path: index), shape: [options.steps + 1, problem.dimension],
      columnNames: problem.stateNames)
  }

  /// States that were stored.
  ///
  /// - Throws: ``SDEError`` that says what to use instead if they were not.
  public func storedStates() throws -> NDArray {
    if let states { return states }
    let bytes = Double(options.paths) * Double(times.count * problem.dimension) * 8
    throw SDEError(
      "the \(options.paths) × \(times.count) × \(problem.dimension) states need \(readable(bytes: bytes)), more than "
        + "memory_limit = \(readable(bytes: Double(options.memoryLimit))), and were not stored; use mean(), std(), "
        + "quantile() or observe = {…}, which are reduced as paths finish, save fewer times, or raise "
        + "memory_limit")
  }

  fileprivate init(
    problem: SDEProblem, method: Method, options: SolveOptions, states: NDArray?, summary: EnsembleSummary,
    seconds: Double, failure: Failure?, instructions: Int, recurrence: Recurrence
  ) {
    self.problem = problem
    self.method = method
    self.options = options
    self.states = states
    self.summary = summary
    self.seconds = seconds
    self.failure = failure
    self.instructions = instructions
    self.recurrence = recurrence
    times = recurrence.saves.map(\.time)
    observableNames = options.observables?.outputs.map(\.name) ?? []
  }
}

extension SDEProblem {
  /// Solves the SDE for an ensemble of paths.
  ///
  /// Path i is a function of (seed, i) and of the steps; doubling the steps refines the same Brownian
  /// path. Saved times between two steps are interpolated linearly.
  ///
  /// - Throws: ``SDEError`` for options that do not make sense and methods that do not fit;
  ///   ``Cancelled``.
  public func solve(_ options: SolveOptions) throws -> Solution {
    let method = try self.method(named: options.method)
    return try solve(options, by: method)
  }

  /// Solves with a method that need not be registered.
  public func solve(_ options: SolveOptions, by method: Method) throws -> Solution {
    let recurrence = try makeRecurrence(options, by: method)
    let clock = ContinuousClock()
    let started = clock.now
    let values = Double(options.paths) * Double(recurrence.saves.count * dimension)
    var states: NDArray?
    let summary: EnsembleSummary
    if values * 8 <= Double(options.memoryLimit) {
      var result: EnsembleSummary?
      let shape =
        options.save == .final
        ? [options.paths, dimension] : [options.paths, recurrence.saves.count, dimension]
      var array = try NDArray(shape: shape) { buffer in
        result = try recurrence.run(
          paths: options.paths, store: buffer.baseAddress.map(StateStore.init), sketch: false,
          options: options.run)
      }
      if options.save == .final { try array.setColumnNames(stateNames) }
      states = array
      summary = result!
    } else {
      summary = try recurrence.run(
        paths: options.paths, store: nil, sketch: true, options: options.run)
    }
    let elapsed = clock.now - started
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    return Solution(
      problem: self, method: method, options: options, states: states, summary: summary, seconds: seconds,
      failure: summary.firstFailedPath.map { first in
        Solution.Failure(
          count: summary.failedPaths, firstPath: first, time: recurrence.blowUpTime(path: first))
      },
      instructions: recurrence.instructionCount, recurrence: recurrence)
  }

  func makeRecurrence(_ options: SolveOptions, by method: Method) throws -> Recurrence {
    let span = options.end - options.start
    guard options.start.isFinite, options.end.isFinite, span > 0, span.isFinite else {
      throw SDEError("the times t = {start, end} must increase, got {\(options.start), \(options.end)}")
    }
    guard options.steps >= 1, options.steps <= 1 << 40 else {
      throw SDEError("steps must be between 1 and 2^40, got \(options.steps)")
    }
    // The path index has 48 bits in the random numbers' counters.
    guard options.paths >= 1, options.paths <= 1 << 48 else {
      throw SDEError("paths must be between 1 and 2^48 (2.8e14), got \(options.paths)")
    }
    let grid = BrownianGrid(
      seed: options.seed, steps: options.steps, span: span, dimension: noiseDimension)
    let initial: Recurrence.Initial
    switch options.initial {
    case .point(let x0):
      guard x0.count == dimension else {
        throw SDEError("x0 has \(x0.count) components, but the state of '\(name)' has \(dimension)")
      }
      let builder = ProgramBuilder()
      initial = .program(try builder.finish([("x", builder.constant(x0))]))
    case .table(let table):
      guard table.shape == [options.paths, dimension] || dimension == 1 && table.shape == [options.paths]
      else {
        let shape = table.shape.map(String.init).joined(separator: " × ")
        throw SDEError(
          "x0 as an array needs one row a path: \(options.paths) × \(dimension), got \(shape)")
      }
      initial = .table(table.values)
    case .program(let program):
      guard program.rows(of: "x") == dimension else {
        throw SDEError(
          "x0 gives \(program.rows(of: "x") ?? 0) components, but the state of '\(name)' has \(dimension)")
      }
      initial = .program(program)
    }
    var recurrence = Recurrence(
      step: try method.program(for: self), initial: initial, observables: options.observables,
      parameters: parameterValues, dimension: dimension, startTime: options.start, grid: grid,
      saves: try savePoints(options, step: grid.step), precision: options.precision,
      contract: options.contract)
    if method.companions > 0 {
      recurrence.hidden = method.companions * dimension
      recurrence.initial = try initial.repeated(1 + method.companions, dimension: dimension)
    }
    return recurrence
  }

  /// - Throws: ``SDEError`` before anything is allocated if the statistics of so many times would not fit.
  private func checkSavedTimes(_ count: Int, _ options: SolveOptions) throws {
    let bytes = Double(count) * Double(dimension) * 256
    guard bytes <= Double(options.memoryLimit) else {
      throw SDEError(
        "\(count) saved times need \(readable(bytes: bytes)) for their statistics alone, more "
          + "than memory_limit = \(readable(bytes: Double(options.memoryLimit))); save fewer times")
    }
  }

  private func savePoints(_ options: SolveOptions, step h: Double) throws -> [SavePoint] {
    let steps = options.steps
    func point(_ time: Double) throws -> SavePoint {
      let position = (time - options.start) / h
      guard time.isFinite, position >= -1e-9, position <= Double(steps) * (1 + 1e-12) + 1e-9 else {
        throw SDEError(
          "the time \(time) in save is not between t = \(options.start) and \(options.end)")
      }
      let nearest = position.rounded()
      // A time within rounding of a step is that step.
      if (position - nearest).magnitude <= 1e-9 * max(1, nearest.magnitude) {
        return SavePoint(step: min(max(Int(nearest), 0), steps), fraction: 0, time: time)
      }
      let step = min(max(Int(position), 0), steps - 1)
      return SavePoint(step: step, fraction: position - Double(step), time: time)
    }
    switch options.save {
    case .final: return [SavePoint(step: steps, fraction: 0, time: options.end)]
    case .path:
      try checkSavedTimes(steps + 1, options)
      return (0...steps).map {
        SavePoint(
          step: $0, fraction: 0, time: $0 == steps ? options.end : options.start + Double($0) * h)
      }
    case .intervals(let count):
      guard count >= 1 else { throw SDEError("save must be at least 1 interval, got \(count)") }
      try checkSavedTimes(count == .max ? count : count + 1, options)
      return try (0...count).map {
        try point(
          $0 == count
            ? options.end : options.start + (options.end - options.start) * (Double($0) / Double(count)))
      }
    case .times(let times):
      guard !times.isEmpty else { throw SDEError("save has no times") }
      try checkSavedTimes(times.count, options)
      for (a, b) in zip(times, times.dropFirst()) where !(a < b) {
        throw SDEError("the times in save must increase, got \(a) before \(b)")
      }
      return try times.map(point)
    }
  }
}

extension Recurrence.Initial {
  /// Each path's state so many times.
  func repeated(_ count: Int, dimension d: Int) throws -> Recurrence.Initial {
    switch self {
    case .table(let table):
      return .table(
        stride(from: 0, to: table.count, by: d).flatMap { row in
          Array(repeating: table[row..<row + d], count: count).joined()
        })
    case .program(let program):
      let builder = ProgramBuilder()
      builder.nodeLimit = .max
      let x = builder.call(program)["x"]!
      return .program(try builder.finish([("x", builder.stack(Array(repeating: x, count: count)))]))
    }
  }
}

extension Recurrence {
  /// The first step time at which a path's state is not finite; the end if it always is.
  fileprivate func blowUpTime(path: Int) -> Double {
    // Replaying needs memory for each step: a very long path is not replayed.
    guard grid.steps * dimension <= 1 << 26 else { return time(ofStep: grid.steps) }
    let values = replay(path: path)
    let index = values.firstIndex { !$0.isFinite } ?? values.count - 1
    return time(ofStep: index / dimension)
  }

  fileprivate var instructionCount: Int { Plan(step, contract: contract).instructions.count }
}

/// 1.5 GB, 12 MB, …
package func readable(bytes: Double) -> String {
  for (unit, size) in [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] where bytes >= size {
    return "\((bytes / size * 10).rounded() / 10) \(unit)"
  }
  return "\(Int(bytes)) bytes"
}
