/// Which elements of a flat vector of parameters decay, and which stay as they are.
package struct ParameterGroups: Equatable, Sendable {
  package struct Run: Equatable, Sendable {
    package var range: Range<Int>
    package var decays: Bool
  }

  package let count: Int
  /// The elements that move, in ascending ranges of one kind each.
  package let runs: [Run]

  /// - Parameters:
  ///   - decaying: ranges under weight decay; nil for all. By custom weights decay, biases and scales do not.
  ///   - frozen: ranges that do not move at all.
  /// - Throws: `TrainingError` for a range beyond the parameters.
  package init(count: Int, decaying: [Range<Int>]? = nil, frozen: [Range<Int>] = []) throws(TrainingError) {
    for range in (decaying ?? []) + frozen where range.lowerBound < 0 || range.upperBound > count {
      throw TrainingError("the range \(range) is not within the \(count) parameters")
    }
    var edges: Set = [0, count]
    for range in (decaying ?? []) + frozen { edges.formUnion([range.lowerBound, range.upperBound]) }
    let sorted = edges.sorted()
    var runs: [Run] = []
    for (start, end) in zip(sorted, sorted.dropFirst()) where !frozen.contains(where: { $0.contains(start) })
    {
      let decays = decaying?.contains { $0.contains(start) } ?? true
      if let last = runs.last, last.decays == decays, last.range.upperBound == start {
        runs[runs.count - 1].range = last.range.lowerBound..<end
      } else {
        runs.append(Run(range: start..<end, decays: decays))
      }
    }
    self.count = count
    self.runs = runs
  }
}
