import Density
import Program

/// What a loss is known to do at the true score, as far as it is known.
public struct LossTheory: Sendable {
  public var dimension: Int
  /// E‖s*‖² of the law that the loss learns; nil: the loss is no plain distance between scores.
  public var squaredScore: Measured?
  /// The noise that the loss adds, if it does.
  public var sigma: Double?
  /// The loss over the full form: 1, or ½. Nil: not said.
  public var form: Double?
  /// The least value that the loss says it has.
  public var floor: Double?
  /// What it is called: "ssm_vr".
  public var name: String?

  public init(dimension: Int) { self.dimension = dimension }
}

/// Asks of a loss whether it is least at the true score.
///
/// Models are `m = a·s* + σ₀(b + Σ cₖ hₖ)`, with smooth fields hₖ. The losses of score matching are quadratic in
/// the model, so that the losses of a sample at three values of one coefficient, with the same random numbers, tell
/// its least place exactly: ℓ(θ) = ℓ₀ + β(θ − θ₀) + q(θ − θ₀)², θ̂ − θ₀ = −Σβ/(2Σq), with the standard error of a
/// ratio of sums. It is at a = 1, b = c = 0 if the loss is right. The curvature E q over E‖s*‖² tells the form.
public struct LossCheck: Sendable {
  public var level = 0.01
  public var theory: LossTheory
  /// How many fields hₖ there are.
  public let fields: Int
  /// σ₀.
  public let unit: Double

  public init(_ theory: LossTheory, fields: Int, unit: Double = 1) {
    self.theory = theory
    self.fields = fields
    self.unit = unit
  }

  /// A coefficient of the family, scanned through its right value.
  private struct Scan {
    /// How far the least place is from the right one; nil: there is no least place.
    let offset: Measured?
    let curvature: Measured
  }

  /// - Parameter losses: the loss of each sample for coefficients (a, b₁…b_d, c₁…c_K), with the same random numbers
  ///   in every call.
  public func report(_ losses: ([Double]) throws -> [Double]) throws -> CheckReport {
    let d = theory.dimension
    var right = [Double](repeating: 0, count: 1 + d + fields)
    right[0] = 1
    let base = try losses(right)
    if let row = base.firstIndex(where: { !$0.isFinite }) {
      return CheckReport(
        "loss", .notFinite,
        ["your loss is \(base[row]) at the true score, for sample \(row + 1) of \(base.count)"], level: level)
    }
    func along(_ coefficient: Int, _ step: Double) throws -> [Double] {
      var values = right
      values[coefficient] += step
      return try losses(values)
    }
    func scan(_ coefficient: Int) throws -> Scan {
      let (ahead, behind) = (try along(coefficient, 1), try along(coefficient, -1))
      var (slopes, curves) = (
        [Double](repeating: 0, count: base.count), [Double](repeating: 0, count: base.count)
      )
      for i in base.indices {
        slopes[i] = (ahead[i] - behind[i]) / 2
        curves[i] = (ahead[i] + behind[i]) / 2 - base[i]
      }
      let curvature = Measured.mean(curves)
      let z = criticalDeviation(level: level, tests: 1)
      guard curvature.value > z * curvature.error, curvature.value > 0 else {
        return Scan(offset: nil, curvature: curvature)
      }
      return Scan(offset: Measured.ratio(slopes, over: curves).times(-0.5), curvature: curvature)
    }
    let scale = try scan(0)
    let value = Measured.mean(base)
    let spread = value.error * Double(base.count).squareRoot()
    func finished(
      _ finding: CheckReport.Finding, _ sentences: [String], factor: Measured? = nil, bias: [Measured] = [],
      form: Measured? = nil
    ) -> CheckReport {
      var report = CheckReport("loss", finding, sentences, level: level)
      (report.scale, report.bias, report.formFactor) = (factor, bias, form)
      (report.value, report.floor, report.spread) = (value, theory.floor, spread)
      return report
    }
    guard let offset = scale.offset else {
      return finished(
        .wrong,
        [
          "your loss has no least value among the multiples a·s of the true score: its curvature in a is "
            + "\(scale.curvature) where it must be positive",
          "the squared term enters with the wrong sign, or not at all",
        ])
    }
    // A quadratic is what three points tell of it also at a fourth.
    let far = Measured.mean(try along(0, 2)).value
    let predicted = value.value - 4 * scale.curvature.value * offset.value + 4 * scale.curvature.value
    let isQuadratic =
      (far - predicted).magnitude <= 1e-6 * max(scale.curvature.value, value.value.magnitude)
    let factor = Measured(1 + offset.value, error: offset.error)
    // Besides the coefficients: the form and the value.
    let critical = criticalDeviation(level: level, tests: 1 + d + fields + 2)
    if !isQuadratic {
      return finished(
        .wrong,
        [
          "your loss is not quadratic in the model: at three times the true score it is \(short(far)), where the "
            + "values at 0, 1 and 2 times lead to \(short(predicted)); no score-matching loss is such"
        ], factor: factor)
    }
    let form = theory.squaredScore.map {
      Measured(
        scale.curvature.value / $0.value,
        error: relative(scale.curvature, $0) * (scale.curvature.value / $0.value).magnitude)
    }
    if factor.deviation(from: 1) > critical {
      let known = KnownFactor.nearest(
        to: factor, KnownFactor.ofMinimiser(dimension: d, sigma: theory.sigma))
      let first = known.first
      let times = first.map { $0.name == short($0.value) ? $0.name : "\($0.name) = \(short($0.value))" }
      return finished(
        nearlyMinusOne(factor) ? .sign : .scaled,
        [
          "your loss is least at \(times ?? "a multiple of") \(times == nil ? "" : "× ")the true score, not at it "
            + "(fitted factor \(factor))" + (first == nil ? "" : ": \(causes(known))")
        ], factor: factor, form: form)
    }
    var bias: [Measured] = []
    for j in 0..<d {
      guard let offset = try scan(1 + j).offset else {
        return finished(
          .wrong, ["your loss does not hold component \(j + 1): it has no least value in a shift of it"],
          factor: factor, form: form)
      }
      bias.append(offset.times(unit))
    }
    let shifted = bias.indices.filter { bias[$0].times(1 / unit).deviation(from: 0) > critical }
    if !shifted.isEmpty {
      let text = shifted.map { "\(bias[$0]) in component \($0 + 1)" }.joined(separator: ", ")
      return finished(
        .biased,
        [
          "biased: your loss is least not at the true score but at one shifted by \(text)"
        ], factor: factor, bias: bias, form: form)
    }
    for k in 0..<fields {
      let offset = try scan(1 + d + k).offset
      guard let offset, offset.deviation(from: 0) <= critical else {
        return finished(
          .wrong,
          [
            "your loss is not least at the true score: no multiple or shift of it is better, but adding "
              + (offset.map { "\($0) times" } ?? "ever more of") + " a smooth field is",
            "look at the trace: it must be the sum of ∂sᵢ/∂xᵢ, of all i and no others",
          ], factor: factor, bias: bias, form: form)
      }
    }
    let sentences = [
      "right: least at the true score (factor \(factor); no shift, and none of \(counted(fields, "smooth field")), "
        + "is better)"
    ]
    return judgeValue(value, form, sentences, critical: critical) { finding, sentences in
      finished(finding, sentences, factor: factor, bias: bias, form: form)
    }
  }

