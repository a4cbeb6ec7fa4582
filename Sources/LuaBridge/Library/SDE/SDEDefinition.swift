import Kernels

/// What a script said an SDE is: the Lua functions and how to read them.
final class SDEDefinition {
  let name: String
  let stateNames: [String]
  let dimension: Int
  let calculus: Calculus
  private let drift: LuaFunction
  private let diffusion: LuaFunction
  private let tracer: Tracer
  /// Parameters that are no numbers: nets.
  let objects: NamedObjects
  /// The parameters of nets that the coefficients use.
  private(set) var stores: [ParameterStore] = []
  private var fingerprints: [TraceFingerprint] = []
  private(set) var warnings: [String] = []
  /// Where a script's `error` in a coefficient is reached: a Program that gives 1 there, and the message.
  private var failures: [(reached: Program, message: String)] = []

  init(
    name: String, stateNames: [String], dimension: Int, calculus: Calculus, drift: LuaFunction,
    diffusion: LuaFunction, objects: NamedObjects = [], tracer: Tracer
  ) {
    self.objects = objects
    self.name = name
    self.stateNames = stateNames
    self.dimension = dimension
    self.calculus = calculus
    self.drift = drift
    self.diffusion = diffusion
    self.tracer = tracer
  }

  /// Whether a variable that the functions capture, or nets written in Lua that they are given, has changed since
  /// they were traced.
  func isStale(_ lua: LuaState) throws -> Bool {
    try [tracer.fingerprint(drift), tracer.fingerprint(diffusion)] + objectFingerprints() != fingerprints
  }

  private func objectFingerprints() throws -> [TraceFingerprint] {
    try objects.compactMap { ($0.value as? any ScriptedObject)?.scriptedFunction }.map(tracer.fingerprint)
  }

  /// Calls the functions with symbols.
  ///
  /// - Throws: `LuaError` with the script's line for what cannot be traced and for results of the wrong
  ///   shape.
  func trace(_ lua: LuaState, parameters: [Parameter]) throws -> SDEProblem {
    let arguments = SDEArguments(
      stateNames: stateNames, dimension: dimension, parameters: parameters, objects: objects)
    let f = try tracer.trace(drift, as: "drift of '\(name)'", arguments: arguments.coefficient)
    let g = try tracer.trace(diffusion, as: "diffusion of '\(name)'", arguments: arguments.coefficient)
    fingerprints = [f.fingerprint, g.fingerprint] + (try objectFingerprints())
    warnings = f.warnings + g.warnings
    stores = f.stores.union(g.stores)
    failures = try [f, g].flatMap { trace in
      try trace.failures.map { (try trace.builder.finish([("reached", $0.node)]), $0.message) }
    }
    let driftNodes = try vector(f, "the drift of '\(name)'", drift)
    let (shape, diffusionNodes) = try matrix(g, "the diffusion of '\(name)'", diffusion)
    return try SDEProblem(
      name: name, stateNames: stateNames, dimension: dimension, shape: shape, parameters: parameters,
      drift: try f.builder.finish([("f", f.builder.stack(driftNodes))]),
      diffusion: try g.builder.finish([("g", g.builder.stack(diffusionNodes))]), calculus: calculus,
      sharedValues: stores.sharedValues)
  }

  /// The message of the `error` that a coefficient raises at a state, if it raises one.
  func failureMessage(at x: [Double], time: Double, _ parameters: [String: [Double]]) throws -> String? {
    var values = parameters
    values["x"] = x
    values["t"] = [time]
    return try failures.first { try $0.reached.evaluate(values)["reached"] == [1] }?.message
  }

  /// d components: a value, a vector or a table of values.
  private func vector(_ trace: TraceResult, _ what: String, _ function: LuaFunction) throws -> [NodeID] {
    let nodes = try SDEDefinition.flatten(trace.value, trace.builder)
    guard let nodes, nodes.count == dimension else {
      let found = nodes.map { "\($0.count) component\($0.count == 1 ? "" : "s")" } ?? "nested tables"
      throw try refusal(
        function,
        "\(what) returned \(found), but the state has \(dimension): "
          + "return \(dimension == 1 ? "one value" : "a table of \(dimension) values")")
    }
    return nodes
  }

