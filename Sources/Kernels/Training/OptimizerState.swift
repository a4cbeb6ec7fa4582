/// An optimizer at work on a flat vector of parameters: the number of steps done and the vectors that it remembers.
///
/// A step is `advance()` and then `update` of every element: of all at once, or of disjoint ranges from several
/// threads. The bits do not depend on the ranges.
package final class OptimizerState<Scalar: TrainingScalar>: @unchecked Sendable {
  package let optimizer: any Optimizer
  package let groups: ParameterGroups
  /// Steps done.
  package private(set) var step = 0
  private let names: [String]
  /// One after the other, each as long as the parameters.
  private let vectors: UnsafeMutableBufferPointer<Scalar>

  package init(_ optimizer: any Optimizer, _ groups: ParameterGroups) {
    self.optimizer = optimizer
    self.groups = groups
    names = optimizer.stateNames
    vectors = .allocate(capacity: groups.count * names.count)
    vectors.initialize(repeating: 0)
  }

  deinit { vectors.deallocate() }

  /// Begins the next step.
  package func advance() { step += 1 }

  /// Moves the parameters of a range, of which `parameters` and `gradient` are the whole vectors. Allocates nothing.
  package func update(
    _ parameters: UnsafeMutablePointer<Scalar>, gradient: UnsafePointer<Scalar>, rate: Double,
    in range: Range<Int>
  ) {
    // What the rule does not remember is a place that it does not use.
    let first = vectors.baseAddress ?? parameters
    let second = names.count > 1 ? first + groups.count : first
    for run in groups.runs {
      let part = run.range.clamped(to: range)
      guard !part.isEmpty else { continue }
      let start = part.lowerBound
      Scalar.apply(
        optimizer,
        ParameterBlock(
          count: part.count, parameters: parameters + start, gradient: gradient + start,
          first: first + start, second: second + start),
        OptimizerStep(number: step, rate: rate, decays: run.decays))
    }
  }

  /// One whole step.
  package func step(
    _ parameters: UnsafeMutablePointer<Scalar>, gradient: UnsafePointer<Scalar>, rate: Double
  ) {
    advance()
    update(parameters, gradient: gradient, rate: rate, in: 0..<groups.count)
  }

  // MARK: Saving

  /// What a run that goes on later needs besides the parameters, bit for bit.
  package struct Snapshot: Equatable, Sendable {
    package var optimizer: String
    package var step: Int
    package var vectors: [String: [Scalar]]

    package init(optimizer: String, step: Int, vectors: [String: [Scalar]]) {
      self.optimizer = optimizer
      self.step = step
      self.vectors = vectors
    }
  }

  package var snapshot: Snapshot {
    var saved: [String: [Scalar]] = [:]
    for (i, name) in names.enumerated() {
      saved[name] = Array(vectors[i * groups.count..<(i + 1) * groups.count])
    }
    return Snapshot(optimizer: optimizer.name, step: step, vectors: saved)
  }

  /// - Throws: `TrainingError` for a snapshot of another optimizer or of another number of parameters; then nothing
  ///   has changed.
  package func restore(_ snapshot: Snapshot) throws(TrainingError) {
    guard snapshot.optimizer == optimizer.name else {
      throw TrainingError(
        "the saved state is of the optimizer \(snapshot.optimizer), and this is \(optimizer.name)")
    }
    guard snapshot.step >= 0 else { throw TrainingError("the saved state has \(snapshot.step) steps") }
    for name in names {
      guard let saved = snapshot.vectors[name] else {
        throw TrainingError("the saved state of \(optimizer.name) lacks \"\(name)\"")
      }
      guard saved.count == groups.count else {
        throw TrainingError(
          "the saved state is of \(saved.count) parameters (\"\(name)\"), and there are \(groups.count)")
      }
    }
    for (i, name) in names.enumerated() {
      for (k, value) in (snapshot.vectors[name] ?? []).enumerated() { vectors[i * groups.count + k] = value }
    }
    step = snapshot.step
  }
}
