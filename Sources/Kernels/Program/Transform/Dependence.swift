extension Program {
  /// For each row of the output, the rows of the input that it may depend on, found from the graph.
  ///
  /// A component that is absent is certain; one that is present may still cancel (x − x).
  ///
  /// - Returns: nil if either name is unknown; an input that no node reads gives empty sets.
  package func dependence(of output: String, on input: String) -> [Set<Int>]? {
    guard let result = self.output(output), let index = inputs.firstIndex(where: { $0.name == input }) else {
      return nil
    }
    // One set for each row of each node.
    var sets = [[Set<Int>]](repeating: [], count: nodes.count)
    for id in liveNodes() {
      let node = self[id]
      switch node.kind {
      case .constant, .draw: sets[id.index] = Array(repeating: [], count: node.rows)
      case .input(let which):
        sets[id.index] = (0..<node.rows).map { which == index ? [$0] : [] }
      case .pick(let row): sets[id.index] = [sets[node.operands[0].index][row]]
      case .slice(let first):
        sets[id.index] = Array(sets[node.operands[0].index][first..<first + node.rows])
      case .stack: sets[id.index] = node.operands.flatMap { sets[$0.index] }
      case .variable, .stop: sets[id.index] = sets[node.operands[0].index]
      case .broadcast: sets[id.index] = Array(repeating: sets[node.operands[0].index][0], count: node.rows)
      case .sum, .matrixVector:
        // Each row of the result reads all rows of the operands.
        let all = node.operands.reduce(into: Set<Int>()) { union, operand in
          for row in sets[operand.index] { union.formUnion(row) }
        }
        sets[id.index] = Array(repeating: all, count: node.rows)
      case .outer:
        let (a, b) = (sets[node.operands[0].index], sets[node.operands[1].index])
        sets[id.index] = a.flatMap { row in b.map { row.union($0) } }
      case .unary, .binary, .multiplyAdd, .compare, .select:
        sets[id.index] = (0..<node.rows).map { row in
          node.operands.reduce(into: Set<Int>()) { union, operand in
            let rows = sets[operand.index]
            union.formUnion(rows.count == 1 ? rows[0] : rows[row])
          }
        }
      }
    }
    return sets[result.index]
  }
}
