import Kernels
import Testing

@Suite struct FitErrorTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch let error as SDEError {
      return error.description
    } catch {
      return "another error: \(error)"
    }
  }

  private func observations(_ data: NDArray, _ times: ObservationTimes = .step(0.1)) throws -> Observations {
    try Observations(data, stateNames: ["x"], times: times)
  }

  @Test func badData() throws {
    let good = NDArray([1, 1.1, 1.2, 1.1, 1])
    #expect(message { _ = try observations(NDArray([1, 2, .nan, 3])) }.contains("row 3 has nan for 'x'"))
    let second = NDArray([1, .infinity, 3])
    #expect(
      message { _ = try Observations(series: [good, second], stateNames: ["x"], times: .step(1)) }
        .contains("row 2 of series 2 has inf for 'x'"))
    #expect(message { _ = try observations(NDArray([1])) }.contains("at least 2 observations"))
    #expect(
      message { _ = try observations(NDArray.zeros([5, 3])) }
        .contains("have 3 columns, but the state has 1 component (x)"))
    #expect(
      message { _ = try observations(NDArray.zeros([5, 3, 2])) }.contains("shape (5, 3, 2) do not fit"))
    #expect(
      message { _ = try observations(NDArray.zeros([2, 3, 2, 1])) }.contains("a row a time and 1 column"))
    #expect(
      message { _ = try Observations(NDArray.zeros([5]), stateNames: ["u", "v"], times: .step(1)) }
        .contains("a row a time and 2 columns (u, v)"))
    #expect(
      message { _ = try Observations(series: [], stateNames: ["x"], times: .step(1)) }.contains("empty"))
  }

  @Test func badTimes() {
    let good = NDArray([1, 1.1, 1.2])
    for dt in [0, -1, Double.nan, .infinity] {
      #expect(message { _ = try observations(good, .step(dt)) }.contains("must be a positive number"))
    }
    #expect(
      message { _ = try observations(good, .at([[0, 2, 1]])) }.contains("row 3 has 1.0 after 2.0"))
    #expect(message { _ = try observations(good, .at([[0, 0, 1]])) }.contains("times must increase: row 2"))
    #expect(message { _ = try observations(good, .at([[0, 1, .nan]])) }.contains("row 3 has nan"))
    #expect(message { _ = try observations(good, .at([[0, 1]])) }.contains("2 times for the 3 rows"))
    #expect(
      message { _ = try observations(good, .at([[0, 1, 2], [0, 1, 2]])) }.contains("2 lists of times"))
  }

  @Test func badFits() throws {
    let data = try observations(NDArray([1, 1.1, 1.2, 1.1, 1, 1.3]))
    #expect(
      message { _ = try FitModels.gbm(0.1, 0.2).fit(data, options: FitOptions(method: "eular")) }
        == "there is no fit method \"eular\"; there are: \"euler\"")
    #expect(
      message { _ = try FitModels.gbm(0.1, 0.2).fit(observations(NDArray([1, 2, 3]))) }
        .contains("a fit of 2 parameters needs at least 3 transitions, got 2"))
    #expect(
      message { _ = try FitModels.vasicek(2, 1, 1, kappaBounds: .init(lower: 0, upper: 1)).fit(data) }
        .contains("the start value of 'kappa' is 2.0, but it must lie between 0.0 and 1.0"))
    #expect(
      message { _ = try FitModels.vasicek(1, 1, 1, kappaBounds: .init(lower: 3, upper: 1)).fit(data) }
        .contains("leave no room"))
    let fixed = try FitModels.sde("fixed", [], drift: { _, x, _ in x }, diffusion: { _, x, _ in x })
    #expect(message { _ = try fixed.fit(data) }.contains("no parameter to fit"))
  }

  /// Where the density does not exist the first pair is named; a noiseless component is refused.
  @Test func degenerateNoise() throws {
    let data = try observations(NDArray([1, 1.1, 0, 1.1, 0, 1.3]))
    let text = message { _ = try FitModels.gbm(0.1, 0.2).fit(data) }
    #expect(text.contains("rows 3 and 4 (x = 0.0)") && text.contains("mu = 0.1, sigma = 0.2"), "\(text)")
    let langevin = try FitModels.sde(
      "langevin", states: ["q", "v"], noises: 2, [.number("s", 1)],
      drift: { p, x, _ in [x[1], -x[0]] },
      diffusion: { p, x, _ in [x[0].constant(0), x[0].constant(0), x[0].constant(0), p[0]] })
    let walk = try NDArray([0, 0, 1, 1, 2, 0, 1, 1], shape: [4, 2])
    let pairs = try Observations(walk, stateNames: ["q", "v"], times: .step(0.1))
    #expect(message { _ = try langevin.fit(pairs) }.contains("'q' of 'langevin' has no noise"))
    let one = try FitModels.sde(
      "one", states: ["q", "v"], noises: 1, [.number("s", 1)], drift: { p, x, _ in x },
      diffusion: { p, x, _ in [p[0], p[0]] })
    #expect(message { _ = try one.fit(pairs) }.contains("1 noises for 2 components"))
    // Two equal rows: the covariance is singular only in numbers.
    let singular = try FitModels.sde(
      "singular", states: ["q", "v"], noises: 2, [.number("s", 0.3)], drift: { p, x, _ in x },
      diffusion: { p, x, _ in [p[0], p[0] * 0.7, p[0], p[0] * 0.7] })
    #expect(message { _ = try singular.fit(pairs) }.contains("rows 1 and 2"))
  }

  @Test func tooManyCorrelatedComponents() throws {
    let names = (1...9).map { "x\($0)" }
    let full = try FitModels.sde(
      "nine", states: names, noises: 9, [.number("s", 1)], drift: { _, x, _ in x },
      diffusion: { p, _, _ in (0..<81).map { $0 % 10 == 0 ? p[0] : p[0] * 0.1 } })
    let data = try Observations(NDArray.zeros([20, 9]), stateNames: names, times: .step(0.1))
    #expect(message { _ = try full.fit(data) }.contains("9 correlated components: a fit takes at most 8"))
  }

  @Test func cancels() throws {
    let data = try observations(NDArray((0..<100).map { 1 + 0.01 * Double($0 * 7 % 13) }))
    let options = FitOptions(run: RunOptions(cancellation: Cancellation { true }))
    #expect(throws: Cancelled.self) { try FitModels.gbm(0.1, 0.2).fit(data, options: options) }
  }

  @Test func describesItself() throws {
    var random = SequentialRandom(seed: 7, stream: .auxiliary)
    let path = FitModels.eulerPath(
      kappa: 1.5, theta: 0.4, sigma: 0.3, gamma: 0, from: 1, steps: 200, dt: 0.1, &random)
    let lines = try FitModels.vasicek(1, 1, 1).fit(observations(path)).description.split(separator: "\n")
    #expect(lines[0] == "fit of 'vasicek' by \"euler\" (Euler pseudo-likelihood) to 200 transitions")
    #expect(lines[1].contains("estimate") && lines[1].contains("95 % interval"))
    #expect(lines[2].hasPrefix("  kappa  ") && lines[2].contains(" .. "))
    #expect(lines[5].hasPrefix("log-likelihood ") && lines[5].hasSuffix("k = 3, n = 200"))
    #expect(lines[6] == "converged; 8 of 8 starts reached this likelihood")
  }
}
