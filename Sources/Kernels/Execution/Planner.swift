import Lanes
import Program

/// Gives every value of a Program a place and every operation an instruction.
struct Planner {
  private let program: Program
  private let live: [NodeID]
  /// The address of each row of each live node; nil until it is known.
  private var addresses: [[Address?]]
  /// When each row of a live node is read last. Node i of `live` reads at time 2i, reductions right after
  /// it at time 2i + 1.
  private var lastUse: [[Int]]
  /// The output row that a node's row is computed straight into.
  private var target: [[Int?]]
  private var freeRows: [Int] = []
  private let kept: [Program.Output]
  private var reductions: [Int: [ReductionTerm]] = [:]
  private(set) var plan = Plan()

  init(_ program: Program, reducing reduced: Set<String>) {
    self.program = program
    kept = program.outputs.filter { !reduced.contains($0.name) }
    var terms: [ReductionTerm] = []
    for output in program.outputs where reduced.contains(output.name) {
      let first = plan.accumulatorCount
      terms += ReductionTerm.terms(of: output.node, offset: first, program)
      plan.reductions.append(Plan.Rows(name: output.name, first: first, count: program[output.node].rows))
    }
    live = program.liveNodes(from: kept.map(\.node) + terms.flatMap(\.operands))
    addresses = Array(repeating: [], count: program.nodes.count)
    lastUse = addresses.map { _ in [] }
    target = addresses.map { _ in [] }
    var position = [Int](repeating: 0, count: program.nodes.count)
    for (index, id) in live.enumerated() {
      let rows = program[id].rows
      addresses[id.index] = Array(repeating: nil, count: rows)
      lastUse[id.index] = Array(repeating: -1, count: rows)
      target[id.index] = Array(repeating: nil, count: rows)
      position[id.index] = index
    }
    for term in terms {
      reductions[term.operands.map { position[$0.index] }.max()!, default: []].append(term)
    }
  }

  mutating func run() {
    placeInputsAndOutputs()
    placeStacks()
    findLastUses()
    for (index, id) in live.enumerated() {
      plan(id, time: 2 * index)
      for term in reductions[index] ?? [] { reduce(term) }
      // Once for all terms: a value may be in several of them.
      release(rowsDying((reductions[index] ?? []).flatMap(\.operands), time: 2 * index + 1))
    }
    copyRemainingOutputs()
  }

  // MARK: Places

  /// Which row of which node a row really is, seen through nodes that only arrange rows.
  private func source(_ id: NodeID, _ row: Int) -> (NodeID, Int) {
    var (id, row) = (id, row)
    while true {
      let node = program[id]
      switch node.kind {
      case .pick(let picked): (id, row) = (node.operands[0], picked)
      case .slice(let first): (id, row) = (node.operands[0], first + row)
      case .broadcast: (id, row) = (node.operands[0], 0)
      case .variable, .stop: id = node.operands[0]
      case .stack:
        for operand in node.operands {
          let rows = program[operand].rows
          id = operand
          if row < rows { break }
          row -= rows
        }
      default: return (id, row)
      }
    }
  }

  private func isComputedPerLane(_ id: NodeID) -> Bool {
    program[id].variation == .lane && program[id].kind.isComputed
  }

  private mutating func placeInputsAndOutputs() {
    for input in program.inputs where input.variation == .lane {
      plan.inputs.append(Plan.Rows(name: input.name, first: plan.rowCount, count: input.rows))
      plan.rowCount += input.rows
    }
    for output in kept {
      let rows = program[output.node].rows
      plan.outputs.append(Plan.Rows(name: output.name, first: plan.rowCount, count: rows))
      for row in 0..<rows {
        let (node, part) = source(output.node, row)
        if isComputedPerLane(node), target[node.index][part] == nil {
          target[node.index][part] = plan.rowCount + row
        }
      }
      plan.rowCount += rows
    }
    plan.externalRows = plan.rowCount
  }

