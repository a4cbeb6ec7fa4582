extension NDArray {
  /// The q-quantile by linear interpolation: with h = q·(n − 1), the value a fraction h − ⌊h⌋ of the way from the
  /// ⌊h⌋-th to the next order statistic (0-based). Hyndman and Fan's definition 7, NumPy's default.
  /// Takes O(n) time: nothing is sorted. NaN if any element is NaN.
  public func quantile(_ q: Double) throws -> Double {
    try quantiles([q]).values[0]
  }

  /// One quantile for each of `q`, found together.
  public func quantiles(_ q: [Double]) throws -> NDArray {
    try checkProbabilities(q)
    guard count > 0 else { throw ArrayError.empty(operation: "quantile") }
    _ = try NDArray.checkedAllocation(shape)
    var work = values
    let result = work.withUnsafeMutableBufferPointer { quantilesByPartition(of: $0, q) }
    return NDArray(result)
  }

  /// Quantiles along an axis: shape [q.count] followed by the other axes, as NumPy's `quantile(a, q, axis)`.
  public func quantiles(_ q: [Double], axis: Int) throws -> NDArray {
    try checkProbabilities(q)
    try checkAxis(axis)
    let (outer, extent, inner) = spans(around: axis)
    guard extent > 0 else { throw ArrayError.empty(operation: "quantile") }
    var resultShape = shape
    resultShape.remove(at: axis)
    var result = try NDArray(shape: [q.count] + resultShape) { out in
      let series = UnsafeMutableBufferPointer<Double>.allocate(capacity: extent)
      defer { series.deallocate() }
      for o in 0..<outer {
        for i in 0..<inner {
          for k in 0..<extent { series.initializeElement(at: k, to: values[(o * extent + k) * inner + i]) }
          let found = quantilesByPartition(of: series, q)
          for j in q.indices { out[(j * outer + o) * inner + i] = found[j] }
        }
      }
    }
    if axis < rank - 1 { result.columnNames = columnNames }
    return result
  }

  /// The middle value: the ½-quantile.
  public func median() throws -> Double { try quantile(0.5) }

  private func checkProbabilities(_ q: [Double]) throws {
    guard !q.isEmpty else { throw ArrayError.invalidArgument("quantile needs at least one probability") }
    if let bad = q.first(where: { !($0 >= 0 && $0 <= 1) }) {
      throw ArrayError.invalidArgument("a quantile's probability must lie between 0 and 1, got \(bad)")
    }
  }
}

/// The quantiles of `data`, which is reordered.
private func quantilesByPartition(of data: UnsafeMutableBufferPointer<Double>, _ q: [Double]) -> [Double] {
  if data.contains(where: \.isNaN) { return q.map { _ in .nan } }
  let last = data.count - 1
  let positions = q.map { q -> (Int, Int, Double) in
    let h = q * Double(last)
    let below = min(Int(h), last)
    return (below, min(below + 1, last), h - Double(below))
  }
  let wanted = Set(positions.flatMap { [$0.0, $0.1] }).sorted()
  select(
    wanted[...], in: data, from: 0, to: last, budget: 2 * (Int.bitWidth - data.count.leadingZeroBitCount))
  return positions.map { below, above, t in
    let a = data[below], b = data[above]
    if a == b || t == 0 { return a }
    // NumPy's form: exact at both ends and monotone in t.
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t)
  }
}

/// Puts the order statistics `wanted` (ascending) in their places within `low...high`: quickselect into both
/// sides at once; when the pivots have been unlucky `budget` times, sorting.
private func select(
  _ wanted: ArraySlice<Int>, in data: UnsafeMutableBufferPointer<Double>, from low: Int, to high: Int,
  budget: Int
) {
  var wanted = wanted, low = low, high = high, budget = budget
  while !wanted.isEmpty, low < high {
    if high - low < 32 || budget == 0 {
      sortNaNLast(UnsafeMutableBufferPointer(rebasing: data[low...high]))
      return
    }
    budget -= 1
    let pivot = ninther(data, low, high)
    // Hoare's partition: data[low...j] ≤ pivot ≤ data[i...high] and what is between equals the pivot.
    var i = low, j = high
    while i <= j {
      while data[i] < pivot { i += 1 }
      while pivot < data[j] { j -= 1 }
      if i <= j {
        data.swapAt(i, j)
        i += 1
        j -= 1
      }
    }
    let left = wanted.prefix { $0 <= j }
    let right = wanted.drop { $0 < i }
    if right.isEmpty {
      (wanted, high) = (left, j)
    } else {
      select(left, in: data, from: low, to: j, budget: budget)
      (wanted, low) = (right, i)
    }
  }
}

/// The median of three medians of three: a pivot that sorted, reversed and organ-pipe data do not fool.
private func ninther(_ data: UnsafeMutableBufferPointer<Double>, _ low: Int, _ high: Int) -> Double {
  func median(_ a: Double, _ b: Double, _ c: Double) -> Double { max(min(a, b), min(max(a, b), c)) }
  let eighth = (high - low) / 8, middle = low + (high - low) / 2
  return median(
    median(data[low], data[low + eighth], data[low + 2 * eighth]),
    median(data[middle - eighth], data[middle], data[middle + eighth]),
    median(data[high - 2 * eighth], data[high - eighth], data[high]))
}
