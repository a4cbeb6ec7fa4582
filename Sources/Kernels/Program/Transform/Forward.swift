import Lanes

/// Forward-mode derivatives: tangents of nodes of a builder, given tangents of some of them.
///
/// The tangent of a node is `Σ ∂node/∂operand · tangent(operand)`; a node that does not depend on a
/// seeded one has no tangent (nil), which is the exact zero and costs nothing. The derivatives are nodes
/// of the same builder, so they can be differentiated again.
///
/// Through `select` the tangent is the selected branch's tangent. A factor that multiplies a selected
/// tangent is multiplied into each branch, and a branch without tangent stays without: the derivative of
/// `x > 0 and sqrt(x) or 0`, and of `sqrt(max(x, 0))`, at x = −1 is 0 and not 0·∞ = NaN. The jump of a
/// value at a condition's edge has no part in the derivative.
///
/// Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 3; the rule for selects is the one
/// derived in the comment above.
package struct ForwardMode {
  private let builder: ProgramBuilder
  private var tangents: [NodeID: NodeID]
  private var visited: Set<NodeID> = []

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

  private func derivative(of id: NodeID) -> NodeID? {
    let node = builder[id]
    let operands = node.operands
    let inner = operands.map { tangents[$0] }
    if inner.allSatisfy({ $0 == nil }) { return nil }
    switch node.kind {
    case .constant, .input, .draw, .compare: return nil
    case .pick(let row): return inner[0].map { builder.pick($0, row) }
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

  private func binary(
    _ function: BinaryFunction, _ id: NodeID, _ a: NodeID, _ b: NodeID, _ da: NodeID?, _ db: NodeID?
  ) -> NodeID? {
    let e = builder.expression
    switch function {
    case .add: return sum(da, db)
    case .subtract: return sum(da, db.map { builder.unary(.negate, $0) })
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

  private func rows(_ id: NodeID) -> Int { builder[id].rows }

  /// The tangent of a vector that depends only on a scalar has one row so far: every row has it.
  private func widened(_ tangent: NodeID, to rows: Int) -> NodeID {
    builder[tangent].rows == rows ? tangent : builder.stack(Array(repeating: tangent, count: rows))
  }

  private func zeros(_ rows: Int) -> NodeID { builder.constant([Double](repeating: 0, count: rows)) }

  private func isZero(_ id: NodeID) -> Bool { builder.expression(id).isZero }

  private func sum(_ a: NodeID?, _ b: NodeID?) -> NodeID? {
    guard let a else { return b }
    guard let b else { return a }
    return isZero(a) ? b : isZero(b) ? a : builder.binary(.add, a, b)
  }

  private func select(_ condition: NodeID, _ a: NodeID, _ b: NodeID) -> NodeID? {
    isZero(a) && isZero(b) ? nil : builder.select(condition, a, b)
  }

  /// `factor · tangent`, with the factor multiplied into the branches of a selected tangent.
  private func scale(_ factor: NodeID, _ tangent: NodeID) -> NodeID {
    distribute(tangent) { builder.binary(.multiply, factor, $0) }
  }

  /// `tangent / divisor`, likewise.
  private func over(_ divisor: NodeID, _ tangent: NodeID) -> NodeID {
    distribute(tangent) { builder.binary(.divide, $0, divisor) }
  }

  private func distribute(_ tangent: NodeID, _ body: (NodeID) -> NodeID) -> NodeID {
    if isZero(tangent) { return tangent }
    let node = builder[tangent]
    // Only a branch that is exactly zero needs the care; without one the product is cheaper.
    guard case .select = node.kind, hasZeroBranch(tangent) else { return body(tangent) }
    return builder.select(
      node.operands[0], distribute(node.operands[1], body), distribute(node.operands[2], body))
  }

  private func hasZeroBranch(_ id: NodeID) -> Bool {
    let node = builder[id]
    guard case .select = node.kind else { return isZero(id) }
    return hasZeroBranch(node.operands[1]) || hasZeroBranch(node.operands[2])
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
