import Lanes
import Program
import Random

/// A time at which states are kept: `fraction` of the way from step `step` to the next.
public struct SavePoint: Sendable, Equatable {
  public let step: Int
  public let fraction: Double
  public let time: Double

  public init(step: Int, fraction: Double, time: Double) {
    self.step = step
    self.fraction = fraction
    self.time = time
  }
}

/// An ensemble of paths of a one-step recurrence driven by Brownian increments:
///
///     x₀ given,   xₙ₊₁ = step(xₙ, tₙ, h, ΔWₙ; parameters).
///
/// A solver is a step Program; this runs it. Path i is a function of (seed, i) alone.
public struct Recurrence: Sendable {
  public enum Initial: Sendable {
    /// A Program with the output "x", hidden rows included; it may use the parameters and draws.
    case program(Program)
    /// One row of `dimension + hidden` values a path.
    case table([Double])
  }

  /// Inputs "x" (dimension + hidden rows), "dW" (noise rows), "t" (step), "h" and parameters (run); output "x".
  public var step: Program
  public var initial: Initial
  /// Inputs "x", "t", parameters; each output is one observable, taken at the end of a path.
  public var observables: Program?
  public var parameters: [String: [Double]]
  public var dimension: Int
  /// Rows of the state after the first `dimension` that only the step sees: they are not kept, observed or counted.
  public var hidden = 0
  public var startTime: Double
  public var grid: BrownianGrid
  public var saves: [SavePoint]
  public var precision: Precision
  public var contract: Bool

  public init(
    step: Program, initial: Initial, observables: Program? = nil, parameters: [String: [Double]],
    dimension: Int, startTime: Double, grid: BrownianGrid, saves: [SavePoint], precision: Precision,
    contract: Bool
  ) {
    self.step = step
    self.initial = initial
    self.observables = observables
    self.parameters = parameters
    self.dimension = dimension
    self.startTime = startTime
    self.grid = grid
    self.saves = saves
    self.precision = precision
    self.contract = contract
  }

  /// The time at the start of a step.
  package func time(ofStep step: Int) -> Double { startTime + Double(step) * grid.step }
}

/// The plans of a recurrence's Programs, made once for all threads.
package struct RecurrencePlans: Sendable {
  let step: Plan
  let initial: Plan?
  let observables: Plan?
  /// nil for a step that does not look at the state (and has no such input).
  let inputRow: Int?
  let outputRow: Int
  let noiseRow: Int?
  /// Time as the step Program sees it matters only if it uses it.
  let blockLength: Int

  /// - Parameter paths: how many paths will be run: few paths get short blocks, so that threads share them.
  init(_ recurrence: Recurrence, paths: Int) {
    step = Plan(recurrence.step, contract: recurrence.contract)
    if case .program(let program) = recurrence.initial {
      initial = Plan(program, contract: recurrence.contract)
    } else {
      initial = nil
    }
    observables = recurrence.observables.map { Plan($0, contract: recurrence.contract) }
    inputRow = step.input("x")?.first
    outputRow = step.output("x")!.first
    noiseRow = step.input("dW")?.first
    // State in and out, one group of normals and the halves of each level, for each noise.
    let noiseRows = recurrence.grid.dimension * (4 + 2 * min(recurrence.grid.levels, 4))
    var length = step.blockLength(scalarSize: recurrence.precision.scalarSize, extraRows: noiseRows)
    if paths <= 128 {
      length = max(laneGroup, (paths + laneGroup - 1) / laneGroup * laneGroup)
    } else {
      // Few blocks leave a thread waiting for the last one of another: the longest are for large ensembles.
      while length > 128, paths < (length > 512 ? 128 : 8) * length { length /= 2 }
    }
    blockLength = length
  }
}

