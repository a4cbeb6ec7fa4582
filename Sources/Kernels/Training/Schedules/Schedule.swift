/// The learning rate as a function of the step, which counts from 0: the first step is made with `rate(0)`. Beyond the
/// last step of the plan it stays as it ended.
package struct Schedule: Sendable {
  package let name: String
  package let rate: @Sendable (_ step: Int) -> Double
}

/// A schedule as users find it.
package struct ScheduleSpecification: Sendable {
  package let name: String
  package let title: String
  package let doc: String
  package let source: String
  package let options: [TrainingOption]
  /// From the learning rate, the number of steps planned and the options.
  let create: @Sendable (Double, Int, TrainingOptions) throws(TrainingError) -> @Sendable (Int) -> Double

  /// - Parameters:
  ///   - base: the optimizer's learning rate.
  ///   - steps: how many steps the whole run has.
  /// - Throws: `TrainingError` for an unknown option, a value out of its range, and options that do not fit the number
  ///   of steps.
  package func make(base: Double, steps: Int, _ given: [String: Double] = [:]) throws(TrainingError)
    -> Schedule
  {
    guard base >= 0, base.isFinite else {
      throw TrainingError("the learning rate must be a number of at least 0, got \(base)")
    }
    guard steps >= 1 else { throw TrainingError("a schedule needs at least one step, got \(steps)") }
    let options = try TrainingOptions(given, of: self.options, owner: name)
    return Schedule(name: name, rate: try create(base, steps, options))
  }
}

/// All schedules, in the order they are listed to users.
package let schedules: [ScheduleSpecification] = [
  constantRate,
  stepRate,
  cosineRate,
  warmUpRate,
  warmUpCosineRate,
  oneCycleRate,
]

extension ScheduleSpecification {
  /// - Throws: `TrainingError` that lists the names.
  package static func named(_ name: String) throws(TrainingError) -> ScheduleSpecification {
    try choice(of: name, among: schedules, as: "schedule", \.name)
  }
}
