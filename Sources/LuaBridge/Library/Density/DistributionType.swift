import Kernels

/// The type of what `wb.dist` makes.
enum DistributionType {
  static func make(_ tracer: Tracer, _ context: RunContext) -> [AnyObjectType] {
    let type = ObjectType(
      "distribution", DistributionObject.self,
      "A probability law whose density, score and entropy are known: what losses, nets and samplers can be judged by."
    )
    type.described(\.description)
    addProperties(to: type, tracer, context)
    addMethods(to: type, context)
    return [type, functionType(tracer, context)]
  }

  private static func addProperties(
    to type: ObjectType<DistributionObject>, _ tracer: Tracer, _ context: RunContext
  ) {
    type.property("dim", "integer", "The number of dimensions.") { $0.law.dimension }
    type.property("family", "string", "The family: \"Gaussian mixture\", ….") { $0.law.family }
    type.property(
      "entropy", "number",
      "The differential entropy −E log p in nats: in closed form, for mixtures in one or two dimensions by "
        + "quadrature, else by Monte Carlo."
    ) { try $0.entropy(context.runOptions(tracer.lua)).value }
    type.property(
      "entropy_stderr", "number", "The standard error of the entropy; 0 unless it is from Monte Carlo."
    ) { try $0.entropy(context.runOptions(tracer.lua)).standardError }
    type.property(
      "fisher", "number",
      "E|s|², s the score: computed as the entropy is; infinite where the density jumps."
    ) { try $0.squaredScore(context.runOptions(tracer.lua)).value }
    type.property(
      "fisher_stderr", "number", "The standard error of `fisher`; 0 unless it is from Monte Carlo."
    ) { try $0.squaredScore(context.runOptions(tracer.lua)).standardError }
    type.property(
      "logpdf", "function",
      "dist:logpdf(x), or dist.logpdf as a function of x: log p at a point, or at each row of an array; also "
        + "inside traced functions."
    ) { DistributionFunction($0, .logDensity) }
    type.property(
      "score", "function",
      "dist:score(x), or dist.score as a function of x: the gradient of log p at a point, or at each row of an "
        + "array; also inside traced functions. NaN where p is zero."
    ) { DistributionFunction($0, .score) }
  }

  private static func addMethods(to type: ObjectType<DistributionObject>, _ context: RunContext) {
    type.method(
      "sample", "sample{n=, [seed=]} → array",
      "Independent samples, one a row. Sample i is a function of the seed and i alone. sample(n) does the same.",
      options: [
        .required("n", "integer", "how many"), .optional("seed", "integer", default: "1", "of the samples"),
      ], returns: "an array of shape (n, dim)",
      example: "wb.dist.gaussian{mean = {0, 1}, std = 0.5}:sample{n = 3, seed = 7}"
    ) { dist, call in
      var (n, seed) = (0, context.seed)
      if call.kind(1) == .table {
        let options = try call.options(1)
        n = try options.get("n", .integer(in: 1...Int.max))
        seed = try options.get("seed", .seed, default: seed)
      } else {
        n = try call.get(1, .integer(in: 1...Int.max))
      }
      return try checked(call) {
        try context.running(call.lua, "sampling") { try dist.law.sample(n, seed: seed, options: $0) }
      }
    }
    type.method(
      "perturbed", "perturbed{sigma=, [alpha=]} → distribution",
      "The law of alpha x + sigma e in closed form, where e is standard normal: what data look like after noise. "
        + "Gaussians, mixtures and their products have one.",
      options: [
        .required("sigma", "number", "the standard deviation of the noise"),
        .optional("alpha", "number", default: "1", "what x is multiplied by"),
      ], returns: "a distribution",
      example: "wb.dist.gaussian{dim = 2}:perturbed{alpha = 0.8, sigma = 0.6}"
    ) { dist, call in
      let options = try call.options(1)
      let sigma = try options.get("sigma", .number)
      let alpha = try options.get("alpha", .number, default: 1)
      return try law(call) { try dist.law.perturbed(alpha: alpha, sigma: sigma) }
    }
  }

  private static func functionType(
    _ tracer: Tracer, _ context: RunContext
  ) -> ObjectType<DistributionFunction> {
    let type = ObjectType(
      "function of a distribution", DistributionFunction.self,
      "The score or the log-density of a distribution: called with a point or an array of points, or given to what "
        + "takes an oracle.")
    type.described { "\($0.kind.rawValue) of \($0.distribution.law.description)" }
    type.metamethod(.call, "f(x)", "The value at a number or list, or at each row of an array.") { call in
      let function = try call.object(1, DistributionFunction.self)
      // dist:score(x) passes the distribution first.
      let position = call.objectIfPresent(2, DistributionObject.self) == nil ? 2 : 3
      guard !call.isMissing(position) else {
        throw LuaError("\(function.name): expected a point x, got nothing")
      }
      return try function.evaluate(try call[position], tracer, context, call.lua)
    }
    return type
  }

  /// A law whose errors carry the name of the function that was called.
  static func law(_ call: Arguments, _ make: () throws -> any DensityLaw) throws -> DistributionObject {
    try checked(call) { DistributionObject(try make()) }
  }
}
