import Kernels

/// `wb.distance`.
enum DistanceLibrary {
  static func library(context: RunContext) -> Library {
    let module = Module(
      "wb.distance",
      "Distances between two samples, each with what it would be between samples of one law. Rows must be "
        + "independent draws.")
    let binding = Binding(module: module, context: context)
    binding.addKernels()
    binding.addTransport()
    binding.addTests()
    var library = Library()
    library.add(module)
    library.add(distanceType())
    return library
  }

  private static func distanceType() -> ObjectType<DistanceObject> {
    let type = ObjectType(
      "Distance", DistanceObject.self,
      "A distance between two samples, its p-value, and its floor: what it is between samples of one law.")
    type.described { $0.distance.description }
    type.property("value", "number", "The distance.") { $0.distance.value }
    type.property(
      "p_value", "number",
      "How probable a value at least as great is if both samples have one law."
    ) { $0.distance.pValue }
    type.property(
      "floor", "number",
      "What samples of one law, of these sizes, are apart: the mean over permutations of the pooled rows."
    ) { $0.distance.floor }
    type.property("floor_upper", "number", "95 % of such same-law samples are at most this far apart.") {
      $0.distance.floorUpper
    }
    type.property(
      "interval", "{lo, hi}",
      "Where 95 % of the values from other samples of these two laws and sizes lie, by the grouped jackknife."
    ) { [$0.distance.interval.lowerBound, $0.distance.interval.upperBound] }
    type.property("stderr", "number", "The jackknife's standard error of the value.") {
      $0.distance.standardError
    }
    type.property("n", "{na, nb}", "The rows of the two samples.") { [$0.distance.na, $0.distance.nb] }
    type.property("method", "string", "What was computed, with its settings.") { $0.distance.method }
    type.property("permutations", "integer", "How many permutations told the floor.") {
      $0.distance.permutations
    }
    type.property(
      "details", "table",
      "Numbers of the method by name: bandwidths, projections, neighbours, epsilon, iterations, marginal_error."
    ) { object in
      // Of a name that comes more than once, such as bandwidth, a list.
      var names: [String] = []
      var values: [String: [Double]] = [:]
      for (name, value) in object.distance.details {
        if values[name] == nil { names.append(name) }
        values[name, default: []].append(value)
      }
      return LuaRecord(
        names.map { name in
          let all = values[name] ?? []
          return (name, all.count == 1 ? all[0] : all)
        })
    }
    type.property("warning", "string | nil", "What a reader must know about the value, if anything.") {
      $0.distance.warning
    }
    type.property(
      "columns", "list of {value =, p_value =}", "Of wb.distance.ks: statistic and p-value of each column."
    ) { object in
      object.distance.columns.map { LuaRecord(("value", $0.value), ("p_value", $0.pValue)) }
    }
    return type
  }
}

/// What `wb.distance` answers, as scripts hold it.
package final class DistanceObject: LuaObject {
  package let distance: SampleDistance
  init(_ distance: SampleDistance) { self.distance = distance }
}

/// Declares the functions of the module.
private struct Binding {
  let module: Module
  let context: RunContext

  private static let a = ParameterSpec(
    "a", "array", "one sample: a row a draw, a column a component; or one number a draw")
  private static let b = ParameterSpec("b", "array", "the other sample, with the same columns")

  private static func common(permutations: Int = 200) -> [OptionSpec] {
    [
      .optional(
        "permutations", "integer", default: "\(permutations)",
        "of the pooled rows, for p-value and floor; at least \(DistanceOptions.fewestPermutations)"),
      .optional("seed", "integer", default: "1", "of all that is drawn"),
      .optional("threads", "integer", "threads; the result does not depend on it"),
    ]
  }

  private typealias Compute = (NDArray, NDArray, Options, DistanceOptions) throws -> SampleDistance

