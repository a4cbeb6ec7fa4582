import Lanes
import LinearAlgebra
import Program
import Random

/// The precisions that Programs run in: `Float` and `Double`.
package typealias ExecutionScalar = RandomScalar & BlasScalar

/// A plan's memory for one thread: its rows of lanes and its shared values, in one precision.
package final class Workspace<Scalar: ExecutionScalar> {
  package let plan: Plan
  package let count: Int
  /// One pointer a row. The caller sets those of inputs and outputs.
  package let rows: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>
  private let storage: UnsafeMutablePointer<Scalar>
  private let shared: UnsafeMutablePointer<Scalar>
  private var slots: [Double]

  /// - Parameter count: lanes of a block, a multiple of `laneGroup`.
  package init(_ plan: Plan, count: Int) {
    self.plan = plan
    self.count = count
    let own = plan.rowCount - plan.externalRows
    storage = allocateLanes(max(1, own * count))
    rows = .allocate(capacity: max(1, plan.rowCount))
    for row in 0..<plan.externalRows { (rows + row).initialize(to: storage) }
    for row in 0..<own { (rows + plan.externalRows + row).initialize(to: storage + row * count) }
    shared = .allocate(capacity: max(1, plan.slotCount))
    shared.initialize(repeating: 0, count: max(1, plan.slotCount))
    slots = plan.constants
  }

  deinit {
    storage.deallocate()
    rows.deallocate()
    shared.deallocate()
  }

  /// Sets the values that hold for a whole run and computes what follows from them.
  package func begin(_ values: [String: [Double]]) {
    for input in plan.uniformInputs where input.variation < .step { set(input, values[input.name] ?? []) }
    perform(plan.runInstructions)
    publish(0..<slots.count)
  }

  /// Sets the values of a step (time) and computes what follows from them.
  package func setStep(_ name: String, _ value: Double) {
    guard plan.changesWithStep else { return }
    for input in plan.uniformInputs where input.variation == .step && input.name == name {
      slots[input.slot] = value
      publish(input.slot..<input.slot + input.rows)
    }
    perform(plan.stepInstructions)
    for instruction in plan.stepInstructions { publish(instruction.out..<instruction.out + instruction.rows) }
  }

  /// Sets parameters in the workspace's own precision, after ``begin(_:)``: for values that change often.
  ///
  /// - Parameter values: for each of these inputs, as many numbers as it has rows.
  package func update(_ values: [(input: String, numbers: UnsafePointer<Scalar>)]) {
    for (name, numbers) in values {
      guard let input = plan.uniformInputs.first(where: { $0.name == name }) else { continue }
      (shared + input.slot).update(from: numbers, count: input.rows)
      if !plan.runInstructions.isEmpty {
        for row in 0..<input.rows { slots[input.slot + row] = Double(numbers[row]) }
      }
    }
    perform(plan.runInstructions)
    for instruction in plan.runInstructions { publish(instruction.out..<instruction.out + instruction.rows) }
  }

  private func set(_ input: Plan.UniformInput, _ values: [Double]) {
    for row in 0..<input.rows { slots[input.slot + row] = row < values.count ? values[row] : .nan }
  }

  private func publish(_ range: Range<Int>) {
    for slot in range { shared[slot] = Scalar(slots[slot]) }
  }

  private func perform(_ instructions: [UniformInstruction]) {
    for instruction in instructions {
      let (a, b, c) = (slots[instruction.a], slots[instruction.b], slots[instruction.c])
      switch instruction.operation {
      case .unary(let function): slots[instruction.out] = Double.evaluate(function, a)
      case .binary(let function): slots[instruction.out] = Double.evaluate(function, a, b)
      case .multiplyAdd: slots[instruction.out] = c.addingProduct(a, b)
      case .compare(let comparison): slots[instruction.out] = Double.evaluate(comparison, a, b)
      case .select: slots[instruction.out] = a != 0 ? b : c
      case .copy: slots[instruction.out] = a
      case .matrixProduct(let rows, let columns, let transposed):
        for i in 0..<(transposed ? columns : rows) {
          var sum = 0.0
          for k in 0..<(transposed ? rows : columns) {
            sum +=
              slots[instruction.a + (transposed ? k * columns + i : i * columns + k)]
              * slots[instruction.b + k]
          }
          slots[instruction.out + i] = sum
        }
      }
    }
  }

  /// Fills the draw rows for the paths firstPath, firstPath + 1, …
  ///
  /// - Parameter group: which set of numbers: those of different groups have nothing in common.
  package func draw(seed: UInt64, stream: RandomStream, firstPath: Int, group: Int = 0) {
    let per = Scalar.numbersPerCall
    guard !plan.draws.isEmpty else { return }
    let scratch: UnsafeMutablePointer<Scalar> = allocateLanes(per * count)
    defer { scratch.deallocate() }
    let pointers = (0..<per).map { scratch + $0 * count }
    // One call of the generator gives several numbers: neighbours share it.
    var made: (distribution: Distribution, call: Int)?
    for draw in plan.draws {
      let call = draw.index / per
      if made == nil || made! != (draw.distribution, call) {
        let base = CounterBase(
          seed: seed, stream: stream, firstPath: firstPath, level: draw.distribution == .normal ? 0 : 1,
          group: group &<< 16 | call, dimension: 0)
        pointers.withUnsafeBufferPointer { out in
          switch draw.distribution {
          case .normal: Scalar.fillNormals(out.baseAddress!, count: count, base: base, scale: 1)
          case .uniform: Scalar.fillUniforms(out.baseAddress!, count: count, base: base)
          }
        }
        made = (draw.distribution, call)
      }
      rows[draw.row].update(from: pointers[draw.index % per], count: count)
    }
  }

  /// Runs the instructions over the block.
  ///
  /// - Parameters:
  ///   - accumulator: where reduced outputs are added, ``Plan/accumulatorCount`` numbers.
  ///   - lanes: how many lanes, the first ones, are added; all by default.
  package func execute(accumulator: UnsafeMutablePointer<Scalar>? = nil, lanes: Int? = nil) {
    let count = self.count
    plan.instructions.withUnsafeBufferPointer { instructions in
      for tile in plan.tiles {
        if tile.rows == 1 {
          let (rows, shared) = (self.rows, self.shared)
          for instruction in instructions[tile.instructions] {
            if instruction.isElementwise {
              apply(instruction, 0, count, rows, shared)
            } else {
              combine(instruction, accumulator, lanes ?? count)
            }
          }
        } else {
          executeTiles(instructions[tile.instructions], rows: tile.rows)
        }
      }
    }
  }

  /// Rows of a tile: some 1000 numbers, so that the operands of a few instructions fit in the first-level cache.
  private var tileRows: Int { max(1, 1024 / count) }

  private func executeTiles(_ instructions: Slice<UnsafeBufferPointer<LaneInstruction>>, rows: Int) {
    let (rowPointers, shared) = (self.rows, self.shared)
    var first = 0
    while first < rows {
      let end = min(first + tileRows, rows)
      for instruction in instructions {
        if instruction.isFlat {
          apply(instruction, first, (end - first) * count, rowPointers, shared)
        } else {
          for row in first..<end { apply(instruction, row, count, rowPointers, shared) }
        }
      }
      first = end
    }
  }

  private typealias RowPointers = UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>

  @inline(__always)
  private func operand(
    _ address: Address, _ moved: Int, _ rows: RowPointers, _ shared: UnsafeMutablePointer<Scalar>
  ) -> LaneOperand<Scalar> {
    switch address {
    case .row(let row): LaneOperand(lanes: rows[row + moved])
    case .slot(let slot): LaneOperand(uniform: shared + (slot + moved))
    }
  }

  /// An elementwise instruction from one of its rows on, over `length` numbers.
  @inline(__always)
  private func apply(
    _ instruction: LaneInstruction, _ row: Int, _ length: Int, _ rows: RowPointers,
    _ shared: UnsafeMutablePointer<Scalar>
  ) {
    let out = rows[instruction.out + row]
    let a = operand(instruction.a, row * Int(instruction.strides[0]), rows, shared)
    switch instruction.operation {
    case .unary(let function): Scalar.apply(function, a, to: out, count: length)
    case .binary(let function):
      Scalar.apply(
        function, a, operand(instruction.b, row * Int(instruction.strides[1]), rows, shared), to: out,
        count: length)
    case .multiplyAdd:
      Scalar.multiplyAdd(
        a, operand(instruction.b, row * Int(instruction.strides[1]), rows, shared),
        operand(instruction.c, row * Int(instruction.strides[2]), rows, shared), to: out, count: length)
    case .negativeMultiplyAdd:
      Scalar.negativeMultiplyAdd(
        a, operand(instruction.b, row * Int(instruction.strides[1]), rows, shared),
        operand(instruction.c, row * Int(instruction.strides[2]), rows, shared), to: out, count: length)
    case .compare(let comparison):
      Scalar.compare(
        comparison, a, operand(instruction.b, row * Int(instruction.strides[1]), rows, shared), to: out,
        count: length)
    case .select:
      Scalar.select(
        a, operand(instruction.b, row * Int(instruction.strides[1]), rows, shared),
        operand(instruction.c, row * Int(instruction.strides[2]), rows, shared), to: out, count: length)
    case .copy:
      if a.isUniform {
        out.update(repeating: a.pointer.pointee, count: length)
      } else {
        out.update(from: a.pointer, count: length)
      }
    case .matrixProduct, .reduceRows, .reduceOuter: break
    }
  }

  /// The instructions that are not elementwise.
  private func combine(
    _ instruction: LaneInstruction, _ accumulator: UnsafeMutablePointer<Scalar>?, _ lanes: Int
  ) {
    switch instruction.operation {
    case .matrixProduct(let m, let n, let transposed, let adds):
      let (matrix, x) = (
        operand(instruction.a, 0, rows, shared).pointer, operand(instruction.b, 0, rows, shared).pointer
      )
      if adds {
        // The library would write zeros there first.
        for row in 0..<instruction.rows {
          rows[instruction.out + row].update(
            repeating: operand(instruction.c, row, rows, shared).pointer.pointee, count: count)
        }
      }
      Gemm.multiply(
        m: transposed ? n : m, n: count, k: transposed ? m : n, matrix, lda: n, transposeA: transposed, x,
        ldb: count, beta: adds ? 1 : 0, rows[instruction.out], ldc: count)
    case .reduceRows:
      guard let accumulator else { return }
      for row in 0..<instruction.rows {
        let a = operand(instruction.a, row * Int(instruction.strides[0]), rows, shared)
        accumulator[instruction.out + row] +=
          a.isUniform ? a.pointer.pointee * Scalar(lanes) : sumOfLanes(a.pointer, lanes)
      }
    case .reduceOuter(let columns):
      guard let accumulator else { return }
      let (a, b) = (
        operand(instruction.a, 0, rows, shared).pointer, operand(instruction.b, 0, rows, shared).pointer
      )
      Gemm.multiply(
        m: instruction.rows, n: columns, k: lanes, a, lda: count, b, ldb: count, transposeB: true, beta: 1,
        accumulator + instruction.out, ldc: columns)
    default: break
    }
  }
}

/// The sum of a row, in sixteen running sums.
private func sumOfLanes<Scalar: BinaryFloatingPoint & SIMDScalar>(
  _ row: UnsafePointer<Scalar>, _ count: Int
) -> Scalar {
  let vectors = UnsafeRawPointer(row).assumingMemoryBound(to: SIMD16<Scalar>.self)
  var sums = SIMD16<Scalar>(repeating: 0)
  let whole = count / 16
  for index in 0..<whole { sums += vectors[index] }
  var sum: Scalar = 0
  for index in 0..<16 { sum += sums[index] }
  for lane in whole * 16..<count { sum += row[lane] }
  return sum
}
