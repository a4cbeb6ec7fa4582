import Lanes

/// What a derivative is multiplied with on its way through an operand of an elementwise node.
enum Partial {
  case one, minusOne
  case factor(NodeID)
  /// 1/divisor.
  case quotient(NodeID)
}

/// The partial derivatives of elementwise nodes, for both modes: nodes of the same builder, made when
/// asked for.
struct Partials {
  let builder: ProgramBuilder

  /// The operands that a node chooses between: it is `then` where the condition holds.
  func choice(of id: NodeID) -> (condition: NodeID, then: Int, otherwise: Int)? {
    let node = builder[id]
    switch node.kind {
    case .select: return (node.operands[0], 1, 2)
    case .binary(.minimum): return (builder.compare(.less, node.operands[1], node.operands[0]), 1, 0)
    case .binary(.maximum): return (builder.compare(.less, node.operands[0], node.operands[1]), 1, 0)
    default: return nil
    }
  }

  /// The variable of a node that is silu′ of it, and silu″ there: `s + silu′·(1 − 2s)` with the sigmoid s, which is
  /// less work than the chain rule through the formula of silu′.
  func slopeOfSilu(_ id: NodeID) -> (variable: NodeID, slope: Partial)? {
    guard case .binary(.add) = builder[id].kind else { return nil }
    for sigmoid in builder[id].operands {
      guard case .unary(.sigmoid) = builder[sigmoid].kind else { continue }
      let x = builder[sigmoid].operands[0]
      let others = builder[id].operands.filter { $0 != sigmoid }.flatMap { builder[$0].operands }
      guard
        let value = others.first(where: { builder[$0].kind == .unary(.silu) && builder[$0].operands == [x] }),
        slope(.silu, at: builder.expression(x), value: builder.expression(value))?.id == id
      else { continue }
      let (s, y) = (builder.expression(sigmoid), builder.expression(id))
      return (x, .factor((s + y * (1 - 2 * s)).id))
    }
    return nil
  }

  /// `∂id/∂operand`, nil where it is zero almost everywhere.
  func partial(of id: NodeID, in operand: Int) -> Partial? {
    let node = builder[id]
    switch node.kind {
    case .multiplyAdd: return operand == 2 ? .one : .factor(node.operands[1 - operand])
    case .unary(.negate): return .minusOne
    case .unary(let function):
      return slope(function, at: builder.expression(node.operands[0]), value: builder.expression(id)).map {
        .factor($0.id)
      }
    case .binary(let function):
      return binary(
        function, builder.expression(id), builder.expression(node.operands[0]),
        builder.expression(node.operands[1]), inFirst: operand == 0)
    default: return nil
    }
  }

  private func binary(
    _ function: BinaryFunction, _ y: Expression, _ a: Expression, _ b: Expression, inFirst: Bool
  ) -> Partial? {
    switch function {
    case .add: return .one
    case .subtract: return inFirst ? .one : .minusOne
    case .multiply: return .factor((inFirst ? b : a).id)
    // d(a/b) = da/b − (a/b)/b · db
    case .divide: return inFirst ? .quotient(b.id) : .factor((-(y / b)).id)
    case .power:
      // b·a^(b−1)·da + a^b·log(a)·db; the exponent is nearly always a constant or a parameter.
      // a⁰ is 1 for all a: its derivative is 0, not 0·0⁻¹.
      let zero = a.constant(0)
      if inFirst {
        let factor = b * Expression.apply(.power, a, b - 1)
        return b.isZero ? nil : .factor(Expression.select(.equal, b, zero, then: zero, else: factor).id)
      }
      // 0^b is 0 for all b > 0: there the derivative in b is 0, not 0·(−∞).
      return .factor(Expression.select(.equal, a, zero, then: zero, else: y * a.apply(.log)).id)
    case .atan2:
      // d atan2(y, x) = (x·dy − y·dx)/(x² + y²)
      let norm = a * a + b * b
      return .factor((inFirst ? b / norm : -(a / norm)).id)
    case .modulo:
      // a − b·floor(a/b) almost everywhere
      return inFirst ? .one : .factor((-Expression.apply(.floorDivide, a, b)).id)
    case .floorDivide, .minimum, .maximum: return nil
    }
  }

  /// f′(x), nil where it is zero almost everywhere; y is f(x).
  private func slope(_ function: UnaryFunction, at x: Expression, value y: Expression) -> Expression? {
    switch function {
    case .negate: return x.constant(-1)
    case .absolute: return x.apply(.sign)
    case .sign, .floor, .ceil, .round: return nil
    case .exp: return y
    case .expm1: return y + 1
    case .log: return 1 / x
    case .log1p: return 1 / (x + 1)
    case .sqrt: return 0.5 / y
    case .sin: return x.apply(.cos)
    case .cos: return -x.apply(.sin)
    case .tan: return y * y + 1
    case .asin: return 1 / (1 - x * x).apply(.sqrt)
    case .acos: return -1 / (1 - x * x).apply(.sqrt)
    case .atan: return 1 / (x * x + 1)
    case .sinh: return x.apply(.cosh)
    case .cosh: return x.apply(.sinh)
    case .tanh: return 1 - y * y
    case .erf: return (-(x * x)).apply(.exp) * 1.1283791670955126
    case .sigmoid: return y * (1 - y)
    case .softplus: return x.apply(.sigmoid)
    case .silu:
      // y = x·s, so s·(1 + x·(1 − s)) needs no second exponential but the sigmoid's.
      let s = x.apply(.sigmoid)
      return s + y * (1 - s)
    case .relu:
      return Expression.select(.less, x.constant(0), x, then: x.constant(1), else: x.constant(0))
    }
  }
}
