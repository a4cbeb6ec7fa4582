import Files
import Glibc
import Kernels

/// `wb.train`, `wb.steps`.
enum TrainModule {
  static func library(tracer: Tracer, context: RunContext, methods: CustomMethods) -> Library {
    var library = Library()
    let module = Module("wb", "")
    let example = """
      local data = wb.dist.gaussian{mean = {1, -1}, std = 0.5}:sample{n = 2000}
      local net = wb.nn.mlp{inputs = 2, hidden = {32}, outputs = 2}
      local run = wb.train{model = net, data = data, loss = wb.loss.ssm_vr{}, steps = 200, batch = 128}
      print(run)
      """
    module.function(
      "train", "train{model=, data=, loss=, steps=, …} → training",
      "Trains a net. The loss is one of wb.loss or a Lua function(model, x), the loss of one sample. The net has the result when "
        + "it returns: the best validated parameters, or the average (ema), or the last ones. With parameters = sde and solve = {…} it "
        + "trains an SDE: the loss is a function(sol) of its paths, and run.model the SDE with the result.",
      options: TrainOptions.specs, returns: "the training: its history, its model", example: example
    ) { [unowned tracer] call in
      let options = try call.options()
      try context.willWork()
      if context.isChecking { return context.pendingResult() }
      let training = try make(options, call, tracer, context, methods)
      let threads = try options.optional("threads", .integer(in: 1...1024))
      return try context.running(call.lua, "training") { given in
        var run = given
        run.progress = nil
        if let threads { run.threads = threads }
        try finish(training, run, context)
        return training
      }
    }
    module.function(
      "steps", "steps{model=, data=, loss=, steps=, …} → iterator",
      "The same training a step at a time: `for state in wb.steps{…} do … end`. A state has step, loss, stderr, gradient_norm, rate, "
        + "validation and training; leaving the loop ends the training where it is.",
      options: TrainOptions.specs, returns: "an iterator",
      example: """
        local data = wb.dist.gaussian{dim = 2}:sample{n = 500}
        local net = wb.nn.mlp{inputs = 2, hidden = {16}, outputs = 2}
        for state in wb.steps{model = net, data = data, loss = wb.loss.ssm_vr{}, steps = 20, batch = 64} do
          if state.step % 10 == 0 then print(state.step, state.loss) end
        end
        """
    ) { [unowned tracer] call in
      let options = try call.options()
      try context.willWork()
      if context.isChecking { return context.pendingResult() }
      if try SearchOptions.search(options) != nil {
        throw options.error("optimizer", "lbfgs cannot go a step at a time: wb.train runs it as a whole")
      }
      let training = try make(options, call, tracer, context, methods)
      let threads = try options.optional("threads", .integer(in: 1...1024))
      return try call.lua.makeFunction("wb.steps") { [unowned lua = call.lua] _ in
        var run = context.runOptions(lua)
        if let threads { run.threads = threads }
        do {
          guard let record = try training.advance(run) else { return .nothing }
          // The body of the loop sees the net as it is trained so far, and may leave.
          try training.show()
          return LuaRecord(
            ("step", record.step), ("loss", record.loss), ("stderr", record.standardError),
            ("gradient_norm", record.gradientNorm), ("rate", record.rate),
            ("validation", record.validation?.value), ("training", training))
        } catch is Cancelled {
          throw LuaError.cancelled
        }
      }
    }
    module.function(
      "mean", "mean(x) → number",
      "In the loss of wb.train{parameters = sde, …}, the mean over the paths, which losses of a law are made of: "
        + "(wb.mean(sol.x) - 2)^2. Of an array, the mean of its elements.",
      parameters: [ParameterSpec("x", "number, vector or array", "a value of each path, or an array")],
      returns: "the mean; of a vector the mean of each component",
      example: "print(wb.mean(wb.array{1, 2, 6}))"
    ) { [unowned tracer] call in
      let x = try call[1]
      if tracer.isTracing { return try tracer.pathMean(x) }
      if x.object(PendingResult.self) != nil { return context.pendingResult() }
      guard let array = try Reading<NDArray>.array.read(x) else {
        throw call.mismatch(1, "a number, a list or an array")
      }
      return try array.mean()
    }
    library.add(module)
    library.add(SolutionStandIn.type())
    library.add(TrainingType.make(context))
    return library
  }