  /// Gives the parts of long stacks of single values rows that lie together, so that the stack is a vector
  /// like others: noise that is drawn component by component.
  private mutating func placeStacks() {
    for id in live where program[id].kind == .stack && program[id].rows >= Planner.longStack {
      let parts = (0..<program[id].rows).map { source(id, $0) }
      let isFree = parts.allSatisfy { node, part in
        program[node].variation == .lane && program[node].rows == 1 && target[node.index][part] == nil
          && (isComputedPerLane(node) || isDraw(node))
      }
      guard isFree, Set(parts.map(\.0)).count == parts.count else { continue }
      for (row, (node, part)) in parts.enumerated() { target[node.index][part] = plan.rowCount + row }
      plan.rowCount += parts.count
    }
  }

  private static let longStack = 8

  private func isDraw(_ id: NodeID) -> Bool {
    if case .draw = program[id].kind { true } else { false }
  }

  private mutating func findLastUses() {
    func mark(_ id: NodeID, _ row: Int, _ time: Int) {
      let (used, part) = source(id, row)
      lastUse[used.index][part] = max(lastUse[used.index][part], time)
    }
    for (index, id) in live.enumerated() {
      let node = program[id]
      if isComputedPerLane(id) {
        for operand in node.operands where program[operand].variation == .lane {
          // Each row of a sum or a product of matrices reads all rows of its operands.
          for row in 0..<program[operand].rows { mark(operand, row, 2 * index) }
        }
      }
      for operand in (reductions[index] ?? []).flatMap(\.operands) {
        for row in 0..<program[operand].rows { mark(operand, row, 2 * index + 1) }
      }
    }
    // Rows that still have to be copied to outputs stay alive to the end.
    for output in kept {
      for row in 0..<program[output.node].rows { mark(output.node, row, 2 * live.count) }
    }
  }

  private func operandAddress(_ id: NodeID, _ row: Int) -> Address {
    let (node, part) = source(id, program[id].rows == 1 ? 0 : row)
    return addresses[node.index][part]!
  }

  private mutating func newSlots(_ values: [Double]) -> Int {
    defer { plan.constants += values }
    return plan.slotCount
  }

  // MARK: Rows of temporaries

  /// Temporary rows of these values that nothing reads after `time`.
  private func rowsDying(_ ids: [NodeID], time: Int) -> Set<Int> {
    var rows: Set<Int> = []
    for id in ids where program[id].variation == .lane {
      for row in 0..<program[id].rows {
        let (used, part) = source(id, row)
        guard lastUse[used.index][part] == time, isComputedPerLane(used) else { continue }
        if case .row(let index)? = addresses[used.index][part], index >= plan.externalRows {
          rows.insert(index)
        }
      }
    }
    return rows
  }

  private mutating func release(_ rows: Set<Int>) { freeRows += rows.sorted() }

  /// `count` rows that lie one after the other.
  private mutating func takeRows(_ count: Int) -> Int {
    if count == 1, let row = freeRows.popLast() { return row }
    var first = plan.rowCount
    if count > 1 {
      let sorted = freeRows.sorted()
      var start = 0
      for index in sorted.indices {
        if index > start, sorted[index] != sorted[index - 1] + 1 { start = index }
        // Free rows at the very end can be made longer.
        let atEnd = sorted[index] == plan.rowCount - 1
        if index - start + 1 == count || atEnd {
          first = sorted[start]
          let taken = first..<sorted[index] + 1
          freeRows.removeAll { taken.contains($0) }
          break
        }
      }
    }
    plan.rowCount = max(plan.rowCount, first + count)
    return first
  }

  /// The rows that the node's outputs want it in, if it can be computed there.
  private func targetRows(_ id: NodeID) -> Int? {
    guard let first = target[id.index][0] else { return nil }
    for (row, wanted) in target[id.index].enumerated() where wanted != first + row { return nil }
    return first
  }

  private mutating func place(_ id: NodeID, at first: Int) {
    for row in 0..<program[id].rows { addresses[id.index][row] = .row(first + row) }
  }

  // MARK: Nodes

