import Arrays

extension ObjectType where Object == ArrayObject {
  /// `+ - * / ^ % //`, unary minus, `==`, `#`; `<` and its kin say what to use instead.
  func defineOperators(_ hooks: ArrayHooks) {
    let operators: [(Metamethod, String, String)] = [
      (.add, "+", "Sum, element by element."),
      (.sub, "-", "Difference, element by element."),
      (.mul, "*", "Product, element by element; `wb.matmul` is the matrix product."),
      (.div, "/", "Quotient, element by element."),
      (.pow, "^", "Power, element by element."),
      (.mod, "%", "Remainder with the divisor's sign, element by element."),
      (.idiv, "//", "Quotient rounded down, element by element."),
    ]
    for (metamethod, symbol, doc) in operators {
      let name = String(metamethod.rawValue.dropFirst(2))
      self.metamethod(
        metamethod, "a \(symbol) b → array",
        "\(doc) Shapes broadcast: aligned from the last axis, extents are equal or 1; a number fits every shape."
      ) { arguments in
        let operands = [try arguments[1], try arguments[2]]
        if let result = try hooks.traced(name, operands, arguments.lua) { return result }
        return try infix(symbol, operands) { try ArrayOperations.evaluate(name, operands) }
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
      "Whether shapes and all elements are equal; `wb.eq` compares element by element."
    ) {
      arguments in
      guard let a = arguments.objectIfPresent(1, ArrayObject.self),
        let b = arguments.objectIfPresent(2, ArrayObject.self)
      else { return false }
      return a.array.shape == b.array.shape && a.array.values == b.array.values
    }
    for (metamethod, symbol, name, mirrored) in [
      (Metamethod.lt, "<", "lt", "gt"), (.le, "<=", "le", "ge"),
    ] {
      self.metamethod(
        metamethod, "a \(symbol) b", "An error: Lua makes every comparison one boolean. Use `wb.\(name)`."
      ) { arguments in
        let operands = [try arguments[1], try arguments[2]]
        if let result = try hooks.traced(name, operands, arguments.lua) { return result }
        throw LuaError(
          "arrays cannot be compared by an operator, whose result is one boolean: use wb.\(name)(a, b) or"
            + " wb.\(mirrored)(b, a), which compare element by element")
      }
    }
  }
}

extension ArrayHooks {
  /// Asks the hook when some operand is an object other than an array.
  func traced(_ name: String, _ operands: [LuaValue], _ lua: LuaState) throws -> (any LuaConvertible)? {
    guard let foreign, operands.contains(where: { $0.kind == .object && $0.array == nil }) else { return nil }
    return try foreign(name, operands, lua)
  }
}

/// An operator's result, or an error that shows the operands as the script wrote them.
private func infix(_ symbol: String, _ operands: [LuaValue], _ body: () throws -> NDArray?) throws -> NDArray
{
  for value in operands {
    guard try ArrayForm.read(value) == nil else { continue }
    let names = operands.map { $0.array == nil ? $0.kind.description : "array" }
    throw LuaError(
      "cannot compute \(names[0]) \(symbol) \(names[1]): expected an array or a number"
        + (ArrayForm.problem(value).map { "; \($0)" } ?? ""))
  }
  guard let result = try body() else { throw LuaError("internal error: no operation for '\(symbol)'") }
  return result
}