  private static func finish(_ training: TrainingObject, _ run: RunOptions, _ context: RunContext) throws {
    var shown = ContinuousClock.now
    try training.finish(run) { record in
      let now = ContinuousClock.now
      if now - shown > .milliseconds(100), let onShare = context.onShare {
        shown = now
        onShare("training, \(training.lossText)", Double(record.step) / Double(training.run.plan.steps))
      }
    }
  }

  // MARK: making one

  private static func make(
    _ options: Options, _ call: Arguments, _ tracer: Tracer, _ context: RunContext, _ methods: CustomMethods
  ) throws -> TrainingObject {
    if let sde = options["parameters"].object(SDEObject.self) {
      return try SolveTraining.make(options, sde, call, tracer, context, methods)
    }
    if options.has("solve") {
      throw options.error("solve", that: "is for the paths of an SDE that is trained: parameters = sde")
    }
    let net = try options.object("model", NetObject.self)
    let steps = try options.get("steps", .integer(in: 1...1_000_000_000))
    let data = try TrainOptions.samples(options, "data")
    // A loss of the script's own may take a row apart, into inputs and what the net should give.
    if options["loss"].function == nil, data.columns != net.net.architecture.inputs {
      throw options.error(
        "data",
        that:
          "has \(data.columns) column\(data.columns == 1 ? "" : "s"), but the net takes \(net.net.architecture.inputs) "
          + "component\(net.net.architecture.inputs == 1 ? "" : "s"): each row must be one sample of the net's width"
      )
    }
    let seed = try options.get("seed", .seed, default: context.seed)
    let loss = try TracedLoss(options, net, columns: data.columns, data: data.values, tracer, call)
    let model = TrainedModel([], nets: try trainedStores(options, net, loss))
    let others = loss.stores.filter { store in !model.stores.contains { $0 === store } }
    var problem = SampleLossProblem(
      program: loss.program, parameters: model.inputs, shared: others.sharedValues, data: data.values,
      columns: data.columns,
      batch: try options.optional("batch", .integer(in: 1...100_000_000)) ?? min(256, data.rows), seed: seed)
    // What is trained but not in the loss has no input there.
    problem.parameters.removeAll { parameter in
      !loss.program.inputs.contains { $0.name == parameter.input }
    }
    problem.accumulation = try options.get("accumulation", .integer(in: 1...1_000_000), default: 1)
    try split(&problem, options, seed)
    let rule = try rule(options, model, steps: steps)
    if case .search = rule { try SearchOptions.batch(&problem, options) }
    let plan = try plan(options, steps: steps, validates: !problem.validationData.isEmpty)
    let (training, unused) = try trainer(problem, model, rule, net.net.store.precision)
    return try object(
      TrainingRun(training, plan), options, context, model: model, subject: .net(net), lossName: loss.name,
      lossForm: loss.form, floor: try loss.floor(options, call, context), unused: unused,
      recipe: [
        ("seed", String(seed)), ("batch", String(problem.batch)),
        ("accumulation", String(problem.accumulation)),
        ("data", TrainingCheckpoint.digest(problem.data, columns: problem.columns)),
      ])
  }

  /// How the parameters move: by the optimizer that the script gives, or Adam.
  static func rule(_ options: Options, _ model: TrainedModel, steps: Int) throws -> TrainingRule {
    if let search = try SearchOptions.search(options) { return .search(search) }
    return .steps(try settings(options, model, steps: steps))
  }

  static func plan(_ options: Options, steps: Int, validates: Bool) throws -> TrainingRun.Plan {
    var plan = TrainingRun.Plan(steps: steps)
    if validates {
      plan.validateEvery = try options.get(
        "validate_every", .integer(in: 1...1_000_000_000), default: max(1, steps / 20))
      plan.patience = try options.optional("patience", .integer(in: 1...1_000_000_000))
    } else if options.has("patience") || options.has("validate_every") {
      throw options.error(
        "validation",
        that: "is needed: a share of the data, such as 0.1, or other data; for an SDE a number of paths")
    }
    return plan
  }

