import Kernels
import Plots

/// `wb.convergence`.
enum ConvergenceModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    library.add(module(tracer, context))
    library.add(resultType(context))
    return library
  }

  private static let options: [OptionSpec] = [
    .required("x0", "number | list", "the state the paths start from"),
    .optional(
      "exact", "function(x0, t, W, p)",
      "the exact solution at time t on a path whose Brownian motion is W there; without it a solution 8 times finer "
        + "than the finest level is the reference"),
    .optional("methods", "list of names", default: "{\"auto\"}", "the methods to compare"),
    .optional("t", "{start, end} | number", default: "{0, 1}", "the span of time"),
    .optional("steps", "integer", default: "16", "steps of the coarsest level"),
    .optional("levels", "integer", default: "6", "number of levels; each halves the step"),
    .optional("paths", "integer", default: "2000", "number of paths, the same ones at every level"),
    .optional("seed", "integer", default: "1", "the random numbers"),
    .optional("kind", "\"strong\" | \"weak\"", default: "\"strong\"", "E|X − Xʰ|, or |E φ(X) − E φ(Xʰ)|"),
    .optional("test", "function(x, t, p)", "φ of the weak error; required for kind = \"weak\""),
    .optional("threads", "integer", "threads; the result does not depend on it"),
  ]

  private static func module(_ tracer: Tracer, _ context: RunContext) -> Module {
    let module = Module("wb", "")
    module.function(
      "convergence", "convergence(sde, options) → Convergence",
      "Measures how the error at the end falls with the step: errors, and the fitted order, with 95 % bootstrap intervals over "
        + "the paths. All levels run on the same Brownian paths, refined.",
      parameters: [ParameterSpec("sde", "SDE", "made by wb.sde")], options: options,
      returns: "a Convergence, which prints as a table; study.em and its like hold a method's numbers",
      example: """
        local study = wb.convergence(gbm, {
          x0 = 1, methods = {"em", "milstein"},
          exact = function(x0, t, W, p) return x0 * math.exp((p.mu - p.sigma ^ 2 / 2) * t + p.sigma * W) end,
        })
        print(study.milstein.order, study.milstein.low, study.milstein.high)
        """
    ) { call in
      let sde = try call.object(1, SDEObject.self)
      var problem = try sde.current(call.lua)
      let given = try Options(function: "wb.convergence", declared: options, table: try call.table(2))
      let study = try read(given, &problem, sde.objects, tracer, context)
      let studied = problem
      try context.willWork()
      if context.isChecking { return context.pendingResult() }
      let results = try context.running(call.lua, "convergence of \(problem.name)") { run in
        var study = study
        study.run = run
        if let threads = try given.optional("threads", .integer(in: 1...1024)) { study.run.threads = threads }
        return try studied.convergence(study)
      }
      return ConvergenceObject(problem.name, study.kind, results)
    }
    return module
  }

  private static func read(
    _ given: Options, _ problem: inout SDEProblem, _ objects: NamedObjects, _ tracer: Tracer,
    _ context: RunContext
  ) throws -> ConvergenceStudy {
    let d = problem.dimension
    guard let x0 = try numberList(given["x0"]), x0.count == d else {
      throw given.mismatch("x0", d == 1 ? "a number" : "a list of \(d) numbers")
    }
    var study = ConvergenceStudy(initial: x0)
    study.methods = try given.get("methods", .strings, default: ["auto"])
    guard !study.methods.isEmpty else { throw given.error("methods", that: "needs at least one name") }
    (study.start, study.end) = try timeSpan(given)
    study.coarsest = try given.get("steps", .integer(in: 1...(1 << 20)), default: 16)
    study.levels = try given.get("levels", .integer(in: 2...20), default: 6)
    study.paths = try given.get("paths", .integer(in: 20...100_000_000), default: 2000)
    study.seed = try given.get("seed", .seed, default: context.seed)
    study.kind =
      try given.get("kind", .oneOf(["strong", "weak"]), default: "strong") == "weak" ? .weak : .strong
    let arguments = SDEArguments(problem, objects)
    if let function = try given.optional("exact", .function) {
      let traced = try tracer.trace(
        function, as: "exact solution of '\(problem.name)'",
        arguments: [
          .vector("x0", rows: d, rowNames: problem.stateNames, variation: .run),
          .scalar("t", variation: .run),
          .vector("W", rows: problem.noiseDimension), arguments.named,
        ])
      problem.share(traced)
      guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder), nodes.count == d else {
        throw given.error(
          "exact", "the function must return the \(d) component\(d == 1 ? "" : "s") of the state")
      }
      study.exact = try traced.builder.finish([("x", traced.builder.stack(nodes))])
    }
    if let function = try given.optional("test", .function) {
      let traced = try tracer.trace(function, as: "test function", arguments: arguments.coefficient)
      problem.share(traced)
      guard let nodes = try SDEDefinition.flatten(traced.value, traced.builder), nodes.count == 1 else {
        throw given.error("test", "the function must return one value")
      }
      study.test = try traced.builder.finish([("phi", nodes[0])])
    }
    return study
  }

  private static func resultType(_ context: RunContext) -> ObjectType<ConvergenceObject> {
    let type = ObjectType(
      "Convergence", ConvergenceObject.self, "Errors and orders of methods, made by wb.convergence.")
    type.described { $0.table }
    type.indexed { study, key, _ in
      guard let name = key.string, let result = study.results.first(where: { $0.method.name == name }) else {
        return nil
      }
      return LuaRecord(
        ("order", result.order), ("low", result.low), ("high", result.high), ("nominal", result.nominal),
        ("h", NDArray(result.levels.map(\.h))), ("error", NDArray(result.levels.map(\.error))),
        ("error_low", NDArray(result.levels.map(\.low))), ("error_high", NDArray(result.levels.map(\.high))))
    }
    type.property(
      "methods", "list",
      "The names of the methods; c[name] is {order=, low=, high=, nominal=, h=, error=, error_low=, error_high=}."
    ) {
      $0.results.map(\.method.name)
    }
    type.method(
      "plot", "plot{…} → string",
      "Draws errors against steps on logarithmic axes, with their intervals, and dashed lines of the nominal orders.",
      options: figureOptions, returns: "the path of the file; nothing without `file`",
      example: "study:plot{file = \"orders.png\"}"
    ) { study, call in
      let options = try call.options()
      do {
        return try call.lua.present(
          try study.figure(options), file: try options.optional("file", .string), context: context)
      } catch let error as PlotError {
        throw call.error("\(error)")
      }
    }
    return type
  }
}

