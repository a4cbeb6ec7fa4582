import Arrays
import Density
import Execution

/// Compares a score with the true one at points drawn from the law.
public struct ScoreCheck: Sendable {
  public var level = 0.01
  /// A relative error up to this is right, if no factor or shift explains it.
  public var tolerance = 0.1
  /// The noise of the law, where it is one of noised data: names factors.
  public var sigma: Double?

  public init() {}

  /// - Parameters:
  ///   - values: the score in question at the points, one column a component.
  ///   - truth: the true one.
  ///   - noised: the true score of the data with noise of a standard deviation, at the first few of the points; nil:
  ///     unknown.
  public func report(
    _ values: [[Double]], truth: [[Double]], noised: ((Double) throws -> [[Double]]?)? = nil
  ) throws -> CheckReport {
    let n = values.first?.count ?? 0
    let bad = (0..<n).filter { i in values.contains { !$0[i].isFinite } }
    if let first = bad.first {
      return CheckReport(
        "score", .notFinite,
        [
          "your score is not finite at \(bad.count) of \(n) points of the law: it is "
            + "{\(values.map { short($0[first]) }.joined(separator: ", "))} at the first"
        ], level: level)
    }
    let fit = AffineFit(values, to: truth)
    guard fit.power > 0 else {
      throw CheckError("the score of this law is 0 everywhere: there is nothing to compare with")
    }
    var report = try judge(fit, values, truth, noised)
    report.scale = fit.factor
    report.bias = fit.shift
    report.fisher = fit.divergence
    report.relativeError = fit.relativeError
    return report
  }

  private func judge(
    _ fit: AffineFit, _ values: [[Double]], _ truth: [[Double]],
    _ noised: ((Double) throws -> [[Double]]?)?
  ) throws -> CheckReport {
    let d = values.count
    let size = "relative error \(percentage(fit.relativeError)), Fisher divergence \(fit.divergence)"
    guard fit.relativeError.value > 1e-6 else {
      return CheckReport("score", .right, ["right: equal to the true score up to rounding"], level: level)
    }
    let critical = criticalDeviation(level: level, tests: 1 + d)
    let isScaled = fit.factor.deviation(from: 1) > critical
    let shifted = fit.shift.indices.filter { fit.shift[$0].deviation(from: 0) > critical }
    let left = fit.residual / fit.divergence.value
    // What is systematic is a mistake, however small; what a net has not learned is neither factor nor shift. Nor is a
    // score that hardly follows the true one a small multiple of it.
    if isScaled || !shifted.isEmpty, left < 0.1, fit.residual <= 0.1 * fit.ownPower {
      if left > 1e-6, let found = try noise(values, fit, noised),
        found.error * found.error * fit.power < 0.2 * fit.residual
      {
        return CheckReport("score", .wrong, noisedSentences(found, size), level: level)
      }
      let shiftText = shifted.map { "\(fit.shift[$0]) in component \($0 + 1)" }.joined(separator: ", ")
      let scaling = (fit.factor.value - 1) * (fit.factor.value - 1) * fit.power
      let shifting = fit.shift.reduce(0) { $0 + $1.value * $1.value }
      let rest = "that is \(percent(1 - left)) of the error: \(size)"
      if isScaled, scaling >= shifting || shifted.isEmpty {
        var sentences = [scaleSentence(fit.factor, d), rest]
        if !shifted.isEmpty { sentences.append("it is also biased by \(shiftText)") }
        return CheckReport(
          "score", nearlyMinusOne(fit.factor) ? .sign : .scaled, sentences, level: level)
      }
      var sentences = ["biased by \(shiftText)", rest]
      if isScaled { sentences.append("it is also scaled: fitted factor \(fit.factor)") }
      return CheckReport("score", .biased, sentences, level: level)
    }
    if fit.relativeError.value <= tolerance {
      return CheckReport("score", .right, ["right: \(size)"], level: level)
    }
    return CheckReport("score", .wrong, try wrong(fit, values, truth, noised, size), level: level)
  }

  private func scaleSentence(_ factor: Measured, _ d: Int) -> String {
    let known = KnownFactor.nearest(to: factor, KnownFactor.ofScore(dimension: d, sigma: sigma))
    guard let first = known.first else {
      return "your score is the true one times a factor (fitted: \(factor))"
    }
    let times =
      first.name == short(first.value) ? first.name : "\(first.name) = \(short(first.value))"
    return "your score is \(times) × the true one (fitted factor \(factor)): \(causes(known))"
  }

