import Lanes
import Program

/// Gives every value of a Program a place and every operation an instruction.
struct Planner {
  let program: Program
  private let live: [NodeID]
  /// The address of each row of each live node; nil until it is known.
  var addresses: [[Address?]]
  /// When each row of a live node is read last. Node i of `live` reads at time 2i, reductions right after
  /// it at time 2i + 1.
  private var lastUse: [[Int]]
  /// The output row that a node's row is computed straight into.
  var target: [[Int?]]
  private var freeRows: [Int] = []
  private let kept: [Program.Output]
  private var reductions: [Int: [ReductionTerm]] = [:]
  /// Nodes that have no instruction of their own, as the nodes that read them do their work: negations of factors
  /// of fused multiply-adds, and matrix products that something is added to.
  private var absorbed: Set<NodeID> = []
  var plan = Plan()

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
    findAbsorbed(besides: kept.map(\.node) + terms.flatMap(\.operands))
  }

  private mutating func findAbsorbed(besides others: [NodeID]) {
    var readers = [Int](repeating: 0, count: program.nodes.count)
    for id in others + live.flatMap({ program[$0].operands }) { readers[id.index] += 1 }
    for id in live {
      if let product = addedProduct(id), readers[product.index] == 1 { absorbed.insert(product) }
      guard let negated = negatedFactor(id) else { continue }
      let negation = program[id].operands[negated]
      readers[negation.index] -= 1
      if readers[negation.index] == 0 { absorbed.insert(negation) }
    }
  }

  /// The matrix product that a node adds shared values to, a number a row, if it is such a sum.
  private func addedProduct(_ id: NodeID) -> NodeID? {
    let node = program[id]
    guard node.kind == .binary(.add), node.variation == .lane else { return nil }
    return (0..<2).lazy.map { (node.operands[$0], node.operands[1 - $0]) }.first { product, addend in
      guard case .matrixVector = program[product].kind else { return false }
      return program[product].variation == .lane && program[addend].variation < .lane
        && program[addend].rows == node.rows && program[product].rows == node.rows
    }?.0
  }

  /// The product that a node's instruction makes itself and begins with what is added to it.
  func absorbedProduct(_ id: NodeID) -> NodeID? {
    addedProduct(id).flatMap { absorbed.contains($0) ? $0 : nil }
  }

  /// Which factor of a fused multiply-add of lanes is a negation, if one is.
  func negatedFactor(_ id: NodeID) -> Int? {
    let node = program[id]
    guard node.kind == .multiplyAdd, node.variation == .lane else { return nil }
    return (0..<2).first {
      let factor = program[node.operands[$0]]
      return factor.kind == .unary(.negate) && factor.variation == .lane
    }
  }

  /// What a node's instruction reads: of an absorbed node its operands.
  func operands(of id: NodeID) -> [NodeID] {
    var operands = program[id].operands
    if let negated = negatedFactor(id) { operands[negated] = program[operands[negated]].operands[0] }
    if let product = absorbedProduct(id) {
      operands = program[product].operands + operands.filter { $0 != product }
    }
    return operands
  }

  mutating func run() {
    placeInputsAndOutputs()
    placeStacks()
    findLastUses()
    for (index, id) in live.enumerated() {
      if !absorbed.contains(id) { plan(id, time: 2 * index) }
      for term in reductions[index] ?? [] { reduce(term) }
      // Once for all terms: a value may be in several of them.
      release(rowsDying((reductions[index] ?? []).flatMap(\.operands), time: 2 * index + 1))
    }
    copyRemainingOutputs()
  }

  // MARK: Places

  /// Which row of which node a row really is, seen through nodes that only arrange rows.
  func source(_ id: NodeID, _ row: Int) -> (NodeID, Int) {
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

  func isComputedPerLane(_ id: NodeID) -> Bool {
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
      if isComputedPerLane(id), !absorbed.contains(id) {
        for operand in operands(of: id) where program[operand].variation == .lane {
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

  func operandAddress(_ id: NodeID, _ row: Int) -> Address {
    let (node, part) = source(id, program[id].rows == 1 ? 0 : row)
    return addresses[node.index][part]!
  }

  mutating func newSlots(_ values: [Double]) -> Int {
    defer { plan.constants += values }
    return plan.slotCount
  }

  // MARK: Rows of temporaries

  /// Temporary rows of these values that nothing reads after `time`.
  func rowsDying(_ ids: [NodeID], time: Int) -> Set<Int> {
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

  mutating func release(_ rows: Set<Int>) { freeRows += rows.sorted() }

  /// `count` rows that lie one after the other.
  mutating func takeRows(_ count: Int) -> Int {
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
  func targetRows(_ id: NodeID) -> Int? {
    guard let first = target[id.index][0] else { return nil }
    for (row, wanted) in target[id.index].enumerated() where wanted != first + row { return nil }
    return first
  }

  mutating func place(_ id: NodeID, at first: Int) {
    for row in 0..<program[id].rows { addresses[id.index][row] = .row(first + row) }
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
