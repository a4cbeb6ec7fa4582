import Arrays
import Lanes

/// The functions of `math` and `wb` on arrays, by the names scripts use: `exp`, `max`, `where`, `less`, ….
///
/// The tracer, which owns those functions, calls it when an operand is an array and none is traced.
package enum ArrayOperations {
  private static let unary: [String: UnaryFunction] = Dictionary(
    uniqueKeysWithValues: UnaryFunction.allCases.map { ($0.name, $0) })

  private static let comparisons: [String: ElementwiseOperation] = [
    "less": .less, "less_equal": .lessOrEqual, "greater": .greater, "greater_equal": .greaterOrEqual,
    "equal": .equal, "not_equal": .notEqual,
  ]

  /// The function of this name of arrays, numbers and tables of numbers.
  ///
  /// - Parameter inOrder: whether sums are added from left to right, as compiled programs add them; otherwise they
  ///   carry their rounding errors.
  /// - Throws: `LuaError` for another operand, shapes that do not fit, a wrong number of operands, or a function
  ///   that arrays do not have.
  package static func call(_ name: String, _ operands: [LuaValue], inOrder: Bool = false) throws -> NDArray {
    do {
      return try compute(
        name,
        try operands.enumerated().map { i, value in
          if name == "where", i == 0, let condition = value.boolean {
            return NDArray(scalar: condition ? 1 : 0)
          }
          return try operand(value, "\(name): argument \(i + 1)")
        }, inOrder)
    } catch let error as ArrayError {
      throw LuaError("\(name): \(error.scriptText)")
    }
  }

  private static func compute(_ name: String, _ x: [NDArray], _ inOrder: Bool) throws -> NDArray {
    switch (name, x.count) {
    case ("min", 1...): return try x.dropFirst().reduce(x[0]) { try ArrayMath.apply(.minimum, $0, $1) }
    case ("max", 1...): return try x.dropFirst().reduce(x[0]) { try ArrayMath.apply(.maximum, $0, $1) }
    case ("pow", 2): return try ArrayMath.apply(.power, x[0], x[1])
    case ("atan", 2): return try ArrayMath.apply(.atan2, x[0], x[1])
    case ("log", 2):
      return try ArrayMath.apply(.divide, try ArrayMath.apply(.log, x[0]), try ArrayMath.apply(.log, x[1]))
    case ("fmod", 2):
      return try NDArray.zip(x[0], x[1], operation: name) { $0.truncatingRemainder(dividingBy: $1) }
    case ("fma", 3): return try ArrayMath.multiplyAdd(x[0], x[1], x[2])
    case ("clamp", 3): return try ArrayMath.apply(.minimum, try ArrayMath.apply(.maximum, x[0], x[1]), x[2])
    case ("where", 3): return try NDArray.select(x[0], x[1], x[2])
    case ("dot", 2): return NDArray(scalar: sum(try ArrayMath.apply(.multiply, x[0], x[1]), inOrder))
    case ("sum", 1): return NDArray(scalar: sum(x[0], inOrder))
    case ("norm2", 1):
      return NDArray(scalar: sum(try ArrayMath.apply(.multiply, x[0], x[0]), inOrder).squareRoot())
    case (_, 1):
      if let function = unary[name] { return try ArrayMath.apply(function, x[0]) }
    case (_, 2):
      if let comparison = comparisons[name] { return try NDArray.apply(comparison, x[0], x[1]) }
    default: break
    }
    throw LuaError(
      "\(name): there is no such function of \(x.count) argument\(x.count == 1 ? "" : "s") for arrays")
  }

  private static func sum(_ array: NDArray, _ inOrder: Bool) -> Double {
    inOrder ? array.values.dropFirst().reduce(array.values.first ?? 0, +) : array.sum()
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
