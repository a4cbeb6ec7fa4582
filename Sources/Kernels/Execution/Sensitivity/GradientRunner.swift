import Lanes
import Program
import Random

/// Sweeps one block of paths after the other forward and back, on one thread.
final class GradientRunner<Scalar: ExecutionScalar> {
  private typealias Lanes = UnsafeMutablePointer<Scalar>

  private let source: RecurrenceGradient
  private let recurrence: Recurrence
  private let count: Int
  private let dimension: Int
  private let noises: Int
  private let walker: BrownianWalker<Scalar>
  private let stepSpace: Workspace<Scalar>
  private let stepAdjoint: Workspace<Scalar>
  private let inverseSpace: Workspace<Scalar>?
  private let stepRows: Rows
  private let inverseRows: Rows
  private let adjointRows: Rows
  private let stepUsesTime: Bool
  private let adjointUsesTime: Bool
  private let lossAdjoint: Workspace<Scalar>
  private let initialSpace: Workspace<Scalar>?
  private let initialAdjoint: Workspace<Scalar>?
  private let storage: Lanes
  /// The state at the start of each segment.
  private let checkpoints: Lanes
  /// The states of a segment, and the one after it.
  private let states: Lanes
  private let increments: Lanes
  private let losses: Lanes
  /// The states that the loss looks at before the end, and the cotangents that it sends them.
  private let seen: Lanes
  private let seenCotangents: Lanes
  /// Where the state at the beginning of a step lies among them.
  private let places: [Int: Int]
  /// The cotangent of the state after a step, and before it.
  private var cotangent: Lanes
  private var nextCotangent: Lanes
  private let accumulator: Lanes

  init(_ source: RecurrenceGradient, _ recurrence: Recurrence) {
    self.source = source
    self.recurrence = recurrence
    count = source.blockLength
    dimension = recurrence.dimension
    noises = recurrence.grid.dimension
    walker = BrownianWalker(recurrence.grid, count: count)
    stepSpace = Workspace(source.step, count: count)
    stepAdjoint = Workspace(source.stepAdjoint.plan, count: count)
    lossAdjoint = Workspace(source.lossAdjoint.plan, count: count)
    inverseSpace = source.inverse.map { Workspace($0, count: source.blockLength) }
    initialSpace = source.initial.map { Workspace($0, count: source.blockLength) }
    initialAdjoint = source.initialAdjoint.map { Workspace($0.plan, count: source.blockLength) }
    stepRows = Rows(source.step, out: "x")
    inverseRows = Rows(source.inverse ?? source.step, out: "x")
    adjointRows = Rows(source.stepAdjoint.plan, out: "d.x")
    stepUsesTime = source.step.changesWithStep
    adjointUsesTime = source.stepAdjoint.plan.changesWithStep
    let seenRows = source.observed.count * dimension
    places = Dictionary(uniqueKeysWithValues: source.observed.enumerated().map { ($1, $0) })
    storage = allocateLanes((source.keptRows + 2 * dimension + 1 + 2 * seenRows) * count)
    checkpoints = storage
    // What is kept ends with the states and increments of a segment.
    increments = storage + (source.keptRows - source.segment * noises) * count
    states = increments - (source.segment + 1) * dimension * count
    cotangent = storage + source.keptRows * count
    nextCotangent = cotangent + dimension * count
    losses = nextCotangent + dimension * count
    seen = losses + count
    seenCotangents = seen + seenRows * count
    accumulator = allocateLanes(max(1, source.accumulatorCount))
    var values = recurrence.parameters
    values["h"] = [recurrence.grid.step]
    for space in [stepSpace, stepAdjoint, lossAdjoint] { space.begin(values) }
    inverseSpace?.begin(values)
    initialSpace?.begin(values)
    initialAdjoint?.begin(values)
  }

  deinit {
    storage.deallocate()
    accumulator.deallocate()
  }

