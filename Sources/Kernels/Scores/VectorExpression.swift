import Program

// Vectors as one expression with a row a component: the losses are written in these.
extension Expression {
  /// `a·b = Σ aᵢ bᵢ`.
  static func dot(_ a: Expression, _ b: Expression) -> Expression {
    Expression(a.builder, a.builder.dot(a.id, b.id))
  }

  /// `‖a‖² = Σ aᵢ²`.
  var squaredNorm: Expression { Expression.dot(self, self) }

  var squared: Expression { self * self }
  var squareRoot: Expression { apply(.sqrt) }
  var exponential: Expression { apply(.exp) }
  var logarithm: Expression { apply(.log) }

  /// The mean of several expressions.
  static func mean(_ parts: [Expression]) -> Expression {
    let sum = parts.dropFirst().reduce(parts[0], +)
    return parts.count == 1 ? sum : sum * (1 / Double(parts.count))
  }

  /// The number that a constant expression is: a formula of a Program, evaluated.
  var number: Double? { builder[id].constants.flatMap { $0.count == 1 ? $0[0] : nil } }
}
