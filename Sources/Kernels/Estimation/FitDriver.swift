import Arrays
import Execution
import Glibc
import Random
import SDE

/// How a fit is done.
public struct FitOptions: Sendable {
  /// The name of a transition density.
  public var method: String
  /// Searches: the first from the given values, the others from perturbed ones.
  public var starts: Int
  /// Of the perturbations.
  public var seed: UInt64
  /// Passes over the data that one search may take.
  public var maximumEvaluations: Int
  public var run: RunOptions

  public init(
    method: String = "euler", starts: Int = 8, seed: UInt64 = 1, maximumEvaluations: Int = 500,
    run: RunOptions = RunOptions()
  ) {
    self.method = method
    self.starts = starts
    self.seed = seed
    self.maximumEvaluations = maximumEvaluations
    self.run = run
  }
}

extension SDEProblem {
  /// The parameters that maximise the likelihood of observed paths.
  ///
  /// Parameters marked learnable are fitted, within their bounds; if none is marked, every parameter that
  /// is one number. A search (NLopt's SLSQP) runs from the given values and from perturbations of them;
  /// the best point is then climbed to the top by Newton steps with the exact Hessian. Standard errors are
  /// from the inverse observed information.
  ///
  /// - Throws: ``SDEError`` for an unknown method or one that does not apply, too few observations, a start
  ///   outside its bounds, and a likelihood that does not exist at the start values (with the first pair of
  ///   observations where it fails); ``Cancelled``.
  ///
  /// Sources: Kessler, Lindner and Sørensen, Statistical Methods for Stochastic Differential Equations
  /// (2012), ch. 1; Akaike, IEEE Trans. Autom. Control 19 (1974) 716; Schwarz, Ann. Statist. 6 (1978) 461.
  public func fit(_ observations: Observations, options: FitOptions = FitOptions()) throws -> Fit {
    let density = try transitionDensity(named: options.method)
    return try Likelihood(self, observations, density: density).maximize(options)
  }
}

extension Likelihood {
  /// The fit of this likelihood: ``SDEProblem/fit(_:options:)`` with a density of one's own.
  ///
  /// - Throws: as there; `options.method` is not looked at.
  public func maximize(_ options: FitOptions = FitOptions()) throws -> Fit {
    let k = coordinates.count
    guard observations.count > k else {
      throw SDEError(
        "too few observations: a fit of \(k) parameter\(k == 1 ? "" : "s") needs at least \(k + 1) transitions, "
          + "got \(observations.count)")
    }
    try checkStart(options.run)
    var space = SearchSpace(self, options: options.run)
    var searches: [(start: Fit.Start, u: [Double])] = []
    for (index, start) in try space.starts(options).enumerated() {
      let found = try space.search(from: start, maximumEvaluations: options.maximumEvaluations)
      searches.append(
        (
          Fit.Start(
            parameters: space.outer(start), logLikelihood: found?.point.value ?? .nan,
            outcome: found?.ended ?? "rejected: the likelihood does not exist there"),
          found?.point.u ?? start
        ))
      options.run.progress?(Double(index + 1) / Double(options.starts + 1))
    }
    var best: Climb?
    // The given values come first among equals.
    let ranked = searches.enumerated().filter { $0.element.start.logLikelihood.isFinite }.sorted {
      let (a, b) = ($0.element.start.logLikelihood, $1.element.start.logLikelihood)
      return (a - b).magnitude > 1e-3 ? a > b : $0.offset < $1.offset
    }
    for candidate in ranked.prefix(3) {
      let climb = try space.climb(from: try space.keepingSigns(candidate.element.u))
      if best == nil || climb.point.value > best!.point.value + 1e-6 { best = climb }
      if case .stationary = climb.outcome { break }
    }
    guard let best else { throw SDEError("the likelihood does not exist at any start value") }
    let result = try FitReport(space, best).fit(searches.map(\.start))
    options.run.progress?(1)
    return result
  }

  /// - Throws: ``SDEError`` naming the first pair of observations whose density is not finite.
  private func checkStart(_ run: RunOptions) throws {
    let start = coordinates.map(\.start)
    if try evaluate(start, hessian: true, options: run).isFinite { return }
    let values = coordinates.map { "\($0.name) = \($0.start)" }.joined(separator: ", ")
    guard let bad = try logDensities(start, options: run).firstIndex(where: { !$0.isFinite }) else {
      throw SDEError(
        "the likelihood has no finite derivatives at the start values (\(values)): choose others")
    }
    let state = zip(problem.stateNames, observations.x).map { "\($0) = \($1[bad])" }.joined(separator: ", ")
    throw SDEError(
      "the transition density does not exist at the start values (\(values)) for the observations in "
        + "\(observations.describe(pair: bad)) (\(state)): the noise vanishes or the coefficients are not finite "
        + "there; choose other start values, or bounds that keep it defined")
  }
}

extension SearchSpace {
  /// The given values, then perturbations of them at which the likelihood exists.
  fileprivate mutating func starts(_ options: FitOptions) throws -> [[Double]] {
    let given = inner(likelihood.coordinates.map(\.start))
    let curvature = try evaluate(given, hessian: true).hessian
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    var result = [given]
    while result.count < max(1, options.starts) {
      var amount = 1.0
      var start = given
      // A perturbation to where the likelihood does not exist is drawn again, smaller.
      for _ in 0..<8 {
        start = perturbed(given, amount, curvature, &random)
        if try evaluate(start, hessian: false).value.isFinite { break }
        amount /= 2
      }
      result.append(start)
    }
    return result
  }

  /// A point with the signs of the start values where a sign does not matter: σ and −σ are one model.
  fileprivate mutating func keepingSigns(_ u: [Double]) throws -> [Double] {
    var kept = u
    for (index, coordinate) in likelihood.coordinates.enumerated() {
      let axis = axes[index]
      guard !axis.isLogarithmic, u[index] * coordinate.start < 0, -u[index] >= axis.lower,
        -u[index] <= axis.upper
      else { continue }
      var mirrored = kept
      mirrored[index] = -u[index]
      let (a, b) = (
        try evaluate(kept, hessian: false).value, try evaluate(mirrored, hessian: false).value
      )
      if (a - b).magnitude <= 1e-12 * a.magnitude { kept = mirrored }
    }
    return kept
  }

  private func perturbed(
    _ u: [Double], _ amount: Double, _ hessian: [Double], _ random: inout SequentialRandom
  ) -> [Double] {
    axes.indices.map { i in
      let axis = axes[i]
      let normal = random.normal()
      if axis.isLogarithmic { return min(max(u[i] + amount * normal, axis.lower), axis.upper) }
      let width = axis.upper - axis.lower
      if width.isFinite {
        return min(
          max(u[i] + 0.3 * amount * normal * width, axis.lower + 0.02 * width), axis.upper - 0.02 * width)
      }
      // Half its size; for a parameter near 0, three standard errors.
      let error = 3 / hessian[i * dimension + i].magnitude.squareRoot()
      let size = max(0.5 * u[i].magnitude, min(error, max(1, u[i].magnitude)))
      let moved = u[i] + amount * size * normal
      // Reflected at a bound.
      if moved < axis.lower { return 2 * axis.lower - moved }
      if moved > axis.upper { return 2 * axis.upper - moved }
      return moved
    }
  }
}
