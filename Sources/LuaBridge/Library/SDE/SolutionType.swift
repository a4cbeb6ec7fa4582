import Glibc
import Kernels

/// An ensemble of solved paths as scripts hold it.
package final class SolutionObject: LuaObject {
  package let solution: Solution
  /// The message of a script's `error` that made the first failed path fail.
  let failureReason: String?

  init(_ solution: Solution, failureReason: String? = nil) {
    self.solution = solution
    self.failureReason = failureReason
  }
}

/// What scripts can ask of a solution.
enum SolutionType {
  static func make(_ context: RunContext) -> ObjectType<SolutionObject> {
    let type = ObjectType("Solution", SolutionObject.self, "An ensemble of paths, made by wb.solve.")
    type.described { describe($0.solution, failureReason: $0.failureReason) }
    type.property("t", "array", "The times that were kept.") { NDArray($0.solution.times) }
    type.property(
      "x", "array",
      "The states: paths × times × components, or paths × components for save = \"final\". An error if they were too many for "
        + "memory_limit."
    ) { try $0.solution.storedStates() }
    type.property(
      "failed", "table | nil",
      "Paths that blew up: {count=, path=, t=, message=}, the first path, when, and the error of a coefficient if it raised one; nil if none."
    ) { sol in
      sol.solution.failure.map {
        LuaRecord(
          ("count", $0.count), ("path", $0.firstPath + 1), ("t", $0.time), ("message", sol.failureReason))
      }
    }
    type.property(
      "observed", "table",
      "The observables by name: {mean=, stderr=, n=}, n being the number of finite values."
    ) { sol in
      LuaRecord(
        zip(sol.solution.observableNames, sol.solution.summary.observed).map { name, moments in
          (
            name,
            LuaRecord(
              ("mean", moments.count > 0 ? moments.mean : .nan), ("stderr", moments.standardError),
              ("n", moments.count))
          )
        })
    }
    type.property(
      "stats", "table",
      "How it was solved: method, steps, paths, threads, precision, seconds, ns_per_path_step, instructions (of a step)."
    ) { sol in
      let s = sol.solution
      return LuaRecord(
        ("method", s.method.name), ("steps", s.options.steps), ("paths", s.options.paths),
        ("threads", s.options.run.threads), ("seconds", s.seconds),
        ("ns_per_path_step", s.nanosecondsPerPathStep), ("instructions", s.instructions),
        ("precision", s.options.precision.rawValue))
    }
    addStatistics(type)
    addPaths(type)
    addOutput(type, context)
    return type
  }

  private static func addStatistics(_ type: ObjectType<SolutionObject>) {
    let tables: [(String, String, (Solution) throws -> NDArray)] = [
      ("mean", "The mean over the paths at each time.", { try $0.mean() }),
      ("std", "The sample standard deviation at each time.", { try $0.standardDeviation() }),
      ("var", "The sample variance at each time.", { try $0.variance() }),
      ("stderr", "The standard error of the mean at each time.", { try $0.standardError() }),
      ("min", "The smallest value at each time.", { try $0.minimum() }),
      ("max", "The largest value at each time.", { try $0.maximum() }),
    ]
    for (key, doc, body) in tables {
      type.method(
        key, "\(key)() → number | array",
        doc + " Paths that blew up are left out.",
        returns:
          "a number for one time and one component; an array over the times, or over the components, where the other is "
          + "single; else times × components", example: "print(sol:\(key)())"
      ) { sol, _ in squeezed(try body(sol.solution)) }
    }
    type.method(
      "quantile", "quantile(q) → number | array",
      "The q-quantile at each time: exact where the states were stored, else from a sketch with a relative error of at "
        + "most 0.4 %. A list of q gives a list of results.",
      parameters: [ParameterSpec("q", "number | list", "between 0 and 1")],
      returns: "for one q as mean() does; for a list of q a list of such",
      example: "local low, high = table.unpack(sol:quantile{0.05, 0.95})"
    ) { sol, call in
      if let q = try call[1].double { return squeezed(try sol.solution.quantile(q)) }
      guard let list = try numberList(try call[1]), !list.isEmpty else {
        throw call.mismatch(1, "a number or a list of numbers")
      }
      return LuaList(try sol.solution.quantiles(list).map(squeezed))
    }
    type.method(
      "histogram", "histogram{bins=, range=, component=, time=} → table",
      "The histogram of a component at a time (the last, if not said).",
      options: [
        .optional("bins", "integer", default: "50", "number of bins"),
        .optional(
          "range", "{low, high}", "the ends of the first and the last bin; the data's range if absent"),
        .optional("component", "integer", default: "1", "which component"),
        .optional("time", "integer", "which of sol.t, the last if absent"),
      ],
      returns: "{counts=, edges=, density=}: arrays; edges has one element more, the area under density is 1",
      example:
        "local h = sol:histogram{bins = 40}\nwb.plot{h.edges, h.density, kind = \"histogram\"}"
    ) { sol, call in
      let options = try call.options()
      let s = sol.solution
      let time = try options.get("time", .integer(in: 1...s.times.count), default: s.times.count)
      let component = try options.get("component", .integer(in: 1...s.problem.dimension), default: 1)
      let bins = try options.get("bins", .integer(in: 1...1_000_000), default: 50)
      var range: (Double, Double)?
      if options.has("range") {
        guard let ends = try numberList(options["range"]), ends.count == 2, ends[0] < ends[1] else {
          throw options.mismatch("range", "{low, high} with low < high")
        }
        range = (ends[0], ends[1])
      }
      guard let values = try s.finiteValues(time - 1, component - 1) else {
        throw call.error("no path is finite at t = \(s.times[time - 1])")
      }
      let histogram = try NDArray(values).histogram(bins: bins, range: range)
      return LuaRecord(
        ("counts", histogram.counts), ("edges", histogram.edges), ("density", try histogram.density()))
    }
  }

