import Kernels

/// wb.train and wb.steps where the parameters of an SDE are trained by gradients through its solve.
enum SolveTraining {
  static let options: [OptionSpec] =
    SolveModule.options.filter { ["x0", "t", "steps", "dt", "method", "precision"].contains($0.name) } + [
      .optional("paths", "integer", default: "256", "paths of one training step, new ones each time")
    ]

  static func make(
    _ options: Options, _ sde: SDEObject, _ call: Arguments, _ tracer: Tracer, _ context: RunContext,
    _ custom: CustomMethods
  ) throws -> TrainingObject {
    try refuseOptionsOfNets(options)
    let steps = try options.get("steps", .integer(in: 1...1_000_000_000))
    guard let function = options["loss"].function else {
      throw options.mismatch("loss", "a function(sol), the loss of one path")
    }
    var problem = try sde.current(call.lua)
    let model = try TrainedModel(problem, sde, options)
    guard let given = try options.nested("solve", Self.options) else {
      throw options.error(
        "solve",
        that: "is required: how paths are solved, such as {x0 = 1, t = {0, 1}, steps = 64, paths = 256}")
    }
    var solve = try SolveModule.read(given, &problem, sde.objects, tracer, context, paths: 256)
    solve.seed = try options.get("seed", .seed, default: context.seed)
    let method = try custom.method(named: solve.method, for: &problem, sde.objects)
    let loss = try loss(function, &problem, sde.objects, solve, options, tracer)
    let validation = try options.optional("validation", .integer(in: 2...(1 << 30)))
    if validation != nil, case .table = solve.initial {
      throw options.error(
        "validation", that: "needs paths that start at one point or at random, not from an array")
    }
    let source = try SolveLoss(
      problem, solve, by: method, loss: loss, parameters: model.trainedInputs,
      validationPaths: validation ?? 0)
    let rule = try TrainModule.rule(options, model, steps: steps)
    if case .search = rule, !model.bounds.isEmpty {
      throw options.error(
        "optimizer",
        "lbfgs does not keep the bounds of wb.learnable: leave them out, or take another optimizer")
    }
    let plan = try TrainModule.plan(options, steps: steps, validates: validation != nil)
    let run = TrainingRun(try rule.training(source, model), plan)
    return try TrainModule.object(
      run, options, context, model: model, subject: .sde(sde), lossName: "loss", lossForm: nil, floor: nil,
      unused: source.unused,
      recipe: [
        ("seed", String(solve.seed)), ("paths", String(solve.paths)), ("method", method.name),
        ("solve", "t from \(solve.start) to \(solve.end) in \(solve.steps) steps"),
      ])
  }

  private static func refuseOptionsOfNets(_ options: Options) throws {
    for name in ["model", "data", "batch", "accumulation", "oracle"] where options.has(name) {
      throw options.error(
        name, that: "is for a net that is trained on data; an SDE is trained on paths: solve = {…, paths = n}"
      )
    }
  }

  private static func loss(
    _ function: LuaFunction, _ problem: inout SDEProblem, _ objects: NamedObjects, _ solve: SolveOptions,
    _ options: Options, _ tracer: Tracer
  ) throws -> PathLoss {
    let solution = SolutionStandIn(problem, objects, solve, tracer)
    let traced = try tracer.trace(function, of: solution)
    problem.share(traced)
    let nodes = traced.value.nodes
    guard nodes.count == 1, traced.builder[nodes[0]].rows == 1 else {
      let count = nodes.reduce(0) { $0 + traced.builder[$1].rows }
      throw options.error(
        "loss", that: "must return one number, the loss of a path; it returns \(count) values")
    }
    let reached = tracer.reachable(from: nodes, traced.builder)
    if reached.contains(where: { if case .draw = traced.builder[$0].kind { true } else { false } }) {
      throw options.error("loss", that: "of a solve cannot draw random numbers: its paths are random already")
    }
    guard
      reached.contains(where: { id in
        if case .input = traced.builder[id].kind { traced.builder[id].variation == .lane } else { false }
      })
    else {
      throw options.error(
        "loss", that: "does not depend on the paths: it must be computed from sol.x or sol:at(t)")
    }
    return try PathLoss(
      traced.builder, loss: nodes[0], means: traced.means, states: solution.observed,
      dimension: problem.dimension)
  }
}

extension TrainedModel {
  /// What of an SDE is trained: numbers that are marked wb.learnable, and nets that are not frozen; all numbers if
  /// there are neither.
  init(_ problem: SDEProblem, _ sde: SDEObject, _ options: Options) throws {
    let nets = sde.stores.filter { $0.trainableCount > 0 }
    var numbers = problem.parameters.filter { $0.learnable != nil }
    if numbers.isEmpty, nets.isEmpty { numbers = problem.parameters }
    guard !numbers.isEmpty || !nets.isEmpty else {
      throw options.error(
        "parameters",
        that:
          "has nothing to train: '\(problem.name)' has no parameters, give it params = {…} or a net that is not frozen"
      )
    }
    let store = try ParameterStore(
      numbers.map { parameter in
        ParameterDeclaration(
          parameter.name, parameter.values.count == 1 ? [] : [parameter.values.count],
          .values(parameter.values))
      }, precision: .double)
    self.init(numbers.isEmpty ? [] : [store], nets: nets)
    bounds = numbers.flatMap { parameter -> [(place: Int, interval: ClosedRange<Double>)] in
      guard let learnable = parameter.learnable,
        learnable.lower > -.infinity || learnable.upper < .infinity,
        let place = store.parameter(parameter.name)?.range
      else {
        return []
      }
      return place.map { ($0, learnable.lower...learnable.upper) }
    }
  }
}
