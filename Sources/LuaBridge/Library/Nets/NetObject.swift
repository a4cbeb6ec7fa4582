import Kernels

/// What scripts hold as a "net".
package final class NetObject: LuaObject, ScriptedObject {
  package private(set) var net: Net
  /// For a net defined in Lua: how its function is traced.
  private let script: ScriptedNet?
  private var isRefreshing = false
  /// The stores of nets that such a function calls.
  private var innerStores: [ParameterStore]
  private var evaluator: LaneEvaluator?
  private var program: Program?
  /// The parameters as inputs of the Program, and which generation of each store they are.
  private var inputs: (generations: [Int], values: [String: [Double]])?
  /// For an energy net: the energy, over the same store.
  private(set) lazy var energy = (net.architecture as? EnergyNet).map {
    NetObject(Net($0.energy, store: net.store))
  }

  init(_ net: Net) {
    self.net = net
    script = nil
    innerStores = []
  }

  init(_ script: ScriptedNet, store: ParameterStore? = nil) throws {
    self.script = script
    let (architecture, stores) = try script.trace()
    net = try store.map { Net(architecture, store: $0) } ?? script.net(architecture)
    innerStores = stores
  }

  /// The net and the nets it calls.
  package var stores: [ParameterStore] { [net.store].union(innerStores) }

  /// The net, traced anew if a variable that its function captures has changed.
  package func current() throws -> Net {
    if let script, try script.isStale() {
      let (architecture, stores) = try script.trace()
      net = Net(architecture, store: net.store)
      innerStores = stores
      evaluator = nil
      program = nil
      inputs = nil
    }
    return net
  }

  var scriptedFunction: LuaFunction? { script?.function }

  func refresh() throws {
    // One that calls itself is refused where it does.
    guard script != nil, !isRefreshing else { return }
    isRefreshing = true
    defer { isRefreshing = false }
    _ = try current()
  }

  func clone() throws -> NetObject {
    guard let script else { return NetObject(net.clone()) }
    return try NetObject(script, store: net.store.clone())
  }

  // MARK: values

  /// The net at one point, in Double, operation by operation as a trace records it.
  func value(_ x: [Double], _ time: Double?) throws -> [Double] {
    let program = try compiled()
    var values = sharedValues()
    values["x"] = x
    if let time { values["t"] = [time] }
    return try program.evaluate(values)["y"] ?? []
  }

  private func sharedValues() -> [String: [Double]] {
    let stores = self.stores
    let generations = stores.map(\.generation)
    if let inputs, inputs.generations == generations { return inputs.values }
    let values = stores.sharedValues
    inputs = (generations, values)
    return values
  }

  private func compiled() throws -> Program {
    if let program { return program }
    let made = try net.program()
    program = made
    return made
  }

  /// The net at each row of an array, or at one point.
  ///
  /// A number or a list with as many elements as the net has inputs is one point; a matrix has a point in each row; for a
  /// net of one input, each element of a list is one. The result has as many axes as `x`, or one more where the net has
  /// several outputs for one input.
  func values(_ x: NDArray, _ time: NDArray?, contract: Bool, _ options: RunOptions) throws
    -> any LuaConvertible
  {
    let (inputs, outputs) = (net.architecture.inputs, net.architecture.outputs)
    let isPoint = x.rank <= 1 && x.count == inputs && (inputs > 1 || x.rank == 0)
    let isList = !isPoint && inputs == 1 && x.rank == 1
    guard isPoint || isList || (x.rank == 2 && x.shape[1] == inputs) else {
      throw NetError(
        "the net takes \(inputs) component\(inputs == 1 ? "" : "s"): expected \(inputs == 1 ? "a number" : "a list of \(inputs) numbers")"
          + " or an array with \(inputs) column\(inputs == 1 ? "" : "s"), got shape \(shapeText(x.shape))")
    }
    if let problem = net.problem(rows: inputs, timeRows: time.map { _ in 1 }) { throw NetError(problem) }
    let count = isPoint ? 1 : x.shape[0]
    var columns = ["x": (0..<inputs).map { j in (0..<count).map { x.values[$0 * inputs + j] } }]
    if let time {
      guard time.count == 1 || (time.count == count && time.rank <= 2) else {
        throw NetError("expected one time, or one for each of the \(count) points, got \(time.count)")
      }
      columns["t"] = [time.count == 1 ? [Double](repeating: time.values[0], count: count) : time.values]
    }
    let evaluator = try self.evaluator ?? LaneEvaluator(compiled(), contract: contract)
    self.evaluator = evaluator
    let result =
      try evaluator.map(columns, shared: sharedValues(), count: count, options: options)["y"] ?? []
    if isPoint { return outputs == 1 ? result[0][0] : NDArray(result.map { $0[0] }) }
    if isList, outputs == 1 { return NDArray(result[0]) }
    var values = [Double](repeating: 0, count: count * outputs)
    for (j, column) in result.enumerated() {
      for (i, value) in column.enumerated() { values[i * outputs + j] = value }
    }
    return try NDArray(values, shape: [count, outputs])
  }
}

/// A net whose function is written in Lua.
final class ScriptedNet {
  let function: LuaFunction
  private let specs: [ParameterDeclaration]
  private let inputs: Int
  private let takesTime: Bool
  private let seed: UInt64
  private let precision: Precision
  private let tracer: Tracer
  private var fingerprint: TraceFingerprint?

  init(
    _ function: LuaFunction, _ specs: [ParameterDeclaration], inputs: Int, takesTime: Bool, seed: UInt64,
    precision: Precision, tracer: Tracer
  ) {
    self.function = function
    self.specs = specs
    self.inputs = inputs
    self.takesTime = takesTime
    self.seed = seed
    self.precision = precision
    self.tracer = tracer
  }

  func isStale() throws -> Bool { try tracer.fingerprint(function) != fingerprint }

  func net(_ architecture: ProgramArchitecture) throws -> Net {
    try Net(architecture, seed: seed, precision: precision)
  }

  /// Calls the function with symbols.
  ///
  /// - Returns: also the stores of the nets that it calls.
  func trace() throws -> (ProgramArchitecture, [ParameterStore]) {
    var arguments: [TraceArgument] = [
      .tensors(specs.map { (name: $0.name, shape: $0.shape) }), .vector("x", rows: inputs),
    ]
    if takesTime { arguments.append(.scalar("t", variation: .lane)) }
    let traced = try tracer.trace(function, as: "forward of a net", arguments: arguments)
    guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder) else {
      let place = try function.definition().map { "\($0.position): " } ?? ""
      throw LuaError("\(place)forward of a net must return a number or the components of a vector")
    }
    if let failure = traced.failures.first {
      let place = try function.definition().map { "\($0.position): " } ?? ""
      throw LuaError(
        "\(place)forward of a net: an error in a branch cannot be reported from inside a net: \(failure.message)"
      )
    }
    fingerprint = traced.fingerprint
    let program = try traced.builder.finish([("y", traced.builder.stack(nodes))])
    let architecture = try ProgramArchitecture(
      program, parameters: specs, inputs: inputs, takesTime: takesTime)
    return (architecture, traced.stores)
  }
}
