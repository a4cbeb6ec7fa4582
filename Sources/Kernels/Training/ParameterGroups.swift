/// Some consecutive parameters that belong together: a weight, a bias.
package struct ParameterTensor: Equatable, Sendable {
  package let range: Range<Int>
  /// Of a matrix, row by row; the columns are the last axis. A vector, or one number, has one row.
  package let rows, columns: Int

  package init(_ range: Range<Int>, shape: [Int] = []) {
    self.range = range
    let last = shape.count > 1 ? shape[shape.count - 1] : range.count
    columns = last
    rows = last > 0 ? range.count / last : 0
  }

  package var isMatrix: Bool { rows > 1 && columns > 1 }
}

/// Which elements of a flat vector of parameters belong together, which decay, and which stay as they are.
package struct ParameterGroups: Sendable {
  package struct Run: Equatable, Sendable {
    package var range: Range<Int>
    package var decays: Bool
  }

  package let count: Int
  /// The elements that move, in ascending ranges of one kind each.
  package let runs: [Run]
  /// The tensors that move, with whether they decay.
  package let tensors: [(tensor: ParameterTensor, decays: Bool)]

  /// - Parameters:
  ///   - decaying: ranges under weight decay; nil for all. By custom weights decay, biases and scales do not.
  ///   - frozen: ranges that do not move at all.
  ///   - tensors: what the vector consists of; nil for one vector. A tensor decays, or is frozen, as its first element.
  /// - Throws: `TrainingError` for a range beyond the parameters.
  package init(
    count: Int, decaying: [Range<Int>]? = nil, frozen: [Range<Int>] = [], tensors: [ParameterTensor]? = nil
  ) throws(TrainingError) {
    let tensors = tensors ?? [ParameterTensor(0..<count)]
    for tensor in tensors where tensor.range.lowerBound < 0 || tensor.range.upperBound > count {
      throw TrainingError("the tensor of \(tensor.range) is not within the \(count) parameters")
    }
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
    self.tensors = tensors.compactMap { tensor in
      let start = tensor.range.lowerBound
      guard !tensor.range.isEmpty, !frozen.contains(where: { $0.contains(start) }) else { return nil }
      return (tensor, decaying?.contains { $0.contains(start) } ?? true)
    }
  }
}
