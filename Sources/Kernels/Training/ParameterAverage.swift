/// The exponential moving average of parameters, which smooths out the noise of their last steps.
///
/// After step t, counted from 1: a ← a + (1 − dₜ)(p − a) with dₜ = min(decay, (1 + t)/(10 + t)), so that what the
/// average began with is forgotten fast, and the memory grows to 1/(1 − decay) steps.
package final class ParameterAverage<Scalar: TrainingScalar>: @unchecked Sendable {
  package let decay: Double
  /// The average itself.
  package let values: UnsafeMutableBufferPointer<Scalar>
  /// Steps averaged over.
  package private(set) var step = 0

  /// - Throws: `TrainingError` unless 0 ≤ decay < 1.
  package init(of parameters: UnsafeBufferPointer<Scalar>, decay: Double) throws(TrainingError) {
    guard TrainingOption.Allowed.decay.contains(decay) else {
      throw TrainingError("the average's decay must be \(TrainingOption.Allowed.decay.words), got \(decay)")
    }
    self.decay = decay
    values = .allocate(capacity: parameters.count)
    _ = values.initialize(fromContentsOf: parameters)
  }

  deinit { values.deallocate() }

  package static func decay(after step: Int, limit: Double) -> Double {
    min(limit, Double(1 + step) / Double(10 + step))
  }

  /// Takes the parameters of the next step in. Allocates nothing.
  package func update(_ parameters: UnsafePointer<Scalar>) {
    step += 1
    let share = Scalar(1 - ParameterAverage.decay(after: step, limit: decay))
    guard let average = values.baseAddress else { return }
    Scalar.blend(average, towards: parameters, share, count: values.count)
  }

  package struct Snapshot: Equatable, Sendable {
    package var step: Int
    package var values: [Scalar]

    package init(step: Int, values: [Scalar]) {
      self.step = step
      self.values = values
    }
  }

  package var snapshot: Snapshot { Snapshot(step: step, values: Array(values)) }

  /// - Throws: `TrainingError` for an average of another number of parameters; then nothing has changed.
  package func restore(_ snapshot: Snapshot) throws(TrainingError) {
    guard snapshot.values.count == values.count, snapshot.step >= 0 else {
      throw TrainingError(
        "the saved average is of \(snapshot.values.count) parameters, and there are \(values.count)")
    }
    for (i, value) in snapshot.values.enumerated() { values[i] = value }
    step = snapshot.step
  }
}
