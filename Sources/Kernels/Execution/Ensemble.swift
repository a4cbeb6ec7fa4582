import Lanes
import Program
import Random
import Synchronization

/// What is known of an ensemble after its run.
public struct EnsembleSummary: Sendable {
  /// By save time, then by component.
  public internal(set) var moments: [[Moments]] = []
  /// By save time, then by component; empty unless sketches were asked for.
  public internal(set) var sketches: [[QuantileSketch]] = []
  /// By observable, in the order of the Program's outputs.
  public internal(set) var observed: [Moments] = []
  /// Paths that ended in a state that is not finite.
  public internal(set) var failedPaths = 0
  public internal(set) var firstFailedPath: Int?
  public internal(set) var blockLength = 0
}

/// Memory for paths × times × components values, filled by several threads, each path by one.
public struct StateStore: @unchecked Sendable {
  // Each path's part is written by the one thread that runs its block.
  let base: UnsafeMutablePointer<Double>

  public init(_ base: UnsafeMutablePointer<Double>) { self.base = base }
}

extension Recurrence {
  /// Runs paths 0 ..< paths.
  ///
  /// - Parameters:
  ///   - store: where to put the saved states, path by path, time by time; nil keeps only statistics.
  ///   - sketch: whether to keep quantile sketches (for when nothing is stored).
  /// - Throws: ``Cancelled``, or ``ProgramError`` if the parts of the recurrence do not fit together.
  public func run(
    paths: Int, store: StateStore?, sketch: Bool, options: RunOptions
  ) throws -> EnsembleSummary {
    try validate(paths: paths)
    switch precision {
    case .single: return try run(Float.self, paths, store, sketch, options)
    case .double: return try run(Double.self, paths, store, sketch, options)
    }
  }

  private func run<Scalar: ExecutionScalar>(
    _ type: Scalar.Type, _ paths: Int, _ store: StateStore?, _ sketch: Bool, _ options: RunOptions
  ) throws -> EnsembleSummary {
    let plans = RecurrencePlans(self, paths: paths)
    let length = plans.blockLength
    let blocks = (paths + length - 1) / length
    let none = Array(repeating: Array(repeating: Moments(), count: dimension), count: saves.count)
    var summary = EnsembleSummary()
    summary.blockLength = length
    summary.moments = none
    summary.observed = Array(repeating: Moments(), count: plans.observables?.outputs.count ?? 0)
    let sketches = sketch ? SketchPool(times: saves.count, dimension: dimension) : nil
    let meter = ProgressMeter(total: Double(blocks) * Double(grid.steps), options.progress)

    try forEachBlock(
      count: blocks, options: options,
      makeWorker: {
        EnsembleWorker(RecurrenceRunner<Scalar>(self, plans, count: length), sketches?.make())
      },
      process: { worker, block in
        let lanes = min(length, paths - block * length)
        return worker.run(
          firstPath: block * length, lanes: lanes, store: store, recurrence: self,
          cancellation: options.cancellation, meter: meter)
      },
      consume: { (part: BlockSummary) in
        for time in part.moments.indices {
          for component in part.moments[time].indices {
            summary.moments[time][component].merge(part.moments[time][component])
          }
        }
        for index in part.observed.indices { summary.observed[index].merge(part.observed[index]) }
        summary.failedPaths += part.failed
        if summary.firstFailedPath == nil { summary.firstFailedPath = part.firstFailed }
      })
    if let sketches { summary.sketches = sketches.merged() }
    return summary
  }

  /// One path at every step from the start: (steps + 1) × dimension values, the same bits as in an
  /// ensemble.
  public func replay(path: Int) -> [Double] {
    switch precision {
    case .single: replay(Float.self, path)
    case .double: replay(Double.self, path)
    }
  }

  private func replay<Scalar: ExecutionScalar>(_ type: Scalar.Type, _ path: Int) -> [Double] {
    var every = self
    every.saves = (0...grid.steps).map { SavePoint(step: $0, fraction: 0, time: time(ofStep: $0)) }
    every.observables = nil
    let plans = RecurrencePlans(every, paths: laneGroup)
    let runner = RecurrenceRunner<Scalar>(every, plans, count: laneGroup)
    let lane = path % laneGroup
    var result = [Double](repeating: 0, count: every.saves.count * dimension)
    _ = runner.run(firstPath: path - lane, cancellation: .never, progress: { _ in }) { save, state in
      for component in 0..<dimension {
        result[save * dimension + component] = Double(state[component * laneGroup + lane])
      }
    }
    return result
  }
}

