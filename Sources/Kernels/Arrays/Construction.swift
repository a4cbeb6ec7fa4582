/// A number or a list of such, as scripts write matrices: `{{1, 2}, {3, 4}}`.
public indirect enum NestedNumbers: Sendable, Equatable {
  case number(Double)
  case list([NestedNumbers])
}

extension NDArray {
  public static func full(_ value: Double, shape: [Int]) throws -> NDArray {
    try NDArray(shape: shape) { $0.initialize(repeating: value) }
  }

  public static func zeros(_ shape: [Int]) throws -> NDArray { try full(0, shape: shape) }
  public static func ones(_ shape: [Int]) throws -> NDArray { try full(1, shape: shape) }

  /// The n × n identity, or `rows` × `columns` with ones on the main diagonal.
  public static func eye(_ rows: Int, columns: Int? = nil) throws -> NDArray {
    let columns = columns ?? rows
    var result = try zeros([rows, columns])
    for i in 0..<min(rows, columns) { result.values[i * columns + i] = 1 }
    return result
  }

  /// `count` equally spaced values from `start` to `stop`, both included: xᵢ = start + i·(stop − start)/(count − 1).
  /// The last is exactly `stop`; one value is `start`. As NumPy's `linspace`.
  public static func linspace(_ start: Double, _ stop: Double, count: Int) throws -> NDArray {
    try NDArray(shape: [count]) { out in
      guard count > 1 else {
        if count == 1 { out[0] = start }
        return
      }
      let last = Double(count - 1)
      // The difference of two finite ends may overflow where the step does not.
      let step = (stop - start).isFinite ? (stop - start) / last : stop / last - start / last
      for i in 0..<count { out[i] = start + Double(i) * step }
      out[count - 1] = stop
    }
  }

  /// Rows of equal length.
  public init(rows: [[Double]], columnNames: [String]? = nil) throws {
    let columns = rows.first?.count ?? 0
    if let bad = rows.firstIndex(where: { $0.count != columns }) {
      throw ArrayError.ragged(
        "rows must have equal lengths: the first has \(columns) elements, row \(bad) (from 0) has"
          + " \(rows[bad].count)")
    }
    try self.init(Array(rows.joined()), shape: [rows.count, columns], columnNames: columnNames)
  }

  /// Lists of lists of equal lengths, to any depth; an empty list is an empty axis.
  public init(nested: NestedNumbers) throws {
    var shape: [Int] = []
    var probe = nested
    while case .list(let items) = probe {
      shape.append(items.count)
      guard let first = items.first else { break }
      probe = first
    }
    var values: [Double] = []
    values.reserveCapacity(try NDArray.checkedAllocation(shape))
    try NDArray.flatten(nested, shape: shape, depth: 0, into: &values)
    self.init(trusted: values, shape: shape)
  }

  private static func flatten(
    _ nested: NestedNumbers, shape: [Int], depth: Int, into values: inout [Double]
  ) throws {
    switch nested {
    case .number(let value):
      guard depth == shape.count else {
        throw ArrayError.ragged("a number where a list of \(shape[depth]) was expected, as in the first row")
      }
      values.append(value)
    case .list(let items):
      guard depth < shape.count else {
        throw ArrayError.ragged("a list of \(items.count) where a number was expected, as in the first row")
      }
      guard items.count == shape[depth] else {
        throw ArrayError.ragged(
          "rows must have equal lengths: a list of \(items.count) where the first row has \(shape[depth])")
      }
      for item in items { try flatten(item, shape: shape, depth: depth + 1, into: &values) }
    }
  }

  /// The array as nested lists: the inverse of `init(nested:)` for arrays without empty axes.
  public func nested() -> NestedNumbers {
    func build(_ axis: Int, _ start: Int, _ length: Int) -> NestedNumbers {
      guard axis < rank else { return .number(values[start]) }
      let extent = shape[axis]
      guard extent > 0 else { return .list([]) }
      let step = length / extent
      return .list((0..<extent).map { build(axis + 1, start + $0 * step, step) })
    }
    return build(0, 0, count)
  }
}
