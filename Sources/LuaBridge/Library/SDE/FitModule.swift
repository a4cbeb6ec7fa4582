import Kernels

/// `wb.fit`.
enum FitModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    library.add(module(context))
    library.add(fitType())
    return library
  }

  private static let options: [OptionSpec] = [
    .optional("dt", "number", "the time between observations; give this or times"),
    .optional(
      "times", "list | list of lists",
      "the times of the observations, one list for all series or one for each"),
    .optional(
      "method", "string", default: "\"euler\"",
      "the transition density: \(transitionDensities.map { "\"\($0.name)\"" }.joined(separator: ", "))"),
    .optional(
      "starts", "integer", default: "8", "searches: the first from the given values, the others perturbed"),
    .optional("seed", "integer", default: "1", "of the perturbations"),
    .optional("threads", "integer", "threads; the result does not depend on it"),
  ]

  private static func module(_ context: RunContext) -> Module {
    let module = Module("wb", "")
    module.function(
      "fit", "fit(sde, data, options) → Fit",
      "Fits the parameters of an SDE to observed paths by maximum likelihood: those marked wb.learnable, or all numbers if "
        + "none is. Standard errors are from the observed information.",
      parameters: [
        ParameterSpec("sde", "SDE", "made by wb.sde"),
        ParameterSpec(
          "data", "array | list of arrays", "one row a time, one column a component; a list for many series"),
      ],
      options: options, returns: "a Fit, which prints as a table",
      example: """
        local path = wb.solve(gbm, {x0 = 100, t = {0, 10}, steps = 2520}):path(1).x
        local fit = wb.fit(gbm, path, {dt = 1 / 252})
        print(fit.params.sigma, fit.stderr.sigma, fit.status)
        """
    ) { call in
      let problem = try call.object(1, SDEObject.self).current(call.lua)
      guard call.kind(3) == .table else {
        throw call.mismatch(3, "a table of options such as {dt = 1/252}")
      }
      let given = try Options(function: "wb.fit", declared: options, table: try call.table(3))
      if context.isChecking, try call[2].object(PendingResult.self) != nil { return context.pendingResult() }
      let observations = try observations(call, given, problem)
      var fit = FitOptions()
      fit.method = try given.get("method", .oneOf(transitionDensities.map(\.name)), default: "euler")
      fit.starts = try given.get("starts", .integer(in: 1...10_000), default: 8)
      fit.seed = try given.get("seed", .seed, default: context.seed)
      try context.willWork()
      if context.isChecking { return context.pendingResult() }
      let result = try context.running(call.lua, "fitting \(problem.name)") { run in
        fit.run = run
        if let threads = try given.optional("threads", .integer(in: 1...1024)) { fit.run.threads = threads }
        return try problem.fit(observations, options: fit)
      }
      return FitObject(result, try call.object(1, SDEObject.self))
    }
    return module
  }

  private static func observations(
    _ call: Arguments, _ given: Options, _ problem: SDEProblem
  ) throws -> Observations {
    let times: ObservationTimes
    switch (given.has("dt"), given.has("times")) {
    case (true, true): throw given.error("times", "give either dt or times, not both")
    case (false, false):
      throw given.error("dt", that: "is required: the time between observations (or times, a list of them)")
    case (true, false): times = .step(try given.get("dt", .positive))
    case (false, true): times = .at(try timeLists(given))
    }
    if let many = try series(try call[2]) {
      return try Observations(series: many, stateNames: problem.stateNames, times: times)
    }
    return try Observations(
      try call.array(2), stateNames: problem.stateNames, times: times)
  }

  private static func timeLists(_ given: Options) throws -> [[Double]] {
    if let one = try numberList(given["times"]) { return [one] }
    if let lists = try given["times"].table?.array() {
      let read = try lists.map(numberList)
      if !read.isEmpty, read.allSatisfy({ $0 != nil }) { return read.compactMap { $0 } }
    }
    throw given.mismatch("times", "a list of numbers, or one list for each series")
  }

  /// A table whose elements are arrays, or tables of a different length each: many series.
  private static func series(_ value: LuaValue) throws -> [NDArray]? {
    guard let elements = try value.table?.array(), !elements.isEmpty,
      elements.allSatisfy({ $0.array != nil })
    else { return nil }
    return elements.compactMap(\.array)
  }

  private static func fitType() -> ObjectType<FitObject> {
    let type = ObjectType("Fit", FitObject.self, "The result of wb.fit.")
    type.described { $0.fit.description }
    type.property("params", "table", "The estimates by name.") { fit in
      LuaRecord(fit.fit.estimates.map { ($0.name, $0.value) })
    }
    type.property("stderr", "table", "The standard errors by name; NaN where there is none.") { fit in
      LuaRecord(fit.fit.estimates.map { ($0.name, $0.standardError) })
    }
    type.property("loglik", "number", "The log-likelihood.") { $0.fit.logLikelihood }
    type.property("aic", "number", "Akaike's criterion, 2k − 2 log L.") { $0.fit.aic }
    type.property("bic", "number", "The Bayesian criterion, k log n − 2 log L.") { $0.fit.bic }
    type.property("n", "integer", "The number of transitions.") { $0.fit.n }
    type.property("converged", "boolean", "Whether the search ended at a maximum inside the bounds.") {
      $0.fit.converged
    }
    type.property("status", "string", "\"converged\", \"on the bound: …\" or \"not converged: …\".") {
      $0.fit.statusText
    }
    type.property("covariance", "array", "The covariance matrix of the estimates, in the order of names.") {
      $0.fit.covariance
    }
    type.property("correlation", "array", "The correlation matrix of the estimates.") { $0.fit.correlation }
    type.property("names", "list", "The fitted parameters, in the order of covariance.") {
      PrintedList($0.fit.estimates.map(\.name))
    }
    type.property("sde", "SDE", "The SDE with the estimates as parameters.") { fit in
      try fit.source.with(
        Dictionary(uniqueKeysWithValues: fit.fit.problem.parameters.map { ($0.name, $0.values) }))
    }
    return type
  }
}

/// The result of `wb.fit` as scripts hold it.
package final class FitObject: LuaObject {
  package let fit: Fit
  let source: SDEObject

  init(_ fit: Fit, _ source: SDEObject) {
    self.fit = fit
    self.source = source
  }
}
