import Lanes
import Program
import Random

/// Where an instruction finds an operand: a row of lanes, or a slot of values that all lanes share.
package enum Address: Hashable, Sendable {
  case row(Int)
  case slot(Int)
}

/// One pass over a block: `out = operation(a, b, c)`.
package struct LaneInstruction: Sendable {
  package enum Operation: Hashable, Sendable {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    case multiplyAdd
    case compare(Comparison)
    case select
    case copy
  }
  package let operation: Operation
  package let out: Int
  package let a: Address
  package let b: Address
  package let c: Address
}

/// One operation on values that all lanes share, done in Double once a run or once a step.
struct UniformInstruction: Sendable {
  enum Operation: Sendable {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    case multiplyAdd
    case compare(Comparison)
    case select
  }
  let operation: Operation
  let out: Int
  let a: Int
  let b: Int
  let c: Int
}

/// A Program made ready to run: which rows of lanes hold what and when, and what is computed only once.
///
/// Rows are numbered: first those of the lane inputs, then those of the outputs, then the draws, then
/// temporaries, which are reused as soon as their value is dead. Input and output rows are the caller's
/// memory (so a recurrence can swap state and new state without copying); an output row is written by
/// the instruction that makes its value.
public struct Plan: Sendable {
  package struct Rows: Sendable {
    package let name: String
    package let first: Int
    package let count: Int
  }
  package struct Draw: Sendable {
    package let distribution: Distribution
    package let index: Int
    package let row: Int
  }
  struct UniformInput: Sendable {
    let name: String
    let slot: Int
    let rows: Int
    let variation: Variation
  }

  package private(set) var inputs: [Rows] = []
  package private(set) var outputs: [Rows] = []
  package private(set) var draws: [Draw] = []
  package private(set) var instructions: [LaneInstruction] = []
  /// All rows, and how many of them, the first ones, are the caller's.
  package private(set) var rowCount = 0
  package private(set) var externalRows = 0

  private(set) var uniformInputs: [UniformInput] = []
  private(set) var constants: [Double] = []
  private(set) var runInstructions: [UniformInstruction] = []
  private(set) var stepInstructions: [UniformInstruction] = []
  package var slotCount: Int { constants.count }

  /// True if some shared value has to be computed anew at each step.
  package var changesWithStep: Bool {
    !stepInstructions.isEmpty || uniformInputs.contains { $0.variation == .step }
  }

  package func input(_ name: String) -> Rows? { inputs.first { $0.name == name } }
  package func output(_ name: String) -> Rows? { outputs.first { $0.name == name } }

  /// Plans a Program, which is simplified first.
  ///
  /// - Parameter contract: whether `a·b + c` becomes one fused multiply-add.
  public init(_ program: Program, contract: Bool = true) {
    var planner = Planner(program.simplified(contract: contract))
    planner.run()
    inputs = planner.inputs
    outputs = planner.outputs
    draws = planner.draws
    instructions = planner.instructions
    rowCount = planner.rowCount
    externalRows = planner.externalRows
    uniformInputs = planner.uniformInputs
    constants = planner.slots
    runInstructions = planner.runInstructions
    stepInstructions = planner.stepInstructions
  }

  /// How many lanes a block has: 256 to 1024.
  ///
  /// A row of 4 KiB is long enough that the calls cost little, and short enough that an instruction finds
  /// its operands in the first-level cache; all rows stay in the second-level cache.
  ///
  /// - Parameter extraRows: rows that are live beside the plan's own (noise buffers).
  package func blockLength(scalarSize: Int, extraRows: Int) -> Int {
    let budget = 256 * 1024
    let rows = rowCount + extraRows
    for length in [1024, 512] where length * scalarSize <= 4096 && rows * length * scalarSize <= budget {
      return length
    }
    return 256
  }
}

private struct Planner {
  private let program: Program
  private let live: [NodeID]
  /// The address of each row of each node; nil until it is known.
  private var addresses: [[Address?]]
  /// Index in `live` of the last node that reads a node's row.
  private var lastUse: [[Int]]
  private var freeRows: [Int] = []

