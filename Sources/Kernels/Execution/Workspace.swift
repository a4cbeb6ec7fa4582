import Lanes
import Program
import Random

/// A plan's memory for one thread: its rows of lanes and its shared values, in one precision.
package final class Workspace<Scalar: RandomScalar> {
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
    publish()
  }

  /// Sets the values of a step (time) and computes what follows from them.
  package func setStep(_ name: String, _ value: Double) {
    guard plan.changesWithStep else { return }
    for input in plan.uniformInputs where input.variation == .step && input.name == name {
      slots[input.slot] = value
    }
    perform(plan.stepInstructions)
    publish()
  }

  private func set(_ input: Plan.UniformInput, _ values: [Double]) {
    for row in 0..<input.rows { slots[input.slot + row] = row < values.count ? values[row] : .nan }
  }

  private func publish() {
    for slot in slots.indices { shared[slot] = Scalar(slots[slot]) }
  }

  private func perform(_ instructions: [UniformInstruction]) {
    for instruction in instructions {
      let (a, b, c) = (slots[instruction.a], slots[instruction.b], slots[instruction.c])
      slots[instruction.out] =
        switch instruction.operation {
        case .unary(let function): Double.evaluate(function, a)
        case .binary(let function): Double.evaluate(function, a, b)
        case .multiplyAdd: c.addingProduct(a, b)
        case .compare(let comparison): Double.evaluate(comparison, a, b)
        case .select: a != 0 ? b : c
        }
    }
  }

  /// Fills the draw rows for the paths firstPath, firstPath + 1, …
  package func draw(seed: UInt64, stream: RandomStream, firstPath: Int) {
    let per = Scalar.numbersPerCall
    guard !plan.draws.isEmpty else { return }
    let scratch: UnsafeMutablePointer<Scalar> = allocateLanes(per * count)
    defer { scratch.deallocate() }
    for draw in plan.draws {
      let pointers = (0..<per).map { scratch + $0 * count }
      let kind = draw.distribution == .normal ? 0 : 1
      let base = CounterBase(
        seed: seed, stream: stream, firstPath: firstPath, level: kind, group: draw.index / per, dimension: 0)
      pointers.withUnsafeBufferPointer { out in
        switch draw.distribution {
        case .normal: Scalar.fillNormals(out.baseAddress!, count: count, base: base, scale: 1)
        case .uniform: Scalar.fillUniforms(out.baseAddress!, count: count, base: base)
        }
      }
      rows[draw.row].update(from: pointers[draw.index % per], count: count)
    }
  }

  /// Runs the instructions over the block.
  package func execute() {
    let rows = self.rows
    let shared = self.shared
    let count = self.count
    @inline(__always)
    func operand(_ address: Address) -> LaneOperand<Scalar> {
      switch address {
      case .row(let row): LaneOperand(lanes: rows[row])
      case .slot(let slot): LaneOperand(uniform: shared + slot)
      }
    }
    plan.instructions.withUnsafeBufferPointer { instructions in
      for instruction in instructions {
        let out = rows[instruction.out]
        switch instruction.operation {
        case .unary(let function):
          Scalar.apply(function, operand(instruction.a), to: out, count: count)
        case .binary(let function):
          Scalar.apply(function, operand(instruction.a), operand(instruction.b), to: out, count: count)
        case .multiplyAdd:
          Scalar.multiplyAdd(
            operand(instruction.a), operand(instruction.b), operand(instruction.c), to: out, count: count)
        case .compare(let comparison):
          Scalar.compare(
            comparison, operand(instruction.a), operand(instruction.b), to: out, count: count)
        case .select:
          Scalar.select(
            operand(instruction.a), operand(instruction.b), operand(instruction.c), to: out, count: count)
        case .copy:
          let source = operand(instruction.a)
          if source.isUniform {
            out.update(repeating: source.pointer.pointee, count: count)
          } else {
            out.update(from: source.pointer, count: count)
          }
        }
      }
    }
  }
}
