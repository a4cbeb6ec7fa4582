import Kernels

extension ToySet {
  var noiseOption: [OptionSpec] {
    noise.map {
      [
        .optional(
          "noise", "number", default: describe(($0 * 1e4).rounded() / 1e4),
          "the standard deviation of the noise")
      ]
    } ?? []
  }

  func noise(_ options: Options) throws -> Double? {
    noise == nil ? nil : try options.optional("noise", .number)
  }
}

extension Module {
  /// The toy sets whose densities are known.
  func defineToyLaws() {
    for toy in toySets where toy.hasDensity {
      let options = toy.noiseOption
      law(
        toy.name, options.isEmpty ? "()" : "{[noise=]}",
        "The toy set of \(toy.title) (wb.data.\(toy.name)) with its density.", options: options,
        example: "print(wb.dist.\(toy.name)():logpdf{1, 0})"
      ) { options in
        guard let law = try toy.density(noise: toy.noise(options)) else {
          throw LawError("the density of \(toy.name) is not known")
        }
        return law
      }
    }
  }
}