/// What a block contributes to the summary.
private struct BlockSummary: Sendable {
  var moments: [[Moments]]
  var observed: [Moments]
  var failed: Int
  var firstFailed: Int?
}

private final class EnsembleWorker<Scalar: ExecutionScalar> {
  private let runner: RecurrenceRunner<Scalar>
  private let sketches: SketchPool.Part?

  init(_ runner: RecurrenceRunner<Scalar>, _ sketches: SketchPool.Part?) {
    self.runner = runner
    self.sketches = sketches
  }

  func run(
    firstPath: Int, lanes: Int, store: StateStore?, recurrence: Recurrence, cancellation: Cancellation,
    meter: ProgressMeter
  ) -> BlockSummary? {
    let dimension = recurrence.dimension
    let times = recurrence.saves.count
    let count = runner.count
    var moments: [[Moments]] = []
    moments.reserveCapacity(times)
    let finished = runner.run(
      firstPath: firstPath, cancellation: cancellation, progress: meter.add
    ) { save, state in
      moments.append((0..<dimension).map { Moments(state + $0 * count, count: lanes) })
      if let store {
        copyOut(
          state, lanes: lanes, count: count, dimension: dimension,
          to: store.base + (firstPath * times + save) * dimension, stride: times * dimension)
      }
      if let sketches {
        for component in 0..<dimension {
          for lane in 0..<lanes {
            sketches.values[save][component].add(Double(state[component * count + lane]))
          }
        }
      }
    }
    guard finished else { return nil }
    let observed = runner.observe().map { Moments($0, count: lanes) }
    let (failed, first) = failures(lanes: lanes, dimension: dimension)
    return BlockSummary(
      moments: moments, observed: observed, failed: failed, firstFailed: first.map { firstPath + $0 })
  }

  private func copyOut(
    _ state: UnsafeMutablePointer<Scalar>, lanes: Int, count: Int, dimension: Int,
    to base: UnsafeMutablePointer<Double>, stride: Int
  ) {
    for component in 0..<dimension {
      let row = state + component * count
      for lane in 0..<lanes { base[lane * stride + component] = Double(row[lane]) }
    }
  }

  /// A state that is not finite stays so, whatever a one-step method adds to it: looking at the end of
  /// the path finds every path that blew up.
  private func failures(lanes: Int, dimension: Int) -> (Int, Int?) {
    let state = runner.finalState
    var failed = 0
    var first: Int?
    for lane in 0..<lanes {
      let finite = (0..<dimension).allSatisfy { state[$0 * runner.count + lane].isFinite }
      if !finite {
        failed += 1
        first = first ?? lane
      }
    }
    return (failed, first)
  }
}

/// Sketches that each thread fills for itself; their merge does not depend on who counted what.
private final class SketchPool: @unchecked Sendable {
  final class Part {
    var values: [[QuantileSketch]]
    init(_ values: [[QuantileSketch]]) { self.values = values }
  }

  private let empty: [[QuantileSketch]]
  // `parts` is touched only while `condition` is held, and after the threads have ended.
  private let condition = Condition()
  private var parts: [Part] = []

  init(times: Int, dimension: Int) {
    empty = Array(repeating: Array(repeating: QuantileSketch(), count: dimension), count: times)
  }

  func make() -> Part {
    condition.locked {
      let part = Part(empty)
      parts.append(part)
      return part
    }
  }

  func merged() -> [[QuantileSketch]] {
    var result = empty
    for part in parts {
      for time in result.indices {
        for component in result[time].indices {
          result[time][component].merge(part.values[time][component])
        }
      }
    }
    return result
  }
}

/// Adds up the work done by all threads and tells the share.
private final class ProgressMeter: Sendable {
  private let done = Atomic<Int>(0)
  private let total: Double
  private let report: (@Sendable (Double) -> Void)?

  init(total: Double, _ report: (@Sendable (Double) -> Void)?) {
    self.total = total
    self.report = report
  }

  func add(_ steps: Int) {
    guard let report else { return }
    let now = done.add(steps, ordering: .relaxed).newValue
    report(Double(now) / total)
  }
}
