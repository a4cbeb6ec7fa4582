/// Reverse-mode derivatives: cotangents of nodes of a builder, given cotangents of what is computed from
/// them.
///
/// The cotangent of a node is `Σ ∂user/∂node · cotangent(user)` over the nodes that use it; one pass from
/// the outputs back gives the derivatives in all variables at once. They are nodes of the same builder, so
/// they can be differentiated again, in either mode.
///
/// A node that a select does not choose has no cotangent there, and no factor brings one back: the rule of
/// ``ForwardMode``, seen from the other end. Rows that are used one by one are gathered into one vector a
/// node, and a value of one row that meets many gets the sum of theirs, so that vectors stay vectors.
///
/// Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 3.
package struct ReverseMode {
  /// What the users of a node send it: whole cotangents, added as they come, and those of some rows.
  private struct Received {
    var whole: Sensitivity?
    var parts: [(rows: Range<Int>, cotangent: Sensitivity)] = []
  }

  private let builder: ProgramBuilder
  private let arithmetic: SensitivityArithmetic
  private let partials: Partials
  /// The nodes that cotangents are sent to: those that depend on a variable.
  private let active: Set<NodeID>
  private var received: [NodeID: Received] = [:]

  private init(_ builder: ProgramBuilder, active: Set<NodeID>) {
    self.builder = builder
    self.active = active
    arithmetic = SensitivityArithmetic(builder: builder)
    partials = Partials(builder: builder)
  }

  /// The cotangents of the variables, each with the rows of its variable; nil where it is exactly zero.
  ///
  /// What a variable is computed from is not looked at: it is the independent variable, whatever its node.
  ///
  /// - Parameter outputs: nodes and their cotangents, of the same number of rows or of one for all.
  package static func cotangents(
    _ builder: ProgramBuilder, of outputs: [(node: NodeID, seed: NodeID)], to variables: [NodeID]
  ) -> [NodeID?] {
    let active = builder.dependents(of: Set(variables), in: outputs.map(\.node))
    var reverse = ReverseMode(builder, active: active)
    for (node, seed) in outputs where !reverse.arithmetic.isZero(seed) {
      reverse.send(reverse.arithmetic.widened(Sensitivity(seed), to: builder[node].rows), to: node)
    }
    let leaves = Set(variables)
    var found: [NodeID: NodeID] = [:]
    // Users come after their operands, so from the last node back every cotangent is complete when met.
    for id in active.sorted(by: >) {
      guard let cotangent = reverse.complete(id) else { continue }
      if leaves.contains(id) {
        found[id] = cotangent.value
      } else {
        reverse.descend(through: id, cotangent)
      }
    }
    return variables.map { found[$0] }
  }

  // MARK: Collecting

  private mutating func send(_ cotangent: Sensitivity?, to id: NodeID) {
    guard active.contains(id), let cotangent, !arithmetic.isZero(cotangent.value) else { return }
    received[id, default: Received()].whole = arithmetic.sum(received[id]?.whole, cotangent)
  }

  private mutating func send(_ cotangent: Sensitivity, to id: NodeID, rows: Range<Int>) {
    guard active.contains(id) else { return }
    if rows.count == builder[id].rows { return send(cotangent, to: id) }
    received[id, default: Received()].parts.append((rows, cotangent))
  }

  /// The whole cotangent of a node, of all its rows.
  private mutating func complete(_ id: NodeID) -> Sensitivity? {
    guard let all = received.removeValue(forKey: id) else { return nil }
    let rows = builder[id].rows
    // As few vectors as hold parts that do not overlap.
    var layers: [[(rows: Range<Int>, cotangent: Sensitivity)]] = []
    for part in all.parts.sorted(by: { $0.rows.lowerBound < $1.rows.lowerBound }) {
      if let layer = layers.firstIndex(where: { $0.last!.rows.upperBound <= part.rows.lowerBound }) {
        layers[layer].append(part)
      } else {
        layers.append([part])
      }
    }
    var sum = all.whole
    for layer in layers {
      var pieces: [(Sensitivity?, rows: Int)] = []
      var end = 0
      for part in layer {
        if part.rows.lowerBound > end { pieces.append((nil, part.rows.lowerBound - end)) }
        pieces.append((part.cotangent, part.rows.count))
        end = part.rows.upperBound
      }
      if end < rows { pieces.append((nil, rows - end)) }
      sum = arithmetic.sum(sum, arithmetic.stack(pieces))
    }
    return sum.map { arithmetic.widened($0, to: rows) }
  }

  // MARK: Rules

  private mutating func descend(through id: NodeID, _ cotangent: Sensitivity) {
    let node = builder[id]
    let operands = node.operands
    let builder = builder
    switch node.kind {
    case .constant, .input, .draw, .compare, .stop: break
    case .variable: send(cotangent, to: operands[0])
    case .pick(let row): send(cotangent, to: operands[0], rows: row..<row + 1)
    case .slice(let first): send(cotangent, to: operands[0], rows: first..<first + node.rows)
    case .stack:
      var first = 0
      for operand in operands {
        let (start, rows) = (first, builder[operand].rows)
        send(arithmetic.rearranged(cotangent) { builder.slice($0, start, rows) }, to: operand)
        first += rows
      }
    case .broadcast: send(arithmetic.rowSum(cotangent), to: operands[0])
    case .sum: send(arithmetic.widened(cotangent, to: builder[operands[0]].rows), to: operands[0])
    case .matrixVector(let rows, let columns, let transposed):
      let (matrix, x) = (operands[0], operands[1])
      if active.contains(matrix) {
        send(transposed ? arithmetic.outer(x, cotangent) : arithmetic.outer(cotangent, x), to: matrix)
      }
      if active.contains(x) {
        let product = builder.matrixVector(
          matrix, cotangent.value, rows: rows, columns: columns, transposed: !transposed)
        send(arithmetic.mixed(cotangent, product), to: x)
      }
    case .outer:
      let (rows, columns) = (builder[operands[0]].rows, builder[operands[1]].rows)
      for (index, other) in [(0, operands[1]), (1, operands[0])] where active.contains(operands[index]) {
        let product = builder.matrixVector(
          cotangent.value, other, rows: rows, columns: columns, transposed: index == 1)
        send(arithmetic.mixed(cotangent, product), to: operands[index])
      }
    case .select, .unary, .binary, .multiplyAdd: descend(throughElementwise: id, cotangent)
    }
  }

  private mutating func descend(throughElementwise id: NodeID, _ cotangent: Sensitivity) {
    let operands = builder[id].operands
    if let choice = partials.choice(of: id) {
      for (index, isThen) in [(choice.then, true), (choice.otherwise, false)]
      where active.contains(operands[index]) {
        let chosen = arithmetic.select(choice.condition, isThen ? cotangent : nil, isThen ? nil : cotangent)
        send(chosen.map { fitted($0, to: operands[index]) }, to: operands[index])
      }
      return
    }
    if let (variable, slope) = partials.slopeOfSilu(id) {
      return send(arithmetic.scaled(cotangent, by: slope), to: variable)
    }
    for (index, operand) in operands.enumerated() where active.contains(operand) {
      guard let partial = partials.partial(of: id, in: index) else { continue }
      // A factor that all rows share is taken once, of the sum.
      let isShared: Bool =
        switch partial {
        case .one, .minusOne: true
        case .factor(let factor), .quotient(let factor): builder[factor].rows == 1
        }
      let first = isShared ? fitted(cotangent, to: operand) : cotangent
      send(fitted(arithmetic.scaled(first, by: partial), to: operand), to: operand)
    }
  }

  /// An operand of one row that met many gets the sum of theirs.
  private func fitted(_ cotangent: Sensitivity, to operand: NodeID) -> Sensitivity {
    let rows = builder[operand].rows
    if rows == 1 && builder[cotangent.value].rows > 1 { return arithmetic.rowSum(cotangent) }
    return arithmetic.widened(cotangent, to: rows)
  }
}

extension ProgramBuilder {
  /// The nodes under `outputs` whose value changes smoothly with a variable's, the variables included.
  ///
  /// A variable is a leaf: what it is computed from does not count. Comparisons, integer parts and
  /// ``stop(_:)`` let nothing through.
  package func dependents(of variables: Set<NodeID>, in outputs: [NodeID]) -> Set<NodeID> {
    var reached = Set(outputs)
    var open = Array(reached)
    while let next = open.popLast() {
      if variables.contains(next) { continue }
      for operand in smoothOperands(of: next) where reached.insert(operand).inserted { open.append(operand) }
    }
    var result: Set<NodeID> = []
    for id in reached.sorted()
    where variables.contains(id) || smoothOperands(of: id).contains(where: result.contains) {
      result.insert(id)
    }
    return result
  }

  private func smoothOperands(of id: NodeID) -> [NodeID] {
    let node = self[id]
    switch node.kind {
    case .constant, .input, .draw, .compare, .stop, .binary(.floorDivide): return []
    case .unary(.sign), .unary(.floor), .unary(.ceil), .unary(.round): return []
    case .select: return Array(node.operands[1...])
    default: return node.operands
    }
  }
}
