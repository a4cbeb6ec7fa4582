import Kernels

// Arrays meet the tracer: `math` and `wb` functions of arrays, arrays as constants of traced functions, and
// `array:map`.
extension Tracer {
  /// Teaches the tracer arrays, and arrays the tracer.
  package func connect(_ hooks: ArrayHooks, context: RunContext) {
    let call = { [unowned self] (function: MathFunction, values: [LuaValue]) in
      try ArrayOperations.call(function.name, values, inOrder: isTracing)
    }
    register(mathFor: ArrayObject.self, call)
    tableMath = call
    context.logarithm = { [unowned self] values in
      try callMath(values.count > 1 ? .logBase : .unary(.log), "wb.log", values, count: 1...2)
    }
    register(constantsOf: ArrayObject.self) { object in
      guard object.array.rank == 1 else {
        throw LuaError(
          "an array of shape \(shapeText(object.array.shape)) cannot be a value of a traced function: use its rows,"
            + " a[i], or its elements, a[i][j]")
      }
      return object.array.values
    }
    hooks.foreignOperator = { [unowned self] metamethod, operands in
      try combine(metamethod, operands[0], operands[1])
    }
    hooks.map = { [unowned self] function, array, lua in
      try map(function, array, contract: context.contract, context.runOptions(lua))
    }
  }

  /// An operator between an array and a traced value; `nil` for other objects.
  private func combine(_ metamethod: Metamethod, _ a: LuaValue, _ b: LuaValue) throws -> (any LuaConvertible)?
  {
    let isTraced = [a, b].contains { value in
      guard case .object(let object) = value else { return false }
      return object is TracedValue || object is TracedVector
    }
    guard isTraced else { return nil }
    if metamethod == .lt { return try compare(.less, a, b) }
    if metamethod == .le { return try compare(.lessOrEqual, a, b) }
    guard let known = arrayOperators.first(where: { $0.metamethod == metamethod }) else { return nil }
    let context = "`\(known.symbol)`"
    return value(try apply(known.function, try operand(a, context), try operand(b, context), context))
  }

  /// The function, traced once and run over all elements.
  private func map(_ function: LuaFunction, _ array: NDArray, contract: Bool, _ options: RunOptions) throws
    -> NDArray
  {
    let what = "the function of array:map"
    let trace = try trace(function, as: what, arguments: [.scalar("x", variation: .lane)])
    guard case .value(let node) = trace.value, trace.builder[node].rows == 1 else {
      let place = try function.definition().map { "\($0.position): " } ?? ""
      throw LuaError("\(place)\(what) must return one number for each element")
    }
    let failures = trace.failures.enumerated().map { ("failure\($0)", $1.node) }
    let program = try trace.builder.finish([("y", node)] + failures)
    let result: [String: [[Double]]]
    do {
      result = try LaneEvaluator(program, contract: contract).map(
        ["x": [array.values]], shared: trace.sharedValues, count: array.count, options: options)
    } catch is Cancelled {
      throw LuaError.cancelled
    }
    for (failure, output) in zip(trace.failures, failures) {
      guard let lane = result[output.0]?[0].firstIndex(where: { $0 != 0 }) else { continue }
      throw LuaError("\(failure.message) (for the element \(describe(array.values[lane])))")
    }
    guard let values = result["y"]?.first else { throw LuaError("internal error: \(what) gave nothing") }
    return try NDArray(values, shape: array.shape, columnNames: array.columnNames)
  }
}
