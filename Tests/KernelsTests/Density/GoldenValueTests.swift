import Glibc
import Kernels
import Testing

/// Exact values to the digits that were published or derived elsewhere.
@Suite("Laws have the entropies and Fisher informations known") struct GoldenValueTests {
  @Test(
    "of the three-component mixture at each noise level",
    arguments: [
      (0.0, 2.48123, 7.99956), (0.1, 2.52045, 7.69167), (1.0, 4.01664, 1.29977),
    ])
  func mixture(_ sigma: Double, _ entropy: Double, _ squared: Double) throws {
    let law = try threeGaussians().perturbed(alpha: 1, sigma: sigma)
    let (h, s) = (try law.entropy(RunOptions()), try law.squaredScore(RunOptions()))
    #expect(abs(h.value - entropy) < 5.1e-6)
    #expect(abs(s.value - squared) < 5.1e-6)
    #expect(h.method == .quadrature && h.standardError == 0)
    // The floor of denoising score matching in half form: d/(2σ²) − E‖s‖²/2.
    if sigma == 0.1 { #expect(abs(1 / (sigma * sigma) - s.value / 2 - 96.15417) < 5.1e-6) }
    if sigma == 1 { #expect(abs(1 / (sigma * sigma) - s.value / 2 - 0.35012) < 5.1e-6) }
  }

  @Test("of the two-component mixture") func twoComponents() throws {
    let law = try twoGaussians()
    #expect(abs(try law.entropy().value - 1.41884) < 5.1e-6)
    #expect(abs(try law.squaredScore().value - 3.99371) < 5.1e-6)
    let noised = try law.perturbed(alpha: 1, sigma: 0.5)
    #expect(abs(try noised.entropy(RunOptions()).value - 1.75890) < 5.1e-6)
    #expect(abs(4 - (try noised.squaredScore(RunOptions()).value) - 2.11482) < 5.1e-6)
  }

  @Test(
    "of the toy sets",
    arguments: [("eight_gaussians", 2.8319), ("checkerboard", 3.4657), ("swissroll", 2.6696)])
  func toys(_ name: String, _ entropy: Double) throws {
    #expect(abs(try toy(name).entropy(RunOptions(threads: 2)).value - entropy) < 5.1e-5)
  }

  @Test("in closed form") func closedForms() throws {
    let gaussian = try Gaussian(mean: [0, 0], covariance: [2, 0.5, 0.5, 1])
    #expect(abs(gaussian.entropy().value - (1 + log(2 * .pi) + 0.5 * log(1.75))) < 1e-14)
    #expect(abs(gaussian.squaredScore().value - 3 / 1.75) < 1e-14)
    // Cauchy: log 4π; E s² = 1/2.
    let cauchy = try StudentT(location: [3], scales: [1], freedom: 1)
    #expect(abs(cauchy.entropy().value - log(4 * .pi)) < 1e-14)
    #expect(abs(cauchy.squaredScore().value - 0.5) < 1e-15)
    let box = try UniformBox(low: [0, -1], high: [2, 3])
    #expect(abs(box.entropy().value - log(8)) < 1e-15)
    #expect(box.squaredScore().value == .infinity)
  }

  @Test("of the digamma function") func digammaFunction() {
    let euler = 0.577_215_664_901_532_86
    #expect(abs(digamma(1) + euler) < 2e-15)
    #expect(abs(digamma(0.5) + euler + 2 * log(2)) < 4e-15)
    #expect(abs(digamma(10) - 2.251_752_589_066_721) < 2e-15)
    #expect(abs(digamma(0.01) + 100.560_885_457_868_67) < 1e-12)
  }

  /// The same integrals over a fine grid.
  @Test("whatever the shapes of the components") func quadrature() throws {
    let law = try GaussianMixture(
      weights: [0.2, 0.5, 0.3],
      components: [
        Gaussian(mean: [0, 0], covariance: [1, 0.95, 0.95, 1]),
        Gaussian(mean: [1, -1], standardDeviations: [0.2, 0.6]),
        Gaussian(mean: [0.3, 0.2], standardDeviations: [0.1]),
      ])
    let step = 0.02
    let steps = 1000
    let grid = (0..<steps).map { (Double($0) - 0.5 * Double(steps)) * step }
    let points = try NDArray(grid.flatMap { x in grid.flatMap { [x, $0] } }, shape: [steps * steps, 2])
    let logs = try law.logDensity(points).values
    let s = try law.score(points).values
    var (mass, entropy, squared) = (0.0, 0.0, 0.0)
    for i in logs.indices {
      let p = exp(logs[i]) * step * step
      mass += p
      entropy -= p > 0 ? p * logs[i] : 0
      squared += p > 0 ? p * (s[2 * i] * s[2 * i] + s[2 * i + 1] * s[2 * i + 1]) : 0
    }
    #expect(abs(mass - 1) < 1e-10)
    #expect(abs(try law.entropy().value - entropy) < 1e-8)
    #expect(abs(try law.squaredScore().value - squared) < 1e-6)
  }

  @Test("of a narrow component inside a wide one") func multipleScales() throws {
    let law = try GaussianMixture(
      weights: [0.5, 0.5],
      components: [
        Gaussian(mean: [0, 0], standardDeviations: [1]),
        Gaussian(mean: [0.3, 0.2], standardDeviations: [0.001]),
      ])
    // The narrow component is 10⁶ times denser: what they share is of the order 10⁻⁴.
    let apart = log(2) + 0.5 * (2 + 2 * log(2 * .pi) + 2 * log(0.001))
    let entropy = try law.entropy()
    #expect(entropy.method == .quadrature)
    #expect(abs(entropy.value - apart) < 1e-4)
    #expect(abs(standardScore(try law.logDensity(law.sample(1 << 18, seed: 4)).values, -entropy.value)) < 4.9)
  }

  @Test("by Monte Carlo in three dimensions, with a standard error") func monteCarlo() throws {
    let part = try Gaussian(mean: [0, 0, 0], standardDeviations: [1])
    let far = try Gaussian(mean: [100, 0, 0], standardDeviations: [2])
    let law = try GaussianMixture(weights: [0.25, 0.75], components: [part, far])
    let entropy = try law.entropy()
    let exact =
      0.25 * part.entropy().value + 0.75 * far.entropy().value - 0.25 * log(0.25) - 0.75 * log(0.75)
    #expect(entropy.method == .monteCarlo)
    #expect(entropy.standardError > 1e-4 && entropy.standardError < 1e-2)
    #expect(abs(entropy.value - exact) < 5 * entropy.standardError)
    let squared = try law.squaredScore()
    #expect(abs(squared.value - (0.25 * 3 + 0.75 * 0.75)) < 5 * squared.standardError)
  }

  @Test("of products, as sums") func products() throws {
    let parts: [any DensityLaw] = [
      try twoGaussians(), try StudentT(location: [0], scales: [1], freedom: 3),
      try UniformBox(low: [0], high: [2]),
    ]
    let law = try ProductLaw(parts)
    let entropy = try law.entropy(RunOptions())
    #expect(abs(entropy.value - (try parts.reduce(0) { $0 + (try $1.entropy(RunOptions()).value) })) < 1e-12)
    #expect(entropy.method == .quadrature)
    #expect(try law.squaredScore(RunOptions()).value == .infinity)
  }
}
