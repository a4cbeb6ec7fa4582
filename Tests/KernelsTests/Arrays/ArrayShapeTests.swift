import Arrays
import Testing

@Suite struct ArrayShapeTests {
  let a = try! NDArray(rows: [[1, 2, 3], [4, 5, 6]], columnNames: ["x", "y", "z"])

  @Test func constructors() throws {
    #expect(try NDArray.zeros([2, 3]) == NDArray([0, 0, 0, 0, 0, 0], shape: [2, 3]))
    #expect(try NDArray.ones([2]) == NDArray([1, 1]))
    #expect(try NDArray.full(2.5, shape: []) == NDArray(scalar: 2.5))
    #expect(try NDArray.eye(2) == NDArray(rows: [[1, 0], [0, 1]]))
    #expect(try NDArray.eye(2, columns: 3) == NDArray(rows: [[1, 0, 0], [0, 1, 0]]))
    #expect(try NDArray.linspace(0, 1, count: 5) == NDArray([0, 0.25, 0.5, 0.75, 1]))
    #expect(try NDArray.linspace(3, 9, count: 1) == NDArray([3]))
    #expect(try NDArray.linspace(3, 9, count: 0).isEmpty)
    #expect(try NDArray.linspace(0, 0.7, count: 8).values.last == 0.7)
    let wide = try NDArray.linspace(-1.7e308, 1.7e308, count: 3)
    #expect(wide == NDArray([-1.7e308, 0, 1.7e308]))
  }

  @Test func nestedListsKeepTheirShape() throws {
    let nested = NestedNumbers.list([
      .list([.list([.number(1), .number(2)]), .list([.number(3), .number(4)])]),
      .list([.list([.number(5), .number(6)]), .list([.number(7), .number(8)])]),
    ])
    let array = try NDArray(nested: nested)
    #expect(array.shape == [2, 2, 2])
    #expect(array.values == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(array.nested() == nested)
    #expect(try NDArray(nested: .number(4)).shape == [])
    #expect(try NDArray(nested: .list([])).shape == [0])
    #expect(try NDArray(nested: .list([.list([]), .list([])])).shape == [2, 0])
  }

