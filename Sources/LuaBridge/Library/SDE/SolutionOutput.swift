import Files
import Kernels
import Plots

/// `sol:save` and `sol:plot`.
extension SolutionType {
  static func addOutput(_ type: ObjectType<SolutionObject>, _ context: RunContext) {
    type.method(
      "save", "save(path) → string",
      "Writes an .npz file with t, mean and std (times × components), x if the states were stored, and one array "
        + "{mean, stderr, n} for each observable, named observed_<name>.",
      parameters: [ParameterSpec("path", "string", "a name that ends in .npz")],
      returns: "the path of the file",
      example: "sol:save(\"paths.npz\")"
    ) { sol, call in
      let path = try call.string(1)
      guard path.hasSuffix(".npz") else {
        throw call.error("a solution is saved to a name that ends in .npz, got \"\(path)\"")
      }
      let s = sol.solution
      var arrays: [(String, NDArray)] = [
        ("t", NDArray(s.times)), ("mean", try s.mean()), ("std", try s.standardDeviation()),
      ]
      if let states = s.states { arrays.append(("x", states)) }
      for (name, m) in zip(s.observableNames, s.summary.observed) {
        arrays.append(("observed_\(name)", NDArray([m.mean, m.standardError, Double(m.count)])))
      }
      return try context.writing(path) { try NPZ.write(arrays, path: $0) }
    }
    type.method(
      "plot", "plot{component=, kind=, …} → string",
      "Draws the ensemble: quantile bands over time (fan), some paths, or the histogram of the last time. Without file as "
        + "text where print writes.",
      options: [
        .optional("component", "integer", default: "1", "which component"),
        .optional(
          "kind", "\"fan\" | \"paths\" | \"histogram\"", "by default fan, or histogram if one time was kept"),
        .optional("paths", "integer", default: "50", "how many, for kind = \"paths\""),
        .optional("bins", "integer", default: "60", "for kind = \"histogram\""),
      ] + figureOptions,
      returns: "the path of the file; nothing without `file`", example: "sol:plot{file = \"fan.png\"}"
    ) { sol, call in
      let options = try call.options()
      do {
        return try call.lua.present(
          try figure(sol.solution, options), file: try options.optional("file", .string), context: context)
      } catch let error as PlotError {
        throw call.error("\(error)")
      }
    }
  }

  private static func figure(_ s: Solution, _ options: Options) throws -> Figure {
    let component = try options.get("component", .integer(in: 1...s.problem.dimension), default: 1) - 1
    let kind = try options.get(
      "kind", .oneOf(["fan", "paths", "histogram"]), default: s.times.count > 1 ? "fan" : "histogram")
    if kind != "histogram", s.times.count < 2 {
      throw options.error("kind", "\(kind) needs several times: solve with save = \"path\" or save = n")
    }
    let name = s.problem.stateNames[component]
    var figure = try readFigure(options)
    if figure.title.isEmpty { figure.title = s.problem.name }
    switch kind {
    case "histogram":
      if figure.xLabel.isEmpty { figure.xLabel = "\(name) at t = \(rounded(s.times.last ?? 0))" }
      guard let values = try s.finiteValues(s.times.count - 1, component) else {
        throw options.error("kind", "no path is finite at the last time")
      }
      let bins = try options.get("bins", .integer(in: 1...100_000), default: 60)
      let histogram = try NDArray(values).histogram(bins: bins)
      figure.series = [
        Series(
          .histogram(edges: histogram.edges.values, heights: try histogram.density().values), label: "density"
        )
      ]
    case "paths":
      if figure.xLabel.isEmpty { (figure.xLabel, figure.yLabel) = ("t", name) }
      let count = min(try options.get("paths", .integer(in: 1...100_000), default: 50), s.options.paths)
      let all = try s.storedStates().values
      let (times, d) = (s.times.count, s.problem.dimension)
      figure.series = [
        Series(
          .paths(
            x: s.times,
            ys: (0..<count).map { path in (0..<times).map { all[(path * times + $0) * d + component] } }),
          label: count < s.options.paths ? "\(count) of \(s.options.paths) paths" : "")
      ]
    default:
      if figure.xLabel.isEmpty { (figure.xLabel, figure.yLabel) = ("t", name) }
      let probabilities = [0.05, 0.25, 0.5, 0.75, 0.95]
      let tables = try s.quantiles(probabilities)
      figure.series =
        Figure.fan(
          x: s.times,
          quantiles: zip(probabilities, tables).map { probability, table in
            (
              probability: probability,
              values: (0..<s.times.count).map { table.values[$0 * s.problem.dimension + component] }
            )
          }
        ).series
    }
    return figure
  }
}

extension ConvergenceObject {
  /// Errors against steps on logarithmic axes, with error bars and a line of each nominal order.
  func figure(_ options: Options) throws -> Figure {
    var figure = try readFigure(options)
    if figure.title.isEmpty { figure.title = "\(kind == .strong ? "Strong" : "Weak") error on \(name)" }
    if figure.xLabel.isEmpty { figure.xLabel = "step h" }
    if figure.yLabel.isEmpty { figure.yLabel = "error" }
    (figure.xScale, figure.yScale) = (.log, .log)
    for (index, result) in results.enumerated() {
      let (h, errors) = (result.levels.map(\.h), result.levels.map(\.error))
      let color = Color.palette(index)
      figure.series.append(
        Series(
          .errorBars(x: h, y: errors, lower: result.levels.map(\.low), upper: result.levels.map(\.high)),
          label: "\(result.method.name): order \(SolutionType.rounded((result.order * 100).rounded() / 100))",
          color: color))
      if let nominal = result.nominal {
        figure.series.append(
          Series(
            .line(x: h, y: ConvergenceStudy.slopeLine(h, errors, order: nominal)), color: color, dashed: true)
        )
      }
    }
    return figure
  }
}
