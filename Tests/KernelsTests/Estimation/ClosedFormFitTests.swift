import Kernels
import Testing

/// Models whose Euler likelihood has its maximum in closed form.
@Suite struct ClosedFormFitTests {
  /// The Vasicek likelihood is a linear regression of X′ − X on (1, X): estimates and standard errors in
  /// closed form (θ's by the delta method, exact for the observed information at the maximum).
  @Test func vasicekIsOrdinaryLeastSquares() throws {
    var random = SequentialRandom(seed: 7, stream: .auxiliary)
    let dt = 0.1
    let path = FitModels.eulerPath(
      kappa: 1.5, theta: 0.4, sigma: 0.3, gamma: 0, from: 1, steps: 800, dt: dt, &random)
    let data = try Observations(path, stateNames: ["x"], times: .step(dt))
    let fit = try FitModels.vasicek(0.3, 2, 2).fit(data)

    let x = Array(path.values.dropLast())
    let y = zip(path.values.dropFirst(), x).map { $0 - $1 }
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    let sxx = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let sxy = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let slope = sxy / sxx
    let intercept = meanY - slope * meanX
    let rss = zip(x, y).reduce(0.0) { sum, pair in
      let r = pair.1 - intercept - slope * pair.0
      return sum + r * r
    }
    let s2 = rss / n
    let (kappa, theta, sigma) = (-slope / dt, -intercept / slope, (s2 / dt).squareRoot())
    let varSlope = s2 / sxx
    let varIntercept = s2 * (1 / n + meanX * meanX / sxx)
    let cov = -s2 * meanX / sxx
    let varTheta =
      (varIntercept + theta * theta * varSlope + 2 * theta * cov) / (slope * slope)
    let errors = [varSlope.squareRoot() / dt, varTheta.squareRoot(), sigma / (2 * n).squareRoot()]
    #expect(fit.status == .converged)
    for (estimate, (value, error)) in zip(fit.estimates, zip([kappa, theta, sigma], errors)) {
      #expect(agree(estimate.value, value, 1e-9), "\(estimate.name)")
      #expect(agree(estimate.standardError, error, 1e-8), "\(estimate.name)")
    }
    let logLikelihood = -0.5 * n * (Double.evaluate(.log, 2 * .pi * s2) + 1)
    #expect(agree(fit.logLikelihood, logLikelihood, 1e-12))
    #expect(agree(fit.aic, 6 - 2 * logLikelihood, 1e-12))
    #expect(agree(fit.bic, 3 * Double.evaluate(.log, n) - 2 * logLikelihood, 1e-12))
    #expect(agree(fit.covariance.values[0], errors[0] * errors[0], 1e-8))
    #expect(fit.correlation.values[4] == 1)
    #expect(fit.problem.parameters.map { $0.values[0] } == fit.estimates.map(\.value))
  }

  /// GBM at unequal times: returns r ~ N(μΔ, σ²Δ).
  @Test func gbmAtUnequalTimes() throws {
    var random = SequentialRandom(seed: 11, stream: .auxiliary)
    var times = [2.0]
    var path = [3.0]
    for _ in 0..<500 {
      let dt = 0.01 + 0.2 * random.uniform()
      times.append(times.last! + dt)
      path.append(path.last! * (1 + 0.3 * dt + 0.2 * dt.squareRoot() * random.normal()))
    }
    let fit = try FitModels.gbm(0.1, 0.5).fit(
      Observations(NDArray(path), stateNames: ["x"], times: .at([times])))
    let r = zip(path.dropFirst(), path).map { $0 / $1 - 1 }
    let dt = zip(times.dropFirst(), times).map { $0 - $1 }
    let total = dt.reduce(0, +)
    let mu = r.reduce(0, +) / total
    let sigma =
      (zip(r, dt).reduce(0) { $0 + ($1.0 - mu * $1.1) * ($1.0 - mu * $1.1) / $1.1 } / 500).squareRoot()
    #expect(fit.converged)
    #expect(agree(fit.estimates[0].value, mu, 1e-9) && agree(fit.estimates[1].value, sigma, 1e-9))
    #expect(agree(fit.estimates[0].standardError, sigma / total.squareRoot(), 1e-8))
    #expect(agree(fit.estimates[1].standardError, sigma / 1000.0.squareRoot(), 1e-8))
  }

