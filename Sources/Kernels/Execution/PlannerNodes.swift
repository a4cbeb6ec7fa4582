import Lanes
import Program

/// Values of lanes: each node's instructions.
extension Planner {
  mutating func plan(_ id: NodeID, time: Int) {
    let node = program[id]
    switch node.kind {
    case .pick, .slice, .stack, .broadcast, .variable, .stop: return
    case .constant:
      let first = newSlots(node.constants!)
      for row in 0..<node.rows { addresses[id.index][row] = .slot(first + row) }
    case .input(let index):
      let input = program.inputs[index]
      if input.variation == .lane {
        place(id, at: plan.inputs.first { $0.name == input.name }!.first)
      } else {
        let first = newSlots([Double](repeating: 0, count: input.rows))
        plan.uniformInputs.append(
          Plan.UniformInput(name: input.name, slot: first, rows: input.rows, variation: input.variation))
        for row in 0..<input.rows { addresses[id.index][row] = .slot(first + row) }
      }
    case .draw(let distribution, let index):
      let row = target[id.index][0] ?? plan.rowCount
      plan.rowCount = max(plan.rowCount, row + 1)
      plan.draws.append(Plan.Draw(distribution: distribution, index: index, row: row))
      addresses[id.index][0] = .row(row)
    default:
      guard node.variation == .lane else { return planUniform(id) }
      switch node.kind {
      case .sum: planSum(id, time)
      case .matrixVector: planProduct(id, time, of: id)
      case .outer: planOuter(id, time)
      default:
        if let product = absorbedProduct(id) {
          planProduct(id, time, of: product)
        } else {
          planElementwise(id, time)
        }
      }
    }
  }

  private mutating func planElementwise(_ id: NodeID, _ time: Int) {
    let node = program[id]
    let operation: LaneInstruction.Operation
    let inPlace: Bool
    switch node.kind {
    case .unary(let function): (operation, inPlace) = (.unary(function), function.worksInPlace)
    case .binary(let function): (operation, inPlace) = (.binary(function), function.worksInPlace)
    case .multiplyAdd:
      (operation, inPlace) = (negatedFactor(id) == nil ? .multiplyAdd : .negativeMultiplyAdd, true)
    case .compare(let comparison): (operation, inPlace) = (.compare(comparison), false)
    case .select: (operation, inPlace) = (.select, true)
    default: preconditionFailure("not elementwise")
    }
    let read = operands(of: id)
    let operands = read.map { operand in (0..<node.rows).map { operandAddress(operand, $0) } }
    var dying = rowsDying(read, time: time)
    let out: Int
    if let wanted = targetRows(id) {
      out = wanted
    } else if inPlace, let reused = reusableRows(operands, dying) {
      out = reused
      dying.subtract(reused..<reused + node.rows)
    } else if inPlace, node.rows == 1 {
      release(dying)
      dying = []
      out = takeRows(1)
    } else {
      out = takeRows(node.rows)
    }
    release(dying)
    place(id, at: out)
    emit(operation, out: out, operands)
  }

  /// Rows of an operand that dies here and lies as the result may lie, while no other operand reads them
  /// at another place.
  private func reusableRows(_ operands: [[Address]], _ dying: Set<Int>) -> Int? {
    for (index, operand) in operands.enumerated() {
      guard operand.count > 1, case .row(let first) = operand[0] else { continue }
      let range = first..<first + operand.count
      guard operand.indices.allSatisfy({ operand[$0] == .row(first + $0) }),
        range.allSatisfy(dying.contains)
      else { continue }
      let others = operands.indices.filter { $0 != index }
      let isSafe = others.allSatisfy { other in
        operands[other].indices.allSatisfy { row in
          guard case .row(let place) = operands[other][row], range.contains(place) else { return true }
          return place == first + row
        }
      }
      if isSafe { return first }
    }
    return nil
  }

