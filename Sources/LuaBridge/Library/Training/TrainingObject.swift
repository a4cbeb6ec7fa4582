import Kernels

/// A training in progress or done, as scripts hold it: what wb.train returns.
package final class TrainingObject: LuaObject, CustomStringConvertible {
  let run: TrainingRun
  let model: TrainedModel
  let subject: Subject
  let lossName: String
  /// Nil for a loss written in Lua.
  let lossForm: LossForm?
  /// The least value that the loss can have, if the law of the data is known.
  let floor: Double?
  let checkpoint: TrainingCheckpoint?
  /// Parameters that are trained but do not appear in the loss.
  let unused: [String]
  var seconds = 0.0

  /// What the script gave to be trained.
  enum Subject {
    case net(NetObject)
    case sde(SDEObject)
  }

  init(
    _ run: TrainingRun, model: TrainedModel, subject: Subject, lossName: String, floor: Double?,
    checkpoint: TrainingCheckpoint?, unused: [String], lossForm: LossForm? = nil
  ) {
    self.run = run
    self.model = model
    self.subject = subject
    self.lossName = lossName
    self.lossForm = lossForm
    self.floor = floor
    self.checkpoint = checkpoint
    self.unused = unused
  }

  /// One step, with a checkpoint where one is due; nil at the end, when the model has its parameters.
  func advance(_ options: RunOptions) throws -> TrainingRecord? {
    let clock = ContinuousClock()
    let start = clock.now
    defer { seconds += (clock.now - start) / .seconds(1) }
    do {
      let record = try run.advance(options)
      if record == nil || run.isDone {
        try show()
        try checkpoint?.write(self)
      } else if let record, let checkpoint, record.step % checkpoint.every == 0 {
        try checkpoint.write(self)
      }
      return record
    } catch {
      try keep()
      throw error
    }
  }

  /// All that is left of it, with checkpoints where they are due; at the end the model has its parameters.
  func finish(_ options: RunOptions, each: (TrainingRecord) -> Void) throws {
    guard run.isSearch else {
      while let record = try advance(options) { each(record) }
      return
    }
    let clock = ContinuousClock()
    let start = clock.now
    defer { seconds += (clock.now - start) / .seconds(1) }
    do {
      try run.search(options) { record in
        if let checkpoint, record.step % checkpoint.every == 0 { try checkpoint.write(self) }
        each(record)
      }
    } catch {
      try keep()
      throw error
    }
    try show()
    try checkpoint?.write(self)
  }

  /// What was reached is kept: in the model, and in the file if there is one.
  private func keep() throws {
    try show()
    if run.training.step > 0 { try checkpoint?.write(self) }
  }

  /// Gives the model the parameters reached so far.
  func show() throws { try model.assign(run.result) }

  /// The net that was given, or the SDE with the numbers reached so far.
  func trained() throws -> any LuaConvertible {
    switch subject {
    case .net(let net): return net
    case .sde(let sde):
      guard let numbers = model.numbers else { return sde }
      return try sde.with(
        Dictionary(uniqueKeysWithValues: numbers.parameters.map { ($0.name, numbers[$0.name] ?? []) }))
    }
  }

  /// What a checkpoint says of the model.
  var metadata: [String: String] {
    switch subject {
    case .net(let net): net.net.metadata
    case .sde(let sde): ["sde.name": sde.problem.name]
    }
  }

  /// The precision of the vectors that the training goes on with.
  var precision: Precision {
    switch subject {
    case .net(let net): net.net.store.precision
    case .sde: .double
    }
  }

  package var lossText: String {
    guard let loss = run.loss else { return "no step done" }
    if case .sde = subject { return "\(lossName) = \(measured(loss.value, loss.standardError))" }
    return lossLine(lossName, form: lossForm, loss.value, error: loss.standardError, floor: floor)
  }

  /// kappa = 1.02, theta = 0.5
  private var numbersText: String? {
    guard let numbers = model.numbers, numbers.count <= 12 else { return nil }
    return numbers.parameters.map { parameter in
      let values = numbers.values[parameter.range].map { sixDigits($0) }
      return "\(parameter.name) = "
        + (parameter.shape.isEmpty ? values[0] : "{\(values.joined(separator: ", "))}")
    }.joined(separator: ", ")
  }

  package var description: String {
    let steps =
      run.isSearch
      ? "\(run.training.step) of at most \(run.plan.steps) evaluations"
      : "\(run.training.step) of \(run.plan.steps) steps"
    var lines = ["Training, \(run.ending?.rawValue ?? "in progress"): \(steps), \(model.count) parameters"]
    lines.append("  \(lossText)")
    if let numbersText { lines.append("  \(numbersText)") }
    if let reason = run.reason { lines.append("  \(reason)") }
    if let best = run.best {
      lines.append(
        "  validation: \(measured(best.loss.value, best.loss.standardError)) at step \(best.step), the best of "
          + "\(run.history.count { $0.validation != nil })")
    }
    if !unused.isEmpty { lines.append("  not in the loss: \(unused.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }

  /// Step, loss, its standard error, the gradient's norm, the rate, and the validation loss (NaN where there
  /// was none), a row a step.
  func history() throws -> NDArray {
    let rows = run.history
    guard !rows.isEmpty else { throw LuaError("no step is done yet: there is no history") }
    var array = try NDArray(
      rows.flatMap { record in
        [
          Double(record.step), record.loss, record.standardError, record.gradientNorm, record.rate,
          record.validation?.value ?? .nan,
        ]
      }, shape: [rows.count, 6])
    try array.setColumnNames(["step", "loss", "stderr", "gradient_norm", "rate", "validation"])
    return array
  }
}