  private func function(
    _ key: String, _ doc: String, _ specific: [OptionSpec] = [], permutations: Int = 200, example: String,
    _ compute: @escaping Compute
  ) {
    let declared = specific + Binding.common(permutations: permutations)
    module.arrayFunction(
      key, "\(key)(a, b, options) → Distance", doc, parameters: [Binding.a, Binding.b], options: declared,
      returns: "a Distance, which prints with its p-value and floor", example: example
    ) { call in
      if context.isChecking {
        for i in 1...2 where try call[i].object(PendingResult.self) != nil { return context.pendingResult() }
      }
      let a = try call.array(1), b = try call.array(2)
      let given = try call.options(3)
      var options = DistanceOptions()
      options.permutations = try given.get(
        "permutations", .integer(in: DistanceOptions.fewestPermutations...DistanceOptions.mostPermutations),
        default: permutations)
      options.seed = try given.get("seed", .seed, default: context.seed)
      let threads = try given.optional("threads", .integer(in: 1...1024))
      try context.willWork()
      if context.isChecking { return context.pendingResult() }
      do {
        return try context.running(call.lua, "\(call.name)") { run in
          options.run = run
          if let threads { options.run.threads = threads }
          return DistanceObject(try compute(a, b, given, options))
        }
      } catch let error as DistanceError {
        throw call.error(error.description)
      }
    }
  }

  // MARK: from pairs of rows

  func addKernels() {
    function(
      "energy",
      "The energy distance 2 E|a − b| − E|a − a′| − E|b − b′|, with Euclidean norms: at least 0, and of the laws 0 only "
        + "where they are equal. It has no settings and is the one to begin with.",
      example: "print(wb.distance.energy({1, 2, 3, 4, 5}, {2, 3, 4, 5, 6}))"
    ) { a, b, _, options in try SampleDistance.energy(a, b, options: options) }

    function(
      "mmd",
      "The squared maximum mean discrepancy by its unbiased estimator, which is about 0 for samples of one law and may be "
        + "negative. With r = |x − y| and bandwidth σ the kernel is exp(−r²/(2σ²)), exp(−r/σ), (1 + r²/(2ασ²))^−α or "
        + "(x·y/d + 1)^degree; the last with degree 3 is the kernel inception distance.",
      [
        .optional(
          "kernel", "\"gaussian\"|\"laplace\"|\"rational_quadratic\"|\"polynomial\"", default: "\"gaussian\"",
          "the kernel"),
        .optional(
          "bandwidth", "number | list",
          "σ; of several the kernel is the mean. Without it the median distance between the pooled rows"),
        .optional("alpha", "number", default: "1", "α of the rational quadratic kernel"),
        .optional("degree", "integer", default: "3", "of the polynomial kernel"),
      ],
      example:
        "print(wb.distance.mmd({1, 2, 3, 4, 5}, {2, 3, 4, 5, 6}, {kernel = \"laplace\", bandwidth = 2}))"
    ) { a, b, given, options in
      let name = try given.get(
        "kernel", .oneOf(["gaussian", "laplace", "rational_quadratic", "polynomial"]), default: "gaussian")
      if name != "rational_quadratic", given.has("alpha") {
        throw given.error("alpha", that: "belongs to the rational_quadratic kernel, not to \(name)")
      }
      if name != "polynomial", given.has("degree") {
        throw given.error("degree", that: "belongs to the polynomial kernel, not to \(name)")
      }
      let kernel: SampleKernel =
        switch name {
        case "laplace": .laplace
        case "rational_quadratic":
          .rationalQuadratic(alpha: try given.get("alpha", .positive, default: 1))
        case "polynomial": .polynomial(degree: try given.get("degree", .integer(in: 1...10), default: 3))
        default: .gaussian
        }
      return try SampleDistance.mmd(
        a, b, kernel: kernel, bandwidths: try given.optional("bandwidth", .bandwidths), options: options)
    }
  }

  // MARK: transport

  private static func order(_ given: Options, default standard: WassersteinOrder) throws -> WassersteinOrder {
    try given.optional("p", Reading<Int>.integer(in: 1...2)).flatMap(WassersteinOrder.init) ?? standard
  }

