import Glibc

/// A dense array of `Double` with any number of axes, stored row-major (the last axis varies fastest).
///
/// The elements are a value: copies share storage until one is written. Indices and axes are 0-based.
/// An array with no axes (shape `[]`) holds a single value. Nothing here traps on a user's input: whatever
/// does not fit is thrown as an ``ArrayError``.
public struct NDArray: Sendable, Equatable {
  /// The extent of each axis.
  public let shape: [Int]
  /// The elements in row-major order.
  public internal(set) var values: [Double]
  /// The names along the last axis, for example the header of a table.
  public internal(set) var columnNames: [String]?

  /// The caller vouches for `values.count` being the product of `shape`.
  init(trusted values: [Double], shape: [Int], columnNames: [String]? = nil) {
    self.shape = shape
    self.values = values
    self.columnNames = columnNames
  }

  /// The elements of `values` in row-major order under `shape`; no copy is made.
  public init(_ values: [Double], shape: [Int], columnNames: [String]? = nil) throws {
    let count = try NDArray.elementCount(shape)
    guard count == values.count else {
      throw ArrayError.elementCount(operation: "array", expected: count, shape: shape, got: values.count)
    }
    self.init(trusted: values, shape: shape)
    if let columnNames { try setColumnNames(columnNames) }
  }

  /// One axis.
  public init(_ values: [Double]) {
    self.init(trusted: values, shape: [values.count])
  }

  /// A single value: shape `[]`.
  public init(scalar value: Double) {
    self.init(trusted: [value], shape: [])
  }

  /// An array whose elements `body` writes in place: the memory it gets is uninitialised and `body` must
  /// write every element. Nothing is copied afterwards.
  public init(shape: [Int], initializing body: (UnsafeMutableBufferPointer<Double>) throws -> Void) throws {
    let count = try NDArray.checkedAllocation(shape)
    let values = try [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      try body(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
    self.init(trusted: values, shape: shape)
  }

  public var count: Int { values.count }
  /// The number of axes.
  public var rank: Int { shape.count }
  public var isEmpty: Bool { values.isEmpty }

  /// Equal shapes, equal names and elements that compare equal (so a NaN differs from itself, as IEEE 754 says).
  public static func == (a: NDArray, b: NDArray) -> Bool {
    a.shape == b.shape && a.columnNames == b.columnNames && a.values == b.values
  }
}

extension NDArray {
  /// The product of the extents, or an error when one is negative or the product overflows.
  package static func elementCount(_ shape: [Int]) throws -> Int {
    if let negative = shape.first(where: { $0 < 0 }) {
      throw ArrayError.invalidShape(shape, reason: "an extent cannot be negative (\(negative))")
    }
    // Also of an empty array the other extents must multiply without overflow: slicing relies on it.
    var count = 1
    for extent in shape where extent > 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Int.max / MemoryLayout<Double>.stride else {
        throw ArrayError.invalidShape(shape, reason: "more elements than can be addressed")
      }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }

  /// `elementCount`, refusing what the machine cannot hold: Swift's allocator would end the process.
  package static func checkedAllocation(_ shape: [Int]) throws -> Int {
    let count = try elementCount(shape)
    let bytes = count * MemoryLayout<Double>.stride
    guard bytes > 1 << 26 else { return count }
    guard bytes <= physicalMemory, let probe = malloc(bytes) else {
      throw ArrayError.tooLarge(shape: shape, bytes: bytes)
    }
    free(probe)
    return count
  }

  private static let physicalMemory: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES)), size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : Int.max
  }()

  /// The element at one index an axis.
  public func element(at indices: [Int]) throws -> Double {
    values[try offset(of: indices)]
  }

  /// The only element of an array that has one.
  public func item() throws -> Double {
    guard count == 1 else {
      throw ArrayError.wrongRank(operation: "item", expected: "a single element", shape: shape)
    }
    return values[0]
  }

  public mutating func setElement(_ value: Double, at indices: [Int]) throws {
    values[try offset(of: indices)] = value
  }

  private func offset(of indices: [Int]) throws -> Int {
    guard indices.count == rank else { throw ArrayError.indexCount(got: indices.count, shape: shape) }
    var offset = 0
    for axis in 0..<rank {
      let index = indices[axis]
      guard index >= 0, index < shape[axis] else {
        throw ArrayError.indexOutOfRange(index: index, axis: axis, extent: shape[axis])
      }
      offset = offset * shape[axis] + index
    }
    return offset
  }

  /// Names the columns: as many different names as the last axis is long, or `nil` for none.
  public mutating func setColumnNames(_ names: [String]?) throws {
    guard let names else {
      columnNames = nil
      return
    }
    guard let columns = shape.last else {
      throw ArrayError.columnNames("a single value has no columns to name")
    }
    guard names.count == columns else {
      throw ArrayError.columnNames("\(names.count) column names for \(columns) columns")
    }
    var seen = Set<String>()
    for name in names where !seen.insert(name).inserted {
      throw ArrayError.columnNames("the column name \"\(name)\" appears twice: names must differ")
    }
    columnNames = names
  }

  /// The same array with other column names.
  public func named(_ names: [String]?) throws -> NDArray {
    var copy = self
    try copy.setColumnNames(names)
    return copy
  }

  public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Double>) throws -> R) rethrows -> R {
    try values.withUnsafeBufferPointer(body)
  }

  func checkAxis(_ axis: Int) throws {
    guard axis >= 0, axis < rank else { throw ArrayError.axisOutOfRange(axis: axis, shape: shape) }
  }

  /// The array seen as `outer` × `extent` × `inner` around an axis.
  func spans(around axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
  }
}
