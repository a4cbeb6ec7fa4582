import Kernels

/// `wb.dist`: laws with known densities.
enum DistributionModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    let module = Module(
      "wb.dist",
      "Probability laws with known density, score and entropy: oracles for losses, nets and samplers.")
    module.defineGaussians()
    module.defineOtherLaws()
    module.defineToyLaws()
    library.add(module)
    for type in DistributionType.make(tracer, context) { library.add(type) }
    return library
  }
}

extension Module {
  private static let dimension = OptionSpec.optional(
    "dim", "integer", "dimensions, where no option has one number for each")

  /// Declares a constructor of laws.
  func law(
    _ key: String, _ signature: String, _ doc: String, options: [OptionSpec], example: String,
    _ make: @escaping (Options) throws -> any DensityLaw
  ) {
    function(
      key, "\(key)\(signature) → distribution", doc, options: options, returns: "a distribution",
      example: example
    ) { call in try DistributionType.law(call) { try make(try call.options(1)) } }
  }

  fileprivate func defineGaussians() {
    law(
      "gaussian", "{[mean=, cov= | std=, dim=]}", "The normal law; standard normal without options.",
      options: [
        .optional("mean", "number | list", default: "0", "the mean"),
        .optional("std", "number | list", default: "1", "standard deviations of independent components"),
        .optional("cov", "matrix", "the covariance, instead of std"), Module.dimension,
      ],
      example: "local d = wb.dist.gaussian{mean = {1, 2}, cov = {{2, 0.5}, {0.5, 1}}}\nprint(d, d.entropy)"
    ) { options in
      try options.refuse("std", with: "cov")
      let (mean, cov) = try (options.optional("mean", .vector), options.optional("cov", .matrix))
      if let cov {
        let d = try options.square("cov", cov)
        return try Gaussian(mean: try options.location("mean", mean, d), covariance: cov.values)
      }
      let stds = try options.get("std", .vector, default: NDArray([1])).values
      let d = try options.dimension(mean?.count ?? 1, stds.count)
      return try Gaussian(mean: try options.location("mean", mean, d), standardDeviations: stds)
    }
    law(
      "gaussian_mixture", "{means=, stds= | covs=, [weights=]}",
      "A mixture of normal laws. Its score and log-density are those of the log-sum-exp form, exact far from all means.",
      options: [
        .required("means", "array", "one row a component"),
        .optional(
          "stds", "number | list | array",
          "standard deviations: one for all, one a component, or a row of one a dimension for each"),
        .optional("covs", "array | list of matrices", "covariances: one for all, or one a component"),
        .optional("weights", "list", default: "equal", "the components' probabilities, with sum 1"),
      ],
      example: """
        local mixture = wb.dist.gaussian_mixture{weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5}
        print(mixture.entropy, mixture.fisher, mixture:score{1, 0})
        """
    ) { options in
      try options.refuse("stds", with: "covs")
      let means = try options.get("means", .matrix)
      let (k, d) = (means.shape[0], means.shape[1])
      guard k > 0, d > 0 else {
        throw options.error("means", that: "is empty: one row a component is needed")
      }
      let parts = try options.has("covs") ? options.covariances(means) : options.deviations(means)
      let weights = try options.get(
        "weights", .vector, default: NDArray(Array(repeating: 1 / Double(k), count: k)))
      return try GaussianMixture(weights: weights.values, components: parts)
    }
  }