  private func matrix(
    _ trace: TraceResult, _ what: String, _ function: LuaFunction
  ) throws -> (SDEProblem.DiffusionShape, [NodeID]) {
    if let nodes = try SDEDefinition.flatten(trace.value, trace.builder) {
      guard nodes.count == dimension else {
        throw try refusal(
          function,
          "\(what) returned \(nodes.count) value\(nodes.count == 1 ? "" : "s"), but the "
            + "state has \(dimension) component\(dimension == 1 ? "" : "s"): return \(dimension) value"
            + "\(dimension == 1 ? "" : "s") for one noise a component, or \(dimension) row"
            + "\(dimension == 1 ? "" : "s") such as {{a, b}\(dimension == 1 ? "" : ", …")} for a matrix")
      }
      return (.diagonal, nodes)
    }
    guard case .table(let rows) = trace.value else {
      throw try refusal(function, "\(what) must return values or rows of values")
    }
    guard rows.count == dimension else {
      throw try refusal(
        function,
        "\(what) returned \(rows.count) row\(rows.count == 1 ? "" : "s"), but the state has "
          + "\(dimension) component\(dimension == 1 ? "" : "s")")
    }
    let entries = try rows.map { try SDEDefinition.flatten($0, trace.builder) }
    let widths = Set(entries.map { $0?.count ?? -1 })
    guard widths.count == 1, let noises = widths.first, noises >= 1 else {
      let shown = entries.map { $0.map { String($0.count) } ?? "nested" }.joined(separator: ", ")
      throw try refusal(function, "\(what) returned rows of different lengths: \(shown)")
    }
    return (.matrix(noises: noises), entries.flatMap { $0! })
  }

  /// The components of a value, a vector, or a table of one-component values; nil for tables of tables.
  static func flatten(_ value: TraceValue, _ builder: ProgramBuilder) throws -> [NodeID]? {
    switch value {
    case .value(let node): return builder.components(node)
    case .table(let parts):
      var nodes: [NodeID] = []
      for part in parts {
        guard case .value(let node) = part, builder[node].rows == 1 else { return nil }
        nodes.append(node)
      }
      return nodes.isEmpty ? nil : nodes
    case .fields: return nil
    }
  }

  /// An error at the function's own line, not at the call of wb.sde.
  private func refusal(_ function: LuaFunction, _ text: String) throws -> LuaError {
    guard let position = try function.definition()?.position else { return LuaError(text) }
    return tracer.located("\(position): \(text)")
  }
}

/// Parameters that are no numbers.
typealias NamedObjects = [(name: String, value: any LuaConvertible)]

extension SDEProblem {
  /// Takes over the values of the nets that a function of the run uses.
  mutating func share(_ trace: TraceResult) {
    sharedValues.merge(trace.sharedValues, uniquingKeysWith: { $1 })
  }
}

/// The arguments (x, t, p) that coefficients, observables and test functions share.
struct SDEArguments {
  let stateNames: [String]
  let dimension: Int
  let parameters: [Parameter]
  let objects: NamedObjects

  init(
    stateNames: [String], dimension: Int, parameters: [Parameter],
    objects: NamedObjects
  ) {
    self.objects = objects
    self.stateNames = stateNames
    self.dimension = dimension
    self.parameters = parameters
  }

  init(_ problem: SDEProblem, _ objects: NamedObjects) {
    self.init(
      stateNames: problem.stateNames, dimension: problem.dimension, parameters: problem.parameters,
      objects: objects)
  }

  var state: TraceArgument {
    .vector("x", rows: dimension, rowNames: stateNames)
  }
  var time: TraceArgument { .scalar("t", variation: .step) }
  var named: TraceArgument {
    .parameters(parameters.map { (name: $0.name, rows: $0.values.count) }, objects: objects)
  }
  var coefficient: [TraceArgument] { [state, time, named] }
}
