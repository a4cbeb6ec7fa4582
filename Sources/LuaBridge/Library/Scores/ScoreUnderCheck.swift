import Kernels

/// A score that `wb.check` compares with a law's.
struct ScoreUnderCheck {
  private let program: Program
  private let law: any DensityLaw
  private let count: Int
  private let tracer: Tracer
  private let contract: Bool
  private var check = ScoreCheck()

  init(
    _ thing: LuaValue, _ law: any DensityLaw, _ options: Options, _ call: Arguments, _ tracer: Tracer,
    _ context: RunContext
  ) throws {
    let sigma = try options.optional("sigma", .positive)
    self.law = try sigma.map { try law.perturbed(alpha: 1, sigma: $0) } ?? law
    check.sigma = sigma
    check.tolerance = try options.get("tolerance", .positive, default: check.tolerance)
    count = try options.get("n", .integer(in: 100...10_000_000), default: 20_000)
    (self.tracer, contract) = (tracer, context.contract)
    if let other = thing.object(DistributionObject.self)?.law, other.dimension != law.dimension {
      throw call.error(
        "the score is that of a law in \(other.dimension) dimensions, the oracle has \(law.dimension)")
    }
    var value = thing
    if options.has("t") {
      let timed = try call.lua.glue(
        "local score, t = ... return function(x) return score(x, t) end")
      value = try timed.call(thing, try options.get("t", .finite)).first ?? thing
    }
    let model = try LossModel(value, call.lua, tracer, call.name)
    program = try model.program(rows: law.dimension, rowNames: [], takesTime: false)
    let rows = program.rows(of: "y") ?? 0
    guard rows == law.dimension else {
      throw call.error(
        "the score gives \(rows) \(rows == 1 ? "value" : "values") for a point of \(law.dimension): it has one component "
          + "for each of the law's")
    }
  }

  func report(level: Double, seed: UInt64, options: RunOptions) throws -> CheckReport {
    var check = check
    check.level = level
    let x = try law.sample(count, seed: seed, options: options)
    let points = columns(of: x)
    let values =
      try LaneEvaluator(program, contract: contract).map(
        ["x": points], shared: tracer.captures.stores(of: program.inputs).sharedValues, count: count,
        options: options)["y"] ?? []
    // For the search over noise levels fewer points do.
    let few = min(count, 2000)
    let part = try NDArray(Array(x.values.prefix(few * law.dimension)), shape: [few, law.dimension])
    let truth = columns(of: try law.score(x, contract: contract, options: options))
    return try check.report(values, truth: truth) { sigma in
      guard let noised = try? law.perturbed(alpha: 1, sigma: sigma) else { return nil }
      return columns(of: try noised.score(part, contract: contract, options: options))
    }
  }
}