  /// - Returns: nil if the cancellation was requested.
  func run(firstPath: Int, lanes: Int, cancellation: Cancellation) -> BlockGradient? {
    accumulator.update(repeating: 0, count: source.accumulatorCount)
    setInitialState(firstPath)
    walker.start(firstPath: firstPath)
    let finished =
      source.inverse == nil
      ? sweepBySegments(lanes, cancellation) : sweepByInverse(lanes, cancellation)
    guard finished else { return nil }
    pullBackToParameters(firstPath, lanes)
    let loss = Moments(losses, count: lanes)
    let failed = (0..<lanes).filter { !losses[$0].isFinite }
    return BlockGradient(
      loss: loss, failed: failed.count, firstFailed: failed.first.map { firstPath + $0 },
      sums: (0..<source.accumulatorCount).map { Double(accumulator[$0]) })
  }

  // MARK: Places

  private func checkpoint(_ segment: Int) -> Lanes { checkpoints + segment * dimension * count }
  private func state(_ index: Int) -> Lanes { states + index * dimension * count }
  private func increment(_ index: Int, _ noise: Int) -> Lanes {
    increments + (index * noises + noise) * count
  }

  /// Keeps the state at the beginning of a step if the loss looks at it.
  private func observe(_ step: Int, _ state: Lanes) {
    guard !places.isEmpty, let place = places[step] else { return }
    (seen + place * dimension * count).update(from: state, count: dimension * count)
  }

  /// Adds what the loss sends to the state at the beginning of a step.
  private func receive(_ step: Int) {
    guard !places.isEmpty, let place = places[step] else { return }
    let (sent, total) = (seenCotangents + place * dimension * count, cotangent)
    for index in 0..<dimension * count { total[index] += sent[index] }
  }

  // MARK: Sweeps

  private func sweepBySegments(_ lanes: Int, _ cancellation: Cancellation) -> Bool {
    let steps = recurrence.grid.steps
    observe(0, checkpoint(0))
    let length = source.segment
    let last = (steps - 1) / length
    for step in 0..<last * length {
      if cancellation.isRequested { return false }
      walker.advance(to: step)
      let (segment, index) = (step / length, step % length)
      let from = index == 0 ? checkpoint(segment) : state(index & 1)
      let to = index == length - 1 ? checkpoint(segment + 1) : state(index & 1 ^ 1)
      advance(step, from: from, to: to) { walker.increments[$0] }
      observe(step + 1, to)
    }
    // The last segment's states are computed here for the first time, the others' for the second.
    for segment in stride(from: last, through: 0, by: -1) {
      let first = segment * length
      let end = min(first + length, steps)
      state(0).update(from: checkpoint(segment), count: dimension * count)
      for step in first..<end {
        if cancellation.isRequested { return false }
        if step == first, segment != last { walker.seek(to: step) } else { walker.advance(to: step) }
        for noise in 0..<noises {
          increment(step - first, noise).update(from: walker.increments[noise], count: count)
        }
        if step + 1 < end || segment == last {
          advance(step, from: state(step - first), to: state(step - first + 1)) {
            increment(step - first, $0)
          }
          if segment == last { observe(step + 1, state(step - first + 1)) }
        }
      }
      if segment == last { evaluateLoss(at: state(end - first), lanes) }
      for step in stride(from: end - 1, through: first, by: -1) {
        if cancellation.isRequested { return false }
        retreat(step, from: state(step - first), lanes) { increment(step - first, $0) }
      }
    }
    return true
  }

  private func sweepByInverse(_ lanes: Int, _ cancellation: Cancellation) -> Bool {
    let steps = recurrence.grid.steps
    state(0).update(from: checkpoint(0), count: dimension * count)
    observe(0, state(0))
    for step in 0..<steps {
      if cancellation.isRequested { return false }
      walker.advance(to: step)
      advance(step, from: state(step & 1), to: state(step & 1 ^ 1)) { walker.increments[$0] }
      observe(step + 1, state(step & 1 ^ 1))
    }
    evaluateLoss(at: state(steps & 1), lanes)
    for step in stride(from: steps - 1, through: 0, by: -1) {
      if cancellation.isRequested { return false }
      walker.seek(to: step)
      undo(step, from: state(step & 1 ^ 1), to: state(step & 1))
      retreat(step, from: state(step & 1), lanes) { walker.increments[$0] }
    }
    return true
  }

