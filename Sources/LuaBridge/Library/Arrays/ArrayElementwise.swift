import Arrays
import Lanes

extension Module {
  /// Comparisons, `where` and the functions of one or two numbers, over numbers and arrays: `wb.lt`, `wb.where`,
  /// `wb.exp`, …. Other operands, such as traced values, go to the hook.
  ///
  /// Of numbers alone the result is a number, and of a comparison of numbers a boolean.
  package func defineElementwise(_ hooks: ArrayHooks) {
    for (name, symbol) in [("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "~=")] {
      elementwise(
        name, "\(name)(a, b) → boolean | array",
        "Whether a \(symbol) b, element by element: 1 where it holds, 0 elsewhere. Of two numbers a boolean.",
        ["a", "b"], example: "wb.\(name)({1, 2, 3}, 2)", hooks)
    }
    elementwise(
      "where", "where(condition, a, b) → number | array",
      "`a` where the condition holds (is true, or not 0), `b` elsewhere.", ["condition", "a", "b"],
      example: "wb.where(wb.gt({1, -2, 3}, 0), 1, 0)", hooks)
    for function in UnaryFunction.allCases where function != .negate {
      let name = function.name
      let isLog = function == .log, isAtan = function == .atan
      elementwise(
        name,
        isLog
          ? "log(x, base) → number | array"
          : isAtan ? "atan(y, x) → number | array" : "\(name)(x) → number | array",
        Module.summary(of: function), isLog ? ["x", "base"] : isAtan ? ["y", "x"] : ["x"],
        example: "wb.\(name){0.1, 0.5, 0.9}", hooks)
    }
    elementwise(
      "pow", "pow(a, b) → number | array", "a to the power b, as `a ^ b`.", ["a", "b"],
      example: "wb.pow({1, 2, 3}, 2)", hooks)
    elementwise(
      "atan2", "atan2(y, x) → number | array", "The angle of the point (x, y), from -π to π.", ["y", "x"],
      example: "wb.atan2(1, {1, -1})", hooks)
    for (name, word) in [("min", "least"), ("max", "greatest")] {
      elementwise(
        name, "\(name)(a, b, …) → number | array", "The \(word) of the arguments, element by element.",
        ["a", "b", "…"], example: "wb.\(name)({1, -2, 3}, 0)", hooks)
    }
  }

  private func elementwise(
    _ name: String, _ signature: String, _ doc: String, _ parameters: [String], example: String,
    _ hooks: ArrayHooks
  ) {
    arrayFunction(
      name, signature, doc,
      parameters: parameters.map {
        ParameterSpec($0, $0 == "condition" ? "boolean | number | array" : "number | array", "")
      },
      example: example
    ) { arguments in
      let operands = try arguments.all()
      if let result = try hooks.traced(name, operands, arguments.lua) { return result }
      guard let result = try ArrayOperations.evaluate(name, operands) else {
        throw arguments.error("internal error: there is no such operation")
      }
      if result.rank == 0, ArrayOperations.comparisons[name] != nil { return result.values[0] != 0 }
      return result
    }
  }

  private static func summary(of function: UnaryFunction) -> String {
    switch function {
    case .negate: "−x."
    case .absolute: "|x|."
    case .sign: "-1, 0 or 1 by the sign of x."
    case .floor: "The greatest whole number that is not above x."
    case .ceil: "The least whole number that is not below x."
    case .round: "The whole number nearest to x; halves go to the even one."
    case .exp: "e to the power x."
    case .expm1: "exp(x) − 1, accurate for small x."
    case .log: "The natural logarithm, or that to a base."
    case .log1p: "log(1 + x), accurate for small x."
    case .sqrt: "The square root."
    case .sin: "The sine of x in radians."
    case .cos: "The cosine of x in radians."
    case .tan: "The tangent of x in radians."
    case .asin: "The angle from -π/2 to π/2 whose sine is x."
    case .acos: "The angle from 0 to π whose cosine is x."
    case .atan: "The angle from -π/2 to π/2 whose tangent is x; with two arguments that of the point (x, y)."
    case .sinh: "The hyperbolic sine."
    case .cosh: "The hyperbolic cosine."
    case .tanh: "The hyperbolic tangent."
    case .erf: "The error function, 2/√π ∫₀ˣ exp(−t²) dt."
    case .sigmoid: "1/(1 + exp(−x))."
    case .softplus: "log(1 + exp(x))."
    case .silu: "x · sigmoid(x)."
    case .relu: "The greater of x and 0."
    }
  }
}