  private func relative(_ a: Measured, _ b: Measured) -> Double {
    let (x, y) = (a.error / a.value, b.error / b.value)
    return (x * x + y * y).squareRoot()
  }

  // MARK: form and value

  private func judgeValue(
    _ value: Measured, _ form: Measured?, _ sentences: [String], critical: Double,
    _ finished: (CheckReport.Finding, [String]) -> CheckReport
  ) -> CheckReport {
    var sentences = sentences
    if let form {
      if let claimed = theory.form, form.deviation(from: claimed) > critical {
        let known = KnownFactor.nearest(
          to: form, KnownFactor.ofForm(dimension: theory.dimension, sigma: theory.sigma))
        let name = claimed == 1 ? "full" : "half"
        return finished(
          .scaled,
          [
            "your loss has the right minimiser but not the size of the \(name) form: it is "
              + "\(Measured(form.value / claimed, error: form.error / claimed)) times that"
              + (known.isEmpty ? "" : ", \(short(form.value)) of the full form: \(causes(known))")
          ])
      }
      if theory.name == nil || theory.form != nil { sentences.append(formSentence(form)) }
    }
    if let floor = theory.floor {
      if value.deviation(from: floor) > critical {
        return finished(
          .wrong,
          [
            "your loss is least at the true score, but its value there is \(value), and its floor \(short(floor, 6)): is "
              + "the oracle the law of these data?"
          ])
      }
      sentences.append("its value at the true score is \(value), its floor \(short(floor, 6))")
    } else {
      sentences.append(valueSentence(value, form, critical))
    }
    return finished(.right, sentences)
  }

  private func formSentence(_ form: Measured) -> String {
    if let claimed = theory.form {
      return "it has the \(claimed == 1 ? "full" : "half") form (measured: \(form) of the full)"
    }
    if form.deviation(from: 1) <= 4 || (form.value - 1).magnitude < 0.01 {
      return "it has the full form (measured: \(form) of it)"
    }
    let known = KnownFactor.nearest(
      to: form, KnownFactor.ofForm(dimension: theory.dimension, sigma: theory.sigma))
    return known.isEmpty
      ? "it is \(form) times the full form"
      : "it is \(form) times the full form: \(causes(known))"
  }

  /// Which loss's floor the value is.
  private func valueSentence(_ value: Measured, _ form: Measured?, _ critical: Double) -> String {
    let plain = "its value at the true score is \(value)"
    guard theory.name == nil, let form, let squares = theory.squaredScore, form.value > 0 else {
      return plain
    }
    let factor = [1, 0.5].first { form.deviation(from: $0) <= critical } ?? form.value
    var floors = [("explicit score matching", 0.0), ("implicit score matching", -squares.value)]
    if let sigma = theory.sigma {
      floors = [
        ("denoising score matching", Double(theory.dimension) / (sigma * sigma) - squares.value)
      ]
    }
    for (name, floor) in floors where value.deviation(from: floor * factor) <= critical {
      return plain + ", which is the floor of \(name), \(short(floor * factor, 6))"
    }
    let known = floors.map { "\(short($0.1 * factor, 6)) (\($0.0))" }.joined(separator: ", ")
    return plain + "; that is no floor that is known: \(known). It may have a constant of its own"
  }
}
