import Arrays
import Lanes

/// (x + u)/K with u uniform on (0, 1): data on the levels 0, 1, …, K − 1 as numbers in (0, 1) with a density.
///
/// The u of row i are a function of (seed, i) alone. log₂ p of the levels is at least the mean of log₂ p(y) − d log₂ K:
/// Theis, van den Oord and Bethge, ICLR 2016, §3.1.
///
/// - Throws: ``LawError`` if a value is not one of the levels.
public func dequantise(_ x: NDArray, levels: Int, seed: UInt64) throws -> NDArray {
  try checkData(x)
  guard levels >= 1 else { throw LawError("levels must be at least 1, got \(levels)") }
  let rows = x.shape[0]
  let width = x.count / rows
  if let bad = x.values.firstIndex(where: { $0 != $0.rounded() || $0 < 0 || $0 > Double(levels - 1) }) {
    throw LawError(
      "row \(bad / width + 1) has the value \(x.values[bad]), which is none of the levels 0, 1, …, \(levels - 1)"
    )
  }
  return try NDArray(shape: x.shape) { out in
    for first in stride(from: 0, to: rows, by: LawDraws.blockLength) {
      let count = min(rows - first, LawDraws.blockLength)
      let lanes = (count + laneGroup - 1) / laneGroup * laneGroup
      let u = LawDraws(seed: seed, first: first, lanes: lanes).uniforms(width)
      for column in 0..<width {
        for lane in 0..<count {
          let index = (first + lane) * width + column
          out[index] = (x.values[index] + u[column][lane]) / Double(levels)
        }
      }
    }
  }.named(x.columnNames)
}
