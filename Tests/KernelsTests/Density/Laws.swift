import Glibc
import Kernels

/// The three-component mixture of the reference's table of exact values.
func threeGaussians(std: Double = 0.5) throws -> GaussianMixture {
  try GaussianMixture(
    weights: [0.5, 0.3, 0.2],
    components: [[-2.5, -1.5], [2.5, -1.5], [0, 2.5]].map {
      try Gaussian(mean: $0, standardDeviations: [std])
    })
}

/// ½N(−2, ½²) + ½N(2, ½²).
func twoGaussians() throws -> GaussianMixture {
  try GaussianMixture(
    weights: [0.5, 0.5], components: [-2, 2].map { try Gaussian(mean: [$0], standardDeviations: [0.5]) })
}

/// Laws whose score is smooth everywhere, by name.
func smoothLaws() throws -> [(name: String, law: any DensityLaw)] {
  let full = try Gaussian(mean: [1, -2, 0.5], covariance: [2, 0.6, -0.3, 0.6, 1, 0.2, -0.3, 0.2, 0.5])
  let skewed = try GaussianMixture(
    weights: [0.35, 0.65],
    components: [
      Gaussian(mean: [0, 1], covariance: [1, 0.8, 0.8, 1]),
      Gaussian(mean: [1.5, -1], covariance: [0.5, -0.2, -0.2, 0.3]),
    ])
  let t = try StudentT(location: [0.5, -1], shape: [2, 0.5, 0.5, 1], freedom: 5)
  // A Aᵀ + I for an A of whole numbers.
  let a = (0..<100).map { (i: Int) -> Double in Double((i * i + 3 * i) % 7 - 3) }
  var ten = [Double](repeating: 0, count: 100)
  for i in 0..<10 {
    for j in 0..<10 {
      ten[10 * i + j] = i == j ? 1 : 0
      for k in 0..<10 { ten[10 * i + j] += a[10 * i + k] * a[10 * j + k] }
    }
  }
  return [
    ("Gaussian in ten dimensions", try Gaussian(mean: (0..<10).map(Double.init), covariance: ten)),
    ("Gaussian in one dimension", try Gaussian(mean: [0.7], standardDeviations: [1.3])),
    ("Gaussian with standard deviations", try Gaussian(mean: [1, 2], standardDeviations: [0.5, 2])),
    ("Gaussian with a full covariance", full),
    ("mixture in one dimension", try twoGaussians()),
    ("mixture of three", try threeGaussians()),
    ("mixture with full covariances", skewed),
    ("Student t in one dimension", try StudentT(location: [1], scales: [2], freedom: 4.5)),
    ("Student t with a full shape", t),
    ("product", try ProductLaw([t, twoGaussians(), Gaussian(mean: [3], standardDeviations: [0.2])])),
    ("eight Gaussians", try toy("eight_gaussians")),
    ("two moons", try toy("two_moons")),
    ("swiss roll", try toy("swissroll")),
    ("circles", try toy("circles")),
  ]
}

func toy(_ name: String, noise: Double? = nil) throws -> any DensityLaw {
  guard let set = toySets.first(where: { $0.name == name }), let law = try set.density(noise: noise) else {
    throw LawError("no density of \(name)")
  }
  return law
}

/// The first column.
func column(_ x: NDArray, _ j: Int = 0) -> [Double] {
  let d = x.rank == 2 ? x.shape[1] : 1
  return (0..<x.shape[0]).map { x.values[$0 * d + j] }
}

/// (mean − expected) in standard errors.
func standardScore(_ values: [Double], _ expected: Double) -> Double {
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
  return (mean - expected) / (variance / n).squareRoot()
}
