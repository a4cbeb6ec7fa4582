import Arrays

/// Where a reduction goes: the whole array, or one 0-based axis.
private struct Reduction {
  var axis: Int?
  var ddof: Int

  /// Reads `mean()`, `mean(1)`, `std{ddof = 1}`, `std{axis = 1, ddof = 1}`.
  init(_ arguments: Arguments) throws {
    guard arguments.kind(1) == .table else {
      axis = try arguments.axis(1)
      ddof = 0
      return
    }
    let options = try arguments.options(1)
    axis = try options.optional("axis", .integer(in: 1...)).map { $0 - 1 }
    let takesDDOF = arguments.box.entry?.options.contains { $0.name == "ddof" } ?? false
    ddof = takesDDOF ? try options.get("ddof", .integer(in: 0...), default: 0) : 0
  }
}

private let axisParameter = ParameterSpec(
  "axis", "integer", "the axis to reduce; without it the whole array is")
private let axisOption = OptionSpec.optional(
  "axis", "integer", "the axis to reduce; without it the whole array is")

extension ObjectType where Object == ArrayObject {
  private func reduction(
    _ key: String, _ doc: String, options: [OptionSpec] = [],
    _ body: @escaping (NDArray, Reduction) throws -> any LuaConvertible
  ) {
    arrayMethod(
      key, "\(key)([axis]) → number | array", doc, parameters: [axisParameter],
      options: [axisOption] + options,
      returns: "a number for the whole array; along an axis an array without it",
      example: "wb.array{{1, 2}, {3, 5}}:\(key)(1)"
    ) { box, arguments in try body(box.array, try Reduction(arguments)) }
  }

  func defineReductions() {
    let ddof = OptionSpec.optional(
      "ddof", "integer", default: "0", "what is subtracted from n in the divisor: 1 for the unbiased variance"
    )
    reduction("sum", "The sum, with compensated rounding; of nothing 0.") { array, reduction in
      try reduction.axis.map { try array.sum(axis: $0) as any LuaConvertible } ?? array.sum()
    }
    reduction("mean", "The arithmetic mean.") { array, reduction in
      try reduction.axis.map { try array.mean(axis: $0) as any LuaConvertible } ?? array.mean()
    }
    reduction("var", "The variance, dividing by n − ddof.", options: [ddof]) { array, reduction in
      if let axis = reduction.axis { return try array.variance(axis: axis, ddof: reduction.ddof) }
      return try array.variance(ddof: reduction.ddof)
    }
    reduction("std", "The standard deviation: the square root of `var`.", options: [ddof]) {
      array, reduction in
      if let axis = reduction.axis { return try array.standardDeviation(axis: axis, ddof: reduction.ddof) }
      return try array.standardDeviation(ddof: reduction.ddof)
    }
    reduction("min", "The least element; nan if one is.") { array, reduction in
      try reduction.axis.map { try array.minimum(axis: $0) as any LuaConvertible } ?? array.minimum()
    }
    reduction("max", "The greatest element; nan if one is.") { array, reduction in
      try reduction.axis.map { try array.maximum(axis: $0) as any LuaConvertible } ?? array.maximum()
    }
    arrayMethod(
      "argmin", "argmin() → integer", "The position of the least element, in row-major order.",
      example: "wb.array{3, 1, 2}:argmin()"
    ) { box, _ in
      try box.array.argMinimum() + 1
    }
    arrayMethod(
      "argmax", "argmax() → integer", "The position of the greatest element, in row-major order.",
      example: "wb.array{3, 1, 2}:argmax()"
    ) { box, _ in try box.array.argMaximum() + 1
    }
    defineQuantiles()
    defineHistogram()
    defineCovariance()
  }

  private func defineQuantiles() {
    arrayMethod(
      "quantile", "quantile(q, [axis]) → number | array",
      "The value below which a fraction q of the elements lies, interpolated linearly between neighbours.",
      parameters: [
        ParameterSpec("q", "number | table", "probabilities from 0 to 1"),
        ParameterSpec("axis", "integer", "the axis along which; without it the whole array"),
      ],
      returns: "a number for one q of the whole array; for several q an array whose first axis is theirs",
      example: "wb.range(1, 100):quantile{0.05, 0.5, 0.95}"
    ) { box, arguments in
      let single = try arguments[1].double
      let q = try arguments.get(1, Reading<NDArray>.vector).values
      guard let axis = try arguments.axis(2) else {
        return single == nil ? try box.array.quantiles(q) : try box.array.quantile(q.first ?? .nan)
      }
      let result = try box.array.quantiles(q, axis: axis)
      return single == nil ? result : try result.row(0)
    }
    arrayMethod(
      "median", "median() → number", "The middle value: the ½-quantile.",
      example: "wb.array{3, 1, 2}:median()"
    ) { box, _ in
      try box.array.median()
    }
  }

  private func defineHistogram() {
    arrayMethod(
      "histogram", "histogram{bins =, range =} → table",
      "Counts the elements in equal bins. A bin contains its lower edge, the last also its upper one.",
      options: [
        .optional("bins", "integer", default: "10", "how many"),
        .optional("range", "{low, high}", "by default from the least element to the greatest"),
      ],
      returns:
        "`counts`, `edges` (one more), `centers`, `density` (its area is 1), and how many elements lay `inside`"
        + " and `outside` the range",
      example: "wb.linspace(0, 1, 1000):histogram{bins = 5}.counts"
    ) { box, arguments in
      let options = try arguments.options(1)
      let bins = try options.get("bins", .integer(in: 1...10_000_000), default: 10)
      let range = try options.optional("range", .interval)
      let histogram = try box.array.histogram(bins: bins, range: range.map { ($0.lowerBound, $0.upperBound) })
      let edges = histogram.edges.values
      let centers = NDArray(zip(edges, edges.dropFirst()).map { $0 + ($1 - $0) / 2 })
      return LuaRecord(
        ("counts", histogram.counts), ("edges", histogram.edges), ("centers", centers),
        ("density", histogram.inside > 0 ? try histogram.density() : nil), ("inside", histogram.inside),
        ("outside", histogram.outside))
    }
  }

  private func defineCovariance() {
    arrayMethod(
      "cov", "cov{ddof =} → array", "The covariance matrix of the columns; rows are observations.",
      options: [.optional("ddof", "integer", default: "1", "what is subtracted from n in the divisor")],
      example: "wb.array{{1, 2}, {2, 4}, {3, 7}}:cov()"
    ) { box, arguments in
      try box.array.covariance(ddof: try arguments.options(1).get("ddof", .integer(in: 0...), default: 1))
    }
    arrayMethod(
      "corr", "corr() → array", "The correlation matrix of the columns; rows are observations.",
      example: "wb.array{{1, 2}, {2, 4}, {3, 7}}:corr()"
    ) { box, _ in try box.array.correlation() }
  }
}

extension Reading where Value == ClosedRange<Double> {
  /// Two finite numbers, the lower first.
  package static var interval: Reading {
    Reading("two finite numbers {low, high} with low < high") { value in
      guard let ends = try Reading<NDArray>.vector.read(value), ends.count == 2 else { return nil }
      let (low, high) = (ends.values[0], ends.values[1])
      return low.isFinite && high.isFinite && low < high ? low...high : nil
    }
  }
}
