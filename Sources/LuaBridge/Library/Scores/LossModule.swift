import Kernels

/// `wb.loss`: the score-matching losses.
enum LossModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    let module = Module(
      "wb.loss",
      "Score-matching losses. Each is made by its constructor and called with a model and data, or, inside a "
        + "traced function, with a model and one sample. The full form has no factor, the half form a ½.")
    for kind in losses { define(kind, in: module, tracer) }
    let wb = Module("wb", "")
    wb.function(
      "losses", "losses() → list of tables",
      "The score-matching losses: for each its name, title, formula (full form), options and source. The list prints as a table.",
      returns: "a list of tables", example: "print(wb.losses())"
    ) { _ in LossList() }
    library.add(wb)
    library.add(module)
    library.add(lossType(tracer, context))
    library.add(valueType())
    return library
  }

  // MARK: constructors

  private static func define(_ kind: LossKind, in module: Module, _ tracer: Tracer) {
    let names = (kind.options.map(\.name) + ["form"]).map { "\($0)=" }.joined(separator: ", ")
    module.function(
      kind.name, "\(kind.name){\(names)} → loss", "\(kind.title): \(kind.formula) (\(kind.source)).",
      options: kind.options.map(specification) + [
        .optional("form", "\"full\" | \"half\"", default: "\"full\"", "without the factor ½, or with it")
      ],
      returns: "a loss: loss(model, x)", example: example(kind.name)
    ) { call in
      let options = try call.options(1)
      var settings = LossSettings(
        form: try options.get("form", .oneOf(LossForm.allCases.map(\.rawValue)), default: "full") == "half"
          ? .half : .full)
      for option in kind.options { try read(option, options, &settings, call, tracer) }
      do {
        return LossObject(kind, try kind.loss(settings))
      } catch let error as ScoreError {
        throw call.error(error.description)
      }
    }
  }

  private static func specification(_ option: LossKind.Option) -> OptionSpec {
    let type =
      switch option.value {
      case .number: "number"
      case .count: "integer"
      case .numbers: "number | list"
      case .flag: "boolean"
      case .word(let words): words.map { "\"\($0)\"" }.joined(separator: " | ")
      case .process: "process"
      case .score: "function | distribution"
      }
    return .optional(option.name, type, default: option.standard, option.text)
  }

  private static func read(
    _ option: LossKind.Option, _ options: Options, _ settings: inout LossSettings, _ call: Arguments,
    _ tracer: Tracer
  ) throws {
    guard options.has(option.name) else { return }
    switch option.value {
    case .number, .count: settings.numbers[option.name] = [try options.get(option.name, .number)]
    case .numbers:
      guard let values = try numberList(options[option.name]) else {
        throw options.mismatch(option.name, "a number or a list of numbers")
      }
      settings.numbers[option.name] = values
    case .flag: settings.flags[option.name] = try options.get(option.name, .boolean)
    // Its kind knows the words, and why some are refused.
    case .word: settings.words[option.name] = try options.get(option.name, .string)
    case .process: settings.process = try options.object(option.name, ProcessObject.self).process
    case .score: settings.score = try knownScore(options[option.name], call, tracer)
    }
  }

  /// A score given to a loss: traced where the loss is, for its width is known there.
  private static func knownScore(
    _ value: LuaValue, _ call: Arguments, _ tracer: Tracer
  ) throws -> ScoreFunction {
    let model = KeptModel(try LossModel(value, call.lua, tracer, call.name))
    return ScoreFunction { builder, x in
      if tracerIsRecording(model, builder) {
        var failure: (any Error)?
        let node = model.model.inline { failure = $0 }(builder, x, nil)
        if let failure { throw failure }
        return node
      }
      let program = try model.model.program(rows: builder[x].rows, rowNames: [], takesTime: false)
      guard let node = builder.call(program, ["x": x])["y"] else {
        throw LuaError("internal error: the known score has no value")
      }
      return node
    }
  }

  /// Losses may be handed between threads, the values of a script may not: they are used on the script's only.
  private final class KeptModel: @unchecked Sendable {
    let model: LossModel
    init(_ model: LossModel) { self.model = model }
  }

  private static func tracerIsRecording(_ kept: KeptModel, _ builder: ProgramBuilder) -> Bool {
    kept.model.isRecording(into: builder)
  }

  private static func example(_ name: String) -> String {
    let options =
      switch name {
      case "esm": "score = oracle.score"
      case "dsm": "sigma = 0.5"
      case "ddpm", "x0", "v": "process = wb.diffusion.vp{}"
      case "edm": "sigma_data = 1"
      case "bounded": "lower = -10, upper = 10"
      default: ""
      }
    let takesTime = ["ddpm", "x0", "v", "edm"].contains(name)
    return """
      local oracle = wb.dist.gaussian{dim = 2}
      local x = oracle:sample{n = 1000}
      local model = function(x\(takesTime ? ", t" : "")) return -\(takesTime ? "t * " : "")x end
      print(wb.loss.\(name){\(options)}(model, x))
      """
  }

  // MARK: the types

  private static let callOptions: [OptionSpec] = [
    .optional("seed", "integer", default: "the run's", "of the samples' random numbers"),
    .optional("oracle", "distribution", "the law of the data: gives the floor"),
  ]

  private static func lossType(_ tracer: Tracer, _ context: RunContext) -> ObjectType<LossObject> {
    let type = ObjectType(
      "loss", LossObject.self,
      "A score-matching loss, made by wb.loss. loss(model, x, [{seed=, oracle=}]) is its value over the rows of x; "
        + "inside a traced function loss(model, x) is the loss of one sample.")
    type.described(\.description)
    type.property("name", "string", "Its name in wb.loss.") { $0.loss.name }
    type.property("form", "string", "\"full\" or \"half\".") { $0.loss.form.rawValue }
    type.property("predicts", "string", "What the model's value stands for.") { $0.loss.prediction.rawValue }
    type.property("takes_time", "boolean", "Whether the model is called with a time.") { $0.loss.takesTime }
    type.property("formula", "string", "Its full form.") { $0.kind.formula }
    type.property("constant", "string", "What it differs by from the squared distance.") { $0.loss.constant }
    type.metamethod(
      .call, "loss(model, x, [{seed=, oracle=}]) → loss value",
      "Over data: the mean, its standard error and, with an oracle, the floor. In a traced function: one sample's loss."
    ) { call in
      let object = try call.object(1, LossObject.self)
      let name = object.loss.name
      let model = try LossModel(try call[2], call.lua, tracer, name)
      do {
        if tracer.isTracing { return try tracer.loss(object.loss, model, try call[3]) }
        return try evaluate(object.loss, model, call, tracer, context)
      } catch let error as ScoreError {
        throw LuaError(error.description)
      } catch let error as LawError {
        throw LuaError("\(name): \(error)")
      }
    }
    return type
  }

  private static func evaluate(
    _ loss: any ScoreLoss, _ model: LossModel, _ call: Arguments, _ tracer: Tracer, _ context: RunContext
  ) throws -> any LuaConvertible {
    let given =
      call.isMissing(4)
      ? try Options(function: loss.name, declared: callOptions, table: try call.lua.makeTable())
      : try Options(function: loss.name, declared: callOptions, table: try call.get(4, .table))
    let data = try call[3]
    if data.object(PendingResult.self) != nil { return context.pendingResult() }
    guard let array = try ArrayReading.array(data) else {
      throw LuaError(
        "\(loss.name): expected data, an array with one sample a row, got \(try call.lua.typeDescription(of: data))"
      )
    }
    let width = array.rank == 2 ? array.shape[1] : 1
    _ = try sampleColumns(array, for: loss.name)
    let program = try model.program(
      rows: width, rowNames: array.columnNames ?? [], takesTime: loss.takesTime)
    try context.willWork()
    if context.isChecking { return context.pendingResult() }
    let seed = try given.get("seed", .seed, default: context.seed)
    let oracle = try given.optional("oracle", .distribution)
    return try context.running(call.lua, loss.name) { run in
      LossValueObject(
        try loss.evaluate(
          model: { builder, x, time in
            var arguments = ["x": x]
            if let time { arguments["t"] = time }
            return builder.call(program, arguments)["y"] ?? builder.constant(.nan)
          },
          parameters: { tracer.captures.stores(of: $0).sharedValues }, data: array, seed: seed,
          oracle: try oracle.map { try DistributionOracle($0.law, run) },
          options: run))
    }
  }

  private static func valueType() -> ObjectType<LossValueObject> {
    let type = ObjectType("loss value", LossValueObject.self, "A loss over data, with its standard error.")
    type.described(\.description)
    type.property("value", "number", "The mean over the samples.") { $0.result.value }
    type.property("stderr", "number", "The standard error of the mean.") { $0.result.standardError }
    type.property("form", "string", "\"full\" or \"half\".") { $0.result.form.rawValue }
    type.property("n", "integer", "The number of samples.") { $0.result.count }
    type.property(
      "floor", "number | nil", "The least value of all models, if an oracle was given and knows it."
    ) {
      $0.result.floor.map { .number($0) } ?? LuaValue.nil
    }
    return type
  }
}
