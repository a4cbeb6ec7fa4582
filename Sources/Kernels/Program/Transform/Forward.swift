import Lanes

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
  private var tangents: [NodeID: NodeID]
  private var visited: Set<NodeID> = []
  /// For tangents with branches that have none: a value that is not 0 in the lanes that do.
  private var presence: [NodeID: NodeID] = [:]

  package init(_ builder: ProgramBuilder, seeds: [NodeID: NodeID]) {
    self.builder = builder
    tangents = seeds
  }

  /// The tangent of `id`, or nil where it is exactly zero.
  package mutating func tangent(of id: NodeID) -> NodeID? {
    if let known = tangents[id] { return known }
    if visited.contains(id) { return nil }
    // Operands come before their users, so one pass over the needed nodes in order finds all tangents.
    for needed in pending(id) {
      visited.insert(needed)
      if let value = derivative(of: needed) { tangents[needed] = widened(value, to: builder[needed].rows) }
    }
    return tangents[id]
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

  private mutating func derivative(of id: NodeID) -> NodeID? {
    let node = builder[id]
    let operands = node.operands
    let inner = operands.map { tangents[$0] }
    if inner.allSatisfy({ $0 == nil }) { return nil }
    switch node.kind {
    case .constant, .input, .draw, .compare, .stop: return nil
    case .variable, .broadcast: return inner[0]
    case .slice(let first):
      guard let tangent = inner[0] else { return nil }
      return arranged(tangent) { $0.slice($1, first, node.rows) }
    case .sum:
      guard let tangent = inner[0] else { return nil }
      return arranged(tangent) { $0.sum($1) }
    case .matrixVector(let rows, let columns, let transposed):
      let product = { (builder: ProgramBuilder, matrix: NodeID, x: NodeID) in
        builder.matrixVector(matrix, x, rows: rows, columns: columns, transposed: transposed)
      }
      // Each component has a part of every component of the vector: it is there where any of those is.
      let second = inner[1].map { tangent -> NodeID in
        let result = product(builder, operands[0], tangent)
        if presence[result] == nil, let present = presence[tangent] {
          presence[result] = builder.sum(present)
        }
        return result
      }
      return sum(inner[0].map { product(builder, $0, operands[1]) }, second)
    case .outer:
      return sum(
        inner[0].map { builder.outer($0, operands[1]) }, inner[1].map { builder.outer(operands[0], $0) })
    case .pick(let row):
      guard let tangent = inner[0] else { return nil }
      // A stack's component brings its own; a row of a select has that row of the select's.
      return arranged(tangent) { $0.pick($1, row) }
    case .stack:
      return builder.stack(
        zip(operands, inner).map { operand, tangent in
          tangent ?? zeros(builder[operand].rows)
        })
    case .select:
      return select(
        operands[0], inner[1] ?? zeros(builder[operands[1]].rows),
        inner[2] ?? zeros(builder[operands[2]].rows))
    case .multiplyAdd:
      let product = sum(
        inner[0].map { scale(operands[1], $0) }, inner[1].map { scale(operands[0], $0) })
      return sum(product, inner[2])
    case .unary(let function):
      return inner[0].flatMap { tangent in
        slope(function, at: operands[0], value: id).map { scale($0, tangent) }
      }
    case .binary(let function):
      return binary(function, id, operands[0], operands[1], inner[0], inner[1])
    }
  }

  private mutating func binary(
    _ function: BinaryFunction, _ id: NodeID, _ a: NodeID, _ b: NodeID, _ da: NodeID?, _ db: NodeID?
  ) -> NodeID? {
    let e = builder.expression
    switch function {
    case .add: return sum(da, db)
    case .subtract: return sum(da, db.map { guarded($0) { builder, part in builder.unary(.negate, part) } })
    case .multiply: return sum(da.map { scale(b, $0) }, db.map { scale(a, $0) })
    case .divide:
      // d(a/b) = da/b − (a/b)/b · db
      let first = da.map { over(b, $0) }
      let second = db.map { scale((-(e(id) / e(b))).id, $0) }
      return sum(first, second)
    case .minimum:
      return select(builder.compare(.less, b, a), db ?? zeros(rows(id)), da ?? zeros(rows(id)))
    case .maximum:
      return select(builder.compare(.less, a, b), db ?? zeros(rows(id)), da ?? zeros(rows(id)))
    case .power:
      // b·a^(b−1)·da + a^b·log(a)·db; the exponent is nearly always a constant or a parameter.
      // a⁰ is 1 for all a: its derivative is 0, not 0·0⁻¹.
      let first = isZero(b) ? nil : da.map { scale((e(b) * Expression.apply(.power, e(a), e(b) - 1)).id, $0) }
      let second = db.map { tangent in
        // 0^b is 0 for all b > 0: there the derivative in b is 0, not 0·(−∞).
        let factor = e(id) * e(a).apply(.log)
        let zero = e(a).constant(0)
        return scale(Expression.select(.equal, e(a), zero, then: zero, else: factor).id, tangent)
      }
      return sum(first, second)
    case .atan2:
      // d atan2(y, x) = (x·dy − y·dx)/(x² + y²)
      let norm = e(a) * e(a) + e(b) * e(b)
      return sum(
        da.map { scale((e(b) / norm).id, $0) }, db.map { scale((-(e(a) / norm)).id, $0) })
    case .modulo:
      // a − b·floor(a/b) almost everywhere
      let quotient = builder.binary(.floorDivide, a, b)
      return sum(da, db.map { scale(builder.unary(.negate, quotient), $0) })
    case .floorDivide: return nil
    }
  }

  /// f'(x) as a node, nil where it is zero almost everywhere. `value` is f(x).
  private func slope(_ function: UnaryFunction, at x: NodeID, value: NodeID) -> NodeID? {
    let x = builder.expression(x)
    let y = builder.expression(value)
    let result: Expression
    switch function {
    case .negate: result = x.constant(-1)
    case .absolute: result = x.apply(.sign)
    case .sign, .floor, .ceil, .round: return nil
    case .exp: result = y
    case .expm1: result = y + 1
    case .log: result = 1 / x
    case .log1p: result = 1 / (x + 1)
    case .sqrt: result = 0.5 / y
    case .sin: result = x.apply(.cos)
    case .cos: result = -x.apply(.sin)
    case .tan: result = y * y + 1
    case .asin: result = 1 / (1 - x * x).apply(.sqrt)
    case .acos: result = -1 / (1 - x * x).apply(.sqrt)
    case .atan: result = 1 / (x * x + 1)
    case .sinh: result = x.apply(.cosh)
    case .cosh: result = x.apply(.sinh)
    case .tanh: result = 1 - y * y
    case .erf: result = (-(x * x)).apply(.exp) * 1.1283791670955126
    case .sigmoid: result = y * (1 - y)
    case .softplus: result = x.apply(.sigmoid)
    case .silu:
      let s = x.apply(.sigmoid)
      result = s * (x * (1 - s) + 1)
    case .relu:
      result = Expression.select(.less, x.constant(0), x, then: x.constant(1), else: x.constant(0))
    }
    return result.id
  }

  // MARK: Tangent arithmetic

  /// A tangent whose rows are rearranged or added: where it is present is so too.
  private mutating func arranged(_ tangent: NodeID, _ body: (ProgramBuilder, NodeID) -> NodeID) -> NodeID {
    let result = body(builder, tangent)
    if presence[result] == nil, let present = presence[tangent] {
      presence[result] = builder[present].rows == 1 ? present : body(builder, present)
    }
    return result
  }

  private func rows(_ id: NodeID) -> Int { builder[id].rows }

  /// The tangent of a vector that depends only on a scalar has one row so far: every row has it.
  private mutating func widened(_ tangent: NodeID, to rows: Int) -> NodeID {
    if builder[tangent].rows == rows { return tangent }
    let result = builder.broadcast(tangent, rows)
    presence[result] = presence[tangent]
    return result
  }

  private func zeros(_ rows: Int) -> NodeID { builder.constant([Double](repeating: 0, count: rows)) }

  private func isZero(_ id: NodeID) -> Bool { builder.expression(id).isZero }

  private mutating func sum(_ a: NodeID?, _ b: NodeID?) -> NodeID? {
    guard let a else { return b }
    guard let b else { return a }
    if isZero(a) { return b }
    if isZero(b) { return a }
    let result = builder.binary(.add, a, b)
    if let first = presence[a], let second = presence[b] {
      presence[result] = first == second ? first : builder.select(first, builder.constant(1), second)
    }
    return result
  }

  private mutating func select(_ condition: NodeID, _ a: NodeID, _ b: NodeID) -> NodeID? {
    if isZero(a) && isZero(b) { return nil }
    let result = builder.select(condition, a, b)
    let (first, second) = (present(a), present(b))
    if result != a, result != b, first != nil || second != nil {
      let one = builder.constant(1)
      // 0 and 1 as a comparison gives them: then the condition itself says where a tangent is.
      let isCondition = isZero(b) && first == nil
      presence[result] = isCondition ? condition : builder.select(condition, first ?? one, second ?? one)
    }
    return result
  }

  /// Where a tangent is not exactly zero by its branches, nil for everywhere.
  private func present(_ tangent: NodeID) -> NodeID? {
    isZero(tangent) ? builder.constant(0) : presence[tangent]
  }

  /// `factor · tangent`, and 0 where no branch of the tangent is present.
  private mutating func scale(_ factor: NodeID, _ tangent: NodeID) -> NodeID {
    guarded(tangent) { builder, part in builder.binary(.multiply, factor, part) }
  }

  /// `tangent / divisor`, likewise.
  private mutating func over(_ divisor: NodeID, _ tangent: NodeID) -> NodeID {
    guarded(tangent) { builder, part in builder.binary(.divide, part, divisor) }
  }

  private mutating func guarded(
    _ tangent: NodeID, _ body: (ProgramBuilder, NodeID) -> NodeID
  ) -> NodeID {
    if isZero(tangent) { return tangent }
    guard let present = presence[tangent] else { return body(builder, tangent) }
    let node = builder[tangent]
    let zero = builder.constant(0)
    let result: NodeID
    // The usual tangent has one branch and a zero: the factor goes into the branch.
    if case .select = node.kind, isZero(node.operands[2]), presence[node.operands[1]] == nil {
      result = builder.select(node.operands[0], body(builder, node.operands[1]), zero)
    } else if case .select = node.kind, isZero(node.operands[1]), presence[node.operands[2]] == nil {
      result = builder.select(node.operands[0], zero, body(builder, node.operands[2]))
    } else {
      result = builder.select(present, body(builder, tangent), zero)
    }
    presence[result] = present
    return result
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
