import Kernels

/// A distribution with a known density, as losses take their floors from it.
struct DistributionOracle: ScoreOracle {
  let law: any DensityLaw
  let expectedSquaredScore: Double
  private let options: RunOptions

  init(_ law: any DensityLaw, _ options: RunOptions) throws {
    self.law = law
    self.options = options
    expectedSquaredScore = try law.squaredScore(options).value
  }

  var dimension: Int { law.dimension }

  func perturbed(alpha: Double, sigma: Double) throws -> any ScoreOracle {
    try DistributionOracle(law.perturbed(alpha: alpha, sigma: sigma), options)
  }
}
