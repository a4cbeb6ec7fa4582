import Glibc
import Kernels
import Testing

/// Energy distance and MMD: against closed forms and direct double sums.
@Suite struct PairDistanceTests {
  @Test func energyOfTwoPointMasses() throws {
    let a = NDArray([Double](repeating: 1, count: 6)), b = NDArray([Double](repeating: 3.5, count: 9))
    let distance = try SampleDistance.energy(a, b)
    #expect(agree(distance.value, 5, 1e-14))
    #expect(distance.na == 6 && distance.nb == 9)
    // Of C(15, 6) = 5005 splits one is as far apart.
    #expect(distance.pValue < 0.02)
    #expect(agree(distance.interval.lowerBound, 5, 1e-13) && agree(distance.interval.upperBound, 5, 1e-13))
  }

  /// 2 E|a − b| − E|a − a′| − E|b − b′|; sizes that are no multiple of a tile, and more than one tile.
  @Test(arguments: [(37, 52, 3), (300, 411, 2), (260, 255, 40)])
  func energyIsTheDoubleSum(_ n: Int, _ m: Int, _ d: Int) throws {
    let a = try Draws.normal(n, d, seed: 1), b = try Draws.normal(m, d, mean: 0.3, seed: 2)
    let norm: ([Double], [Double]) -> Double = { Draws.squaredDistance($0, $1).squareRoot() }
    let direct = 2 * Draws.mean(a, b, norm) - Draws.mean(a, a, norm) - Draws.mean(b, b, norm)
    let distance = try SampleDistance.energy(a, b, options: DistanceOptions(permutations: 20))
    #expect(agree(distance.value, direct, 1e-12))
  }

  static let kernels: [(SampleKernel, [Double]?, @Sendable (Double, Double, Double) -> Double)] = [
    (.gaussian, [0.7], { r2, _, _ in exp(-r2 / (2 * 0.49)) }),
    (.gaussian, [0.5, 1, 4], { r2, _, _ in (exp(-r2 / 0.5) + exp(-r2 / 2) + exp(-r2 / 32)) / 3 }),
    (.laplace, [1.5], { r2, _, _ in exp(-r2.squareRoot() / 1.5) }),
    (.rationalQuadratic(alpha: 2), [0.8], { r2, _, _ in pow(1 + r2 / (2 * 2 * 0.64), -2) }),
    (.polynomial(degree: 3), nil, { _, xy, d in pow(xy / d + 1, 3) }),
    (.polynomial(degree: 1), nil, { _, xy, d in xy / d + 1 }),
  ]

  @Test(arguments: kernels.indices) func mmdIsTheUnbiasedDoubleSum(_ index: Int) throws {
    let (kernel, bandwidths, formula) = PairDistanceTests.kernels[index]
    let a = try Draws.normal(270, 3, seed: 3), b = try Draws.normal(41, 3, mean: 0.4, seed: 4)
    let k: ([Double], [Double]) -> Double = { x, y in
      formula(Draws.squaredDistance(x, y), zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }, 3)
    }
    let direct =
      Draws.mean(a, a, isUnbiased: true, k) + Draws.mean(b, b, isUnbiased: true, k) - 2 * Draws.mean(a, b, k)
    let distance = try SampleDistance.mmd(a, b, kernel: kernel, bandwidths: bandwidths)
    #expect(agree(distance.value, direct, 1e-12))
    #expect(distance.details.map(\.value) == bandwidths ?? [])
  }

  @Test func medianHeuristic() throws {
    // Pairs: 15 of distance 0 in each sample, 36 of distance 2 between: the median of 66 is 2.
    let a = NDArray([Double](repeating: 0, count: 6)), b = NDArray([Double](repeating: 2, count: 6))
    #expect(try SampleDistance.mmd(a, b).details.map(\.value) == [2])
    #expect(try SampleDistance.mmd(a, b).method == "MMD² (Gaussian kernel, bandwidth 2)")
  }

  /// The permutations in one pass over the pairs are what each would be by itself: their mean and order
  /// statistics agree with distances of samples split anew.
  @Test func permutationsAreSplits() throws {
    // With two values in all a split is known by how many of a's are 0: value 2·(k/6 − (6 − k)/6)²·… in closed form.
    let a = NDArray([0, 0, 0, 0, 0, 0.0]), b = NDArray([1, 1, 1, 1, 1, 1.0])
    let distance = try SampleDistance.energy(a, b, options: DistanceOptions(permutations: 20_000))
    // E over hypergeometric k of 2((2k − 6)/6)²: k has mean 3 and variance 6·½·½·6/11.
    let exact = 2 * 4 / 36.0 * (6 * 0.25 * 6 / 11)
    #expect((distance.floor - exact).magnitude < 0.02 * exact)
    // One split in 462 (two labels of C(12, 6) = 924) is as great; 5 standard errors.
    #expect((distance.pValue - 2 / 924.0).magnitude < 5 * (2 / 924.0 / 20_000).squareRoot())
    // P(value ≥ 8/9) = 74/924 > 5 % > P(value = 2).
    #expect(agree(distance.floorUpper, 8 / 9.0, 1e-12))
  }
}