  var inputs: [Plan.Rows] = []
  var outputs: [Plan.Rows] = []
  var draws: [Plan.Draw] = []
  var instructions: [LaneInstruction] = []
  var rowCount = 0
  var externalRows = 0
  var uniformInputs: [Plan.UniformInput] = []
  var slots: [Double] = []
  var runInstructions: [UniformInstruction] = []
  var stepInstructions: [UniformInstruction] = []

  /// The output row that a node's row is computed straight into.
  private var target: [[Int?]]

  init(_ program: Program) {
    self.program = program
    live = program.liveNodes()
    addresses = program.nodes.map { Array(repeating: nil, count: $0.rows) }
    lastUse = program.nodes.map { Array(repeating: -1, count: $0.rows) }
    target = program.nodes.map { Array(repeating: nil, count: $0.rows) }
  }

  mutating func run() {
    placeInputsAndOutputs()
    findLastUses()
    for (time, id) in live.enumerated() { plan(id, time) }
    copyRemainingOutputs()
  }

  /// Which row of which node a row really is, seen through `pick` and `stack`.
  private func source(_ id: NodeID, _ row: Int) -> (NodeID, Int) {
    let node = program[id]
    switch node.kind {
    case .pick(let picked): return source(node.operands[0], picked)
    case .stack:
      var first = 0
      for operand in node.operands {
        let rows = program[operand].rows
        if row < first + rows { return source(operand, row - first) }
        first += rows
      }
      return (id, row)
    default: return (id, row)
    }
  }

  private func isComputedPerLane(_ id: NodeID) -> Bool {
    let node = program[id]
    switch node.kind {
    case .input, .constant, .draw, .pick, .stack: return false
    default: return node.variation == .lane
    }
  }

  private mutating func placeInputsAndOutputs() {
    for input in program.inputs where input.variation == .lane {
      inputs.append(Plan.Rows(name: input.name, first: rowCount, count: input.rows))
      rowCount += input.rows
    }
    for output in program.outputs {
      let rows = program[output.node].rows
      outputs.append(Plan.Rows(name: output.name, first: rowCount, count: rows))
      for row in 0..<rows {
        let (node, part) = source(output.node, row)
        if isComputedPerLane(node), target[node.index][part] == nil {
          target[node.index][part] = rowCount + row
        }
      }
      rowCount += rows
    }
    externalRows = rowCount
  }

  private mutating func findLastUses() {
    for (time, id) in live.enumerated() where program[id].variation == .lane {
      let node = program[id]
      switch node.kind {
      case .pick, .stack: continue
      default: break
      }
      for operand in node.operands {
        for row in 0..<node.rows {
          let (used, part) = source(operand, program[operand].rows == 1 ? 0 : row)
          lastUse[used.index][part] = time
        }
      }
    }
    // Rows that still have to be copied to outputs stay alive to the end.
    for output in program.outputs {
      for row in 0..<program[output.node].rows {
        let (node, part) = source(output.node, row)
        lastUse[node.index][part] = live.count
      }
    }
  }

  private mutating func plan(_ id: NodeID, _ time: Int) {
    let node = program[id]
    switch node.kind {
    case .pick, .stack: return
    case .constant:
      for (row, value) in node.constants!.enumerated() { addresses[id.index][row] = .slot(newSlot(value)) }
    case .input(let index):
      let input = program.inputs[index]
      if input.variation == .lane {
        let first = inputs.first { $0.name == input.name }!.first
        for row in 0..<input.rows { addresses[id.index][row] = .row(first + row) }
      } else {
        uniformInputs.append(
          Plan.UniformInput(
            name: input.name, slot: slots.count, rows: input.rows, variation: input.variation))
        for row in 0..<input.rows { addresses[id.index][row] = .slot(newSlot(0)) }
      }
    case .draw(let distribution, let index):
      let row = rowCount
      rowCount += 1
      draws.append(Plan.Draw(distribution: distribution, index: index, row: row))
      addresses[id.index][0] = .row(row)
    default:
      for row in 0..<node.rows {
        if node.variation == .lane { planLanes(id, row, time) } else { planUniform(id, row) }
      }
    }
  }

  private mutating func newSlot(_ value: Double) -> Int {
    slots.append(value)
    return slots.count - 1
  }

