import Kernels

/// A model of a script: a Lua function, a net, or a distribution's score; anything that is called with x, or
/// with x and t.
struct LossModel {
  let value: LuaValue
  private let lua: LuaState
  let tracer: Tracer

  /// - Throws: if the value is none of these.
  init(_ value: LuaValue, _ lua: LuaState, _ tracer: Tracer, _ name: String) throws {
    self.lua = lua
    self.tracer = tracer
    switch value {
    case .function: self.value = value
    case .object(let object):
      self.value = (object as? DistributionObject).map { .object(DistributionFunction($0, .score)) } ?? value
    default:
      throw LuaError(
        "\(name): expected a model, which is a function(x) or function(x, t), a net or a distribution, got "
          + (try lua.typeDescription(of: value)))
    }
  }

  /// The model as a Program of its own, with the output "y", and a time input "t" if it is given one.
  ///
  /// - Throws: what tracing throws.
  func program(rows: Int, rowNames: [String], takesTime: Bool) throws -> Program {
    var arguments: [TraceArgument] = [.vector("x", rows: rows, rowNames: rowNames)]
    if takesTime { arguments.append(.scalar("t", variation: .lane)) }
    let traced = try tracer.trace(try function(takesTime: takesTime), as: "the model", arguments: arguments)
    return try traced.builder.finish([("y", traced.builder.stack(traced.value.nodes))])
  }

  /// Lua functions as they are, so that messages name their lines; what else can be called by one around it.
  private func function(takesTime: Bool) throws -> LuaFunction {
    if let function = value.function { return function }
    let source =
      takesTime
      ? "local model = ... return function(x, t) return model(x, t) end"
      : "local model = ... return function(x) return model(x) end"
    guard let made = try lua.glue(source).call(value).first?.function else {
      throw LuaError("internal error: no function around the model")
    }
    return made
  }

  /// The model as nodes of the trace in progress.
  ///
  /// - Parameter failure: takes what the model throws; its value is then NaN.
  func inline(_ failure: @escaping (any Error) -> Void) -> ScoreModel {
    { builder, x, time in
      do {
        let call = try lua.glue("local model, x, t = ... return model(x, t)")
        var arguments: [any LuaConvertible] = [value, try tracer.value(of: x)]
        if let time { arguments.append(try tracer.value(of: time)) }
        return try tracer.node(of: call.call(with: arguments).first ?? .nil, "the value of the model")
      } catch {
        failure(error)
        return builder.constant([Double](repeating: .nan, count: builder[x].rows))
      }
    }
  }
}
