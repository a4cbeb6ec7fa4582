/// Forward-mode derivatives: tangents of nodes of a builder, given tangents of some of them.
///
/// The tangent of a node is `Σ ∂node/∂operand · tangent(operand)`; a node that does not depend on a
/// seeded one has no tangent (nil), which is the exact zero and costs nothing. The derivatives are nodes
/// of the same builder, so they can be differentiated again.
///
/// Through `select` the tangent is the selected branch's tangent. Where the selected branch has none, a
/// factor that multiplies the tangent leaves it 0, whatever the factor is: the derivative of
/// `x > 0 and sqrt(x) or 0`, and of `sqrt(max(x, 0))`, at x = −1 is 0 and not 0·∞ = NaN. The jump of a
/// value at a condition's edge has no part in the derivative.
///
/// Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 3; the rule for selects is the one
/// derived in the comment above.
package struct ForwardMode {
  private let builder: ProgramBuilder
  private let arithmetic: SensitivityArithmetic
  private let partials: Partials
  private var tangents: [NodeID: Sensitivity]
  private var visited: Set<NodeID> = []

  package init(_ builder: ProgramBuilder, seeds: [NodeID: NodeID]) {
    self.builder = builder
    arithmetic = SensitivityArithmetic(builder: builder)
    partials = Partials(builder: builder)
    tangents = [:]
    for (id, seed) in seeds {
      if arithmetic.isZero(seed) { visited.insert(id) } else { tangents[id] = Sensitivity(seed) }
    }
  }

  /// The tangent of `id`, or nil where it is exactly zero.
  package mutating func tangent(of id: NodeID) -> NodeID? {
    if let known = tangents[id] { return known.value }
    if visited.contains(id) { return nil }
    // Operands come before their users, so one pass over the needed nodes in order finds all tangents.
    for needed in pending(id) {
      visited.insert(needed)
      if let found = derivative(of: needed), !arithmetic.isZero(found.value) {
        tangents[needed] = arithmetic.widened(found, to: builder[needed].rows)
      }
    }
    return tangents[id]?.value
  }

  private func pending(_ id: NodeID) -> [NodeID] {
    var found: Set<NodeID> = [id]
    var open = [id]
    while let next = open.popLast() {
      for operand in builder[next].operands
      where !visited.contains(operand) && tangents[operand] == nil && !found.contains(operand) {
        found.insert(operand)
        open.append(operand)
      }
    }
    return found.sorted()
  }

  private func derivative(of id: NodeID) -> Sensitivity? {
    let node = builder[id]
    let operands = node.operands
    let inner = operands.map { tangents[$0] }
    if inner.allSatisfy({ $0 == nil }) { return nil }
    let builder = builder
    switch node.kind {
    case .constant, .input, .draw, .compare, .stop: return nil
    case .variable, .broadcast: return inner[0]
    case .pick(let row): return inner[0].flatMap { arithmetic.rearranged($0) { builder.pick($0, row) } }
    case .slice(let first):
      return inner[0].flatMap { arithmetic.rearranged($0) { builder.slice($0, first, node.rows) } }
    case .stack: return arithmetic.stack(zip(operands, inner).map { ($1, builder[$0].rows) })
    case .sum: return inner[0].map(arithmetic.rowSum)
    case .matrixVector(let rows, let columns, let transposed):
      let product = { (matrix: NodeID, x: NodeID) in
        builder.matrixVector(matrix, x, rows: rows, columns: columns, transposed: transposed)
      }
      return arithmetic.sum(
        inner[0].map { arithmetic.mixed($0, product($0.value, operands[1])) },
        inner[1].map { arithmetic.mixed($0, product(operands[0], $0.value)) })
    case .outer:
      return arithmetic.sum(
        inner[0].map { arithmetic.outer($0, operands[1]) },
        inner[1].map { arithmetic.outer(operands[0], $0) })
    case .select, .unary, .binary, .multiplyAdd:
      if let choice = partials.choice(of: id) {
        return arithmetic.select(choice.condition, inner[choice.then], inner[choice.otherwise])
      }
      if let (variable, slope) = partials.slopeOfSilu(id) {
        return tangents[variable].map { arithmetic.scaled($0, by: slope) }
      }
      return inner.indices.reduce(nil) { sum, operand in
        guard let tangent = inner[operand], let partial = partials.partial(of: id, in: operand) else {
          return sum
        }
        return arithmetic.sum(sum, arithmetic.scaled(tangent, by: partial))
      }
    }
  }
}

extension Program {
  /// The Jacobian–vector product as a Program: for outputs f(x, …) it also gives `Df · v`.
  ///
  /// The new Program has the outputs of this one under their names and, under `prefix + name`, their
  /// directional derivatives; for every input x in `inputs` it has a new input `prefix + x` that holds the
  /// direction v. An output that does not depend on those inputs has the derivative 0.
  ///
  /// - Throws: ``ProgramError`` if an input is not one of this Program, or if a name with the prefix is
  ///   already taken (a second derivative needs a prefix of its own).
  public func jvp(inputs names: [String], prefix: String = "d.") throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let values = builder.call(self)
    var seeds: [NodeID: NodeID] = [:]
    for name in names {
      guard let input = inputs.first(where: { $0.name == name }) else {
        throw ProgramError("'\(name)' is not an input of this Program")
      }
      guard !inputs.contains(where: { $0.name == prefix + name }) else {
        throw ProgramError("the input '\(prefix + name)' exists already: use another prefix than '\(prefix)'")
      }
      let id = builder.input(
        input.name, rows: input.rows, variation: input.variation, rowNames: input.rowNames)
      seeds[id] = builder.input(
        prefix + name, rows: input.rows, variation: input.variation,
        rowNames: input.rowNames.map { prefix + $0 })
    }
    var forward = ForwardMode(builder, seeds: seeds)
    var result: [(String, NodeID)] = []
    for output in outputs {
      let value = values[output.name]!
      result.append((output.name, value))
      let zero = builder.constant([Double](repeating: 0, count: builder[value].rows))
      result.append((prefix + output.name, forward.tangent(of: value) ?? zero))
    }
    return try builder.finish(result)
  }
}