  /// The training with its checkpoint, gone on from that where the script asks for it.
  static func object(
    _ run: TrainingRun, _ options: Options, _ context: RunContext, model: TrainedModel,
    subject: TrainingObject.Subject, lossName: String, lossForm: LossForm?, floor: Double?, unused: [String],
    recipe: [(name: String, value: String)]
  ) throws -> TrainingObject {
    let steps = run.plan.steps
    let checkpoint = try options.optional("checkpoint", .string).map { path in
      guard path.hasSuffix(".safetensors") else {
        throw options.error("checkpoint", that: "must end in .safetensors, got \"\(path)\"")
      }
      return TrainingCheckpoint(
        path: path,
        every: try options.get(
          "checkpoint_every", .integer(in: 1...1_000_000_000), default: max(1, steps / 10)),
        context: context, recipe: recipe)
    }
    if try options.get("resume", .boolean, default: false) {
      guard let checkpoint else { throw options.error("checkpoint", that: "is needed to resume from") }
      let file = try context.location(of: checkpoint.path)
      if access(file, F_OK) == 0 { try checkpoint.resume(run, model.stores[0], from: file) }
    }
    return TrainingObject(
      run, model: model, subject: subject, lossName: lossName, floor: floor, checkpoint: checkpoint,
      unused: unused, lossForm: lossForm)
  }

  private static func trainedStores(
    _ options: Options, _ net: NetObject, _ loss: TracedLoss
  ) throws -> [ParameterStore] {
    var stores = net.stores
    if options.has("parameters") {
      guard let list = try options["parameters"].table?.array(), !list.isEmpty else {
        throw options.mismatch("parameters", "a list of nets")
      }
      for value in list {
        guard let other = value.object(NetObject.self) else {
          throw options.mismatch("parameters", "a list of nets")
        }
        stores = stores.union(other.stores)
      }
    }
    guard stores.contains(where: { $0.trainableCount > 0 }) else {
      throw options.error(
        "model", that: "is frozen, so that there is nothing to train: net:unfreeze() frees it")
    }
    guard loss.stores.contains(where: { store in stores.contains { $0 === store } }) else {
      throw options.error(
        "loss", that: "does not call the model: its value does not depend on what is trained")
    }
    guard stores.allSatisfy({ $0.precision == stores[0].precision }) else {
      throw options.error("parameters", that: "must all have the same precision")
    }
    return stores
  }

  private static func split(_ problem: inout SampleLossProblem, _ options: Options, _ seed: UInt64) throws {
    guard options.has("validation") else { return }
    let columns = problem.columns
    guard let share = options["validation"].double else {
      let data = try TrainOptions.samples(options, "validation")
      guard data.columns == columns else {
        throw options.error("validation", that: "has \(data.columns) columns, but the data \(columns)")
      }
      problem.validationData = data.values
      return
    }
    guard share > 0, share < 1 else {
      throw options.error(
        "validation", that: "must be a share of the data between 0 and 1, got \(describe(share))")
    }
    let all = try NDArray(problem.data, shape: [problem.data.count / columns, columns])
    let parts = try splitRows(all, fractions: [1 - share, share], seed: seed)
    (problem.data, problem.validationData) = (parts[0].values, parts[1].values)
  }

  private static func settings(
    _ options: Options, _ model: TrainedModel, steps: Int
  ) throws -> TrainerSettings {
    let optimizer =
      if options.has("optimizer"),
        case .steps(let given) = try options.object("optimizer", OptimizerObject.self).rule
      {
        given
      } else {
        try OptimizerSpecification.named("adam").make()
      }
    let schedule: Schedule
    if options.has("schedule") {
      if let name = options["schedule"].string {
        schedule = try ScheduleSpecification.named(name).make(base: optimizer.rate, steps: steps)
      } else {
        let object = try options.object("schedule", ScheduleObject.self)
        schedule = try object.specification.make(base: optimizer.rate, steps: steps, object.given)
      }
    } else {
      schedule = try ScheduleSpecification.named("constant").make(base: optimizer.rate, steps: steps)
    }
    var settings = TrainerSettings(
      optimizer: optimizer, schedule: schedule, groups: try model.groups(), names: model.names)
    settings.clipNorm = try options.optional("clip_norm", .positive)
    settings.clipValue = try options.optional("clip_value", .positive)
    settings.bounds = model.bounds
    settings.averageDecay = try options.optional("ema", .number)
    return settings
  }

  private static func trainer(
    _ problem: SampleLossProblem, _ model: TrainedModel, _ rule: TrainingRule, _ precision: Precision
  ) throws -> (any Training, unused: [String]) {
    let trained = Set(problem.parameters.map(\.input))
    let absent = model.inputs.filter { $0.isTrained && !trained.contains($0.input) }.map(\.input)
    switch precision {
    case .single:
      let source = try SampleLoss<Float>(problem)
      return (try rule.training(source, model), absent + source.unused)
    case .double:
      let source = try SampleLoss<Double>(problem)
      return (try rule.training(source, model), absent + source.unused)
    }
  }
}