  @Test func raggedListsAreRefused() {
    let short = NestedNumbers.list([.list([.number(1), .number(2)]), .list([.number(3)])])
    #expect(throws: ArrayError.ragged("rows must have equal lengths: a list of 1 where the first row has 2"))
    {
      try NDArray(nested: short)
    }
    #expect(throws: ArrayError.ragged("a number where a list of 1 was expected, as in the first row")) {
      try NDArray(nested: .list([.list([.number(1)]), .number(3)]))
    }
    #expect(throws: ArrayError.ragged("a list of 1 where a number was expected, as in the first row")) {
      try NDArray(nested: .list([.number(1), .list([.number(3)])]))
    }
    #expect(throws: ArrayError.self) { try NDArray(rows: [[1], [2, 3]]) }
  }

  @Test func checkedAccess() throws {
    #expect(try a.element(at: [1, 2]) == 6)
    #expect(throws: ArrayError.indexOutOfRange(index: 2, axis: 0, extent: 2)) { try a.element(at: [2, 0]) }
    #expect(throws: ArrayError.indexOutOfRange(index: -1, axis: 1, extent: 3)) { try a.element(at: [0, -1]) }
    #expect(throws: ArrayError.indexCount(got: 1, shape: [2, 3])) { try a.element(at: [0]) }
    var copy = a
    try copy.setElement(9, at: [0, 0])
    #expect(copy.values[0] == 9)
    #expect(a.values[0] == 1, "writing a copy leaves the original")
  }

  @Test func rowsAndColumns() throws {
    #expect(try a.rows(1..<2) == NDArray(rows: [[4, 5, 6]], columnNames: ["x", "y", "z"]))
    #expect(try a.rows(1..<1).shape == [0, 3])
    #expect(try a.row(1).values == [4, 5, 6])
    #expect(try a.column(1) == NDArray([2, 5]))
    #expect(try a.column("z") == NDArray([3, 6]))
    #expect(throws: ArrayError.unknownColumn("w", available: ["x", "y", "z"])) { try a.column("w") }
    #expect(throws: ArrayError.unknownColumn("w", available: nil)) { try NDArray([1]).column("w") }
    #expect(throws: ArrayError.rangeOutOfRange(1..<3, axis: 0, extent: 2)) { try a.rows(1..<3) }
    #expect(throws: ArrayError.self) { try a.row(2) }
    #expect(throws: ArrayError.self) { try a.column(3) }
    #expect(throws: ArrayError.self) { try NDArray(scalar: 1).rows(0..<1) }
  }

  @Test func namesMustFit() {
    #expect(throws: ArrayError.columnNames("2 column names for 3 columns")) { try a.named(["p", "q"]) }
    #expect(throws: ArrayError.self) { try a.named(["p", "q", "p"]) }
    #expect(throws: ArrayError.self) { try NDArray(scalar: 1).named(["p"]) }
  }

  @Test func reshape() throws {
    #expect(try a.reshaped([3, 2]).values == a.values)
    #expect(try a.reshaped([-1, 2]).shape == [3, 2])
    #expect(try a.reshaped([6]).shape == [6])
    #expect(throws: ArrayError.elementCount(operation: "reshape", expected: 8, shape: [4, 2], got: 6)) {
      try a.reshaped([4, 2])
    }
    #expect(throws: ArrayError.self) { try a.reshaped([-1, -1]) }
    #expect(throws: ArrayError.self) { try a.reshaped([-1, 4]) }
    #expect(throws: ArrayError.self) { try a.reshaped([-1, 0]) }
    #expect(throws: ArrayError.self) { try a.reshaped([-2, -3]) }
  }

  @Test func transposeReversesTheAxes() throws {
    #expect(try a.transposed() == NDArray(rows: [[1, 4], [2, 5], [3, 6]]))
    let cube = try NDArray(Array(stride(from: 0, to: 24, by: 1.0)), shape: [2, 3, 4])
    let turned = try cube.transposed()
    #expect(turned.shape == [4, 3, 2])
    for i in 0..<2 {
      for j in 0..<3 {
        for k in 0..<4 { #expect(try turned.element(at: [k, j, i]) == cube.element(at: [i, j, k])) }
      }
    }
    let wide = try NDArray(Array(stride(from: 0, to: 70.0 * 45, by: 1)), shape: [70, 45])
    #expect(try wide.transposed().element(at: [44, 69]) == 70 * 45 - 1)
    #expect(try wide.transposed().transposed() == wide)
  }

  @Test func concatenation() throws {
    let below = try NDArray.concatenate([a, a.rows(0..<1)])
    #expect(below.shape == [3, 3] && below.columnNames == ["x", "y", "z"])
    #expect(below.values == [1, 2, 3, 4, 5, 6, 1, 2, 3])
    let more = try NDArray(rows: [[7], [8]], columnNames: ["w"])
    let beside = try NDArray.concatenate([a, more], axis: 1)
    #expect(beside.columnNames == ["x", "y", "z", "w"])
    #expect(beside.values == [1, 2, 3, 7, 4, 5, 6, 8])
    let rule = "all extents but that of axis 0 must be equal"
    #expect(throws: ArrayError.shapeMismatch(operation: "concat", [2, 3], [2, 1], rule: rule)) {
      try NDArray.concatenate([a, more])
    }
    #expect(throws: ArrayError.self) { try NDArray.concatenate([]) }
    #expect(throws: ArrayError.self) { try NDArray.concatenate([a], axis: 2) }
  }

  @Test(arguments: [
    [-1], [2, -3], [1 << 40, 1 << 40], [Int.max, 2], [0, Int.max, Int.max], [Int.min], [1 << 50],
  ])
  func impossibleShapesAreErrors(_ shape: [Int]) {
    #expect(throws: ArrayError.self) { try NDArray.zeros(shape) }
  }

  @Test func broadcastingCannotOverflow() throws {
    let tall = try NDArray.zeros([1 << 40, 1, 0]), wide = try NDArray.zeros([1, 1 << 40, 0])
    #expect(throws: ArrayError.self) { try tall + wide }
  }

  @Test func messagesNameWhatWasGiven() {
    let texts: [(ArrayError, String)] = [
      (
        .indexOutOfRange(index: 7, axis: 1, extent: 3),
        "index 7 is out of range for axis 1, which has 3 elements"
      ),
      (
        .unknownColumn("Rat", available: ["Date", "Rate"]),
        "no column \"Rat\": the columns are \"Date\", \"Rate\""
      ),
      (
        .axisOutOfRange(axis: 2, shape: [3]),
        "axis 2 is out of range for an array of shape (3,), which has 1 axis"
      ),
      (.empty(operation: "mean"), "the mean of an empty array does not exist"),
      (
        .shapeMismatch(operation: "add", [2, 3], [4], rule: "r"), "add: shapes (2, 3) and (4,) do not fit: r"
      ),
      (.invalidShape([2, -1], reason: "r"), "invalid shape (2, -1): r"),
    ]
    for (error, text) in texts { #expect(error.description == text) }
  }
}