/// The results of `wb.convergence` as scripts hold them.
package final class ConvergenceObject: LuaObject {
  let name: String
  let kind: ConvergenceStudy.Kind
  package let results: [ConvergenceStudy.Result]

  init(_ name: String, _ kind: ConvergenceStudy.Kind, _ results: [ConvergenceStudy.Result]) {
    self.name = name
    self.kind = kind
    self.results = results
  }

  /// Errors by level, and below each method its order with the interval.
  var table: String {
    var lines = ["\(kind == .strong ? "Strong" : "Weak") convergence on '\(name)', 95 % bootstrap intervals"]
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    for result in results {
      lines.append("\(result.method.name)")
      lines.append("  " + cell("steps", 8) + cell("h", 14) + cell("error", 14) + "   interval")
      for level in result.levels {
        lines.append(
          "  " + cell("\(level.steps)", 8) + cell(SolutionType.rounded(level.h), 14)
            + cell(SolutionType.rounded(level.error), 14)
            + "   \(SolutionType.rounded(level.low)) … \(SolutionType.rounded(level.high))")
      }
      func two(_ x: Double) -> String { "\((x * 1000).rounded() / 1000)" }
      let nominal = result.nominal.map { ", nominal \(two($0))" } ?? ""
      lines.append("  order \(two(result.order))  [\(two(result.low)), \(two(result.high))]\(nominal)")
    }
    return lines.joined(separator: "\n")
  }
}
