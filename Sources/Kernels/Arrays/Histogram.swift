/// Counts of values in equal bins.
public struct Histogram: Sendable, Equatable {
  /// One count a bin, as numbers.
  public let counts: NDArray
  /// The bins' boundaries: one more than there are bins.
  public let edges: NDArray
  /// How many values were counted, and how many lay outside the range or were NaN.
  public let inside: Int
  public let outside: Int

  /// counts / (inside · width): integrates to 1 over the range.
  public func density() throws -> NDArray {
    guard inside > 0 else { throw ArrayError.empty(operation: "density") }
    let e = edges.values
    return NDArray(counts.values.indices.map { counts.values[$0] / (Double(inside) * (e[$0 + 1] - e[$0])) })
  }
}

extension NDArray {
  /// Counts the elements in `bins` equal bins over `range` (by default from the least element to the greatest).
  /// Bins contain their lower edge, the last also its upper one, as in NumPy. Elements outside are left out; a
  /// NaN is too, but without `range` it is an error, since then there is none to choose.
  public func histogram(bins: Int = 10, range: (Double, Double)? = nil) throws -> Histogram {
    guard bins >= 1 else {
      throw ArrayError.invalidArgument("a histogram needs at least one bin, got \(bins)")
    }
    var (low, high) = try range ?? (count == 0 ? (0, 1) : (minimum(), maximum()))
    guard low.isFinite, high.isFinite, low <= high else {
      throw ArrayError.invalidArgument(
        "a histogram's range must be finite and ascending, got \(low) to \(high)"
          + (range == nil ? " from the data: give a range to leave out what is not finite" : ""))
    }
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    guard (high - low).isFinite, low < high else {
      throw ArrayError.invalidArgument(
        "a histogram's range from \(low) to \(high) cannot be divided into bins")
    }
    let edges = try NDArray.linspace(low, high, count: bins &+ 1)
    let norm = Double(bins) / (high - low)
    guard norm.isFinite, Swift.zip(edges.values, edges.values.dropFirst()).allSatisfy(<) else {
      throw ArrayError.invalidArgument(
        "a histogram's range from \(low) to \(high) is too narrow for \(bins) bins: use fewer")
    }
    var inside = 0
    let counts = try NDArray(shape: [bins]) { counts in
      counts.initialize(repeating: 0)
      edges.values.withUnsafeBufferPointer { edges in
        for x in values where x >= low && x <= high {
          var bin = min(Int((x - low) * norm), bins - 1)
          // The product rounds: the edges decide.
          if x < edges[bin] { bin -= 1 } else if bin < bins - 1, x >= edges[bin + 1] { bin += 1 }
          counts[max(bin, 0)] += 1
          inside += 1
        }
      }
    }
    return Histogram(counts: counts, edges: edges, inside: inside, outside: count - inside)
  }
}