  /// One instruction for as many rows as the operands allow: each has to stay where it is or to move on by one.
  mutating func emit(_ operation: LaneInstruction.Operation, out: Int, _ operands: [[Address]]) {
    let rows = operands[0].count
    var row = 0
    while row < rows {
      var end = row + 1
      var strides = SIMD4<Int8>(0, 0, 0, 0)
      if end < rows {
        for (index, operand) in operands.enumerated() {
          strides[index] = operand[end] == operand[row].advanced(by: 1) ? 1 : 0
        }
      }
      while end < rows,
        operands.indices.allSatisfy({
          operands[$0][end] == operands[$0][row].advanced(by: Int(strides[$0]) * (end - row))
        })
      {
        end += 1
      }
      let first = operands.map { $0[row] }
      plan.instructions.append(
        LaneInstruction(
          operation, out: out + row, rows: end - row, a: first[0], b: first.count > 1 ? first[1] : nil,
          c: first.count > 2 ? first[2] : nil, strides: end - row > 1 ? strides : SIMD4(0, 0, 0, 0)))
      row = end
    }
  }

  private mutating func planSum(_ id: NodeID, _ time: Int) {
    let operand = program[id].operands[0]
    let rows = (0..<program[operand].rows).map { operandAddress(operand, $0) }
    let out = targetRows(id) ?? takeRows(1)
    place(id, at: out)
    emit(.binary(.add), out: out, [[rows[0]], [rows[1]]])
    for row in rows.dropFirst(2) { emit(.binary(.add), out: out, [[.row(out)], [row]]) }
    release(rowsDying([operand], time: time))
  }

  /// - Parameter product: the node itself, or the product that it adds something to.
  private mutating func planProduct(_ id: NodeID, _ time: Int, of product: NodeID) {
    guard case .matrixVector(let rows, let columns, let transposed) = program[product].kind else { return }
    let read = operands(of: id)
    let matrix = contiguousSlots(read[0])
    let (vector, scratch) = contiguousRows(read[1])
    let addend = product == id ? nil : contiguousSlots(read[2])
    let out = takeRows(program[id].rows)
    place(id, at: out)
    plan.instructions.append(
      LaneInstruction(
        .matrixProduct(rows: rows, columns: columns, transposed: transposed, adds: addend != nil), out: out,
        rows: program[id].rows, a: .slot(matrix), b: .row(vector), c: addend.map { .slot($0) }))
    release(rowsDying([read[1]], time: time).union(scratch))
  }

  private mutating func planOuter(_ id: NodeID, _ time: Int) {
    let node = program[id]
    let (m, n) = (program[node.operands[0]].rows, program[node.operands[1]].rows)
    let out = takeRows(node.rows)
    place(id, at: out)
    let second = (0..<n).map { operandAddress(node.operands[1], $0) }
    for i in 0..<m {
      let first = operandAddress(node.operands[0], i)
      emit(.binary(.multiply), out: out + i * n, [Array(repeating: first, count: n), second])
    }
    release(rowsDying(node.operands, time: time))
  }

  /// The value's rows one after the other in the plan's own memory; where they do not lie so, a copy, whose
  /// rows are to be released afterwards.
  private mutating func contiguousRows(_ id: NodeID) -> (first: Int, scratch: Set<Int>) {
    let rows = (0..<program[id].rows).map { operandAddress(id, $0) }
    if case .row(let first) = rows[0], first >= plan.externalRows,
      rows.indices.allSatisfy({ rows[$0] == .row(first + $0) })
    {
      return (first, [])
    }
    let first = takeRows(rows.count)
    emit(.copy, out: first, [rows])
    return (first, Set(first..<first + rows.count))
  }

  // MARK: Reductions

  mutating func reduce(_ term: ReductionTerm) {
    switch term {
    case .rows(let id, let offset):
      emit(.reduceRows, out: offset, [(0..<program[id].rows).map { operandAddress(id, $0) }])
    case .outer(let a, let b, let offset):
      let (first, firstScratch) = contiguousRows(a)
      let (second, secondScratch) = contiguousRows(b)
      plan.instructions.append(
        LaneInstruction(
          .reduceOuter(columns: program[b].rows), out: offset, rows: program[a].rows, a: .row(first),
          b: .row(second)))
      release(firstScratch.union(secondScratch))
    }
  }
}
