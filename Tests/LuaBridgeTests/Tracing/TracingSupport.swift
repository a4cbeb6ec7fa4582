import Kernels
import LuaBridge
import Program
import Testing

/// A Lua state with a tracer, and shorthands to trace what a chunk returns.
final class TracingBench {
  let lua: LuaState
  let tracer: Tracer
  private(set) var printed = ""

  /// - Parameter transforms: whether scripts have `wb.grad` and the like.
  init(transforms: Bool = false) throws {
    lua = try LuaState()
    tracer = try Tracer(lua)
    let wb = Module("wb", "Workbench.")
    let hooks = ArrayHooks()
    let context = RunContext()
    var library = Library()
    library.addArrays(to: wb, context: context, hooks: hooks)
    library.add(wb)
    if transforms { library.addTransforms(tracer: tracer, context: context) }
    try lua.install(library)
    tracer.connect(hooks, context: context)
    lua.output = { [unowned self] in printed += $0 }
  }

  /// The function that `source` returns.
  func function(_ source: String, name: String = "=f.lua") throws -> LuaFunction {
    try #require(try lua.run(source, name: name).first?.function)
  }

  /// Traces a function of `arguments` numbers, called x, y, z, ….
  func trace(
    _ source: String, _ arguments: Int = 1, results: Int? = 1, replays: Bool = true
  ) throws -> TraceResult {
    let names = ["x", "y", "z", "u", "v", "w"]
    return try tracer.trace(
      try function(source), as: "drift",
      arguments: (0..<arguments).map { .scalar(names[$0], variation: .lane) },
      results: results, replays: replays)
  }

  /// The message with which tracing `source` is refused.
  func refusal(_ source: String, _ arguments: Int = 1) -> String {
    do {
      _ = try trace(source, arguments)
      return "(accepted)"
    } catch {
      return "\(error)"
    }
  }

  func refusal(_ source: String, arguments: [TraceArgument]) -> String {
    do {
      _ = try tracer.trace(try function(source), as: "drift", arguments: arguments)
      return "(accepted)"
    } catch {
      return "\(error)"
    }
  }
}

extension TraceResult {
  /// Every number of the results, at these inputs.
  func evaluate(_ inputs: [String: [Double]], draws: [Double] = []) throws -> [Double] {
    let nodes = results.flatMap(\.nodes) + failures.map(\.node)
    let program = try builder.finish(nodes.enumerated().map { ("y\($0)", $1) })
    let values = try program.evaluate(inputs, draws: draws)
    return nodes.indices.flatMap { values["y\($0)"] ?? [] }
  }

  func callAsFunction(_ x: Double) throws -> Double { try evaluate(["x": [x]])[0] }
}
