import Lanes

/// A value of a Program under construction, with the operators of mathematics: what solvers, losses and
/// densities are written in.
public struct Expression {
  public let builder: ProgramBuilder
  public let id: NodeID

  public init(_ builder: ProgramBuilder, _ id: NodeID) {
    self.builder = builder
    self.id = id
  }

  public var rows: Int { builder[id].rows }
  public var components: [Expression] { builder.components(id).map { Expression(builder, $0) } }
  public subscript(_ row: Int) -> Expression { Expression(builder, builder.pick(id, row)) }

  /// True for the constant +0 (or −0): a coefficient that is not there.
  public var isZero: Bool { builder[id].constants.map { $0.allSatisfy { $0 == 0 } } ?? false }

  public func constant(_ value: Double) -> Expression { Expression(builder, builder.constant(value)) }

  public func apply(_ function: UnaryFunction) -> Expression {
    Expression(builder, builder.unary(function, id))
  }

  public static func stack(_ parts: [Expression]) -> Expression {
    Expression(parts[0].builder, parts[0].builder.stack(parts.map(\.id)))
  }

  public static func apply(_ function: BinaryFunction, _ a: Expression, _ b: Expression) -> Expression {
    Expression(a.builder, a.builder.binary(function, a.id, b.id))
  }

  public static func select(
    _ comparison: Comparison, _ a: Expression, _ b: Expression, then x: Expression, else y: Expression
  ) -> Expression {
    let builder = a.builder
    return Expression(builder, builder.select(builder.compare(comparison, a.id, b.id), x.id, y.id))
  }
}

extension Expression {
  public static func + (a: Expression, b: Expression) -> Expression { apply(.add, a, b) }
  public static func - (a: Expression, b: Expression) -> Expression { apply(.subtract, a, b) }
  public static func * (a: Expression, b: Expression) -> Expression { apply(.multiply, a, b) }
  public static func / (a: Expression, b: Expression) -> Expression { apply(.divide, a, b) }
  public static prefix func - (a: Expression) -> Expression { a.apply(.negate) }
  public static func + (a: Expression, b: Double) -> Expression { a + a.constant(b) }
  public static func - (a: Expression, b: Double) -> Expression { a - a.constant(b) }
  public static func * (a: Expression, b: Double) -> Expression { a * a.constant(b) }
  public static func / (a: Expression, b: Double) -> Expression { a / a.constant(b) }
  public static func + (a: Double, b: Expression) -> Expression { b.constant(a) + b }
  public static func - (a: Double, b: Expression) -> Expression { b.constant(a) - b }
  public static func * (a: Double, b: Expression) -> Expression { b.constant(a) * b }
  public static func / (a: Double, b: Expression) -> Expression { b.constant(a) / b }

  /// The sum of terms that are not the constant zero; nil when none is left.
  public static func sum(_ terms: [Expression]) -> Expression? {
    let present = terms.filter { !$0.isZero }
    guard let first = present.first else { return nil }
    return present.dropFirst().reduce(first, +)
  }
}

extension ProgramBuilder {
  public func expression(_ id: NodeID) -> Expression { Expression(self, id) }

  public func inputExpression(
    _ name: String, rows: Int = 1, variation: Variation, rowNames: [String] = []
  ) -> Expression {
    Expression(self, input(name, rows: rows, variation: variation, rowNames: rowNames))
  }
}
