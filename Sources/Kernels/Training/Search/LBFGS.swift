/// L-BFGS: a search for the least value of a loss that is the same function at each step, along directions of a
/// Newton step whose Hessian is made up from the last changes of the gradient.
///
/// Source: Nocedal, Math. Comp. 35 (1980) 773; Liu & Nocedal, Math. Programming 45 (1989) 503; in NLopt as Luksan's.
package struct LBFGS: Sendable, Equatable {
  /// Changes of the gradient that are remembered.
  package let memory: Int
  /// The search has converged when no element of the gradient is larger.
  package let gradientTolerance: Double
  /// Or when a step changes the loss by less than this share of it; 0 for never.
  package let lossTolerance: Double
  /// Or when a step changes each parameter by less than this share of it; 0 for never.
  package let parameterTolerance: Double

  package static let name = "lbfgs"
  package static let title = "L-BFGS"
  package static let doc =
    "Finds the minimum of a loss over all data with the same random numbers at each step: for small problems. `steps` is the "
    + "most evaluations; batches, schedules and averages have no meaning with it and are refused. Best in double precision."
  package static let source = "Liu & Nocedal, Math. Programming 45 (1989) 503; NLopt's LD_LBFGS"
  package static let options = [
    TrainingOption("memory", .count, default: 10, "changes of the gradient that are remembered"),
    TrainingOption(
      "gtol", .nonNegative, default: 1e-7, "converged when no element of the gradient is larger"),
    TrainingOption(
      "ftol", .nonNegative, default: 1e-14,
      "converged when a step changes the loss by less than this share; 0 for never"),
    TrainingOption(
      "xtol", .nonNegative, default: 0,
      "converged when a step changes each parameter by less than this share; 0 for never"),
  ]

  /// - Throws: `TrainingError` for an unknown option or a value out of its range.
  package init(_ given: [String: Double] = [:]) throws(TrainingError) {
    let values = try TrainingOptions(given, of: LBFGS.options, owner: LBFGS.name)
    memory = values.count("memory")
    gradientTolerance = values["gtol"]
    lossTolerance = values["ftol"]
    parameterTolerance = values["xtol"]
    guard memory <= 10_000 else { throw TrainingError("lbfgs: memory must be at most 10000, got \(memory)") }
  }
}