  private mutating func plan(_ id: NodeID, time: Int) {
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
      case .matrixVector(let rows, let columns, let transposed):
        planProduct(id, time, .matrixProduct(rows: rows, columns: columns, transposed: transposed))
      case .outer: planOuter(id, time)
      default: planElementwise(id, time)
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
    case .multiplyAdd: (operation, inPlace) = (.multiplyAdd, true)
    case .compare(let comparison): (operation, inPlace) = (.compare(comparison), false)
    case .select: (operation, inPlace) = (.select, true)
    default: preconditionFailure("not elementwise")
    }
    let operands = node.operands.map { operand in (0..<node.rows).map { operandAddress(operand, $0) } }
    var dying = rowsDying(node.operands, time: time)
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
  private mutating func emit(_ operation: LaneInstruction.Operation, out: Int, _ operands: [[Address]]) {
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

  private mutating func planProduct(_ id: NodeID, _ time: Int, _ operation: LaneInstruction.Operation) {
    let node = program[id]
    let matrix = contiguousSlots(node.operands[0])
    let (vector, scratch) = contiguousRows(node.operands[1])
    let out = takeRows(node.rows)
    place(id, at: out)
    plan.instructions.append(
      LaneInstruction(operation, out: out, rows: node.rows, a: .slot(matrix), b: .row(vector)))
    release(rowsDying([node.operands[1]], time: time).union(scratch))
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

  private mutating func reduce(_ term: ReductionTerm) {
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

  // MARK: Shared values

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

  private mutating func contiguousSlots(_ id: NodeID) -> Int {
    let rows = (0..<program[id].rows).map { slot(id, $0) }
    if rows.indices.allSatisfy({ rows[$0] == rows[0] + $0 }) { return rows[0] }
    let first = newSlots([Double](repeating: 0, count: rows.count))
    for (row, from) in rows.enumerated() {
      emitUniform(.copy, program[id].variation, out: first + row, [from])
    }
    return first
  }

  private mutating func planUniform(_ id: NodeID) {
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

  // MARK: Outputs

  /// Outputs that are inputs, draws, shared values, matrix products, or the same value as another output.
  private mutating func copyRemainingOutputs() {
    for (output, rows) in zip(kept, plan.outputs) {
      let found = (0..<rows.count).map { operandAddress(output.node, $0) }
      var row = 0
      while row < rows.count {
        var end = row
        while end < rows.count, found[end] != .row(rows.first + end) { end += 1 }
        if end > row { emit(.copy, out: rows.first + row, [Array(found[row..<end])]) }
        row = max(end, row + 1)
      }
    }
  }
}

/// A part of a value that is added up over the lanes.
enum ReductionTerm {
  case rows(NodeID, offset: Int)
  /// a·bᵀ
  case outer(NodeID, NodeID, offset: Int)

  var operands: [NodeID] {
    switch self {
    case .rows(let id, _): [id]
    case .outer(let a, let b, _): [a, b]
    }
  }

  /// The terms of a sum that has outer products in it; else the value itself.
  static func terms(of id: NodeID, offset: Int, _ program: Program) -> [ReductionTerm] {
    let node = program[id]
    guard containsOuter(id, program) else { return [.rows(id, offset: offset)] }
    switch node.kind {
    case .outer: return [.outer(node.operands[0], node.operands[1], offset: offset)]
    case .stack:
      var first = offset
      return node.operands.flatMap { operand in
        defer { first += program[operand].rows }
        return terms(of: operand, offset: first, program)
      }
    default: return node.operands.flatMap { terms(of: $0, offset: offset, program) }
    }
  }

  private static func containsOuter(_ id: NodeID, _ program: Program) -> Bool {
    let node = program[id]
    switch node.kind {
    case .outer: return true
    case .stack: return node.operands.contains { containsOuter($0, program) }
    case .binary(.add):
      return node.operands.allSatisfy { program[$0].rows == node.rows }
        && node.operands.contains { containsOuter($0, program) }
    default: return false
    }
  }
}
