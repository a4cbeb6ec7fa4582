import Kernels
import Testing

/// wb.check on samples.
@Suite struct SampleCheckTests {
  private func report(_ samples: NDArray, _ law: any DensityLaw, seed: UInt64 = 1, level: Double = 0.01)
    throws
    -> CheckReport
  {
    var check = SampleCheck()
    (check.seed, check.level) = (seed, level)
    return try check.report(samples, law: law)
  }

  private func changed(_ x: NDArray, _ f: (Double) -> Double) throws -> NDArray {
    try NDArray(x.values.map(f), shape: x.shape)
  }

  @Test func `The law's own samples are blamed no oftener than the level says`() throws {
    // 150 checks at 5 %: more than 20 have a probability below 1e-4.
    let law = try threeGaussians()
    var blamed = 0
    for seed in 0..<150 {
      let x = try law.sample(200, seed: UInt64(1000 + seed))
      if try !report(x, law, seed: UInt64(seed), level: 0.05).isRight { blamed += 1 }
    }
    #expect(blamed <= 20)
    // The tests are not idle either: by Bonferroni the rate is below 5 %, but not 0.
    #expect(blamed >= 1)
  }

  @Test func `What the report says it would have found, it finds`() throws {
    let law = try threeGaussians()
    let right = try report(try law.sample(2000, seed: 40), law)
    #expect(right.isRight, "\(right)")
    // "a mean off by 0.11 standard deviations": of component 1, whose standard deviation is about 2.3.
    let text = right.sentences[1]
    let number = try #require(text.firstMatch(of: /off by ([0-9.]+) standard/)?.1)
    let shift = try #require(Double(number))
    #expect(shift > 0.02 && shift < 0.3)
    var found = 0
    for seed in 0..<40 {
      let x = try law.sample(2000, seed: UInt64(100 + seed))
      let shifted = try changed(x) { $0 + shift * 2.3 }
      if try !report(shifted, law, seed: UInt64(seed)).isRight { found += 1 }
    }
    // Nine in ten or more: fewer than 30 of 40 has a probability below 1 in 200 at exactly nine in ten.
    #expect(found >= 30)
  }

  @Test func `Shifts, scales, weights and temperatures are told apart`() throws {
    let law = try threeGaussians()
    let x = try law.sample(4000, seed: 9)
    let shifted = try report(try changed(x) { $0 + 0.2 }, law)
    #expect(
      shifted.finding == .biased && shifted.bias.allSatisfy { $0.deviation(from: 0.2) < 4.9 }, "\(shifted)")
    let wide = try report(try changed(x) { 1.1 * $0 }, law)
    #expect(wide.finding == .scaled && wide.verdict.contains("times as wide"), "\(wide)")
    let other = try GaussianMixture(weights: [0.4, 0.4, 0.2], components: law.components)
    let weights = try report(try other.sample(4000, seed: 9), law)
    #expect(
      weights.finding == .wrong && weights.verdict.contains("of the mixture has the share"), "\(weights)")
    let narrow = try threeGaussians(std: 0.5 * 0.5.squareRoot())
    let cold = try report(try narrow.sample(4000, seed: 9), law)
    #expect(cold.verdict.contains("without its √2"), "\(cold)")
    #expect(try #require(cold.temperature).deviation(from: 0.5) < 4.9, "\(cold)")
  }

  @Test func `Samples with the right moments and the wrong law are found`() throws {
    // ±1 and a normal law have the same mean and variance.
    let law = try Gaussian(mean: [0], standardDeviations: [1])
    var random = SplitMix(1)
    let signs = try NDArray((0..<1000).map { _ in random.uniform() < 0.5 ? -1 : 1 }, shape: [1000, 1])
    let found = try report(signs, law)
    #expect(!found.isRight && found.pValue ?? 1 < 0.005, "\(found)")
  }

  @Test func `What cannot be compared is refused`() throws {
    let law = try threeGaussians()
    #expect(throws: CheckError.self) { try report(try NDArray([1, 2, 3], shape: [3]), law) }
    #expect(throws: CheckError.self) { try report(try law.sample(10, seed: 1), law) }
    var values = try law.sample(100, seed: 1).values
    values[7] = .nan
    let found = try report(try NDArray(values, shape: [100, 2]), law)
    #expect(found.finding == .notFinite && found.verdict.contains("row 4"), "\(found)")
  }
}
