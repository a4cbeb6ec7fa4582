import Kernels

/// `wb.solve`, `wb.methods` and `wb.solver`.
enum SolveModule {
  static func library(tracer: Tracer, context: RunContext, methods custom: CustomMethods) -> Library {
    var library = Library()
    library.add(module(tracer, context, custom))
    library.add(SolutionType.make(context))
    return library
  }

  static let options: [OptionSpec] = [
    .required(
      "x0", "number | list | array | function(rng, p)",
      "where paths start: one state (a list, or by name as in {S=100, v=0.04}), an array with one row a path, or a function "
        + "of draws such as rng:normal() that returns the state"),
    .optional("t", "{start, end} | number", default: "{0, 1}", "the span of time; a number is its end"),
    .optional("steps", "integer", "number of steps; give this or dt"),
    .optional("dt", "number", "length of a step; must divide the span into whole steps"),
    .optional("paths", "integer", default: "1", "number of paths"),
    .optional(
      "method", "string", default: "\"auto\"",
      "a name that wb.methods() lists or that wb.solver made; \"auto\" picks by calculus and noise class"),
    .optional(
      "seed", "integer", default: "1", "of the random numbers; --seed of the command line changes the default"
    ),
    .optional(
      "save", "\"final\" | \"path\" | n | {times}", default: "\"final\"",
      "which states to keep: the end; the start and every step; n + 1 equally spaced times; or these times (between two "
        + "steps they are interpolated linearly)"),
    .optional(
      "observe", "table of functions (x, t, p)",
      "functions of the final state with one value each, averaged as paths finish: sol.observed"),
    .optional("precision", "\"double\" | \"single\"", default: "\"double\"", "the floating-point type"),
    .optional("threads", "integer", "threads; the result does not depend on it"),
    .optional(
      "memory_limit", "bytes", default: "2^29",
      "states that need more are not stored: statistics are reduced as paths finish, quantiles by a sketch"),
  ]

  private static func module(
    _ tracer: Tracer, _ context: RunContext, _ custom: CustomMethods
  ) -> Module {
    let module = Module("wb", "")
    module.function(
      "solve", "solve(sde, options) → Solution",
      "Simulates paths of an SDE. Path i is a function of the seed and of i: not of how many paths there are, nor of "
        + "threads; with twice the steps it is the same Brownian path, refined.",
      parameters: [ParameterSpec("sde", "SDE", "made by wb.sde")], options: options,
      returns: "a Solution, which prints as a summary",
      example: """
        local sol = wb.solve(gbm, {
          x0 = 100, t = {0, 1}, steps = 256, paths = 1e5, seed = 42,
          observe = {call = function(x, t, p) return math.max(x - 105, 0) end},
        })
        print(sol:mean(), sol:quantile{0.05, 0.95}, sol.observed.call.mean)
        """
    ) { call in
      let sde = try call.object(1, SDEObject.self)
      var problem = try sde.current(call.lua)
      let given = try Options(function: "wb.solve", declared: options, table: try call.table(2))
      var solve = try read(given, &problem, sde.objects, tracer, context, paths: 1)
      solve.seed = try given.get("seed", .seed, default: context.seed)
      solve.save = try save(given)
      solve.observables = try observables(given, &problem, sde.objects, tracer)
      solve.memoryLimit = try given.get("memory_limit", .integer(in: 1...(1 << 62)), default: 1 << 29)
      let method = try custom.method(named: solve.method, for: &problem, sde.objects)
      try context.willWork()
      if context.isChecking {
        _ = try method.program(for: problem)
        return context.pendingResult()
      }
      let (solved, chosen) = (problem, solve)
      let solution = try context.running(call.lua, "solving \(problem.name)") { run in
        var solve = chosen
        solve.run = run
        if let threads = try given.optional("threads", .integer(in: 1...1024)) { solve.run.threads = threads }
        return try solved.solve(solve, by: method)
      }
      return SolutionObject(solution, failureReason: try sde.failureReason(solution))
    }
    module.function(
      "methods", "methods() → table", "Lists the methods that come with the program.",
      returns:
        "a list, which prints as a table, of {name=, title=, calculus=, strong=, weak=, cost=, source=}: calculus is a list; strong and weak are the "
        + "orders by noise class, such as m.strong.additive, and nil for a class that the method does not fit",
      example: "for _, m in ipairs(wb.methods()) do print(m.name, m.title, m.strong.scalar, m.cost) end"
    ) { _ in MethodList() }
    module.function(
      "solver", "solver{name=, step=} → string",
      "Adds a method to this script. step(f, g, x, t, h, dW, n) returns the next state; f(x, t) and g(x, t) are the "
        + "coefficients, dW the noise increments, n their number. The step is compiled like a drift, for each SDE it is used "
        + "on. A method whose step returns something else than d components is refused there.",
      options: [
        .required("name", "string", "what wb.solve calls it"),
        .required("step", "function(f, g, x, t, h, dW, n)", "returns the state after the step"),
        .optional("calculus", "\"ito\" | \"stratonovich\"", default: "\"ito\"", "which SDEs it solves"),
      ],
      returns: "the name, for the option method of wb.solve",
      example: """
        local euler = wb.solver{ name = "my_euler", step = function(f, g, x, t, h, dW, n)
          return x + f(x, t) * h + g(x, t) * dW
        end }
        print(wb.solve(gbm, {x0 = 100, steps = 64, paths = 1000, method = euler}))
        """
    ) { call in
      let options = try call.options()
      let name = try options.get("name", .string)
      guard name != "auto", !methods.contains(where: { $0.name == name }) else {
        throw options.error("name", "there already is a method \"\(name)\"")
      }
      let calculus = try options.get("calculus", .oneOf(["ito", "stratonovich"]), default: "ito")
      custom.add(
        name, try options.get("step", .function), calculus == "ito" ? .ito : .stratonovich)
      return name
    }
    return module
  }