  /// With κ stopped below its estimate, θ and σ solve the regression with that slope.
  @Test func activeBound() throws {
    var random = SequentialRandom(seed: 7, stream: .auxiliary)
    let path = FitModels.eulerPath(
      kappa: 1.5, theta: 0.4, sigma: 0.3, gamma: 0, from: 1, steps: 800, dt: 0.1, &random)
    let data = try Observations(path, stateNames: ["x"], times: .step(0.1))
    let fit = try FitModels.vasicek(0.1, 2, 2, kappaBounds: .init(lower: 0, upper: 0.5)).fit(data)
    let y = zip(path.values.dropFirst(), path.values).map { $0 - $1 * (1 - 0.05) }
    let n = Double(y.count)
    let mean = y.reduce(0, +) / n
    let variance = y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    #expect(fit.status == .onBound("kappa at its upper bound 0.5"))
    #expect(fit.estimates[0].value == 0.5 && fit.estimates[0].reason == "at its upper bound")
    #expect(agree(fit.estimates[1].value, mean / 0.05, 1e-8))
    #expect(agree(fit.estimates[2].value, (variance / 0.1).squareRoot(), 1e-8))
    #expect(agree(fit.estimates[2].standardError, fit.estimates[2].value / (2 * n).squareRoot(), 1e-7))
  }

  /// A growing path has no positive mean reversion: the rate goes to its open bound 0, and is reported.
  @Test func positiveParameterGoesToZero() throws {
    var random = SequentialRandom(seed: 3, stream: .auxiliary)
    let path = FitModels.eulerPath(
      kappa: -0.5, theta: 0, sigma: 0.2, gamma: 0, from: 1, steps: 300, dt: 0.01, &random)
    let problem = try FitModels.sde(
      "decay", [.number("kappa", 1, .positive), .number("sigma", 1, .positive)],
      drift: { p, x, _ in [-(p[0] * x[0])] }, diffusion: { p, _, _ in [p[1]] })
    let fit = try problem.fit(Observations(path, stateNames: ["x"], times: .step(0.01)))
    #expect(fit.status == .onBound("kappa at its lower bound 0"), "\(fit)")
    #expect(fit.estimates[0].value < 1e-6 && fit.estimates[0].standardError.isNaN)
    #expect(agree(fit.estimates[1].standardError, fit.estimates[1].value / 600.0.squareRoot(), 1e-6))
  }

  /// Only a + b matters: both are reported as undetermined, and σ keeps its error.
  @Test func undeterminedParameters() throws {
    var random = SequentialRandom(seed: 5, stream: .auxiliary)
    let path = FitModels.eulerPath(
      kappa: 1, theta: 0.5, sigma: 0.3, gamma: 0, from: 1, steps: 400, dt: 0.1, &random)
    let problem = try FitModels.sde(
      "redundant", [.number("a", 0.2), .number("b", 1), .number("sigma", 1), .number("unused", 2)],
      drift: { p, x, _ in [p[0] + p[1] - x[0]] }, diffusion: { p, _, _ in [p[2]] })
    let fit = try problem.fit(Observations(path, stateNames: ["x"], times: .step(0.1)))
    guard case .notConverged(let why) = fit.status else {
      Issue.record("a flat likelihood was reported as \(fit.status)")
      return
    }
    #expect(why.contains("do not determine a, b, unused"), "\(why)")
    for name in ["a", "b", "unused"] {
      let estimate = try #require(fit[name])
      #expect(estimate.standardError.isNaN && estimate.reason == "not determined by the data")
    }
    let sigma = try #require(fit["sigma"])
    #expect(agree(sigma.standardError, sigma.value / 800.0.squareRoot(), 1e-7))
  }

  /// A likelihood without a maximum: σ is wanted ever smaller on a noiseless path.
  @Test func noMaximumIsNotReportedAsConverged() throws {
    let path = NDArray((0..<50).map { Double($0) })
    let problem = try FitModels.sde(
      "line", [.number("a", 0.5, .init()), .number("sigma", 1, .positive)],
      drift: { p, _, _ in [p[0]] }, diffusion: { p, _, _ in [p[1]] })
    let fit = try problem.fit(Observations(path, stateNames: ["x"], times: .step(1)))
    #expect(fit.status != .converged, "\(fit)")
    #expect(fit.estimates.allSatisfy { $0.standardError.isNaN && $0.reason != nil }, "\(fit)")
  }

  /// σ and −σ are one model: the estimate keeps the sign of the start value.
  @Test(arguments: [0.5, -0.5]) func signsAreKept(_ start: Double) throws {
    var random = SequentialRandom(seed: 9, stream: .auxiliary)
    let path = FitModels.eulerPath(
      kappa: 0, theta: 0, sigma: 0.2, gamma: 1, from: 1, steps: 300, dt: 0.1, &random)
    let fit = try FitModels.gbm(0.1, start).fit(Observations(path, stateNames: ["x"], times: .step(0.1)))
    #expect(fit.converged && fit.estimates[1].value * start > 0)
    #expect(abs(fit.estimates[1].value.magnitude - 0.2) < 0.05)
  }
}
