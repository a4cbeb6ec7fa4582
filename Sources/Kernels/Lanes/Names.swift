extension UnaryFunction {
  /// What scripts call it: `exp`, `abs`, …; `negate` is their unary minus.
  public var name: String {
    switch self {
    case .absolute: "abs"
    default: "\(self)"
    }
  }

  /// Whether the block kernel may write over its operand.
  public var worksInPlace: Bool { true }
}

extension BinaryFunction {
  /// What scripts call it: an operator (`+`, `%`, `//`, …) or a function (`min`, `max`, `atan2`).
  public var name: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .minimum: "min"
    case .maximum: "max"
    case .power: "^"
    case .atan2: "atan2"
    case .modulo: "%"
    case .floorDivide: "//"
    }
  }

  /// Whether the block kernel may write over one of its operands.
  public var worksInPlace: Bool { true }
}
