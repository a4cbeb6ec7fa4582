import Kernels

/// The loss of one sample as a Program with the input "x" and the output "loss".
struct TracedLoss {
  let program: Program
  let stores: [ParameterStore]
  let name: String
  private let loss: (any ScoreLoss)?

  init(
    _ options: Options, _ net: NetObject, columns: Int, data: [Double], _ tracer: Tracer, _ call: Arguments
  ) throws {
    let value: LuaValue
    switch options["loss"] {
    case .object(let object):
      guard let given = object as? LossObject else {
        throw options.mismatch("loss", "a loss made by wb.loss, or a function(model, x)")
      }
      let rows = (0..<columns).map { column in
        stride(from: column, to: data.count, by: columns).map { data[$0] }
      }
      let fitted = LossObject(given.kind, given.loss.fitted(to: DataSummary(rows)))
      (value, loss, name) = (.object(fitted), fitted.loss, fitted.loss.name)
    case .function(let function): (value, loss, name) = (.function(function), nil, "loss")
    default: throw options.mismatch("loss", "a loss made by wb.loss, or a function(model, x)")
    }
    let chunk = try call.lua.load(
      "local loss, model = ... return function(x) return loss(model, x) end", name: "=loss")
    guard let function = try chunk.call(value, net).first?.function else {
      throw LuaError("internal error: no function around the loss")
    }
    // The project's own losses of its own nets have nothing that plain Lua could contradict.
    let traced = try tracer.trace(
      function, as: "the loss", arguments: [.vector("x", rows: columns)], replays: loss == nil)
    let nodes = traced.value.nodes
    guard nodes.count == 1, traced.builder[nodes[0]].rows == 1 else {
      throw options.error(
        "loss", that: "must return one number, the loss of one sample; it returns \(nodes.count) values")
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
    guard let loss else {
      throw options.error(
        "oracle", that: "gives the floors of wb.loss's losses; that of a Lua function is not known")
    }
    return try loss.floor(for: try DistributionOracle(law, context.runOptions(call.lua)))
  }
}
