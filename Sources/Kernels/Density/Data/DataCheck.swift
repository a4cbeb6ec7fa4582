import Arrays

/// Data that cannot be used: an error names the first row that is not finite.
///
/// - Throws: ``LawError`` if the data are not an array of rows, are empty, or hold NaN or infinities.
package func checkData(_ x: NDArray) throws {
  guard x.rank >= 1, x.count > 0 else {
    throw LawError("expected data with at least one row, got an array of shape \(shapeText(x.shape))")
  }
  guard let bad = x.values.firstIndex(where: { !$0.isFinite }) else { return }
  let width = x.count / x.shape[0]
  let column = width == 1 ? "" : ", column \(bad % width + 1)"
  let value = x.values[bad].isNaN ? "NaN" : "\(x.values[bad])"
  throw LawError("the data have \(value) in row \(bad / width + 1)\(column): remove or replace it")
}
