/// What can go wrong with an array operation. Indices and axes are 0-based, as the caller gave them;
/// a layer with another base can match on the cases and say it its own way.
public enum ArrayError: Error, Equatable, Sendable {
  /// A negative extent, or extents whose product is not a number of elements that can be addressed.
  case invalidShape([Int], reason: String)
  /// More memory than the machine has.
  case tooLarge(shape: [Int], bytes: Int)
  /// Two shapes that cannot be combined.
  case shapeMismatch(operation: String, [Int], [Int], rule: String)
  /// The number of values given does not fill the shape.
  case elementCount(operation: String, expected: Int, shape: [Int], got: Int)
  case indexOutOfRange(index: Int, axis: Int, extent: Int)
  case indexCount(got: Int, shape: [Int])
  case rangeOutOfRange(Range<Int>, axis: Int, extent: Int)
  case axisOutOfRange(axis: Int, shape: [Int])
  /// The operation wants another number of axes.
  case wrongRank(operation: String, expected: String, shape: [Int])
  case empty(operation: String)
  case unknownColumn(String, available: [String]?)
  case columnNames(String)
  /// A nested list whose rows differ in length.
  case ragged(String)
  case invalidArgument(String)
  /// A library that the operation needs is not on this machine.
  case unavailable(String)
}

extension ArrayError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidShape(let shape, let reason):
      return "invalid shape \(shapeText(shape)): \(reason)"
    case .tooLarge(let shape, let bytes):
      return "an array of shape \(shapeText(shape)) needs \(byteText(bytes)), more than this machine's memory"
        + "; use fewer elements"
    case .shapeMismatch(let operation, let a, let b, let rule):
      return "\(operation): shapes \(shapeText(a)) and \(shapeText(b)) do not fit: \(rule)"
    case .elementCount(let operation, let expected, let shape, let got):
      return "\(operation): shape \(shapeText(shape)) has \(expected) elements, but there are \(got)"
    case .indexOutOfRange(let index, let axis, let extent):
      return "index \(index) is out of range for axis \(axis), which has \(extent) elements"
    case .indexCount(let got, let shape):
      return "\(got) indices for an array of shape \(shapeText(shape)): expected \(shape.count)"
    case .rangeOutOfRange(let range, let axis, let extent):
      return "\(range.lowerBound)..<\(range.upperBound) is out of range for axis \(axis), which has \(extent)"
        + " elements"
    case .axisOutOfRange(let axis, let shape):
      return
        "axis \(axis) is out of range for an array of shape \(shapeText(shape)), which has \(shape.count)"
        + (shape.count == 1 ? " axis" : " axes")
    case .wrongRank(let operation, let expected, let shape):
      return "\(operation) needs \(expected), got an array of shape \(shapeText(shape))"
    case .empty(let operation):
      return "the \(operation) of an empty array does not exist"
    case .unknownColumn(let name, let available):
      guard let available else { return "no column \"\(name)\": this array has no column names" }
      return "no column \"\(name)\": the columns are " + available.map { "\"\($0)\"" }.joined(separator: ", ")
    case .columnNames(let reason), .ragged(let reason), .invalidArgument(let reason),
      .unavailable(let reason):
      return reason
    }
  }
}

/// A shape as a reader expects it: `(2, 3)`, `(5,)` for one axis, `()` for a single value.
package func shapeText(_ shape: [Int]) -> String {
  shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
}

func byteText(_ bytes: Int) -> String {
  let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
  var unit = 0
  var value = Double(bytes)
  while value >= 1000, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  return unit == 0 ? "\(bytes) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
}
