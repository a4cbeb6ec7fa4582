import Kernels
import Testing

/// Fits to simulated paths of known parameters: the estimates' errors in units of their standard errors.
@Suite struct FitSimulationTests {
  private struct Scores {
    var sum = [0.0, 0, 0]
    var squares = [0.0, 0, 0]
    var covered = [0, 0, 0]
  }

  private static let replications = 200

  /// (estimate − truth)/s.e. over 200 paths of κ = 2, θ = 1, σ = `sigma`; the truth of σ is taken to be 0.3.
  private func scores(sigma: Double) throws -> Scores {
    var scores = Scores()
    for replication in 0..<FitSimulationTests.replications {
      var random = SequentialRandom(seed: UInt64(1000 + replication), stream: .auxiliary)
      let path = FitModels.eulerPath(
        kappa: 2, theta: 1, sigma: sigma, gamma: 0, from: 1, steps: 4000, dt: 0.05, &random)
      let data = try Observations(path, stateNames: ["x"], times: .step(0.05))
      let fit = try FitModels.vasicek(1, 0.5, 1).fit(data, options: FitOptions(starts: 1))
      #expect(fit.converged)
      for (index, truth) in [2, 1, 0.3].enumerated() {
        let z = (fit.estimates[index].value - truth) / fit.estimates[index].standardError
        scores.sum[index] += z
        scores.squares[index] += z * z
        if z.magnitude < 1.959963984540054 { scores.covered[index] += 1 }
      }
    }
    return scores
  }

  /// Over 200 paths Σz² is χ² with 200 degrees of freedom and mean z normal of deviation 0.071. The limits
  /// are 5 deviations plus, for κ, the known bias of κ̂, 4/T = 0.02, a seventh of its standard error: false
  /// alarms below 1e-5. Coverage of the 95 % intervals: 175 to 199 of 200, false alarms below 1e-4 each.
  @Test func estimatesAndErrorsAreCalibrated() throws {
    let scores = try scores(sigma: 0.3)
    for index in 0..<3 {
      let mean = scores.sum[index] / 200
      #expect(mean.magnitude < (index == 0 ? 0.5 : 0.354), "mean z of \(index): \(mean)")
      #expect(scores.squares[index] > 110 && scores.squares[index] < 310, "Σz² of \(index)")
      #expect((175...199).contains(scores.covered[index]), "coverage of \(index)")
    }
  }

  /// The same test must object to paths with 5 % more noise: the negative control.
  @Test func aWrongTruthIsDetected() throws {
    let scores = try scores(sigma: 0.315)
    #expect(scores.sum[2] / 200 > 2)
    #expect(scores.squares[2] > 310)
    #expect(scores.covered[2] < 175)
  }

  /// Data of γ = ½: the fit finds γ, the AIC of γ = ½ is as good as the free one's (their difference beyond
  /// 2 is χ²₁: −2 to 17, false alarm 1e-5), and the wrong models γ = 0 and 1 are rejected by 100 and more.
  @Test func modelsAreTold() throws {
    var random = SequentialRandom(seed: 77, stream: .auxiliary)
    let path = FitModels.eulerPath(
      kappa: 1, theta: 2, sigma: 0.5, gamma: 0.5, from: 2, steps: 10_000, dt: 0.02, &random)
    #expect(path.values.allSatisfy { $0 > 0 })
    let data = try Observations(path, stateNames: ["x"], times: .step(0.02))
    let free = try FitModels.linearCKLS([1, -1, 1, 0.8]).fit(data)
    let gamma = try #require(free["gamma"])
    #expect(abs(gamma.value - 0.5) < 4.5 * gamma.standardError)
    let aic = try [0, 0.5, 1].map { try FitModels.linearCKLS([1, -1, 1, $0], gamma: nil).fit(data).aic }
    #expect(aic[1] - free.aic > -2.001 && aic[1] - free.aic < 17)
    #expect(aic[0] > free.aic + 100 && aic[2] > free.aic + 100)
  }
}