  private func operandAddress(_ id: NodeID, _ row: Int) -> Address {
    let (node, part) = source(id, program[id].rows == 1 ? 0 : row)
    return addresses[node.index][part]!
  }

  private mutating func planLanes(_ id: NodeID, _ row: Int, _ time: Int) {
    let node = program[id]
    let operation: LaneInstruction.Operation
    let inPlace: Bool
    switch node.kind {
    case .unary(let function): (operation, inPlace) = (.unary(function), function.worksInPlace)
    case .binary(let function): (operation, inPlace) = (.binary(function), function.worksInPlace)
    case .multiplyAdd: (operation, inPlace) = (.multiplyAdd, true)
    case .compare(let comparison): (operation, inPlace) = (.compare(comparison), false)
    case .select: (operation, inPlace) = (.select, true)
    default: preconditionFailure("only computed nodes are planned")
    }
    let operands = node.operands.map { operandAddress($0, row) }
    let dying = rowsDying(node, row, time)
    if inPlace { freeRows.append(contentsOf: dying) }
    let out = target[id.index][row] ?? takeRow()
    if !inPlace { freeRows.append(contentsOf: dying) }
    addresses[id.index][row] = .row(out)
    instructions.append(
      LaneInstruction(
        operation: operation, out: out, a: operands[0],
        b: operands.count > 1 ? operands[1] : operands[0],
        c: operands.count > 2 ? operands[2] : operands[0]))
  }

  /// Temporary rows that this instruction reads for the last time.
  private func rowsDying(_ node: Node, _ row: Int, _ time: Int) -> [Int] {
    var rows: Set<Int> = []
    for operand in node.operands {
      let (used, part) = source(operand, program[operand].rows == 1 ? 0 : row)
      // A one-row operand of a longer node is read once a row: it dies with the last.
      let isLastRow = program[operand].rows > 1 || row == node.rows - 1
      guard lastUse[used.index][part] == time, isLastRow, isComputedPerLane(used) else { continue }
      // The same source row may stand in other rows of this node through several picks.
      guard !readLater(used, part, node, after: row) else { continue }
      if case .row(let index)? = addresses[used.index][part], index >= externalRows { rows.insert(index) }
    }
    return rows.sorted()
  }

  private func readLater(_ used: NodeID, _ part: Int, _ node: Node, after row: Int) -> Bool {
    guard row + 1 < node.rows else { return false }
    return (row + 1..<node.rows).contains { later in
      node.operands.contains { operand in
        source(operand, program[operand].rows == 1 ? 0 : later) == (used, part)
      }
    }
  }

  private mutating func takeRow() -> Int {
    if let row = freeRows.popLast() { return row }
    defer { rowCount += 1 }
    return rowCount
  }

  private mutating func planUniform(_ id: NodeID, _ row: Int) {
    let node = program[id]
    let operation: UniformInstruction.Operation
    switch node.kind {
    case .unary(let function): operation = .unary(function)
    case .binary(let function): operation = .binary(function)
    case .multiplyAdd: operation = .multiplyAdd
    case .compare(let comparison): operation = .compare(comparison)
    case .select: operation = .select
    default: preconditionFailure("only computed nodes are planned")
    }
    let operands = node.operands.map { operand -> Int in
      guard case .slot(let slot) = operandAddress(operand, row) else {
        preconditionFailure("a uniform value cannot depend on a lane")
      }
      return slot
    }
    let slot = newSlot(0)
    addresses[id.index][row] = .slot(slot)
    let instruction = UniformInstruction(
      operation: operation, out: slot, a: operands[0], b: operands.count > 1 ? operands[1] : operands[0],
      c: operands.count > 2 ? operands[2] : operands[0])
    if node.variation == .step {
      stepInstructions.append(instruction)
    } else {
      runInstructions.append(instruction)
    }
  }

  /// Outputs that are inputs, draws, shared values, or the same value as another output.
  private mutating func copyRemainingOutputs() {
    for (output, rows) in zip(program.outputs, outputs) {
      for row in 0..<rows.count {
        let address = operandAddress(output.node, row)
        guard address != .row(rows.first + row) else { continue }
        instructions.append(
          LaneInstruction(operation: .copy, out: rows.first + row, a: address, b: address, c: address))
      }
    }
  }
}
