import Arrays
import Lanes

/// The elementwise operations by the names scripts use, for arrays, numbers and tables of numbers.
///
/// The tracer calls `call(_:_:)` from its own overloads of `math` and `wb` when an operand is an array.
package enum ArrayOperations {
  static let unary: [String: UnaryFunction] = Dictionary(
    uniqueKeysWithValues: UnaryFunction.allCases.map { ($0 == .negate ? "unm" : $0.name, $0) })

  static let binary: [String: BinaryFunction] = [
    "add": .add, "sub": .subtract, "mul": .multiply, "div": .divide, "pow": .power, "mod": .modulo,
    "idiv": .floorDivide, "atan2": .atan2, "fmod": .modulo,
  ]

  static let comparisons: [String: ElementwiseOperation] = [
    "lt": .less, "le": .lessOrEqual, "gt": .greater, "ge": .greaterOrEqual, "eq": .equal, "ne": .notEqual,
  ]

  /// The operation of this name on operands of which at least one is an array; `nil` when none is, or when there
  /// is no such operation.
  ///
  /// - Throws: `LuaError` for an operand that is neither an array, a number nor a table of numbers, and for shapes
  ///   that do not fit.
  package static func call(_ name: String, _ operands: [LuaValue]) throws -> NDArray? {
    guard operands.contains(where: { $0.array != nil }) else { return nil }
    return try evaluate(name, operands)
  }

  /// The same whatever the operands are; `nil` when there is no such operation.
  static func evaluate(_ name: String, _ operands: [LuaValue]) throws -> NDArray? {
    do {
      return try compute(name, operands)
    } catch let error as ArrayError {
      throw LuaError("\(name): \(error.scriptText)")
    }
  }

  private static func compute(_ name: String, _ operands: [LuaValue]) throws -> NDArray? {
    func array(_ i: Int) throws -> NDArray {
      guard operands.indices.contains(i) else {
        throw LuaError("\(name): expected an array or a number as argument \(i + 1), got nothing")
      }
      return try operand(operands[i], "\(name): argument \(i + 1)")
    }
    func arity(_ counts: ClosedRange<Int>) throws {
      guard counts.contains(operands.count) else {
        let wanted =
          counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
        throw LuaError(
          "\(name): expected \(wanted) argument\(wanted == "1" ? "" : "s"), got \(operands.count)")
      }
    }
    if name == "min" || name == "max" {
      let function: BinaryFunction = name == "min" ? .minimum : .maximum
      let first = try array(0)
      return try operands.indices.dropFirst().reduce(first) {
        try ArrayMath.apply(function, $0, try array($1))
      }
    }
    if name == "where" {
      try arity(3...3)
      if let condition = operands[0].boolean { return try array(condition ? 1 : 2) }
      return try NDArray.select(try array(0), try array(1), try array(2))
    }
    if name == "atan", operands.count == 2 { return try ArrayMath.apply(.atan2, try array(0), try array(1)) }
    if name == "log", operands.count == 2 {
      return try ArrayMath.apply(
        .divide, try ArrayMath.apply(.log, try array(0)), try ArrayMath.apply(.log, try array(1)))
    }
    if let function = unary[name] {
      try arity(1...1)
      return try ArrayMath.apply(function, try array(0))
    }
    if let function = binary[name] {
      try arity(2...2)
      return try ArrayMath.apply(function, try array(0), try array(1))
    }
    if let comparison = comparisons[name] {
      try arity(2...2)
      return try NDArray.apply(comparison, try array(0), try array(1))
    }
    return nil
  }

  /// One operand; `place` begins the message.
  static func operand(_ value: LuaValue, _ place: String) throws -> NDArray {
    guard let array = try ArrayForm.read(value) else {
      throw LuaError(
        "\(place): expected an array or a number, got \(value.kind)"
          + (ArrayForm.problem(value).map { ": \($0)" } ?? ""))
    }
    return array
  }
}
