import Arrays
import Lanes

/// The operators that work element by element.
let arrayOperators: [(metamethod: Metamethod, symbol: String, function: BinaryFunction, doc: String)] = [
  (.add, "+", .add, "Sum"), (.sub, "-", .subtract, "Difference"),
  (.mul, "*", .multiply, "Product (`wb.matmul` is that of matrices)"), (.div, "/", .divide, "Quotient"),
  (.pow, "^", .power, "Power"), (.mod, "%", .modulo, "Remainder with the divisor's sign"),
  (.idiv, "//", .floorDivide, "Quotient rounded down"),
]

extension ObjectType where Object == ArrayObject {
  /// `+ - * / ^ % //`, unary minus, `==`, `#`; `<` and its kin say what to use instead.
  func defineOperators(_ hooks: ArrayHooks) {
    for (metamethod, symbol, function, doc) in arrayOperators {
      self.metamethod(
        metamethod, "a \(symbol) b → array",
        "\(doc), element by element. Shapes broadcast: aligned from the last axis, extents are equal or 1; a number fits"
          + " every shape."
      ) { arguments in
        let (a, b): (NDArray, NDArray)
        if let x = try quick(arguments, 1), let y = try quick(arguments, 2) {
          (a, b) = (x, y)
        } else {
          let operands = [try arguments[1], try arguments[2]]
          if let result = try hooks.foreign(metamethod, operands) { return result }
          (a, b) = try infix(symbol, operands)
        }
        do {
          return try ArrayMath.apply(function, a, b)
        } catch let error as ArrayError {
          throw LuaError("array \(error.scriptText)")
        }
      }
    }
    metamethod(.unm, "-a → array", "The negative of every element.") { arguments in
      try ArrayMath.apply(.negate, try arguments.object(1, ArrayObject.self).array)
    }
    metamethod(.len, "#a → integer", "The length of the first axis.") { arguments in
      try arguments.object(1, ArrayObject.self).array.shape.first ?? 0
    }
    metamethod(
      .eq, "a == b → boolean",
      "Whether shapes and all elements are equal; `wb.equal` compares element by element."
    ) { arguments in
      guard let a = arguments.objectIfPresent(1, ArrayObject.self),
        let b = arguments.objectIfPresent(2, ArrayObject.self)
      else { return false }
      return a.array.shape == b.array.shape && a.array.values == b.array.values
    }
    for (metamethod, symbol, name, mirrored) in [
      (Metamethod.lt, "<", "less", "greater"), (.le, "<=", "less_equal", "greater_equal"),
    ] {
      self.metamethod(
        metamethod, "a \(symbol) b", "An error: Lua makes every comparison one boolean. Use `wb.\(name)`."
      ) { arguments in
        if let result = try hooks.foreign(metamethod, [try arguments[1], try arguments[2]]) { return result }
        throw LuaError(
          "arrays cannot be compared by an operator, whose result is one boolean: use wb.\(name)(a, b) or"
            + " wb.\(mirrored)(b, a), which compare element by element")
      }
    }
  }
}

extension ArrayHooks {
  /// Asks the hook when some operand is an object other than an array.
  func foreign(_ metamethod: Metamethod, _ operands: [LuaValue]) throws -> (any LuaConvertible)? {
    guard let foreignOperator, operands.contains(where: { $0.kind == .object && $0.array == nil }) else {
      return nil
    }
    return try foreignOperator(metamethod, operands)
  }
}

/// An array or a number, which nearly every operand is.
private func quick(_ arguments: Arguments, _ i: Int) throws -> NDArray? {
  if let object = arguments.objectIfPresent(i, ArrayObject.self) { return object.array }
  let kind = arguments.kind(i)
  return kind == .number || kind == .integer ? NDArray(scalar: try arguments.number(i)) : nil
}

/// Both operands, or an error that shows them as the script wrote them.
private func infix(_ symbol: String, _ operands: [LuaValue]) throws -> (NDArray, NDArray) {
  let arrays = try operands.map(ArrayForm.read)
  if let a = arrays[0], let b = arrays[1] { return (a, b) }
  let names = operands.map { $0.array == nil ? $0.kind.description : "array" }
  let problem = operands.lazy.compactMap(ArrayForm.problem).first
  throw LuaError(
    "cannot compute \(names[0]) \(symbol) \(names[1]): expected an array or a number"
      + (problem.map { "; \($0)" } ?? ""))
}