  // MARK: reading the options

  /// Where paths start, how many there are by default, the steps, the method and the precision.
  static func read(
    _ given: Options, _ problem: inout SDEProblem, _ objects: NamedObjects, _ tracer: Tracer,
    _ context: RunContext, paths standard: Int
  ) throws -> SolveOptions {
    let paths = try given.get("paths", .integer(in: 1...(1 << 48)), default: standard)
    var solve = SolveOptions(initial: try initial(given, &problem, objects, tracer, paths: paths))
    solve.paths = paths
    (solve.start, solve.end) = try timeSpan(given)
    solve.steps = try steps(given, span: solve.end - solve.start)
    solve.method = try given.get("method", .string, default: "auto")
    solve.precision =
      try given.get("precision", .oneOf(Precision.allCases.map(\.rawValue)), default: "double") == "single"
      ? .single : .double
    solve.contract = context.contract
    return solve
  }

  private static func steps(_ given: Options, span: Double) throws -> Int {
    switch (given.has("steps"), given.has("dt")) {
    case (true, true): throw given.error("dt", "give either steps or dt, not both")
    case (false, false):
      throw given.error("steps", that: "is required: the number of steps (or dt, their length)")
    case (true, false): return try given.get("steps", .integer(in: 1...(1 << 40)))
    case (false, true):
      let dt = try given.get("dt", .positive)
      let count = (span / dt).rounded()
      guard count >= 1, count <= 0x1p40, (count * dt - span).magnitude <= 1e-6 * dt else {
        throw given.error(
          "dt",
          "\(describe(dt)) does not divide the span \(describe(span)) into whole steps; steps = \(count >= 1 && count <= 0x1p40 ? String(Int(count)) : "1") would take dt = \(describe(span / max(count, 1)))"
        )
      }
      return Int(count)
    }
  }

  private static func save(_ given: Options) throws -> SaveSpecification {
    let value = given["save"]
    switch value {
    case .nil: return .final
    case .string:
      let word = try given.get("save", .oneOf(["final", "path"]))
      return word == "final" ? .final : .path
    case .integer, .number: return .intervals(try given.get("save", .integer(in: 1...(1 << 32))))
    default:
      guard let times = try numberList(value), !times.isEmpty else {
        throw given.mismatch("save", "\"final\", \"path\", an integer or a list of times")
      }
      return .times(times)
    }
  }

