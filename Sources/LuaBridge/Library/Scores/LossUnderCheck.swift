import Kernels

/// A loss that `wb.check` scans around the true score.
struct LossUnderCheck {
  private let program: Program
  private let data: [[Double]]
  private let family: ModelFamily
  private let theory: LossTheory
  private let tracer: Tracer
  private let contract: Bool
  private let seed: UInt64

  init(
    _ thing: LuaValue, _ law: any DensityLaw, _ options: Options, _ call: Arguments, _ tracer: Tracer,
    _ context: RunContext, seed: UInt64
  ) throws {
    // Each component is a scan of its own: many of them get fewer points.
    let count = try options.get(
      "n", .integer(in: 100...10_000_000), default: max(2000, min(20_000, 320_000 / law.dimension)))
    (self.tracer, contract, self.seed) = (tracer, context.contract, seed)
    let run = context.runOptions(call.lua)
    let data = columns(of: try law.sample(count, seed: seed, options: run))
    self.data = data
    let summary = DataSummary(data)
    let loss = thing.object(LossObject.self)?.loss.fitted(to: summary)
    try loss?.admit(data)
    if loss != nil, let name = ["sigma", "form", "process", "time", "predicts"].first(where: options.has) {
      throw options.error(
        name, that: "is known of a loss of wb.loss: it is for losses that are Lua functions")
    }
    let best = BestModel(
      law: law, noise: try loss?.noise ?? Self.noise(options),
      prediction: try loss?.prediction ?? Self.prediction(options), options: run)
    let takesTime =
      if let loss { loss.takesTime } else { options.has("process") || options.has("time") }
    let d = law.dimension
    var theory = LossTheory(dimension: d)
    var unit = 1.0
    if let target = try best.target() {
      let squares = try target.squaredScore(run)
      guard squares.value.isFinite, squares.value > 0 else {
        throw call.error(
          "no loss is least at the score of this \(law.family): its density jumps or is flat (E|s|² = "
            + "\(describe(squares.value)))")
      }
      theory.squaredScore = Measured(squares.value, error: squares.standardError)
      unit = (squares.value / Double(d)).squareRoot()
    }
    theory.sigma = best.sigma
    if let loss {
      theory.name = loss.name
      if case .none = loss.noise, loss.name != "bounded" { theory.form = loss.form.factor }
      theory.floor = try loss.floor(for: try DistributionOracle(law, run))
    } else if let form = try options.optional("form", .oneOf(LossForm.allCases.map(\.rawValue))) {
      theory.form = form == "half" ? 0.5 : 1
    }
    self.theory = theory
    let centers = data.map { column in column.reduce(0, +) / Double(column.count) }
    family = ModelFamily(
      dimension: d, unit: unit, center: centers, width: max(summary.standardDeviation, 1e-300))
    let models = try family.program(takesTime: takesTime, best: best.value)
    program =
      if let loss {
        try Self.builtIn(loss, models, family)
      } else {
        try Self.scripted(thing, models, takesTime: takesTime, family, call, tracer)
      }
  }

  /// The noise in the data of a Lua loss, and what the time is that it gives its model.
  private static func noise(_ options: Options) throws -> LossNoise {
    let given = ["sigma", "process", "time"].filter(options.has)
    if given.count > 1 {
      throw options.error(given[1], "give either \(given[0]) or \(given[1]), not both")
    }
    if !given.isEmpty, given[0] != "sigma", options.has("form") {
      throw options.error(
        "form", that: "is known of a loss at one noise level only: leave it out with \(given[0])")
    }
    switch given.first {
    case "sigma": return .level(try options.get("sigma", .positive))
    case "process": return .process(try options.object("process", ProcessObject.self).process)
    case "time":
      _ = try options.get("time", .oneOf(["sigma"]))
      return .ladder([])
    default: return .none
    }
  }

  private static func prediction(_ options: Options) throws -> Prediction {
    guard options.has("predicts") else { return .score }
    guard options.has("process") else {
      throw options.error(
        "predicts", that: "needs process=: what the model gives is converted with its α(t) and σ(t)")
    }
    return Prediction(rawValue: try options.get("predicts", .oneOf(predictions))) ?? .score
  }

  /// What a model of a process may give.
  static let predictions = Prediction.allCases.filter { $0 != .network }.map(\.rawValue)

  private static func builtIn(
    _ loss: any ScoreLoss, _ models: Program, _ family: ModelFamily
  ) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = 4_000_000
    let theta = builder.input("theta", rows: family.coefficients, variation: .run)
    let x = builder.input("x", rows: family.dimension, variation: .lane)
    let value = try loss.build(
      builder,
      model: { builder, x, t in
        var arguments = ["x": x, "theta": theta]
        if let t { arguments["t"] = t }
        return builder.call(models, arguments)["y"] ?? builder.constant(.nan)
      }, x: x)
    return try builder.finish([("loss", value)])
  }

  private static func scripted(
    _ thing: LuaValue, _ models: Program, takesTime: Bool, _ family: ModelFamily, _ call: Arguments,
    _ tracer: Tracer
  ) throws -> Program {
    let chunk = try call.lua.glue(
      """
      local loss, family, takes_time = ...
      return function(x, theta)
        local function model(y, t)
          if t ~= nil and not takes_time then
            error("the loss gives its model a time: say what it is, with process = wb.diffusion.vp{} or another, or with "
              .. "time = 'sigma' if it is the noise level", 0)
          end
          if takes_time then
            if t == nil then error("the loss must give its model the time: model(z, t)", 0) end
            return family(y, theta, t)
          end
          return family(y, theta)
        end
        return loss(model, x)
      end
      """)
    let model = TracedFunction(
      TraceProgram("the model", models, parameters: ["x", "theta"] + (takesTime ? ["t"] : []), output: "y"))
    guard let function = try chunk.call(thing, model, takesTime).first?.function else {
      throw LuaError("internal error: no function around the loss")
    }
    let traced = try tracer.trace(
      function, as: "the loss",
      arguments: [
        .vector("x", rows: family.dimension),
        .vector("theta", rows: family.coefficients, variation: .run),
      ])
    let nodes = traced.value.nodes
    guard nodes.count == 1, traced.builder[nodes[0]].rows == 1 else {
      throw call.error(
        "the loss must return one number, that of one sample; it returns \(nodes.count == 1 ? "a vector" : "\(nodes.count) values")"
      )
    }
    return try traced.builder.finish([("loss", nodes[0])])
  }

  func report(level: Double, options: RunOptions) throws -> CheckReport {
    let evaluator = LaneEvaluator(program, contract: contract)
    let count = data[0].count
    var inputs: LaneEvaluator.Columns = ["x": data]
    if program.inputs.contains(where: { $0.name == LossPoint.stratifiedTime }) {
      inputs[LossPoint.stratifiedTime] = [stratifiedTimes(seed: seed, count: count)]
    }
    var shared = tracer.captures.stores(of: program.inputs).sharedValues
    var check = LossCheck(theory, fields: ModelFamily.fields, unit: family.unit)
    check.level = level
    return try check.report { theta in
      shared["theta"] = theta
      return try evaluator.map(inputs, shared: shared, count: count, seed: seed, options: options)["loss"]?[0]
        ?? []
    }
  }
}
