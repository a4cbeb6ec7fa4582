import Kernels

/// wb.train with an optimizer that searches as a whole: what it takes, and what has no meaning with it.
enum SearchOptions {
  /// Why each option does not go with a search.
  private static let refused = [
    ("schedule", "it has no learning rate"),
    ("ema", "its result is its best parameters, not an average"),
    ("clip_norm", "its steps need the gradient as it is"),
    ("clip_value", "its steps need the gradient as it is"),
    ("accumulation", "each step has all data"),
    ("validate_every", "validation data is looked at once, at its end"),
    ("patience", "it stops when it has converged"),
    ("resume", "what it remembers of its way is in no file; it goes on from a net that wb.nn.load reads"),
  ]

  /// The search that the script asks for; nil if its optimizer goes by steps.
  ///
  /// - Throws: for an option that has no meaning with it.
  static func search(_ options: Options) throws -> LBFGS? {
    guard options.has("optimizer"),
      case .search(let search) = try options.object("optimizer", OptimizerObject.self).rule
    else { return nil }
    for (name, reason) in refused where options.has(name) {
      throw options.error(name, that: "must be left out with lbfgs: \(reason)")
    }
    return search
  }

  /// All data in one batch, so that the loss is the same function at each step.
  static func batch(_ problem: inout SampleLossProblem, _ options: Options) throws {
    let rows = problem.data.count / problem.columns
    if let batch = try options.optional("batch", .integer(in: 1...100_000_000)), batch != rows {
      throw options.error(
        "batch",
        that:
          "must be all \(rows) rows with lbfgs, or left out, got \(batch): a search needs the same loss at each step"
      )
    }
    problem.batch = rows
  }
}

/// How the parameters of a model move.
enum TrainingRule {
  case steps(TrainerSettings)
  case search(LBFGS)

  func training(_ source: some GradientSource, _ model: TrainedModel) throws -> any Training {
    switch self {
    case .steps(let settings): try Trainer(source, initial: model.values, settings)
    case .search(let search): LBFGSTraining(source, initial: model.values, search, names: model.names)
    }
  }
}
