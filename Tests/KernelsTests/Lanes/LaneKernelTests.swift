import Glibc
import Lanes
import Testing

/// The block kernels against `evaluate`: every operand shape, in place, at every position of a block.
@Suite struct LaneKernelTests {
  @Test func unaryFloat() { checkUnary(Float.self) }
  @Test func unaryDouble() { checkUnary(Double.self) }
  @Test func binaryFloat() { checkBinary(Float.self) }
  @Test func binaryDouble() { checkBinary(Double.self) }
  @Test func comparisonsFloat() { checkComparisons(Float.self) }
  @Test func comparisonsDouble() { checkComparisons(Double.self) }
  @Test func multiplyAddFloat() { checkMultiplyAdd(Float.multiplyAdd) { fmaf($0, $1, $2) } }
  @Test func multiplyAddDouble() { checkMultiplyAdd(Double.multiplyAdd) { fma($0, $1, $2) } }
  @Test func negativeMultiplyAddFloat() { checkMultiplyAdd(Float.negativeMultiplyAdd) { fmaf(-$0, $1, $2) } }
  @Test func negativeMultiplyAddDouble() { checkMultiplyAdd(Double.negativeMultiplyAdd) { fma(-$0, $1, $2) } }
  @Test func selectFloat() { checkSelect(Float.self) }
  @Test func selectDouble() { checkSelect(Double.self) }

  /// Block lengths with and without whole staged runs.
  private static let lengths = [16, 48, 64, 80, 256, 272]

  /// Difficult values in shuffled pairs, as many as asked for.
  private func pairs<Scalar: LaneScalar>(_ type: Scalar.Type) -> ([Scalar], [Scalar]) {
    let values = difficultValues(type)
    return (values.flatMap { x in values.map { _ in x } }, values.flatMap { _ in values })
  }

  private func checkUnary<Scalar: LaneScalar>(_ type: Scalar.Type) {
    let values = difficultValues(type)
    for function in UnaryFunction.allCases {
      for length in Self.lengths {
        let a = Block((0..<length).map { values[($0 * 7) % values.count] })
        let out = Block<Scalar>(count: length)
        Scalar.apply(function, a.lanes, to: out.pointer, count: length)
        let expected = a.values.map { Scalar.evaluate(function, $0) }
        #expect(zip(out.values, expected).allSatisfy(sameBits), "\(function), \(length) lanes")
        Scalar.apply(function, Block([a[1]]).uniform, to: out.pointer, count: length)
        #expect(out.values.allSatisfy { sameBits($0, expected[1]) }, "\(function) of a uniform")
        #expect(function.worksInPlace)
        Scalar.apply(function, a.lanes, to: a.pointer, count: length)
        #expect(zip(a.values, expected).allSatisfy(sameBits), "\(function) in place, \(length) lanes")
      }
    }
  }

  private func checkBinary<Scalar: LaneScalar>(_ type: Scalar.Type) {
    let (xs, ys) = pairs(type)
    for function in BinaryFunction.allCases {
      let (a, b) = (Block(xs), Block(ys))
      let count = a.count
      let out = Block<Scalar>(count: count)
      let expected = zip(a.values, b.values).map { Scalar.evaluate(function, $0, $1) }
      Scalar.apply(function, a.lanes, b.lanes, to: out.pointer, count: count)
      #expect(zip(out.values, expected).allSatisfy(sameBits), "\(function)")
      for value in difficultValues(type) {
        let one = Block([value])
        Scalar.apply(function, a.lanes, one.uniform, to: out.pointer, count: count)
        let right = a.values.map { Scalar.evaluate(function, $0, value) }
        #expect(zip(out.values, right).allSatisfy(sameBits), "\(function) by a uniform \(value)")
        Scalar.apply(function, one.uniform, b.lanes, to: out.pointer, count: count)
        let left = b.values.map { Scalar.evaluate(function, value, $0) }
        #expect(zip(out.values, left).allSatisfy(sameBits), "\(function) of a uniform \(value)")
      }
      #expect(function.worksInPlace)
      Scalar.apply(function, a.lanes, b.lanes, to: a.pointer, count: count)
      #expect(zip(a.values, expected).allSatisfy(sameBits), "\(function) over its first operand")
      let again = Block(xs)
      Scalar.apply(function, again.lanes, b.lanes, to: b.pointer, count: count)
      #expect(zip(b.values, expected).allSatisfy(sameBits), "\(function) over its second operand")
    }
  }

