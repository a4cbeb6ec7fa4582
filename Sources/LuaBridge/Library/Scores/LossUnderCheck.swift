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
    if loss != nil, let name = ["sigma", "form"].first(where: options.has) {
      throw options.error(name, "is known of a loss of wb.loss: it is for losses that are Lua functions")
    }
    let sigma = try options.optional("sigma", .positive)
    let best = BestModel(
      law: law, noise: loss?.noise ?? sigma.map { .level($0) } ?? .none,
      prediction: loss?.prediction ?? .score,
      options: run)
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
    let models = try family.program(takesTime: loss?.takesTime ?? false, best: best.value)
    program =
      if let loss {
        try Self.builtIn(loss, models, family)
      } else {
        try Self.scripted(thing, models, family, call, tracer)
      }
  }

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
    _ thing: LuaValue, _ models: Program, _ family: ModelFamily, _ call: Arguments, _ tracer: Tracer
  ) throws -> Program {
    let chunk = try call.lua.glue(
      """
      local loss, family = ...
      return function(x, theta)
        local function model(y, t)
          if t ~= nil then
            error("the loss gives its model a time: wb.check knows the true score of one law only; give sigma= and call "
              .. "model(y), or use a loss of wb.loss", 0)
          end
          return family(y, theta)
        end
        return loss(model, x)
      end
      """)
    let model = TracedFunction(
      TraceProgram("the model", models, parameters: ["x", "theta"], output: "y"))
    guard let function = try chunk.call(thing, model).first?.function else {
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