  private static func initial(
    _ given: Options, _ problem: inout SDEProblem, _ objects: NamedObjects, _ tracer: Tracer, paths: Int
  ) throws -> InitialState {
    let value = given["x0"]
    if let function = value.function {
      let traced = try tracer.trace(
        function, as: "x0 of '\(problem.name)'",
        arguments: [.randomSource, SDEArguments(problem, objects).named])
      problem.share(traced)
      guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder),
        nodes.count == problem.dimension
      else { throw given.error("x0", "the function must return \(problem.dimension) values") }
      return .program(try traced.builder.finish([("x", traced.builder.stack(nodes))]))
    }
    if value.isNil { return .point(try given.get("x0", .numberOrNumbers)) }
    if let record = value.table, try record.count == 0, !problem.stateNames.isEmpty {
      // {S=100, v=0.04}
      let fields = try record.fields()
      if let unknown = fields.first(where: { !problem.stateNames.contains($0.name) }) {
        throw given.error(
          "x0",
          "'\(problem.name)' has no component '\(unknown.name)'; its state is \(problem.stateNames.joined(separator: ", "))"
        )
      }
      return .point(
        try problem.stateNames.map { name in
          guard let number = fields.first(where: { $0.name == name })?.value.double else {
            throw given.error("x0", "the component '\(name)' is missing or not a number")
          }
          return number
        })
    }
    guard let array = try Reading<NDArray>.array.read(value) else {
      throw given.mismatch(
        "x0", "a number, a list of \(problem.dimension) numbers, an array with one row a path, or a function")
    }
    let d = problem.dimension
    if array.rank == 2 {
      guard array.shape == [paths, d] else {
        throw given.error(
          "x0",
          "an array of starts has one row a path: expected \(paths) × \(d), got \(array.shape[0]) × \(array.shape[1])"
        )
      }
      return .table(array)
    }
    guard array.count == d else {
      // One component and many numbers: one start a path.
      if d == 1, array.rank == 1, array.count == paths, paths > 1 { return .table(array) }
      let starts = d == 1 && paths > 1 ? " (or \(paths) numbers, one a path)" : ""
      throw given.error(
        "x0",
        "the state of '\(problem.name)' has \(d) component\(d == 1 ? "" : "s"): expected \(d == 1 ? "a number" : "\(d) numbers")"
          + "\(starts), got \(array.count)")
    }
    return .point(array.values)
  }

  private static func observables(
    _ given: Options, _ problem: inout SDEProblem, _ objects: NamedObjects, _ tracer: Tracer
  ) throws -> Program? {
    guard let table = try given.optional("observe", .table) else { return nil }
    let builder = ProgramBuilder()
    var outputs: [(String, NodeID)] = []
    for (key, value) in try table.entries() {
      guard let name = key.string, let function = value.function else {
        throw given.error("observe", "expected functions by name, as in {payoff = function(x, t, p) … end}")
      }
      let traced = try tracer.trace(
        function, as: "observable '\(name)'", arguments: SDEArguments(problem, objects).coefficient)
      problem.share(traced)
      guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder), nodes.count == 1 else {
        throw given.error("observe", "the observable '\(name)' must return one value")
      }
      let program = try traced.builder.finish([("value", nodes[0])])
      outputs.append((name, builder.call(program)["value"]!))
    }
    return try builder.finish(outputs)
  }
}

/// The methods that a script added.
final class CustomMethods {
  private let tracer: Tracer
  private var steps: [String: (LuaFunction, Calculus)] = [:]

  init(_ tracer: Tracer) { self.tracer = tracer }

  func add(_ name: String, _ step: LuaFunction, _ calculus: Calculus) { steps[name] = (step, calculus) }

  func method(named name: String, for problem: inout SDEProblem, _ objects: NamedObjects) throws -> Method {
    guard let (step, calculus) = steps[name] else {
      let known = ["auto"] + methods.map(\.name) + steps.keys.sorted()
      guard known.contains(name) else {
        let hint = nearestName(to: name, in: known).map { ": did you mean \"\($0)\"?" }
        throw SDEError(
          "there is no method \"\(name)\"\(hint ?? "; there are \(known.map { "\"\($0)\"" }.joined(separator: ", "))")"
        )
      }
      return try problem.method(named: name)
    }
    guard calculus == problem.calculus || problem.noise.noiseClass == .additive else {
      throw SDEError(
        "the method \"\(name)\" was made for \(calculus.rawValue) SDEs, and '\(problem.name)' is written in "
          + "\(problem.calculus.rawValue) calculus")
    }
    let program = try trace(name, step, &problem, objects)
    return Method(
      name: name, title: "user-defined", calculi: [calculus], orders: [:], cost: "", source: "this script"
    ) { context in
      let builder = context.coefficients.builder
      return context.keepingFailures(builder.expression(builder.call(program)["x"]!).components)
    }
  }

  private func trace(
    _ name: String, _ step: LuaFunction, _ problem: inout SDEProblem, _ objects: NamedObjects
  ) throws -> Program {
    let (d, m) = (problem.dimension, problem.noiseDimension)
    let arguments = SDEArguments(problem, objects)
    var columns: Int?
    if case .matrix(let noises) = problem.shape { columns = noises }
    let traced = try tracer.trace(
      step, as: "step of '\(name)'",
      arguments: [
        .program(TraceProgram("f", problem.drift, parameters: ["x", "t"], output: "f")),
        .program(
          TraceProgram("g", problem.diffusion, parameters: ["x", "t"], output: "g", columns: columns)),
        arguments.state, arguments.time, .scalar("h", variation: .run), .vector("dW", rows: m), .value(m),
      ])
    problem.share(traced)
    guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder), nodes.count == d else {
      throw SDEError(
        "the step of '\(name)' must return the \(d) component\(d == 1 ? "" : "s") of the next state")
    }
    return try traced.builder.finish([("x", traced.builder.stack(nodes))])
  }
}
