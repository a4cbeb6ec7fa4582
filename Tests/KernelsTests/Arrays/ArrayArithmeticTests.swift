import Arrays
import Testing

@Suite struct ArrayArithmeticTests {
  @Test func operationsAgreeWithScalars() throws {
    let a = NDArray([5.5, -5.5, 2, 0]), b = NDArray([3, 3, -0.5, 2])
    let expected: [ElementwiseOperation: [Double]] = [
      .add: [8.5, -2.5, 1.5, 2], .subtract: [2.5, -8.5, 2.5, -2], .multiply: [16.5, -16.5, -1, 0],
      .divide: [5.5 / 3, -5.5 / 3, -4, 0], .minimum: [3, -5.5, -0.5, 0], .maximum: [5.5, 3, 2, 2],
      .modulo: [2.5, 0.5, 0, 0], .floorDivide: [1, -2, -4, 0], .less: [0, 1, 0, 1],
      .lessOrEqual: [0, 1, 0, 1],
      .greater: [1, 0, 1, 0], .greaterOrEqual: [1, 0, 1, 0], .equal: [0, 0, 0, 0], .notEqual: [1, 1, 1, 1],
    ]
    for (operation, values) in expected {
      #expect(try NDArray.apply(operation, a, b).values == values, "\(operation)")
    }
    #expect(try NDArray.apply(.power, NDArray([2, 9, -3]), NDArray([10, 0.5, 2])).values == [1024, 3, 9])
    #expect(try NDArray.apply(.atan2, NDArray([0]), NDArray([-1])).values == [Double.pi])
    let negated = try -a
    #expect(negated.values == [-5.5, 5.5, -2, 0])
  }

  /// Every pair of shapes that NumPy broadcasts, against a direct evaluation of the rule.
  @Test func broadcastingFollowsTheRule() throws {
    let shapes = [
      [], [1], [3], [2, 1], [2, 3], [1, 3], [1, 1], [4, 1, 3], [4, 2, 1], [4, 2, 3], [1, 2, 1], [0], [2, 0],
    ]
    func make(_ shape: [Int], _ seed: Double) throws -> NDArray {
      try NDArray((0..<shape.reduce(1, *)).map { seed + 1.7 * Double($0) }, shape: shape)
    }
    var pairs = 0
    for s in shapes {
      for t in shapes {
        let a = try make(s, 1), b = try make(t, 100)
        let rank = max(s.count, t.count)
        let x = [Int](repeating: 1, count: rank - s.count) + s,
          y = [Int](repeating: 1, count: rank - t.count) + t
        guard (0..<rank).allSatisfy({ x[$0] == y[$0] || x[$0] == 1 || y[$0] == 1 }) else {
          #expect(throws: ArrayError.self) { try a - b }
          continue
        }
        let shape = (0..<rank).map { x[$0] == 1 ? y[$0] : x[$0] }
        let result = try a - b
        #expect(result.shape == shape)
        for flat in 0..<shape.reduce(1, *) {
          var rest = flat, index = [Int](repeating: 0, count: rank)
          for axis in stride(from: rank - 1, through: 0, by: -1) {
            index[axis] = rest % shape[axis]
            rest /= shape[axis]
          }
          let i = (0..<s.count).map { s[$0] == 1 ? 0 : index[$0 + rank - s.count] }
          let j = (0..<t.count).map { t[$0] == 1 ? 0 : index[$0 + rank - t.count] }
          #expect(try result.values[flat] == a.element(at: i) - b.element(at: j))
        }
        pairs += 1
      }
    }
    #expect(pairs > 60)
  }

  @Test func mismatchNamesBothShapes() throws {
    let a = try NDArray.zeros([2, 3]), b = try NDArray.zeros([2])
    let rule = "aligned from the last axis, extents must be equal or 1"
    #expect(throws: ArrayError.shapeMismatch(operation: "multiply", [2, 3], [2], rule: rule)) { try a * b }
  }

  @Test func namesSurviveArithmetic() throws {
    let a = try NDArray(rows: [[1, 2], [3, 4]], columnNames: ["p", "q"])
    let doubled = try NDArray(scalar: 2) * a
    #expect(doubled.columnNames == ["p", "q"])
    #expect(try a.map { $0 + 1 } == NDArray(rows: [[2, 3], [4, 5]], columnNames: ["p", "q"]))
  }