  /// What else may explain an error that is neither a factor nor a shift.
  private func wrong(
    _ fit: AffineFit, _ values: [[Double]], _ truth: [[Double]],
    _ noised: ((Double) throws -> [[Double]]?)?, _ size: String
  ) throws -> [String] {
    let d = values.count
    if d > 1, fit.residualByComponent < 0.1 * min(fit.divergence.value, fit.ownPower) {
      let critical = criticalDeviation(level: level, tests: d)
      let parts = fit.factors.enumerated().filter { $0.element.deviation(from: 1) > critical }.map {
        "\($0.element) × the true one in component \($0.offset + 1)"
      }
      return ["your score is " + parts.joined(separator: ", "), size]
    }
    if let order = permutation(values, truth) {
      let parts = order.enumerated().filter { $0.offset != $0.element }.map {
        "your \($0.offset + 1) is the true \($0.element + 1)"
      }
      return ["the components are in another order: " + parts.joined(separator: ", "), size]
    }
    if let found = try noise(values, fit, noised) { return noisedSentences(found, size) }
    return [
      "wrong: \(size)",
      "no factor or shift explains it: the best factor is \(fit.factor), which leaves "
        + "\(percent(fit.residual / fit.divergence.value)) of the error",
    ]
  }

  private func noisedSentences(_ found: (sigma: Double, error: Double), _ size: String) -> [String] {
    let sigma = short(found.sigma, 3)
    return [
      "it is the score of the data with noise of standard deviation \(sigma), not that of the data", size,
      "against that of noised data the relative error is \(percent(found.error)): compare it with "
        + "oracle:perturbed{sigma = \(sigma)}, or train it with less noise",
    ]
  }

  /// The true component that each is, if each is one up to a tenth of the error, in another order.
  private func permutation(_ values: [[Double]], _ truth: [[Double]]) -> [Int]? {
    let d = values.count
    guard d > 1, d <= 32 else { return nil }
    let order = values.map { column -> Int in
      let distances = truth.map { other in
        zip(column, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      return distances.indices.min { distances[$0] < distances[$1] } ?? 0
    }
    guard Set(order).count == d else { return nil }
    let reordered = AffineFit(values, to: order.map { truth[$0] })
    return reordered.relativeError.value <= tolerance ? order : nil
  }

  /// The noise level whose score it is, and the relative error there, if that is within the tolerance.
  private func noise(
    _ values: [[Double]], _ fit: AffineFit, _ noised: ((Double) throws -> [[Double]]?)?
  ) throws -> (sigma: Double, error: Double)? {
    guard let noised else { return nil }
    func error(_ logSigma: Double) throws -> Double? {
      try noised(exponential(logSigma)).map { truth in
        AffineFit(values.map { Array($0.prefix(truth[0].count)) }, to: truth).relativeError.value
      }
    }
    // A coarse search over five decades around the law's own length, then by golden section.
    let length = (Double(values.count) / fit.power).squareRoot()
    var (best, least) = (0.0, Double.infinity)
    for k in -10...10 {
      let place = logarithm(length) + 0.4 * Double(k)
      guard let value = try error(place) else { return nil }
      if value < least { (best, least) = (place, value) }
    }
    var (low, high) = (best - 0.4, best + 0.4)
    let golden = 0.6180339887498949
    var (x, y) = (high - golden * (high - low), low + golden * (high - low))
    guard var fx = try error(x), var fy = try error(y) else { return nil }
    for _ in 0..<16 {
      if fx < fy {
        (high, y, fy) = (y, x, fx)
        x = high - golden * (high - low)
        fx = try error(x) ?? .infinity
      } else {
        (low, x, fx) = (x, y, fy)
        y = low + golden * (high - low)
        fy = try error(y) ?? .infinity
      }
    }
    let (place, value) = fx < fy ? (x, fx) : (y, fy)
    return value <= tolerance ? (exponential(place), value) : nil
  }

  private func percentage(_ error: Measured) -> String {
    "\(error.times(100)) %"
  }
}

func nearlyMinusOne(_ factor: Measured) -> Bool {
  (factor.value + 1).magnitude <= 0.02 || (factor.deviation(from: -1) <= 4 && factor.error < 0.1)
}
