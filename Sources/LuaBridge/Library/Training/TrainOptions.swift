import Kernels

/// Reading what wb.train and wb.steps are given.
enum TrainOptions {
  static let specs: [OptionSpec] = [
    .optional("model", "net", "what is trained, in place; required, unless parameters is an SDE"),
    .optional("data", "array", "one sample a row; required, unless parameters is an SDE"),
    .required(
      "loss", "loss | function(model, x) | function(sol)",
      "of one sample: made by wb.loss, or a function built from wb.jvp and others; of one path, where parameters is an SDE"
    ),
    .required("steps", "integer", "how many steps; the most evaluations of lbfgs"),
    .optional("batch", "integer", default: "256, or all rows", "samples of a step; all rows with lbfgs"),
    .optional("optimizer", "optimizer", default: "wb.optim.adam{}", "the rule of a step"),
    .optional(
      "schedule", "schedule | string", default: "\"constant\"", "of the learning rate, made by wb.optim"),
    .optional(
      "parameters", "SDE | list of nets", default: "the model",
      "what is trained, where it is more than the model; or an SDE, by gradients through its solve: its nets and its numbers marked "
        + "wb.learnable, or all numbers if there are neither"),
    .optional(
      "solve", "table",
      "how the SDE is solved, as in wb.solve: {x0=, t=, steps= or dt=, paths=, method=, precision=}, where paths, 256 by default, "
        + "are those of one training step"),
    .optional(
      "ema", "number", "decay of an average of the parameters, such as 0.999; the result is then the average"),
    .optional("clip_norm", "number", "the largest norm of the gradient; longer ones are shortened to it"),
    .optional("clip_value", "number", "the largest element of the gradient"),
    .optional("accumulation", "integer", default: "1", "batches whose mean gradient makes a step"),
    .optional(
      "validation", "number | array", default: "none",
      "a share of the data, or other data, that is not trained on; for an SDE a number of paths, the same each time"
    ),
    .optional("validate_every", "integer", default: "steps / 20", "steps between validations"),
    .optional("patience", "integer", "stop after so many validations without a better one"),
    .optional(
      "checkpoint", "string", "a .safetensors file: written at the end, when interrupted, and every so often"),
    .optional("checkpoint_every", "integer", default: "steps / 10", "steps between checkpoints"),
    .optional(
      "resume", "boolean", default: "false", "go on from the checkpoint, bit for bit, if the file is there"),
    .optional("oracle", "distribution", "the law of the data: gives the loss's floor"),
    .optional("seed", "integer", default: "the run's", "of batches and noise"),
    .optional("threads", "integer", "threads; the result does not depend on it"),
  ]

  /// Rows of the data that a script gives, checked for NaN.
  static func samples(_ options: Options, _ name: String) throws -> (
    values: [Double], rows: Int, columns: Int
  ) {
    let array = try options.get(name, .array)
    guard array.rank == 1 || array.rank == 2 else {
      throw options.mismatch(name, "an array with one sample a row")
    }
    let (rows, columns) = (array.shape[0], array.rank == 2 ? array.shape[1] : 1)
    guard rows > 0, columns > 0 else {
      throw options.error(name, that: "is empty: expected one sample a row")
    }
    if let place = array.values.firstIndex(where: { !$0.isFinite }) {
      throw options.error(
        name,
        that:
          "has \(describe(array.values[place])) in row \(place / columns + 1), column \(place % columns + 1): "
          + "leave such rows out")
    }
    return (array.values, rows, columns)
  }
}
