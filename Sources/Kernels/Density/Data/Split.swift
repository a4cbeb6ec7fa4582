import Arrays
import Random

/// The rows in random order, cut into parts: each row is in one of them.
///
/// The order is a function of the seed and the number of rows: arrays with equally many rows are split alike.
///
/// - Parameter fractions: the parts' sizes, with sum 1.
/// - Throws: ``LawError`` if they are not positive with sum 1, or a part would have no row.
public func splitRows(_ x: NDArray, fractions: [Double], seed: UInt64) throws -> [NDArray] {
  guard x.rank >= 1, x.shape[0] > 0 else {
    throw LawError("expected data with at least one row, got an array of shape \(shapeText(x.shape))")
  }
  for fraction in fractions where !(fraction > 0 && fraction <= 1) {
    throw LawError("fractions must be above 0 and at most 1, got \(fraction)")
  }
  let sum = fractions.reduce(0, +)
  guard (sum - 1).magnitude <= 1e-9 else { throw LawError("fractions must sum to 1, but they sum to \(sum)") }
  let n = x.shape[0]
  let width = x.count / n
  var order = Array(0..<n)
  var random = SequentialRandom(seed: seed, stream: .samples)
  for i in stride(from: n - 1, to: 0, by: -1) { order.swapAt(i, random.index(below: i + 1)) }
  var total = 0.0
  var first = 0
  return try fractions.enumerated().map { part, fraction in
    total += fraction
    let last = part == fractions.count - 1 ? n : min(n, Int((total * Double(n)).rounded()))
    guard last > first else {
      throw LawError("part \(part + 1) would have no row: \(fraction) of \(n) rows is too little")
    }
    defer { first = last }
    return try NDArray(shape: [last - first] + x.shape.dropFirst()) { out in
      for (place, row) in order[first..<last].enumerated() {
        for column in 0..<width { out[place * width + column] = x.values[row * width + column] }
      }
    }.named(x.columnNames)
  }
}