  func addTransport() {
    function(
      "wasserstein",
      "The Wasserstein distance of order p between samples of one column, exact, also for different numbers of rows.",
      [.optional("p", "1|2", default: "1", "the order")],
      example: "print(wb.distance.wasserstein({1, 2, 3, 4, 5}, {2, 3, 4, 5, 6}))"
    ) { a, b, given, options in
      try SampleDistance.wasserstein(a, b, order: try Binding.order(given, default: .one), options: options)
    }

    function(
      "sliced_wasserstein",
      "The sliced Wasserstein distance: the mean over random directions of the one-dimensional distance to the power p, "
        + "to the power 1/p. O(n log n), for any number of columns.",
      [
        .optional("p", "1|2", default: "2", "the order"),
        .optional("projections", "integer", default: "128", "directions, uniform on the sphere"),
      ],
      example: """
        local a = wb.array{{0, 1}, {1, 0}, {2, 2}, {3, 1}, {1, 3}}
        print(wb.distance.sliced_wasserstein(a, a + 1))
        """
    ) { a, b, given, options in
      try SampleDistance.slicedWasserstein(
        a, b, order: try Binding.order(given, default: .two),
        projections: try given.get("projections", .integer(in: 1...100_000), default: 128), options: options)
    }

    function(
      "w2",
      "The Wasserstein distance of order 2, exact, by assigning the rows of one sample to those of the other: samples of "
        + "equal size, at most \(SampleDistance.mostAssignedRows) rows. Each permutation is an assignment problem of its own.",
      permutations: 50,
      example: """
        local a = wb.array{{0, 1}, {1, 0}, {2, 2}, {3, 1}, {1, 3}}
        print(wb.distance.w2(a, a + 1))
        """
    ) { a, b, _, options in try SampleDistance.w2(a, b, options: options) }

    function(
      "sinkhorn",
      "The root of the Sinkhorn divergence for squared distances: entropic transport, less the samples' transport to "
        + "themselves. As epsilon falls it becomes w2, and slow. At most \(SampleDistance.mostSinkhornRows) rows a sample.",
      [
        .optional(
          "epsilon", "number", default: "0.05",
          "the regularisation, times the median squared distance between rows"),
        .optional("debiased", "boolean", default: "true", "whether transport to themselves is subtracted"),
        .optional("tolerance", "number", default: "1e-4", "how far off the marginals may be in all, of 1"),
        .optional(
          "iterations", "integer", default: "1000",
          "at most so many at the final epsilon; the result says if they did not do"),
      ],
      permutations: 50,
      example: """
        local a = wb.array{{0, 1}, {1, 0}, {2, 2}, {3, 1}, {1, 3}}
        print(wb.distance.sinkhorn(a, a + 1))
        """
    ) { a, b, given, options in
      var transport = SinkhornOptions()
      transport.epsilon = try given.get("epsilon", .positive, default: transport.epsilon)
      transport.isDebiased = try given.get("debiased", .boolean, default: true)
      transport.tolerance = try given.get("tolerance", .positive, default: transport.tolerance)
      transport.iterations = try given.get(
        "iterations", .integer(in: 1...1_000_000), default: transport.iterations)
      return try SampleDistance.sinkhorn(a, b, transport: transport, options: options)
    }
  }

  // MARK: tests

  func addTests() {
    function(
      "ks",
      "The two-sample Kolmogorov-Smirnov statistic, the greatest difference of the distribution functions; of several "
        + "columns the greatest of theirs. Of one column the p-value is exact up to na · nb = 10⁸.",
      example: "print(wb.distance.ks({1, 2, 3, 4, 5}, {2, 3, 4, 5, 6}).p_value)"
    ) { a, b, _, options in try SampleDistance.kolmogorovSmirnov(a, b, options: options) }

    function(
      "c2st",
      "The classifier two-sample test: how often the k nearest neighbours of a row, itself left out, tell which sample it "
        + "is of (balanced accuracy). ½ for samples of one law, 1 where they are apart.",
      [.optional("neighbours", "integer", "k; without it the root of the number of rows in both samples")],
      example: "print(wb.distance.c2st({1, 2, 3, 4, 5}, {2, 3, 4, 5, 6}))"
    ) { a, b, given, options in
      try SampleDistance.classifier(
        a, b, neighbours: try given.optional("neighbours", .integer(in: 1...1_000_000_000)), options: options)
    }
  }
}

extension Reading where Value == [Double] {
  fileprivate static var bandwidths: Reading {
    Reading("a number above 0, or a list of them") { value in
      guard let numbers = try numberList(value), !numbers.isEmpty, numbers.count <= 100,
        numbers.allSatisfy({ $0 > 0 && $0.isFinite })
      else { return nil }
      return numbers
    }
  }
}