  fileprivate func defineOtherLaws() {
    law(
      "student_t", "{dof=, [loc=, scale= | shape=, dim=]}",
      "The multivariate t law: loc + L z sqrt(dof / w) with z standard normal, w chi-squared with dof degrees of "
        + "freedom and L the scale.",
      options: [
        .required("dof", "number", "degrees of freedom, above 0"),
        .optional("loc", "number | list", default: "0", "the location"),
        .optional("scale", "number | list", default: "1", "the scales of the components"),
        .optional("shape", "matrix", "L Lᵀ, instead of scale"), Module.dimension,
      ],
      example: "wb.dist.student_t{dof = 3, loc = {0, 1}, scale = 2}:sample(4)"
    ) { options in
      try options.refuse("scale", with: "shape")
      let freedom = try options.get("dof", .number)
      let (location, shape) = try (options.optional("loc", .vector), options.optional("shape", .matrix))
      if let shape {
        let d = try options.square("shape", shape)
        return try StudentT(
          location: try options.location("loc", location, d), shape: shape.values, freedom: freedom)
      }
      let scales = try options.get("scale", .vector, default: NDArray([1])).values
      let d = try options.dimension(location?.count ?? 1, scales.count)
      return try StudentT(
        location: try options.location("loc", location, d), scales: scales, freedom: freedom)
    }
    law(
      "uniform", "{[low=, high=, dim=]}", "The uniform law on a box. Outside its score is NaN.",
      options: [
        .optional("low", "number | list", default: "0", "the lower corner"),
        .optional("high", "number | list", default: "1", "the upper corner"), Module.dimension,
      ],
      example: "wb.dist.uniform{low = {-1, -1}, high = 1}.entropy"
    ) { options in
      let (low, high) = try (options.optional("low", .vector), options.optional("high", .vector))
      let d = try options.dimension(low?.count ?? 1, high?.count ?? 1)
      return try UniformBox(
        low: try options.location("low", low, d),
        high: try options.location("high", high ?? NDArray([1]), d))
    }
    function(
      "product", "product{part, part, …} → distribution",
      "Independent parts, one after the other; each may have any dimension.",
      parameters: [ParameterSpec("parts", "list of distributions", "the parts")], returns: "a distribution",
      example: "wb.dist.product{wb.dist.gaussian{std = 2}, wb.dist.student_t{dof = 4}}.entropy"
    ) { call in
      let parts = try call.table(1).array().enumerated().map { index, value in
        guard let part = value.object(DistributionObject.self) else {
          throw call.error(
            "part \(index + 1) is \(try call.lua.typeDescription(of: value)), not a distribution made by wb.dist"
          )
        }
        return part.law
      }
      return try DistributionType.law(call) { try ProductLaw(parts) }
    }
  }
}

extension Options {
  /// Two options that say the same thing.
  func refuse(_ name: String, with other: String) throws {
    if has(name), has(other) { throw error(name, "give either \(name) or \(other), not both") }
  }

  /// The dimension of a square matrix.
  func square(_ name: String, _ matrix: NDArray) throws -> Int {
    guard matrix.shape[0] == matrix.shape[1], matrix.shape[0] > 0 else {
      throw error(name, "expected a square matrix, got shape \(shapeText(matrix.shape))")
    }
    return try dimension(matrix.shape[0], 1)
  }

  /// The dimension that the sizes of two options and `dim` agree on; 1 fits any.
  func dimension(_ sizes: Int...) throws -> Int {
    let given = try optional("dim", .integer(in: 1...100_000))
    let all = sizes + (given.map { [$0] } ?? [])
    let d = all.max() ?? 1
    if let other = all.first(where: { $0 != d && $0 != 1 }) {
      throw LuaError("\(function): the options have \(other) and \(d) components: give each as many, or one")
    }
    if let given, given != d {
      throw error("dim", that: "is \(given), but another option has \(d) components")
    }
    return d
  }

  /// One number a dimension, from as many, from one, or zeros.
  func location(_ name: String, _ value: NDArray?, _ d: Int) throws -> [Double] {
    guard let values = value?.values else { return [Double](repeating: 0, count: d) }
    if values.count == d { return values }
    guard values.count == 1 else {
      throw error(name, that: "has \(values.count) components, but \(d) are needed")
    }
    return Array(repeating: values[0], count: d)
  }

  /// The components of a mixture by their standard deviations.
  fileprivate func deviations(_ means: NDArray) throws -> [Gaussian] {
    let (k, d) = (means.shape[0], means.shape[1])
    let stds = try get("stds", .array)
    let rows: (Int) -> [Double]
    switch stds.shape {
    case [], [1]: rows = { _ in [stds.values[0]] }
    case [k], [k, 1]: rows = { [stds.values[$0]] }
    case [k, d]: rows = { Array(stds.values[$0 * d..<($0 + 1) * d]) }
    default:
      throw error(
        "stds",
        "expected one number, one for each of the \(k) components, or \(k) rows of \(d), got shape "
          + shapeText(stds.shape))
    }
    return try (0..<k).map {
      try Gaussian(mean: Array(means.values[$0 * d..<($0 + 1) * d]), standardDeviations: rows($0))
    }
  }

  /// The components of a mixture by their covariances.
  fileprivate func covariances(_ means: NDArray) throws -> [Gaussian] {
    let (k, d) = (means.shape[0], means.shape[1])
    let covs = try get("covs", .array)
    let rows: (Int) -> [Double]
    switch covs.shape {
    case [d, d]: rows = { _ in covs.values }
    case [k, d, d], d == 1 ? [k] : [k, d, d]: rows = { Array(covs.values[$0 * d * d..<($0 + 1) * d * d]) }
    default:
      throw error(
        "covs", "expected \(k) matrices of \(d) × \(d), or one for all, got shape \(shapeText(covs.shape))")
    }
    return try (0..<k).map {
      try Gaussian(mean: Array(means.values[$0 * d..<($0 + 1) * d]), covariance: rows($0))
    }
  }
}
