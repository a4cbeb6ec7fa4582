import Kernels

/// `wb.data`: toy sets, digits, and what is done to data before a model sees them.
enum DataModule {
  static func library(context: RunContext) -> Library {
    var library = Library()
    let module = Module("wb.data", "Data sets, and what is done to data before a model sees them.")
    module.defineToySets(context)
    module.defineDigits(context)
    module.defineTransforms(context)
    library.add(module)
    library.add(standardizationType())
    return library
  }

  private static func standardizationType() -> AnyObjectType {
    let type = ObjectType(
      "data transform", StandardizationObject.self, "An affine map fitted to data, and its inverse.")
    type.described { $0.map.text }
    type.property("dim", "integer", "The number of columns.") { $0.map.dimension }
    type.property("mean", "array", "The data's means.") { NDArray($0.map.mean) }
    type.property(
      "log_det", "number", "log |det W| of y = W (x - mean): log p(x) is log p(y) plus this."
    ) { $0.map.logDeterminant }
    type.method(
      "apply", "apply(x) → array", "Maps other data as the data it was fitted to.",
      parameters: [ParameterSpec("x", "array", "one row a point")], returns: "an array of the same shape",
      example: "local y, map = wb.data.standardize{{1, 2}, {3, 6}}\nprint(map:apply{{5, 10}})"
    ) { object, call in
      try checked(call) { try object.map.apply(try call.array(1)) }
    }
    type.method(
      "inverse", "inverse(y) → array", "Maps back, for example samples of a model.",
      parameters: [ParameterSpec("y", "array", "one row a point")], returns: "an array of the same shape",
      example: "local y, map = wb.data.standardize{{1, 2}, {3, 6}}\nprint(map:inverse(y))"
    ) { object, call in
      try checked(call) { try object.map.inverse(try call.array(1)) }
    }
    return type
  }
}

/// A ``Standardization`` in a script.
final class StandardizationObject: LuaObject {
  let map: Standardization
  init(_ map: Standardization) { self.map = map }
}

extension Standardization {
  fileprivate var text: String {
    "\(kind.rawValue) data of \(dimension) column\(dimension == 1 ? "" : "s"): inverse(y) maps back, apply(x) maps more"
  }
}

extension Module {
  fileprivate func defineToySets(_ context: RunContext) {
    for toy in toySets {
      function(
        toy.name, "\(toy.name){n=, \(toy.noise == nil ? "" : "[noise=], ")[seed=]} → array",
        "Samples of \(toy.title). Sample i is a function of the seed and i alone."
          + (toy.hasDensity ? " wb.dist.\(toy.name) is the law." : ""),
        options: [.required("n", "integer", "how many")] + toy.noiseOption + [
          .optional("seed", "integer", default: "1", "of the samples")
        ], returns: "an array of shape (n, 2)", example: "local x = wb.data.\(toy.name){n = 500, seed = 2}"
      ) { call in
        let options = try call.options(1)
        let n = try options.get("n", .integer(in: 1...Int.max))
        let seed = try options.get("seed", .seed, default: context.seed)
        return try checked(call) {
          let law = try toy.law(noise: try toy.noise(options))
          return try context.running(call.lua, "sampling") { try law.sample(n, seed: seed, options: $0) }
        }
      }
    }
  }

  fileprivate func defineTransforms(_ context: RunContext) {
    function(
      "standardize", "standardize(x) → array, transform",
      "Gives each column mean 0 and standard deviation 1; a column that does not vary is only centred.",
      parameters: [ParameterSpec("x", "array", "one row a point")],
      returns: "the data, and the transform, which maps back and maps more data",
      example: "local y, map = wb.data.standardize(wb.data.pinwheel{n = 1000})\nlocal x = map:inverse(y)"
    ) { call in
      try checked(call) {
        let x = try call.array(1)
        let map = try Standardization.standardizing(x)
        return LuaResults(try map.apply(x), StandardizationObject(map))
      }
    }
    function(
      "whiten", "whiten(x) → array, transform",
      "Gives the data mean 0 and the identity as covariance, by the Cholesky factor of their covariance.",
      parameters: [ParameterSpec("x", "array", "one row a point")],
      returns: "the data, and the transform, which maps back and maps more data",
      example: "local y, map = wb.data.whiten(wb.data.swissroll{n = 1000})\nprint(y:cov())"
    ) { call in
      try checked(call) {
        let x = try call.array(1)
        let map = try Standardization.whitening(x)
        return LuaResults(try map.apply(x), StandardizationObject(map))
      }
    }
    function(
      "dequantise", "dequantise(x, {levels=, [seed=]}) → array",
      "Adds a uniform number in (0, 1) to integers 0, 1, …, levels − 1 and divides by levels: data with a density.",
      parameters: [ParameterSpec("x", "array", "integers")],
      options: [
        .required("levels", "integer", "how many values there are"),
        .optional("seed", "integer", default: "1", "of the uniform numbers"),
      ], returns: "an array of the same shape, in (0, 1)",
      example: "print(wb.data.dequantise({{0, 3}, {2, 1}}, {levels = 4}))"
    ) { call in
      let options = try call.options(2)
      let levels = try options.get("levels", .integer(in: 1...1 << 52))
      let seed = try options.get("seed", .seed, default: context.seed)
      return try checked(call) { try dequantise(try call.array(1), levels: levels, seed: seed) }
    }
    function(
      "split", "split(x, {validation= | fractions=, [seed=]}) → array, array, …",
      "Deals the rows out at random. Arrays with equally many rows are split alike by the same seed: data and labels.",
      parameters: [ParameterSpec("x", "array", "one row a point")],
      options: [
        .optional("validation", "number", default: "0.1", "the share of the second part"),
        .optional("fractions", "list", "the shares of all parts, with sum 1, instead"),
        .optional("seed", "integer", default: "1", "of the order"),
      ], returns: "the parts",
      example:
        "local train, test = wb.data.split(wb.data.circles{n = 100}, {validation = 0.2})\nprint(#train, #test)"
    ) { call in
      let options = try call.options(2)
      try options.refuse("validation", with: "fractions")
      let seed = try options.get("seed", .seed, default: context.seed)
      let validation = try options.get("validation", .number, default: 0.1)
      guard validation > 0, validation < 1 else {
        throw options.error(
          "validation", "expected a number above 0 and below 1, got \(describe(validation))")
      }
      let fractions = try options.get("fractions", .vector, default: NDArray([1 - validation, validation]))
      return try checked(call) {
        LuaResults(all: try splitRows(try call.array(1), fractions: fractions.values, seed: seed))
      }
    }
  }
}
