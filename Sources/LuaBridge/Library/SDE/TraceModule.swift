import Kernels

/// `wb.trace`: a Lua function compiled for itself.
enum TraceModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    let module = Module("wb", "")
    module.function(
      "trace", "trace(f, [{inputs=}]) → compiled function",
      "Compiles a function of numbers or of a vector. The result prints as mathematics and can be called with a number, a "
        + "list, or an array with one row for each evaluation; random numbers in it take {seed=} there.",
      parameters: [ParameterSpec("f", "function(x)", "called once, with symbols")],
      options: [.optional("inputs", "integer", default: "1", "components of x")],
      returns: "a compiled function",
      example:
        "local f = wb.trace(function(x) return x[1] ^ 2 + x[2] ^ 2 end, {inputs = 2})\nprint(f, f{3, 4})"
    ) { call in
      let function = try call.function(1)
      let inputs = try call.options(2).get("inputs", .integer(in: 1...4096), default: 1)
      let traced = try tracer.trace(
        function, as: "function of wb.trace", arguments: [.vector("x", rows: inputs)])
      let nodes = traced.value.nodes
      guard !nodes.isEmpty else { throw call.error("the function returns no value") }
      let program = try traced.builder.finish([("y", traced.builder.stack(nodes))])
      return CompiledFunction(
        program, inputs: inputs, contract: context.contract, warnings: traced.warnings, stores: traced.stores)
    }
    library.add(module)
    library.add(type(context))
    return library
  }

  private static let callOptions: [OptionSpec] = [
    .optional(
      "seed", "integer", default: "the run's", "of the random numbers in the function; each row has its own")
  ]

  private static func type(_ context: RunContext) -> ObjectType<CompiledFunction> {
    let type = ObjectType("compiled function", CompiledFunction.self, "A function compiled by wb.trace.")
    type.described { $0.description }
    type.property("inputs", "integer", "The number of components of its argument.") { $0.inputs }
    type.property("outputs", "integer", "The number of components of its value.") { $0.outputs }
    type.metamethod(
      .call, "f(x, [{seed=}])",
      "The value at a number or list, or at each row of an array. Random numbers in it are a function of seed and row."
    ) { call in
      let function = try call.object(1, CompiledFunction.self)
      guard let x = try Reading<NDArray>.array.read(try call[2]) else {
        throw call.mismatch(2, "a number, a list or an array")
      }
      var seed = context.seed
      if !call.isMissing(3) {
        let options = try Options(
          function: "a compiled function", declared: callOptions, table: try call.get(3, .table))
        seed = try options.get("seed", .seed, default: seed)
      }
      return try function.evaluate(x, seed: seed)
    }
    return type
  }
}

/// A Lua function as a Program, callable on arrays.
package final class CompiledFunction: LuaObject, CustomStringConvertible {
  package let program: Program
  let inputs: Int
  let outputs: Int
  private let evaluator: LaneEvaluator
  private let warnings: [String]
  /// The parameters of nets that it uses, with their values at each call.
  private let stores: [ParameterStore]

  init(
    _ program: Program, inputs: Int, contract: Bool, warnings: [String], stores: [ParameterStore] = []
  ) {
    self.stores = stores
    self.program = program
    self.inputs = inputs
    self.warnings = warnings
    outputs = program.rows(of: "y") ?? 1
    evaluator = LaneEvaluator(program, contract: contract)
  }

  /// One evaluation for a number or a list of `inputs` numbers; else one for each row of a matrix, or for
  /// each element of a list if there is one input.
  func evaluate(_ x: NDArray, seed: UInt64) throws -> any LuaConvertible {
    let isSingle = x.rank <= 1 && x.count == inputs && (inputs > 1 || x.rank == 0)
    let rows = isSingle ? 1 : inputs == 1 ? x.count : x.rank == 2 && x.shape[1] == inputs ? x.shape[0] : -1
    guard rows >= 0 else {
      let shape = x.shape.map(String.init).joined(separator: " × ")
      throw LuaError(
        "the function takes \(inputs) numbers, or an array with \(inputs) columns; got shape \(shape)")
    }
    let columns = (0..<inputs).map { column in (0..<rows).map { x.values[$0 * inputs + column] } }
    let result = try evaluator.map(["x": columns], shared: stores.sharedValues, count: rows, seed: seed)["y"]!
    if isSingle { return outputs == 1 ? result[0][0] : NDArray(result.map { $0[0] }) }
    if outputs == 1 { return try NDArray(result[0]).reshaped(inputs == 1 ? x.shape : [rows]) }
    let values = (0..<rows).flatMap { row in result.map { $0[row] } }
    return try NDArray(values, shape: [rows, outputs])
  }

  package var description: String {
    ([program.description] + warnings.map { "warning: \($0)" }).joined(separator: "\n")
  }
}