  private func setInitialState(_ firstPath: Int) {
    switch recurrence.initial {
    case .program:
      guard let space = initialSpace else { return }
      guard let output = space.plan.output("x") else { return }
      for component in 0..<dimension {
        space.rows[output.first + component] = checkpoint(0) + component * count
      }
      space.draw(seed: recurrence.grid.seed, stream: .initial, firstPath: firstPath)
      space.execute()
    case .table(let table):
      let paths = table.count / dimension
      for component in 0..<dimension {
        for lane in 0..<count {
          // Lanes past the last path repeat it; they are not added.
          let path = min(firstPath + lane, paths - 1)
          checkpoint(0)[component * count + lane] = Scalar(table[path * dimension + component])
        }
      }
    }
  }

  private func advance(_ step: Int, from: Lanes, to: Lanes, noise: (Int) -> Lanes) {
    if stepUsesTime { stepSpace.setStep("t", recurrence.time(ofStep: step)) }
    let rows = stepSpace.rows
    for component in 0..<dimension {
      if let row = stepRows.state { rows[row + component] = from + component * count }
      rows[stepRows.out! + component] = to + component * count
    }
    if let row = stepRows.noise {
      for index in 0..<noises { rows[row + index] = noise(index) }
    }
    stepSpace.execute()
  }

  private func undo(_ step: Int, from: Lanes, to: Lanes) {
    guard let space = inverseSpace else { return }
    space.setStep("t", recurrence.time(ofStep: step))
    let rows = inverseRows
    for component in 0..<dimension {
      if let row = rows.state { space.rows[row + component] = from + component * count }
      space.rows[rows.out! + component] = to + component * count
    }
    if let row = rows.noise {
      for index in 0..<noises { space.rows[row + index] = walker.increments[index] }
    }
    space.execute()
  }

  private func evaluateLoss(at state: Lanes, _ lanes: Int) {
    lossAdjoint.setStep("t", recurrence.time(ofStep: recurrence.grid.steps))
    let plan = source.lossAdjoint.plan
    let rows = Rows(plan, out: "d.x")
    lossAdjoint.rows[plan.output("loss")!.first] = losses
    let before = source.observed.count * dimension
    for row in 0..<before {
      if let first = rows.state { lossAdjoint.rows[first + row] = seen + row * count }
      lossAdjoint.rows[rows.out! + row] = seenCotangents + row * count
    }
    for component in 0..<dimension {
      if let row = rows.state { lossAdjoint.rows[row + before + component] = state + component * count }
      lossAdjoint.rows[rows.out! + before + component] = cotangent + component * count
    }
    lossAdjoint.execute(accumulator: accumulator + source.lossAdjoint.offset, lanes: lanes)
  }

  private func retreat(_ step: Int, from state: Lanes, _ lanes: Int, noise: (Int) -> Lanes) {
    if adjointUsesTime { stepAdjoint.setStep("t", recurrence.time(ofStep: step)) }
    let rows = stepAdjoint.rows
    for component in 0..<dimension {
      if let row = adjointRows.state { rows[row + component] = state + component * count }
      if let row = adjointRows.cotangent { rows[row + component] = cotangent + component * count }
      rows[adjointRows.out! + component] = nextCotangent + component * count
    }
    if let row = adjointRows.noise {
      for index in 0..<noises { rows[row + index] = noise(index) }
    }
    stepAdjoint.execute(accumulator: accumulator + source.stepAdjoint.offset, lanes: lanes)
    swap(&cotangent, &nextCotangent)
    receive(step)
  }

  /// Through the initial state's Program, whose draws are made again.
  private func pullBackToParameters(_ firstPath: Int, _ lanes: Int) {
    guard let part = source.initialAdjoint, let space = initialAdjoint else { return }
    if let row = part.plan.input("u")?.first {
      for component in 0..<dimension { space.rows[row + component] = cotangent + component * count }
    }
    space.draw(seed: recurrence.grid.seed, stream: .initial, firstPath: firstPath)
    space.execute(accumulator: accumulator + part.offset, lanes: lanes)
  }
}

/// Where a plan has its lane inputs and its output.
private struct Rows {
  let state: Int?
  let noise: Int?
  let cotangent: Int?
  let out: Int?

  init(_ plan: Plan, out name: String) {
    state = plan.input("x")?.first
    noise = plan.input("dW")?.first
    cotangent = plan.input("u")?.first
    out = plan.output(name)?.first
  }
}
