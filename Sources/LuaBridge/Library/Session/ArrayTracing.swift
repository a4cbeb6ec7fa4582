import Kernels

extension ArrayHooks {
  /// Lets arrays and traced functions meet: elementwise functions of traced values are recorded, arrays that a
  /// traced function captures are constants, and `a:map(f)` runs f compiled.
  func connect(_ tracer: Tracer) {
    tracer.register(constantsOf: ArrayObject.self) { $0.array.values }
    tracer.register(mathFor: ArrayObject.self) { function, operands in
      try ArrayOperations.call(function.name, operands)
    }
    map = { function, array, _ in
      let traced = try tracer.trace(function, as: "function of map", arguments: [.scalar("x", variation: .lane)])
      let nodes = traced.value.nodes
      guard nodes.count == 1 else { throw LuaError("the function of map must return one value") }
      let program = try traced.builder.finish([("y", nodes[0])])
      let values = try LaneEvaluator(program).map(["x": [array.values]], count: array.count)["y"]![0]
      return try NDArray(values, shape: array.shape)
    }
  }
}
