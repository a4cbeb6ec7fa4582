import Kernels
import Testing

@Suite("Laws refuse") struct LawErrorTests {
  private func message(_ body: () throws -> Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test("weights that are no probabilities") func weights() throws {
    let part = try Gaussian(mean: [0], standardDeviations: [1])
    func mixture(_ weights: [Double]) -> String? {
      message { try GaussianMixture(weights: weights, components: weights.map { _ in part }) }
    }
    #expect(mixture([0.5, 0.4]) == "weights must sum to 1, but they sum to 0.9: divide each by the sum")
    #expect(mixture([0.5, 0.5 + 2e-9])?.hasPrefix("weights must sum to 1") == true)
    #expect(mixture([0.5, 0.5 + 0.5e-9]) == nil)
    #expect(mixture([1.5, -0.5]) == "weights must be numbers of at least 0, but weight 2 is -0.5")
    #expect(mixture([.nan, 1])?.contains("weight 1 is nan") == true)
    #expect(mixture([]) == "a mixture needs at least one component")
    #expect(
      message { try GaussianMixture(weights: [1], components: [part, part]) }
        == "1 weights for 2 components of the mixture")
    // A component of weight 0 takes no part.
    let law = try GaussianMixture(
      weights: [1, 0], components: [part, Gaussian(mean: [9], standardDeviations: [1])])
    #expect(law.components.count == 1 && law.weights == [1])
  }

  @Test("matrices that are no covariances") func covariances() throws {
    #expect(
      message { try Gaussian(mean: [0, 0], covariance: [1, 2, 2, 1]) }
        == "the covariance is not positive definite: given the components before it, component 2 has the variance -3.0"
    )
    #expect(
      message { try Gaussian(mean: [0, 0], covariance: [1, 0.5, 0.4, 1]) }
        == "the covariance is not symmetric: [2][1] is 0.4, but [1][2] is 0.5")
    #expect(
      message { try Gaussian(mean: [0, 0], covariance: [1, 1, 1, 1]) }?.contains("not positive definite")
        == true)
    #expect(
      message { try Gaussian(mean: [0], covariance: [.nan]) } == "the covariance has the element [1][1] = nan"
    )
    #expect(
      message { try Gaussian(mean: [0, 0], covariance: [1]) }
        == "the mean has 2 components, but the covariance 1 elements")
    #expect(
      message { try Gaussian(mean: [0, 0], standardDeviations: [1, 0]) }
        == "a standard deviation must be a number above 0, got 0.0 (component 2)")
    #expect(
      message { try Gaussian(mean: [0, 0], standardDeviations: [1, 1, 1]) }
        == "3 standard deviations for a mean of 2 components")
    #expect(
      message { try Gaussian(mean: [0, .infinity], standardDeviations: [1]) }
        == "the mean has the component [2] = inf")
    #expect(message { try Gaussian(mean: [], standardDeviations: []) }?.contains("empty") == true)
  }

  @Test("what has no closed form or no meaning") func questions() throws {
    let t = try StudentT(location: [1, 2], scales: [2], freedom: 3)
    #expect(
      message { try t.perturbed(alpha: 1, sigma: 0.1) }
        == "a Student t with Gaussian noise has no closed form: use a Gaussian or a mixture")
    #expect((try t.perturbed(alpha: -0.5, sigma: 0) as? StudentT)?.location == [-0.5, -1])
    #expect(try t.perturbed(alpha: 0, sigma: 2) is Gaussian)
    let law = try threeGaussians()
    #expect(
      message { try law.perturbed(alpha: 1, sigma: -1) } == "sigma must be a number of at least 0, got -1.0")
    #expect(message { try law.perturbed(alpha: .nan, sigma: 1) } == "alpha must be a finite number, got nan")
    #expect(message { try law.perturbed(alpha: 0, sigma: 0) }?.contains("single point") == true)
    #expect(
      message { try ProductLaw([law, t]).perturbed(alpha: 1, sigma: 1) }?.contains("Student t") == true)
    #expect(
      message { try StudentT(location: [0], scales: [1], freedom: 0) }?.contains("degrees of freedom") == true
    )
    #expect(
      message { try UniformBox(low: [0, 1], high: [1, 1]) }
        == "the box is empty: component 2 goes from 1.0 to 1.0")
    #expect(
      message { try toy("circles", noise: 0) }
        == "circles without noise has no density: the noise must be above 0")
    #expect(message { try toy("circles", noise: 1e-5) }?.contains("too sharp") == true)
    #expect(message { try toySets[0].law(noise: -1) } == "noise must be a number of at least 0, got -1.0")
  }

  @Test("to go on when they are cancelled") func cancelled() throws {
    let stopped = RunOptions(threads: 1, cancellation: Cancellation { true })
    #expect(throws: Cancelled.self) { try threeGaussians().sample(10, seed: 1, options: stopped) }
    #expect(throws: Cancelled.self) { try threeGaussians().entropy(stopped) }
  }
}