  private static func addPaths(_ type: ObjectType<SolutionObject>) {
    type.method(
      "path", "path(i) → table",
      "One whole path at every step, replayed from the seed: the same bits as in the ensemble.",
      parameters: [ParameterSpec("i", "integer", "from 1")],
      returns:
        "{t=, x=}: the times of all steps, and the states, (steps + 1) × components (or a list for one component)",
      example: "local path = sol:path(1)\nwb.plot{path.t, path.x}"
    ) { sol, call in
      let s = sol.solution
      let index = try call.get(1, .integer(in: 1...s.options.paths))
      guard Double(s.options.steps) * Double(s.problem.dimension) * 8 <= Double(s.options.memoryLimit) else {
        throw call.error("a path of \(s.options.steps) steps needs more than memory_limit")
      }
      let path = try s.path(index - 1)
      let x = s.problem.dimension == 1 ? try path.reshaped([path.count]) : path
      return LuaRecord(("t", NDArray(s.stepTimes)), ("x", x))
    }
  }

  /// A times × components table without the axes of length 1.
  static func squeezed(_ table: NDArray) -> any LuaConvertible {
    if table.count == 1 { return table.values[0] }
    if table.shape.contains(1), let flat = try? table.reshaped([table.count]) { return flat }
    return table
  }

  private static func describe(_ s: Solution, failureReason: String?) -> String {
    let o = s.options
    var lines = [
      "Solution of '\(s.problem.name)' by \(s.method.name): \(o.paths) path\(o.paths == 1 ? "" : "s") × \(o.steps) "
        + "steps of \(rounded((o.end - o.start) / Double(o.steps))), \(s.times.count) time\(s.times.count == 1 ? "" : "s") kept, "
        + "\(o.precision.rawValue), seed \(o.seed)"
    ]
    let last = s.summary.moments.count - 1
    for component in 0..<s.problem.dimension {
      let m = s.summary.moments[last][component]
      let name =
        component < s.problem.stateNames.count ? s.problem.stateNames[component] : "x[\(component + 1)]"
      guard m.count > 0 else {
        lines.append("  \(name) at t = \(rounded(s.times[last])): no finite path")
        continue
      }
      lines.append(
        "  \(name) at t = \(rounded(s.times[last])): mean \(rounded(m.mean))"
          + (m.count > 1 ? " ± \(rounded(m.standardError)), std \(rounded(m.standardDeviation))" : "")
          + ", range \(rounded(m.minimum)) to \(rounded(m.maximum))")
    }
    for (name, m) in zip(s.observableNames, s.summary.observed) {
      lines.append("  \(name): \(rounded(m.mean)) ± \(rounded(m.standardError)) (n = \(m.count))")
    }
    if let failure = s.failure {
      lines.append(
        "  \(failure.count) path\(failure.count == 1 ? "" : "s") blew up (not finite) and \(failure.count == 1 ? "is" : "are") left out; the first is path \(failure.firstPath + 1), at t = \(rounded(failure.time))"
          + (failureReason.map { ": \($0)" } ?? ""))
    }
    // No times here: what a script prints is the same in every run. sol.stats has them.
    return lines.joined(separator: "\n")
  }

  /// Six significant digits.
  static func rounded(_ x: Double) -> String {
    guard x.isFinite else { return LuaBridge.describe(x) }
    var text = [CChar](repeating: 0, count: 32)
    _ = withVaList([x]) { vsnprintf(&text, text.count, "%.6g", $0) }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
