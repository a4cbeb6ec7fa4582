import Kernels
import Plots

/// What scripts hold as a "training".
enum TrainingType {
  static func make(_ context: RunContext) -> ObjectType<TrainingObject> {
    let type = ObjectType(
      "training", TrainingObject.self, "A training done by wb.train, or in progress in wb.steps.")
    type.described(\.description)
    type.property(
      "history", "array",
      "A row a step with the columns step, loss, stderr, gradient_norm, rate and validation (NaN where there was none)."
    ) { try $0.history() }
    type.property(
      "model", "net | SDE", "The net that was trained; for an SDE, a copy with the parameters reached."
    ) { try $0.trained() }
    type.property("step", "integer", "How many steps are done.") { $0.run.training.step }
    type.property("steps", "integer", "How many were planned.") { $0.run.plan.steps }
    type.property(
      "status", "string",
      "\"finished\", \"stopped early\", \"interrupted\" or \"in progress\"; of lbfgs \"converged\" or \"not converged\"."
    ) { $0.run.ending?.rawValue ?? "in progress" }
    type.property("reason", "string", "Why lbfgs ended; nil for other optimizers.") { $0.run.reason }
    type.property(
      "loss", "number", "The mean loss over the last tenth of the steps; the least one of lbfgs."
    ) { $0.run.loss?.value }
    type.property("stderr", "number", "Its standard error.") { $0.run.loss?.standardError }
    type.property("floor", "number", "The least value that the loss can have; nil without an oracle.") {
      $0.floor
    }
    type.property("best", "table", "The best validation: step, loss and stderr; nil without one.") {
      training in
      training.run.best.map {
        LuaRecord(("step", $0.step), ("loss", $0.loss.value), ("stderr", $0.loss.standardError))
      }
    }
    type.property("seconds", "number", "Time spent in steps.") { $0.seconds }
    type.property("unused", "list", "Parameters that are trained but do not appear in the loss.") {
      $0.unused
    }
    type.method(
      "plot", "plot{file=, …} → string",
      "Draws the loss over the steps with its running mean, the validation losses and the floor. Without file as text where print "
        + "writes.",
      options: figureOptions, returns: "the path of the file; nothing without `file`",
      example: "run:plot{file = \"loss.png\"}"
    ) { training, call in
      let options = try call.options()
      do {
        return try call.lua.present(
          try figure(training, options), file: try options.optional("file", .string), context: context)
      } catch let error as PlotError {
        throw call.error("\(error)")
      }
    }
    return type
  }

  private static func figure(_ training: TrainingObject, _ options: Options) throws -> Figure {
    let records = training.run.history
    guard !records.isEmpty else { throw LuaError("no step is done yet: there is nothing to plot") }
    var figure = try readFigure(options)
    if figure.title.isEmpty { figure.title = "training" }
    if figure.xLabel.isEmpty { figure.xLabel = "step" }
    if figure.yLabel.isEmpty { figure.yLabel = training.lossName }
    let steps = records.map { Double($0.step) }
    figure.series = [
      Series(
        .line(x: steps, y: movingMean(records.map(\.loss), max(1, records.count / 50))),
        label: "loss, running mean")
    ]
    let validated = records.filter { $0.validation?.failure == nil && $0.validation != nil }
    if !validated.isEmpty {
      figure.series.append(
        Series(
          .scatter(x: validated.map { Double($0.step) }, y: validated.compactMap { $0.validation?.value }),
          label: "validation"))
    }
    if let floor = training.floor {
      figure.series.append(
        Series(.line(x: [steps[0], steps[steps.count - 1]], y: [floor, floor]), label: "floor"))
    }
    return figure
  }
}
