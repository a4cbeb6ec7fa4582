import Program

/// Values that all lanes share.
extension Planner {
  private mutating func emitUniform(
    _ operation: UniformInstruction.Operation, _ variation: Variation, out: Int, _ operands: [Int]
  ) {
    let instruction = UniformInstruction(
      operation: operation, out: out, a: operands[0], b: operands.count > 1 ? operands[1] : operands[0],
      c: operands.count > 2 ? operands[2] : operands[0])
    if variation == .step {
      plan.stepInstructions.append(instruction)
    } else {
      plan.runInstructions.append(instruction)
    }
  }

  private func slot(_ id: NodeID, _ row: Int) -> Int {
    guard case .slot(let slot) = operandAddress(id, row) else {
      preconditionFailure("a uniform value cannot depend on a lane")
    }
    return slot
  }

  mutating func contiguousSlots(_ id: NodeID) -> Int {
    let rows = (0..<program[id].rows).map { slot(id, $0) }
    if rows.indices.allSatisfy({ rows[$0] == rows[0] + $0 }) { return rows[0] }
    let first = newSlots([Double](repeating: 0, count: rows.count))
    for (row, from) in rows.enumerated() {
      emitUniform(.copy, program[id].variation, out: first + row, [from])
    }
    return first
  }

  mutating func planUniform(_ id: NodeID) {
    let node = program[id]
    let first: Int
    switch node.kind {
    case .matrixVector(let rows, let columns, let transposed):
      let operands = node.operands.map { contiguousSlots($0) }
      first = newSlots([Double](repeating: 0, count: node.rows))
      emitUniform(
        .matrixProduct(rows: rows, columns: columns, transposed: transposed), node.variation, out: first,
        operands)
    case .sum:
      first = newSlots([0])
      emitUniform(.copy, node.variation, out: first, [slot(node.operands[0], 0)])
      for row in 1..<program[node.operands[0]].rows {
        emitUniform(.binary(.add), node.variation, out: first, [first, slot(node.operands[0], row)])
      }
    case .outer:
      first = newSlots([Double](repeating: 0, count: node.rows))
      let columns = program[node.operands[1]].rows
      for row in 0..<node.rows {
        emitUniform(
          .binary(.multiply), node.variation, out: first + row,
          [slot(node.operands[0], row / columns), slot(node.operands[1], row % columns)])
      }
    default:
      first = newSlots([Double](repeating: 0, count: node.rows))
      for row in 0..<node.rows {
        emitUniform(
          uniformOperation(node.kind), node.variation, out: first + row, node.operands.map { slot($0, row) })
      }
    }
    for row in 0..<node.rows { addresses[id.index][row] = .slot(first + row) }
  }

  private func uniformOperation(_ kind: NodeKind) -> UniformInstruction.Operation {
    switch kind {
    case .unary(let function): .unary(function)
    case .binary(let function): .binary(function)
    case .multiplyAdd: .multiplyAdd
    case .compare(let comparison): .compare(comparison)
    case .select: .select
    default: preconditionFailure("only computed nodes are planned")
    }
  }
}