/// Runs a recurrence for one block of paths after the other, on one thread.
package final class RecurrenceRunner<Scalar: ExecutionScalar> {
  private let recurrence: Recurrence
  private let plans: RecurrencePlans
  /// Lanes of a block.
  package let count: Int
  private let stepSpace: Workspace<Scalar>
  private let initialSpace: Workspace<Scalar>?
  private let observableSpace: Workspace<Scalar>?
  private let walker: BrownianWalker<Scalar>
  private let storage: UnsafeMutablePointer<Scalar>
  /// Rows of a state, the hidden ones included.
  private let dimension: Int
  /// Rows of the state before and after a step, and of an interpolated state.
  private var current: UnsafeMutablePointer<Scalar>
  private var next: UnsafeMutablePointer<Scalar>
  private let between: UnsafeMutablePointer<Scalar>

  package init(_ recurrence: Recurrence, _ plans: RecurrencePlans, count: Int) {
    self.recurrence = recurrence
    self.plans = plans
    self.count = count
    dimension = recurrence.dimension + recurrence.hidden
    stepSpace = Workspace(plans.step, count: count)
    initialSpace = plans.initial.map { Workspace($0, count: count) }
    observableSpace = plans.observables.map { Workspace($0, count: count) }
    walker = BrownianWalker(recurrence.grid, count: count)
    let observed = plans.observables?.outputs.count ?? 0
    storage = allocateLanes((3 * dimension + observed) * count)
    current = storage
    next = storage + dimension * count
    between = next + dimension * count
    var values = recurrence.parameters
    values["h"] = [recurrence.grid.step]
    stepSpace.begin(values)
    initialSpace?.begin(values)
    observableSpace?.begin(values)
    if let observableSpace {
      for output in 0..<observed {
        observableSpace.rows[plans.observables!.outputs[output].first] =
          between + (dimension + output) * count
      }
    }
  }

  deinit { storage.deallocate() }

  /// A row of lanes of the state that a visitor is shown.
  package typealias State = UnsafeMutablePointer<Scalar>

  /// Runs the paths firstPath ..< firstPath + count.
  ///
  /// - Parameters:
  ///   - visit: called at each save point with its index and the state, `dimension` rows of `count` lanes.
  ///   - progress: called now and then with the number of steps done since the last call.
  /// - Returns: false if the cancellation was requested.
  package func run(
    firstPath: Int, cancellation: Cancellation, progress: (Int) -> Void, visit: (Int, State) -> Void
  ) -> Bool {
    setInitialState(firstPath)
    walker.start(firstPath: firstPath)
    let saves = recurrence.saves
    var save = 0
    let steps = recurrence.grid.steps
    let usesTime = plans.step.changesWithStep
    var reported = 0
    while save < saves.count, saves[save].step == 0, saves[save].fraction == 0 {
      visit(save, current)
      save += 1
    }
    for step in 0..<steps {
      if cancellation.isRequested { return false }
      walker.advance(to: step)
      if usesTime { stepSpace.setStep("t", recurrence.time(ofStep: step)) }
      advance()
      // `next` now holds the state after this step.
      while save < saves.count, saves[save].step == step, saves[save].fraction > 0 {
        interpolate(Scalar(saves[save].fraction))
        visit(save, between)
        save += 1
      }
      swap(&current, &next)
      while save < saves.count, saves[save].step == step + 1, saves[save].fraction == 0 {
        visit(save, current)
        save += 1
      }
      if step & 0x3FF == 0x3FF {
        progress(step + 1 - reported)
        reported = step + 1
      }
    }
    progress(steps - reported)
    return true
  }

  private func advance() {
    let rows = stepSpace.rows
    for component in 0..<dimension {
      if let inputRow = plans.inputRow { rows[inputRow + component] = current + component * count }
      rows[plans.outputRow + component] = next + component * count
    }
    if let noiseRow = plans.noiseRow {
      for noise in 0..<recurrence.grid.dimension { rows[noiseRow + noise] = walker.increments[noise] }
    }
    stepSpace.execute()
  }

  private func setInitialState(_ firstPath: Int) {
    switch recurrence.initial {
    case .program:
      guard let initialSpace, let output = plans.initial?.output("x") else { return }
      for component in 0..<dimension {
        initialSpace.rows[output.first + component] = current + component * count
      }
      initialSpace.draw(seed: recurrence.grid.seed, stream: .initial, firstPath: firstPath)
      initialSpace.execute()
    case .table(let table):
      let paths = table.count / dimension
      for component in 0..<dimension {
        for lane in 0..<count {
          // Lanes past the last path repeat it; nobody reads them.
          let path = min(firstPath + lane, paths - 1)
          current[component * count + lane] = Scalar(table[path * dimension + component])
        }
      }
    }
  }

  private func interpolate(_ fraction: Scalar) {
    for index in 0..<dimension * count {
      between[index] = current[index] + fraction * (next[index] - current[index])
    }
  }

  /// The observables of the final state, one row each.
  package func observe() -> [State] {
    guard let observableSpace, let plan = plans.observables else { return [] }
    if let input = plan.input("x") {
      for component in 0..<recurrence.dimension {
        observableSpace.rows[input.first + component] = current + component * count
      }
    }
    observableSpace.setStep("t", recurrence.time(ofStep: recurrence.grid.steps))
    observableSpace.execute()
    return plan.outputs.map { observableSpace.rows[$0.first] }
  }

  /// The state at the end of the last run.
  package var finalState: State { current }
}
