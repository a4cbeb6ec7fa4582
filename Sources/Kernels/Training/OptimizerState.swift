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
  /// Numbers in each of the vectors, which lie one after the other.
  private let counts: [Int]
  private let vectors: UnsafeMutableBufferPointer<Scalar>
  /// What one call of the rule moves, in ascending order.
  private let blocks: [Block]

  private struct Block {
    let tensor: ParameterTensor
    let decays: Bool
    /// Where its numbers begin in the first vector, and in the second.
    let places: (Int, Int)
  }

  package init(_ optimizer: any Optimizer, _ groups: ParameterGroups) {
    self.optimizer = optimizer
    self.groups = groups
    names = optimizer.stateNames
    if optimizer.movesWholeTensors {
      var ends = [Int](repeating: 0, count: optimizer.stateNames.count)
      blocks = groups.tensors.map { tensor, decays in
        let places = (ends.first ?? 0, ends.count > 1 ? ends[1] : 0)
        for (index, count) in optimizer.stateCounts(tensor).enumerated() { ends[index] += count }
        return Block(tensor: tensor, decays: decays, places: places)
      }
      counts = ends
    } else {
      blocks = groups.runs.map { run in
        Block(
          tensor: ParameterTensor(run.range), decays: run.decays,
          places: (run.range.lowerBound, run.range.lowerBound))
      }
      counts = [Int](repeating: groups.count, count: optimizer.stateNames.count)
    }
    vectors = .allocate(capacity: counts.reduce(0, +))
    vectors.initialize(repeating: 0)
  }

  deinit { vectors.deallocate() }

  /// Begins the next step.
  package func advance() { step += 1 }

  /// Moves the parameters of a range, of which `parameters` and `gradient` are the whole vectors. A rule that moves
  /// whole tensors moves those that begin in the range. Allocates nothing.
  package func update(
    _ parameters: UnsafeMutablePointer<Scalar>, gradient: UnsafePointer<Scalar>, rate: Double,
    in range: Range<Int>
  ) {
    // What the rule does not remember is a place that it does not use.
    let first = vectors.baseAddress ?? parameters
    let second = names.count > 1 ? first + counts[0] : first
    for block in blocks {
      let whole = block.tensor.range
      let part =
        optimizer.movesWholeTensors
        ? (range.contains(whole.lowerBound) ? whole : 0..<0) : whole.clamped(to: range)
      guard !part.isEmpty else { continue }
      let (start, offset) = (part.lowerBound, part.lowerBound - whole.lowerBound)
      Scalar.apply(
        optimizer,
        ParameterBlock(
          count: part.count, parameters: parameters + start, gradient: gradient + start,
          first: first + block.places.0 + offset, second: second + block.places.1 + offset,
          tensor: block.tensor),
        OptimizerStep(number: step, rate: rate, decays: block.decays))
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
    for (name, range) in zip(names, ranges) { saved[name] = Array(vectors[range]) }
    return Snapshot(optimizer: optimizer.name, step: step, vectors: saved)
  }

  /// Where each vector lies in ``vectors``.
  private var ranges: [Range<Int>] {
    var end = 0
    return counts.map { count in
      defer { end += count }
      return end..<end + count
    }
  }

  /// - Throws: `TrainingError` for a snapshot of another optimizer or of another number of parameters; then nothing
  ///   has changed.
  package func restore(_ snapshot: Snapshot) throws(TrainingError) {
    guard snapshot.optimizer == optimizer.name else {
      throw TrainingError(
        "the saved state is of the optimizer \(snapshot.optimizer), and this is \(optimizer.name)")
    }
    guard snapshot.step >= 0 else { throw TrainingError("the saved state has \(snapshot.step) steps") }
    for (name, count) in zip(names, counts) {
      guard let saved = snapshot.vectors[name] else {
        throw TrainingError("the saved state of \(optimizer.name) lacks \"\(name)\"")
      }
      guard saved.count == count else {
        throw TrainingError(
          "the saved state is of another net: \"\(name)\" has \(saved.count) numbers, and there are \(count)")
      }
    }
    for (name, range) in zip(names, ranges) {
      for (place, value) in zip(range, snapshot.vectors[name] ?? []) { vectors[place] = value }
    }
    step = snapshot.step
  }
}
