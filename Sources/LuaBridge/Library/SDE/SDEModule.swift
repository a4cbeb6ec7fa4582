import Kernels

/// `wb.sde`, `wb.learnable` and what an SDE can do.
enum SDEModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    library.add(module(tracer, context))
    library.add(sdeType(tracer))
    library.add(learnableType())
    return library
  }

  private static let options: [OptionSpec] = [
    .optional("name", "string", default: "\"sde\"", "what it is called in messages and plots"),
    .optional("state", "list of names", "names of the components: x.S beside x[1]"),
    .optional("dim", "integer", default: "1", "number of components, where they have no names"),
    .optional(
      "params", "table", default: "{}",
      "parameters by name: numbers, lists of numbers, wb.learnable(…), or nets; the functions see them as p.name"
    ),
    .required("drift", "function(x, t, p)", "returns the d components of the drift"),
    .required(
      "diffusion", "function(x, t, p)",
      "returns one value a component (one noise each) or d rows of m values (a matrix)"),
    .optional("calculus", "\"ito\" | \"stratonovich\"", default: "\"ito\"", "which integral is meant"),
  ]

  private static func module(_ tracer: Tracer, _ context: RunContext) -> Module {
    let module = Module("wb", "Stochastic differential equations in Lua at the speed of compiled code.")
    module.function(
      "sde", "sde{drift=, diffusion=, …} → SDE",
      "Defines the SDE dX = drift(X, t) dt + diffusion(X, t) dW. The functions are called once, with "
        + "symbols, and compiled: plain if, loops with fixed bounds, helper functions and tables work; what "
        + "cannot be compiled is refused with its line.",
      options: options, returns: "an SDE, which prints as its equations and its noise class",
      example: """
        local gbm = wb.sde{
          name = "GBM", params = {mu = 0.05, sigma = 0.2},
          drift = function(x, t, p) return p.mu * x end,
          diffusion = function(x, t, p) return p.sigma * x end,
        }
        print(gbm, gbm.noise)
        """
    ) { call in
      let sde = try define(call.options(), call.lua, tracer)
      context.definedSDEs.append(sde)
      return sde
    }
    module.function(
      "learnable", "learnable(value, [{lower=, upper=, positive=}]) → learnable",
      "A parameter that wb.fit may change, with its start value and bounds.",
      parameters: [ParameterSpec("value", "number", "the start value")],
      options: [
        .optional("lower", "number", default: "-inf", "smallest value"),
        .optional("upper", "number", default: "inf", "largest value"),
        .optional("positive", "boolean", default: "false", "the same as lower = 0"),
      ],
      returns: "a parameter for wb.sde",
      example:
        "local params = {kappa = wb.learnable(1, {positive = true}), theta = wb.learnable(5, {lower = 0, upper = 20})}"
    ) { call in
      let value = try call.get(1, .finite)
      let options = try call.options(2)
      var lower = try options.get("lower", .number, default: -.infinity)
      let upper = try options.get("upper", .number, default: .infinity)
      if try options.get("positive", .boolean, default: false) { lower = max(lower, 0) }
      guard lower <= value, value <= upper, lower < upper else {
        throw call.error(
          "the value \(describe(value)) is not between lower = \(describe(lower)) and upper = \(describe(upper))"
        )
      }
      return LearnableObject(value, Parameter.Learnable(lower: lower, upper: upper))
    }
    return module
  }

  private static func define(_ options: Options, _ lua: LuaState, _ tracer: Tracer) throws -> SDEObject {
    let names = try options.optional("state", .strings)
    let dim = try options.optional("dim", .integer(in: 1...4096))
    if let names, let dim, names.count != dim {
      throw options.error("dim", that: "is \(dim), but state has \(names.count) names")
    }
    if let names, names.isEmpty { throw options.error("state", that: "needs at least one name") }
    if let names, names.contains("") { throw options.error("state", that: "has an empty name") }
    if let names, Set(names).count != names.count { throw options.error("state", that: "has a name twice") }
    let dimension = names?.count ?? dim ?? 1
    let stateNames = names ?? (dimension == 1 ? ["x"] : (1...dimension).map { "x\($0)" })
    let definition = SDEDefinition(
      name: try options.get("name", .string, default: "sde"), stateNames: stateNames, dimension: dimension,
      calculus: try options.get("calculus", .oneOf(Calculus.allCases.map(\.rawValue)), default: "ito")
        == "ito" ? .ito : .stratonovich,
      drift: try options.get("drift", .function), diffusion: try options.get("diffusion", .function),
      objects: try nets(options), tracer: tracer)
    let problem = try definition.trace(lua, parameters: try parameters(options))
    return SDEObject(problem, definition)
  }

  /// `params = {net = net}`: read as p.net.
  private static func nets(_ options: Options) throws -> NamedObjects {
    guard let table = try options.optional("params", .table) else { return [] }
    return try table.entries().compactMap { key, value in
      guard let net = value.object(NetObject.self) else { return nil }
      guard let name = key.string else {
        throw options.error(
          "params", "parameters are given by name, as in {net = net}; got a net without one")
      }
      return (name: name, value: net)
    }
  }

  private static func parameters(_ options: Options) throws -> [Parameter] {
    guard let table = try options.optional("params", .table) else { return [] }
    return try table.entries().filter { $0.value.object(NetObject.self) == nil }.map { key, value in
      guard let name = key.string else {
        throw options.error(
          "params", "parameters are given by name, as in {mu = 0.05}; got a value without one")
      }
      if let number = value.double { return Parameter(name: name, values: [number]) }
      if let learnable = value.object(LearnableObject.self) {
        return Parameter(name: name, values: [learnable.value], learnable: learnable.bounds)
      }
      if let list = try numberList(value), !list.isEmpty {
        guard list.count <= TraceLimits.components else {
          throw options.error(
            "params", "'\(name)' has \(list.count) values; a parameter may have \(TraceLimits.components)")
        }
        return Parameter(name: name, values: list)
      }
      // While a script is checked, what a simulation would give is taken as 1.
      if value.object(PendingResult.self) != nil { return Parameter(name: name, values: [1]) }
      throw options.error(
        "params", "'\(name)' must be a number, a list of numbers, wb.learnable(…) or a net, got \(value.kind)"
      )
    }
  }

  // MARK: what an SDE can do

  private static func sdeType(_ tracer: Tracer) -> ObjectType<SDEObject> {
    let type = ObjectType("SDE", SDEObject.self, "A stochastic differential equation, made by wb.sde.")
    type.described { $0.description }
    type.property("name", "string", "Its name.") { $0.problem.name }
    type.property("noise", "string", "The noise class: additive, scalar, diagonal, commutative or general.") {
      $0.problem.noise.noiseClass.rawValue
    }
    type.property("dim", "integer", "The number of components.") { $0.problem.dimension }
    type.property("noise_dim", "integer", "The number of noises.") { $0.problem.noiseDimension }
    type.property("calculus", "string", "\"ito\" or \"stratonovich\".") { $0.problem.calculus.rawValue }
    type.property("params", "table", "The parameters' values by name: numbers, arrays for lists.") { sde in
      LuaRecord(
        sde.problem.parameters.map { ($0.name, parameterValue($0.values)) }
          + sde.objects.map { ($0.name, $0.value) })
    }
    type.method(
      "with", "with{name=value, …} → SDE",
      "A copy with other values of some parameters; the others, and this SDE, stay as they are.",
      returns: "an SDE", example: "local wild = gbm:with{sigma = 0.5}"
    ) { sde, call in
      var changes: [String: [Double]] = [:]
      for (key, value) in try call.table(1).entries() {
        guard let name = key.string else { throw call.error("give parameters by name, as in {sigma = 0.3}") }
        let known = sde.problem.parameters.map(\.name)
        if sde.objects.contains(where: { $0.name == name }) {
          throw call.error(
            "'\(name)' is a net: its values are those it has at each solve; define an SDE for another one")
        }
        guard known.contains(name) else {
          let hint =
            nearestName(to: name, in: known).map { ": did you mean '\($0)'?" }
            ?? "; it has \(known.joined(separator: ", "))"
          throw call.error("'\(sde.problem.name)' has no parameter '\(name)'\(hint)")
        }
        if value.object(PendingResult.self) != nil { continue }
        guard let values = try value.object(LearnableObject.self).map({ [$0.value] }) ?? numberList(value)
        else {
          throw call.error("the parameter '\(name)' must be a number or a list of numbers, got \(value.kind)")
        }
        changes[name] = values
      }
      _ = try sde.current(call.lua)
      return try sde.with(changes)
    }
    for (key, target) in [("ito", Calculus.ito), ("stratonovich", .stratonovich)] {
      type.method(
        key, "\(key)() → SDE",
        "The same process written in \(target == .ito ? "Ito" : "Stratonovich") calculus: the drift changes by half the "
          + "noise-induced drift, which is found by differentiation. An SDE that is written so already is returned as it is.",
        returns: "an SDE", example: "print(gbm:\(key)())"
      ) { sde, call in
        let problem = try sde.current(call.lua)
        return problem.calculus == target ? sde : SDEObject(try problem.converted(to: target), of: sde)
      }
    }
    for (key, doc) in [
      ("drift_at", "The drift at a state and a time."),
      ("diffusion_at", "The diffusion at a state and a time: one value, one a component, or the matrix."),
    ] {
      type.method(
        key, "\(key)(x, [t]) → number | array", doc,
        parameters: [
          ParameterSpec("x", "number | list", "the state"),
          ParameterSpec("t", "number", "the time, 0 if absent"),
        ],
        returns: "a number for one component, else an array", example: "print(gbm:\(key)(100))"
      ) { sde, call in
        let problem = try sde.current(call.lua)
        guard let x = try numberList(try call[1]) else {
          throw call.mismatch(1, "a state: a number or a list of numbers")
        }
        let time = try call.get(2, .number, default: 0)
        if key == "drift_at" { return parameterValue(try problem.drift(at: x, time: time)) }
        let values = try problem.diffusion(at: x, time: time)
        guard case .matrix(let noises) = problem.shape else { return parameterValue(values) }
        return try NDArray(values, shape: [problem.dimension, noises])
      }
    }
    type.method(
      "generator", "generator(f) → function",
      "The Ito generator applied to f(x, t, p): L f = ∂f/∂t + drift·∇f + ½ tr(G Gᵀ ∇²f), by exact derivatives.",
      parameters: [ParameterSpec("f", "function(x, t, p)", "a function with one value")],
      returns: "a function of (x, t), with the parameters' present values",
      example:
        "local Lf = gbm:generator(function(x, t, p) return x ^ 2 end)\nprint(Lf(1, 0))  -- 2 mu + sigma^2"
    ) { sde, call in
      let problem = try sde.current(call.lua)
      let traced = try tracer.trace(
        try call.function(1), as: "function of generator",
        arguments: SDEArguments(problem, sde.objects).coefficient)
      guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder), nodes.count == 1 else {
        throw call.error("the function must return one value")
      }
      let program = try problem.generator(of: try traced.builder.finish([("phi", nodes[0])]))
      let parameters = problem.parameterValues
      let stores = sde.stores.union(traced.stores)
      return try call.lua.makeFunction("generator") { inner in
        guard let x = try numberList(try inner[1]), x.count == problem.dimension else {
          throw inner.mismatch(1, "a state of \(problem.dimension) components")
        }
        var inputs = parameters.merging(stores.sharedValues, uniquingKeysWith: { $1 })
        inputs["x"] = x
        inputs["t"] = [try inner.get(2, .number, default: 0)]
        return try program.evaluate(inputs)["L"]![0]
      }
    }
    return type
  }

  private static func parameterValue(_ values: [Double]) -> any LuaConvertible {
    values.count == 1 ? values[0] : NDArray(values)
  }

  private static func learnableType() -> ObjectType<LearnableObject> {
    let type = ObjectType(
      "learnable", LearnableObject.self, "A parameter that wb.fit may change, made by wb.learnable.")
    type.described { $0.description }
    type.property("value", "number", "The start value.") { $0.value }
    return type
  }
}