  @Test func mapPassesErrorsOn() {
    struct Stop: Error {}
    #expect(throws: Stop.self) { try NDArray([1, 2]).map { if $0 > 1 { throw Stop() } else { $0 } } }
  }

  @Test func selectTakesElementsByCondition() throws {
    let condition = try NDArray(rows: [[1, 0, .nan], [0, 2, 0]])
    let result = try NDArray.select(condition, NDArray([10, 20, 30]), NDArray(scalar: -1))
    #expect(try result == (NDArray(rows: [[10, -1, 30], [-1, 20, -1]])))
    #expect(throws: ArrayError.self) { try NDArray.select(condition, NDArray([1, 2]), NDArray(scalar: 0)) }
  }

  @Test func matrixProducts() throws {
    let a = try NDArray(rows: [[1, 2, 3], [4, 5, 6]]), b = try NDArray(rows: [[1, 0], [2, -1], [0.5, 3]])
    #expect(try NDArray.matmul(a, b) == NDArray(rows: [[6.5, 7], [17, 13]]))
    #expect(try NDArray.matmul(a, NDArray([1, 1, 2])) == NDArray([9, 21]))
    #expect(try NDArray.matmul(NDArray([1, -1]), a) == NDArray([-3, -3, -3]))
    #expect(try NDArray.matmul(NDArray([1, 2]), NDArray([3, 4])) == NDArray(scalar: 11))
    #expect(try NDArray.matmul(.zeros([2, 0]), .zeros([0, 3])) == .zeros([2, 3]))
    #expect(try NDArray.matmul(.zeros([0, 2]), .zeros([2, 3])).shape == [0, 3])
    let rule = "the columns of the first must be as many as the rows of the second"
    #expect(throws: ArrayError.shapeMismatch(operation: "matmul", [2, 3], [2, 3], rule: rule)) {
      try NDArray.matmul(a, a)
    }
    #expect(throws: ArrayError.self) { try NDArray.matmul(NDArray(scalar: 1), a) }
    #expect(throws: ArrayError.self) { try NDArray.matmul(.zeros([1, 1, 1]), a) }
  }

  @Test func largeMatrixProductMatchesTheDefinition() throws {
    let m = 37, k = 53, n = 29
    let a = try NDArray((0..<(m * k)).map { Double(($0 * 7) % 11) - 5 }, shape: [m, k])
    let b = try NDArray((0..<(k * n)).map { Double(($0 * 5) % 13) - 6 }, shape: [k, n])
    let c = try NDArray.matmul(a, b)
    for i in 0..<m {
      for j in 0..<n {
        let exact = (0..<k).reduce(0.0) { $0 + a.values[i * k + $1] * b.values[$1 * n + j] }
        #expect(c.values[i * n + j] == exact)
      }
    }
  }

  @Test func sortPutsNaNLast() throws {
    let a = try NDArray(rows: [[3, .nan, -.infinity, 1], [2, -2, .infinity, 0]])
    let sorted = try a.sorted()
    #expect(Array(sorted.values[..<3]) == [-.infinity, 1, 3])
    #expect(sorted.values[3].isNaN)
    #expect(Array(sorted.values[4...]) == [-2, 0, 2, .infinity])
    #expect(try a.argsorted().values == [2, 3, 0, 1, 1, 3, 0, 2])
  }

  /// Long enough for the radix sort, with every kind of number.
  @Test func longSortAgreesWithTheStandardLibrary() throws {
    var generator = SplitMix(7)
    var values = (0..<20_000).map { _ in Double(bitPattern: generator.next()) }
    values +=
      [0, -0.0, .infinity, -.infinity, .nan, Double.leastNonzeroMagnitude, -Double.leastNonzeroMagnitude]
      + [Double](repeating: 1.5, count: 500)
    let sorted = try NDArray(values).sorted().values
    let numbers = values.filter { !$0.isNaN }.sorted()
    #expect(Array(sorted[..<numbers.count]) == numbers)
    #expect(sorted[numbers.count...].allSatisfy { $0.isNaN })
    #expect(sorted.count == values.count)
  }
}
