import Random

/// Which samples a step takes: passes over all samples, each in a random order of its own, cut into batches.
///
/// A batch at the end of a pass takes its last samples from the next one, so that all batches have the same
/// size. The samples of step k are a function of (seed, k): a run goes on anywhere.
package struct BatchOrder: Sendable {
  package let samples: Int
  package let batch: Int
  private let seed: UInt64
  private var pass = -1
  private var order: [Int] = []

  /// - Throws: ``TrainingError`` for no data, or a batch that is larger than the data.
  package init(samples: Int, batch: Int, seed: UInt64) throws(TrainingError) {
    guard samples > 0 else { throw TrainingError("there is no data: the array has no rows") }
    guard batch > 0 else { throw TrainingError("a batch needs at least one sample, got batch = \(batch)") }
    guard batch <= samples else {
      throw TrainingError(
        "batch = \(batch) is larger than the data, which has \(samples) row\(samples == 1 ? "" : "s"): "
          + "take batch = \(samples) or less")
    }
    self.samples = samples
    self.batch = batch
    self.seed = seed
  }

  /// The samples of step `step`, which counts from 0.
  package mutating func indices(step: Int) -> [Int] {
    var (number, place) = (step * batch).quotientAndRemainder(dividingBy: samples)
    var result: [Int] = []
    result.reserveCapacity(batch)
    // A batch is no longer than a pass: it takes the rest of one, and what is missing from the next.
    while result.count < batch {
      if number != pass { shuffle(number) }
      result += order[place..<min(samples, place + batch - result.count)]
      (number, place) = (number + 1, 0)
    }
    return result
  }

  /// Fisher and Yates, "Statistical tables" (1938), as Durstenfeld's algorithm 235.
  private mutating func shuffle(_ number: Int) {
    pass = number
    order = Array(0..<samples)
    // A stream of its own for each pass: the golden ratio's multiples spread the seeds.
    let own = seed &+ (UInt64(truncatingIfNeeded: number) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    var random = SequentialRandom(seed: own, stream: .samples)
    for last in stride(from: samples - 1, to: 0, by: -1) { order.swapAt(last, random.index(below: last + 1)) }
  }
}
