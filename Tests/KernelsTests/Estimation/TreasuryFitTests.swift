import Files
import Glibc
import Kernels
import Testing

/// The ten-year Treasury rate in percent, as the file has it (4.06), one transition a row, Δ = 1/252.
///
/// The reference numbers are in these units: −a/b = 0.2631/0.0500 = 5.26 is a rate in percent. With X as a
/// fraction a would be 0.002631, σ would be 0.5587·100^(γ − 1) = 0.0265, and the log-likelihood larger by
/// n·log 100.
private func treasury(scale: Double = 1) throws -> Observations {
  var path = #filePath[...]
  for _ in 0..<4 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
  guard case .table(let table) = try load(path: path + "/scripts/data/DGS10.csv") else {
    throw SDEError("DGS10.csv is a table")
  }
  let rates = try table.array.column("Rate").values.map { $0 * scale }
  return try Observations(NDArray(rates), stateNames: ["x"], times: .step(1.0 / 252))
}

private func meanReverting(_ start: [Double]) throws -> SDEProblem {
  try FitModels.sde(
    "ckls",
    [
      .number("kappa", start[0], .init()), .number("theta", start[1], .init()),
      .number("sigma", start[2], .positive), .number("gamma", start[3], .init()),
    ], drift: { p, x, _ in [p[0] * (p[1] - x[0])] },
    diffusion: { p, x, _ in [p[2] * Expression.apply(.power, x[0], p[3])] })
}

private func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

@Suite struct TreasuryFitTests {
  @Test func reproducesTheReference() throws {
    let data = try treasury()
    let problem = try FitModels.linearCKLS([0.1, -0.1, 1, 0.5])
    let begun = threadSeconds()
    let fit = try problem.fit(data)
    let seconds = threadSeconds() - begun
    let values = fit.estimates.map(\.value)
    #expect(fit.n == 14801)
    #expect(abs(values[0] - 0.26311) < 6e-6)
    #expect(abs(values[1] + 0.05000) < 6e-6)
    #expect(abs(values[2] - 0.55865) < 6e-6)
    #expect(abs(values[3] - 0.33777) < 6e-6)
    #expect(abs(fit.logLikelihood - 20275.71284) < 6e-6)
    #expect(fit.status == .converged)
    #expect(fit.distance < 1e-8)
    #expect(fit.startsAtOptimum == 8)
    // One thread's own time, so that a busy machine does not matter: 0.12 s measured.
    #expect(seconds < 0.5)
    #expect(fit.evaluations < 400)
  }

  /// Poor starts: no mean reversion, no noise, a tenfold noise, an exponent of the wrong sign.
  @Test(arguments: [
    [5, 1, 0.01, 2], [0.001, 50, 10, 0], [-1, 3, 0.5, -1], [0.2, 5, 100, 1], [0.05, 5.26, 0.56, 0.34],
  ])
  func meanRevertingFormFromPoorStarts(_ start: [Double]) throws {
    let fit = try meanReverting(start).fit(try treasury())
    let kappa = try #require(fit["kappa"]).value
    let theta = try #require(fit["theta"]).value
    #expect(fit.status == .converged, "\(fit)")
    #expect(abs(fit.logLikelihood - 20275.71284) < 6e-6)
    #expect(abs(kappa - 0.0500037) < 1e-6)
    #expect(abs(kappa * theta - 0.263106) < 1e-5)
    #expect(abs(try #require(fit["gamma"]).value - 0.337772) < 1e-6)
  }

  /// In fractions the same model: estimates and likelihood change as the units do.
  @Test func unitsChangeTheNumbersAsTheyMust() throws {
    let fit = try FitModels.linearCKLS([0.001, -0.1, 0.1, 0.5]).fit(try treasury(scale: 0.01))
    let values = fit.estimates.map(\.value)
    let factor = Double.evaluate(.power, 100, values[3] - 1)
    #expect(fit.status == .converged)
    #expect(abs(values[0] - 0.00263106) < 1e-7)
    #expect(abs(values[3] - 0.337772) < 1e-6)
    #expect(abs(values[2] - 0.558646 * factor) < 1e-6)
    #expect(abs(fit.logLikelihood - 20275.71284 - 14801 * Double.evaluate(.log, 100)) < 1e-4)
  }

  /// γ held at 0, ½ and 1, and free: the free one has the best AIC, and γ = 0 and 1 are far off.
  @Test func comparesExponents() throws {
    let data = try treasury()
    let free = try FitModels.linearCKLS([0.1, -0.1, 1, 0.5]).fit(data)
    let aic = try [0, 0.5, 1].map { exponent -> Double in
      let fit = try FitModels.linearCKLS([0.1, -0.1, 1, exponent], gamma: nil).fit(data)
      #expect(fit.k == 3 && fit.converged)
      return fit.aic
    }
    #expect(aic.allSatisfy { $0 > free.aic + 100 })
    #expect(aic[1] < aic[0] && aic[1] < aic[2])
  }

  @Test func reportsTheBound() throws {
    let fit = try FitModels.linearCKLS([0.1, -0.1, 1, 0.1], gamma: .init(lower: -1, upper: 0.2)).fit(
      try treasury())
    #expect(fit.status == .onBound("gamma at its upper bound 0.2"))
    #expect(fit.statusText == "on the bound: gamma at its upper bound 0.2")
    let gamma = try #require(fit["gamma"])
    #expect(gamma.value == 0.2 && gamma.standardError.isNaN && gamma.bound == .upper)
    // The others' errors are those of the fit with γ held there.
    let held = try FitModels.linearCKLS([0.1, -0.1, 1, 0.2], gamma: nil).fit(try treasury())
    for name in ["a", "b", "sigma"] {
      let (a, b) = (try #require(fit[name]), try #require(held[name]))
      #expect(agree(a.value, b.value, 1e-8) && agree(a.standardError, b.standardError, 1e-8))
    }
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let problem = try FitModels.linearCKLS([0.1, -0.1, 1, 0.5])
    let likelihood = try Likelihood(problem, try treasury(), density: try transitionDensity(named: "euler"))
    let values = try [1, 2, 3, 7].map {
      try likelihood.evaluate([0.2, -0.04, 0.6, 0.3], hessian: true, options: RunOptions(threads: $0))
    }
    for value in values.dropFirst() {
      #expect(value.logLikelihood.bitPattern == values[0].logLikelihood.bitPattern)
      #expect(value.gradient == values[0].gradient && value.hessian == values[0].hessian)
    }
  }
}
