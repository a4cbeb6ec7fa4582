import Kernels

/// `wb.check`: a score, a loss or samples against a law that is known.
enum CheckModule {
  private static let kinds = ["score", "loss", "samples"]

  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    let module = Module("wb", "")
    module.function(
      "check", "check(thing, oracle, [{n=, seed=, level=, …}]) → check",
      "Says what is wrong with a score, a loss or samples, by a law of wb.dist that is known. A score is a net or a "
        + "function(x); it is compared with the true one, up to factors and shifts. A loss is one of wb.loss or a "
        + "function(model, x); it must be least at the true score. Samples are an array with one sample a row, or a "
        + "solution, whose final states are meant; two-sample tests compare them with the law.",
      parameters: [
        ParameterSpec("thing", "score, loss or samples", "what is checked"),
        ParameterSpec("oracle", "distribution", "the law of the data, or of the samples"),
      ],
      options: [
        .optional(
          "n", "integer", default: "20000",
          "of scores and losses: points drawn from the law, of losses in more than 16 dimensions fewer; of samples: rows "
            + "for the energy distance (2000)"),
        .optional("seed", "integer", default: "the run's", "of what is drawn"),
        .optional(
          "level", "number", default: "0.01", "the probability that something right is blamed, at most"),
        .optional(
          "tolerance", "number", default: "0.1",
          "of a score: the relative error that is right if no factor or shift explains it"),
        .optional(
          "sigma", "number",
          "the noise in the data: a score is compared with that of noised data, and a Lua loss must be least there"
        ),
        .optional("t", "number", "the time that a score is called with, after x"),
        .optional("form", "\"full\" | \"half\"", "of a Lua loss: the form that it should have"),
        .optional(
          "process", "process",
          "of a Lua loss that calls model(z, t): the process whose noise is in z; made by wb.diffusion"),
        .optional(
          "time", "\"sigma\"", "of a Lua loss that calls model(z, σ): that the time is the noise level"),
        .optional(
          "predicts", LossUnderCheck.predictions.map { "\"\($0)\"" }.joined(separator: " | "),
          default: "\"score\"", "of a Lua loss with process=: what its model gives"),
        .optional(
          "as", "\"score\" | \"loss\" | \"samples\"",
          "what the thing is; a Lua function of one argument is a score, of two a loss"),
      ],
      returns: "a check: ok, finding, verdict, scale, bias and other numbers; print it",
      example: """
        local oracle = wb.dist.gaussian{dim = 2}
        print(wb.check(function(x) return x end, oracle))
        print(wb.check(wb.loss.ssm_vr{}, oracle))
        print(wb.check(oracle:sample{n = 1000, seed = 5}, oracle))
        """
    ) { call in
      do {
        return try check(call, tracer, context)
      } catch let error as CheckError {
        throw call.error(error.description)
      } catch let error as LawError {
        throw call.error(error.description)
      } catch let error as ScoreError {
        throw call.error(error.description)
      } catch let error as DistanceError {
        throw call.error(error.description)
      }
    }
    library.add(module)
    library.add(CheckObject.type())
    return library
  }

  private static func check(
    _ call: Arguments, _ tracer: Tracer, _ context: RunContext
  ) throws -> any LuaConvertible {
    let thing = try call[1]
    let options = try call.options(3)
    if try thing.object(PendingResult.self) != nil || call[2].object(PendingResult.self) != nil {
      return context.pendingResult()
    }
    let law = try call.get(2, .distribution).law
    guard let kind = try options.optional("as", .oneOf(kinds)) ?? kind(of: thing, options) else {
      throw call.mismatch(
        1,
        "a score (a net or function(x)), a loss (of wb.loss or function(model, x)) or samples (an array or solution)"
      )
    }
    try context.willWork()
    let level = try options.get("level", .number(in: 1e-6...0.5), default: 0.01)
    let seed = try options.get("seed", .seed, default: context.seed)
    switch kind {
    case "samples":
      let samples = try samples(thing, call)
      if context.isChecking { return context.pendingResult() }
      var check = SampleCheck()
      (check.level, check.seed) = (level, seed)
      check.rows = try options.get("n", .integer(in: 50...100_000), default: 2000)
      return try context.running(call.lua, "wb.check") {
        CheckObject(try check.report(samples, law: law, options: $0))
      }
    case "score":
      let score = try ScoreUnderCheck(thing, law, options, call, tracer, context)
      if context.isChecking { return context.pendingResult() }
      return try context.running(call.lua, "wb.check") {
        CheckObject(try score.report(level: level, seed: seed, options: $0))
      }
    default:
      let loss = try LossUnderCheck(thing, law, options, call, tracer, context, seed: seed)
      if context.isChecking { return context.pendingResult() }
      return try context.running(call.lua, "wb.check") {
        CheckObject(try loss.report(level: level, options: $0))
      }
    }
  }

  private static func kind(of thing: LuaValue, _ options: Options) throws -> String? {
    switch thing {
    case .function(let function):
      if options.has("t") { return "score" }
      return switch try function.parameters().count {
      case 1: "score"
      case 2: "loss"
      default: nil
      }
    case .object(let object):
      if object is LossObject { return "loss" }
      if object is SolutionObject || object is ArrayObject { return "samples" }
      return object is NetObject || object is DistributionObject || object is DistributionFunction
        || object is CompiledFunction ? "score" : nil
    case .table: return try ArrayReading.array(thing) == nil ? nil : "samples"
    default: return nil
    }
  }

  /// The rows of an array, or the final states of a solution.
  private static func samples(_ thing: LuaValue, _ call: Arguments) throws -> NDArray {
    if let solution = thing.object(SolutionObject.self)?.solution {
      let states = try solution.storedStates()
      guard states.rank == 3 else { return states }
      let (paths, times, d) = (states.shape[0], states.shape[1], states.shape[2])
      let values = states.values
      let last = (0..<paths).flatMap { path -> ArraySlice<Double> in
        let end = (path + 1) * times * d
        return values[(end - d)..<end]
      }
      return try NDArray(last, shape: [paths, d])
    }
    guard let array = try ArrayReading.array(thing) else {
      throw call.mismatch(1, "samples, an array with one sample a row")
    }
    return array
  }
}

/// Columns of an array of samples.
func columns(of x: NDArray) -> [[Double]] {
  let width = x.rank == 2 ? x.shape[1] : 1
  return (0..<width).map { column in (0..<x.shape[0]).map { x.values[$0 * width + column] } }
}
