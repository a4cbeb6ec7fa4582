import Kernels

/// The loss of one sample as a Program with the input "x" and the output "loss".
struct TracedLoss {
  let program: Program
  let stores: [ParameterStore]
  let name: String
  private let loss: (any ScoreLoss)?
  private let columns: Int

  init(
    _ options: Options, _ net: NetObject, columns: Int, data: [Double], _ tracer: Tracer, _ call: Arguments
  ) throws {
    self.columns = columns
    let function: LuaFunction
    let arguments: [TraceArgument]
    let sample = TraceArgument.vector("x", rows: columns)
    switch options["loss"] {
    case .object(let object):
      guard let given = object as? LossObject else {
        throw options.mismatch("loss", "a loss made by wb.loss, or a function(model, x)")
      }
      try Self.check(given.loss, takesTime: net.net.architecture.takesTime, options)
      let rows = (0..<columns).map { column in
        stride(from: column, to: data.count, by: columns).map { data[$0] }
      }
      do {
        try given.loss.admit(rows)
      } catch let error as ScoreError {
        throw call.error(error.description)
      }
      let fitted = LossObject(given.kind, given.loss.fitted(to: DataSummary(rows)))
      (loss, name) = (fitted.loss, fitted.loss.name)
      let chunk = try call.lua.glue(
        "local loss, model = ... return function(x) return loss(model, x) end")
      guard let made = try chunk.call(fitted, net).first?.function else {
        throw LuaError("internal error: no function around the loss")
      }
      (function, arguments) = (made, [sample])
    case .function(let given):
      (loss, name) = (nil, "loss")
      (function, arguments) = (given, [.value(net), sample])
    default: throw options.mismatch("loss", "a loss made by wb.loss, or a function(model, x)")
    }
    // The project's own losses of its own nets have nothing that plain Lua could contradict.
    let traced = try tracer.trace(
      function, as: "the loss", arguments: arguments, replays: loss == nil)
    let nodes = traced.value.nodes
    guard nodes.count == 1, traced.builder[nodes[0]].rows == 1 else {
      throw options.error(
        "loss",
        that: "must return one number, the loss of one sample; it returns "
          + (nodes.count == 1 ? "a vector of \(traced.builder[nodes[0]].rows)" : "\(nodes.count) values"))
    }
    program = try traced.builder.finish([("loss", nodes[0])])
    stores = traced.stores
  }

  /// Nil for one written in Lua.
  var form: LossForm? { loss?.form }

  /// The least value of the loss, if the law of the data is given and the loss knows it.
  func floor(_ options: Options, _ call: Arguments, _ context: RunContext) throws -> Double? {
    guard options.has("oracle") else { return nil }
    let law = try options.object("oracle", DistributionObject.self).law
    guard law.dimension == columns else {
      throw options.error(
        "oracle", that: "is a law of \(law.dimension) components, but the data have \(columns)")
    }
    guard let loss else {
      throw options.error(
        "oracle", that: "gives the floors of wb.loss's losses; that of a Lua function is not known")
    }
    return try loss.floor(for: try DistributionOracle(law, context.runOptions(call.lua)))
  }

  private static func check(_ loss: any ScoreLoss, takesTime: Bool, _ options: Options) throws {
    guard loss.takesTime != takesTime else { return }
    throw options.error(
      "model",
      loss.takesTime
        ? "takes no time, but \(loss.name) gives it one with each sample: make it with time=, such as time = \"fourier\""
        : "takes a time, but \(loss.name) gives it none: make it without time=, or take a loss over a process"
    )
  }
}
