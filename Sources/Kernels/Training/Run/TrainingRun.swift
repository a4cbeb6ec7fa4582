import Execution

/// A training with its plan: how many steps, when to validate, when to stop, and what it has done so far.
package final class TrainingRun {
  package struct Plan: Sendable, Equatable {
    package var steps: Int
    /// Steps between two validations; 0 for none.
    package var validateEvery = 0
    /// Stop after this many validations without a better one; nil: never.
    package var patience: Int?

    package init(steps: Int) { self.steps = steps }
  }

  package enum Ending: String, Sendable {
    case finished
    case stoppedEarly = "stopped early"
    case interrupted
    /// Of a search.
    case converged
    case notConverged = "not converged"
  }

  /// The parameters that validated best.
  package struct Best: Sendable, Equatable {
    package var step: Int
    package var loss: LossEstimate
    package var parameters: [Double]

    package init(step: Int, loss: LossEstimate, parameters: [Double]) {
      self.step = step
      self.loss = loss
      self.parameters = parameters
    }
  }

  package let training: any Training
  package let plan: Plan
  package private(set) var history: [TrainingRecord] = []
  package private(set) var best: Best?
  package private(set) var ending: Ending?
  /// Why a search ended.
  package private(set) var reason: String?
  private var validationsSinceBest = 0

  package init(_ training: any Training, _ plan: Plan) {
    self.training = training
    self.plan = plan
  }

  package var isDone: Bool { ending != nil }

  /// Whether the run is a search, which goes on as a whole.
  package var isSearch: Bool { training is any SearchTraining }

  /// One step, and a validation where one is due; nil if the plan is done.
  ///
  /// - Throws: ``TrainingError`` where the loss is not finite, and if the run is a search; ``Cancelled``.
  package func advance(_ options: RunOptions) throws -> TrainingRecord? {
    guard ending == nil else { return nil }
    guard let training = training as? any StepTraining else {
      throw TrainingError("a search does not go a step at a time")
    }
    guard training.step < plan.steps else {
      ending = .finished
      return nil
    }
    do {
      var record = try training.advance(options)
      let isLast = record.step == plan.steps
      if plan.validateEvery > 0, record.step % plan.validateEvery == 0 || isLast {
        record.validation = try training.validate(options)
      }
      history.append(record)
      if let validation = record.validation { compare(validation, record.step) }
      if isLast, ending == nil { ending = .finished }
      return record
    } catch is Cancelled {
      ending = .interrupted
      throw Cancelled()
    }
  }

  /// The whole of a search, and one validation of its result.
  ///
  /// - Parameter report: told each evaluation, when it is in the history. What it throws ends the search.
  /// - Throws: ``TrainingError`` where the loss is not finite, and if the run goes by steps; ``Cancelled``.
  package func search(_ options: RunOptions, report: (TrainingRecord) throws -> Void) throws {
    guard let training = training as? any SearchTraining else {
      throw TrainingError("a training by steps is no search")
    }
    guard ending == nil else { return }
    do {
      let end = try training.search(evaluations: plan.steps, options) { record in
        history.append(record)
        try report(record)
      }
      if let found = training.best, let place = history.firstIndex(where: { $0.step == found.step }),
        let validation = try training.validate(options)
      {
        history[place].validation = validation
        best = Best(step: found.step, loss: validation, parameters: training.parameters)
      }
      ending = end.isConverged ? .converged : .notConverged
      reason = end.reason
    } catch is Cancelled {
      ending = .interrupted
      throw Cancelled()
    }
  }

  private func compare(_ validation: LossEstimate, _ step: Int) {
    if validation.failure == nil, best.map({ validation.value < $0.loss.value }) ?? true {
      best = Best(step: step, loss: validation, parameters: training.average ?? training.parameters)
      validationsSinceBest = 0
      return
    }
    validationsSinceBest += 1
    if let patience = plan.patience, validationsSinceBest >= patience { ending = .stoppedEarly }
  }

  /// The parameters that the run is about: the best of the validations, or the average, or the last.
  package var result: [Double] { best?.parameters ?? training.average ?? training.parameters }

  /// The loss that was reached, with its standard error: of a search the least; of steps, of which each sees its own
  /// batch, the mean over the last tenth.
  package var loss: LossEstimate? {
    if let training = training as? any SearchTraining {
      return training.best.map { LossEstimate(value: $0.loss, standardError: $0.standardError) }
    }
    let recent = history.suffix(max(1, history.count / 10))
    guard !recent.isEmpty else { return nil }
    let n = Double(recent.count)
    let mean = recent.reduce(0) { $0 + $1.loss } / n
    // Each step has an error of its own.
    let variance = recent.reduce(0) { $0 + $1.standardError * $1.standardError } / (n * n)
    return LossEstimate(value: mean, standardError: variance.squareRoot())
  }

  // MARK: Going on

  /// Takes up a run where another one was: the training's state, what it had done, its best.
  ///
  /// - Throws: ``TrainingError`` if the state is of another training.
  package func resume(_ state: TrainerState, history: [TrainingRecord], best: Best?) throws {
    guard state.step <= plan.steps else {
      throw TrainingError(
        "the saved training has done \(state.step) steps, more than the \(plan.steps) it is to have: give steps = "
          + "\(state.step) or more")
    }
    try training.restore(state)
    self.history = history
    self.best = best
    validationsSinceBest = history.count { record in
      record.validation != nil && record.step > (best?.step ?? 0)
    }
    if let patience = plan.patience, validationsSinceBest >= patience { ending = .stoppedEarly }
  }
}