  private func checkComparisons<Scalar: LaneScalar>(_ type: Scalar.Type) {
    let (xs, ys) = pairs(type)
    let (a, b) = (Block(xs), Block(ys))
    let out = Block<Scalar>(count: a.count)
    for comparison in Comparison.allCases {
      Scalar.compare(comparison, a.lanes, b.lanes, to: out.pointer, count: a.count)
      for i in 0..<a.count {
        let holds =
          switch comparison {
          case .less: a[i] < b[i]
          case .lessOrEqual: a[i] <= b[i]
          case .equal: a[i] == b[i]
          }
        #expect(out[i] == (holds ? 1 : 0) && out[i] == Scalar.evaluate(comparison, a[i], b[i]))
      }
      let first = Block([a[100]])
      Scalar.compare(comparison, first.uniform, b.lanes, to: out.pointer, count: a.count)
      #expect((0..<a.count).allSatisfy { out[$0] == Scalar.evaluate(comparison, a[100], b[$0]) })
    }
  }

  /// The shapes of three operands: bit i says that operand i is uniform.
  private func operand<Scalar>(_ block: Block<Scalar>, _ shape: Int, _ index: Int) -> LaneOperand<Scalar> {
    shape >> index & 1 == 1 ? block.uniform : block.lanes
  }

  private typealias Ternary<Scalar> = (
    LaneOperand<Scalar>, LaneOperand<Scalar>, LaneOperand<Scalar>, UnsafeMutablePointer<Scalar>, Int
  ) -> Void

  private func checkMultiplyAdd<Scalar: LaneScalar>(
    _ kernel: Ternary<Scalar>, _ reference: (Scalar, Scalar, Scalar) -> Scalar
  ) {
    let (xs, ys) = pairs(Scalar.self)
    for shape in 0..<8 {
      let blocks = [Block(xs), Block(ys), Block(Array(ys.reversed()) + [3])]
      let count = blocks[0].count
      let out = Block<Scalar>(count: count)
      let expected = (0..<count).map { i in
        let v = (0..<3).map { blocks[$0][shape >> $0 & 1 == 1 ? 0 : i] }
        return reference(v[0], v[1], v[2])
      }
      let operands = (0..<3).map { operand(blocks[$0], shape, $0) }
      kernel(operands[0], operands[1], operands[2], out.pointer, count)
      #expect(zip(out.values, expected).allSatisfy(sameBits), "shape \(shape)")
      for target in 0..<3 where shape >> target & 1 == 0 {
        let saved = Block(blocks[target].values)
        kernel(operands[0], operands[1], operands[2], blocks[target].pointer, count)
        #expect(zip(blocks[target].values, expected).allSatisfy(sameBits), "shape \(shape) over \(target)")
        blocks[target].pointer.update(from: saved.pointer, count: count)
      }
    }
  }

  private func checkSelect<Scalar: LaneScalar>(_ type: Scalar.Type) {
    let (xs, ys) = pairs(type)
    for shape in 0..<8 {
      let conditions = (0..<xs.count).map { i -> Scalar in [0, 1, -0.0, .nan, -2][i % 5] }
      let blocks = [Block(conditions), Block(xs), Block(ys)]
      let count = blocks[0].count
      let out = Block<Scalar>(count: count)
      let expected = (0..<count).map { i in
        let v = (0..<3).map { blocks[$0][shape >> $0 & 1 == 1 ? 0 : i] }
        return v[0] != 0 ? v[1] : v[2]
      }
      let operands = (0..<3).map { operand(blocks[$0], shape, $0) }
      Scalar.select(operands[0], operands[1], operands[2], to: out.pointer, count: count)
      #expect(zip(out.values, expected).allSatisfy(sameBits), "shape \(shape)")
      for target in 0..<3 where shape >> target & 1 == 0 {
        let saved = Block(blocks[target].values)
        Scalar.select(operands[0], operands[1], operands[2], to: blocks[target].pointer, count: count)
        #expect(zip(blocks[target].values, expected).allSatisfy(sameBits), "shape \(shape) over \(target)")
        blocks[target].pointer.update(from: saved.pointer, count: count)
      }
    }
  }
}
