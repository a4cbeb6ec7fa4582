import Lanes

/// A tangent or a cotangent: a value, and where it is there at all.
///
/// Where no selected branch brings one it is absent: its value is 0 and stays 0 under every factor. That
/// is why the derivative of `x > 0 and sqrt(x) or 0` at x = −1 is 0 and not 0·∞ = NaN.
struct Sensitivity {
  let value: NodeID
  /// 1 where it is present and 0 where it is absent, in one row or in all; nil: present everywhere.
  let presence: NodeID?

  init(_ value: NodeID, presence: NodeID? = nil) {
    self.value = value
    self.presence = presence
  }
}

/// The arithmetic of tangents and cotangents; nil is the exact zero, which costs nothing.
struct SensitivityArithmetic {
  let builder: ProgramBuilder

  // MARK: Sums and products

  func sum(_ a: Sensitivity?, _ b: Sensitivity?) -> Sensitivity? {
    guard let a else { return b }
    guard let b else { return a }
    let value = builder.binary(.add, a.value, b.value)
    guard let first = a.presence, let second = b.presence else { return Sensitivity(value) }
    if first == second { return Sensitivity(value, presence: first) }
    return made(value, builder.select(first, builder.constant(1), second))
  }

  /// `a` where the condition holds, else `b`.
  func select(_ condition: NodeID, _ a: Sensitivity?, _ b: Sensitivity?) -> Sensitivity? {
    if a == nil && b == nil { return nil }
    let (zero, one) = (builder.constant(0), builder.constant(1))
    let value = builder.select(condition, a?.value ?? zero, b?.value ?? zero)
    let (first, second) = (a.map { $0.presence ?? one } ?? zero, b.map { $0.presence ?? one } ?? zero)
    if first == one && second == one { return Sensitivity(value) }
    return made(
      value, first == one && second == zero ? truth(condition) : builder.select(condition, first, second))
  }

  /// `partial · a`, absent where a is.
  func scaled(_ a: Sensitivity, by partial: Partial) -> Sensitivity {
    let builder = builder
    switch partial {
    case .one: return a
    case .minusOne: return guarded(a, isFinite: true) { builder.unary(.negate, $0) }
    case .factor(let factor):
      let isFinite = builder[factor].constants?.allSatisfy(\.isFinite) ?? false
      return guarded(a, isFinite: isFinite) { builder.binary(.multiply, factor, $0) }
    case .quotient(let divisor):
      return guarded(a, isFinite: false) { builder.binary(.divide, $0, divisor) }
    }
  }

  private func guarded(_ a: Sensitivity, isFinite: Bool, _ product: (NodeID) -> NodeID) -> Sensitivity {
    guard let presence = a.presence else { return Sensitivity(product(a.value)) }
    let (zero, one) = (builder.constant(0), builder.constant(1))
    let node = builder[a.value]
    // The usual one has one branch and a zero: the factor goes into the branch.
    if case .select = node.kind {
      let (condition, first, second) = (node.operands[0], node.operands[1], node.operands[2])
      if isZero(second), presence == truth(condition) {
        return Sensitivity(builder.select(condition, product(first), zero), presence: presence)
      }
      if isZero(first), presence == builder.select(condition, zero, one) {
        return Sensitivity(builder.select(condition, zero, product(second)), presence: presence)
      }
    }
    let value = product(a.value)
    return Sensitivity(isFinite ? value : builder.select(presence, value, zero), presence: presence)
  }

  // MARK: Rows

  /// `value`, computed from the rows of `a` one by one, present where they are.
  func rearranged(_ a: Sensitivity, _ body: (NodeID) -> NodeID) -> Sensitivity? {
    made(body(a.value), a.presence.map { builder[$0].rows == 1 ? $0 : body($0) })
  }

  /// A value with parts of all rows of `a`: present where any of them is.
  func mixed(_ a: Sensitivity, _ value: NodeID) -> Sensitivity {
    Sensitivity(value, presence: anyRow(a.presence))
  }

  /// `a·bᵀ`: where a is absent, b takes no part.
  func outer(_ a: Sensitivity, _ b: NodeID) -> Sensitivity {
    mixed(a, builder.outer(a.value, masked(b, by: a)))
  }

  func outer(_ a: NodeID, _ b: Sensitivity) -> Sensitivity {
    mixed(b, builder.outer(masked(a, by: b), b.value))
  }

  private func masked(_ factor: NodeID, by a: Sensitivity) -> NodeID {
    anyRow(a.presence).map { builder.select($0, factor, builder.constant(0)) } ?? factor
  }

  /// Present where any row is.
  private func anyRow(_ presence: NodeID?) -> NodeID? {
    presence.map { builder[$0].kind == .broadcast ? builder[$0].operands[0] : builder.sum($0) }
      .flatMap { isNowhereZero($0) ? nil : $0 }
  }

  /// The sum of the rows.
  func rowSum(_ a: Sensitivity) -> Sensitivity {
    let node = builder[a.value]
    if node.kind == .broadcast {
      return mixed(a, builder.binary(.multiply, builder.constant(Double(node.rows)), node.operands[0]))
    }
    return mixed(a, builder.sum(a.value))
  }

  /// All rows of a value that has one row so far.
  func widened(_ a: Sensitivity, to rows: Int) -> Sensitivity {
    builder[a.value].rows == rows ? a : Sensitivity(builder.broadcast(a.value, rows), presence: a.presence)
  }

  /// One after the other; parts that are nil are zeros.
  func stack(_ parts: [(Sensitivity?, rows: Int)]) -> Sensitivity? {
    let value = builder.stack(
      parts.map { part, rows in
        part.map { widened($0, to: rows).value } ?? zeros(rows)
      })
    if parts.allSatisfy({ $0.0 != nil && $0.0?.presence == nil }) { return Sensitivity(value) }
    let presence = builder.stack(
      parts.map { part, rows in
        guard let part else { return zeros(rows) }
        let presence = part.presence ?? builder.constant(1)
        return builder[presence].rows == rows ? presence : builder.broadcast(presence, rows)
      })
    return made(value, presence)
  }

  func zeros(_ rows: Int) -> NodeID { builder.constant([Double](repeating: 0, count: rows)) }

  func isZero(_ id: NodeID) -> Bool { builder.expression(id).isZero }

  // MARK: Presence

  /// Nil where it is present nowhere.
  private func made(_ value: NodeID, _ presence: NodeID?) -> Sensitivity? {
    guard let presence else { return Sensitivity(value) }
    if isZero(presence) { return nil }
    return Sensitivity(value, presence: isNowhereZero(presence) ? nil : presence)
  }

  private func isNowhereZero(_ id: NodeID) -> Bool {
    builder[id].constants?.allSatisfy { $0 != 0 } ?? false
  }

  /// 1 where the condition holds, so that the rows of conditions can be added.
  private func truth(_ condition: NodeID) -> NodeID {
    if case .compare = builder[condition].kind { return condition }
    return builder.select(condition, builder.constant(1), builder.constant(0))
  }
}
