import Kernels
import Testing

/// The measurement itself: what it accepts, what it compares, and whether its intervals are honest.
@Suite struct ConvergenceTests {
  private func study(_ exact: Program?, from x0: [Double] = [0.5], paths: Int = 400) -> ConvergenceStudy {
    var study = ConvergenceStudy(initial: x0)
    (study.exact, study.paths, study.levels, study.coarsest) = (exact, paths, 4, 32)
    (study.methods, study.bootstrap) = (["milstein"], 100)
    return study
  }

  private func message(_ problem: SDEProblem, _ study: ConvergenceStudy) -> String {
    do {
      _ = try problem.convergence(study)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func refusals() throws {
    let gbm = try Models.gbm()
    let good = study(try Models.gbmExact())
    func refusal(_ change: (inout ConvergenceStudy) -> Void) -> String {
      var changed = good
      change(&changed)
      return message(gbm, changed)
    }
    #expect(message(gbm, good) == "no error")
    #expect(refusal { $0.levels = 1 }.contains("levels must be between 2 and 20, got 1"))
    #expect(refusal { $0.levels = 64 }.contains("got 64"))
    #expect(refusal { $0.coarsest = 0 }.contains("coarsest level must have between 1 and 2^20 steps"))
    #expect(refusal { $0.paths = 19 }.contains("at least 20 paths"))
    #expect(refusal { $0.bootstrap = 0 }.contains("at least 20 bootstrap samples"))
    #expect(refusal { ($0.exact, $0.referenceLevels) = (nil, 0) }.contains("1 to 20 halvings finer, got 0"))
    #expect(refusal { ($0.exact, $0.referenceLevels) = (nil, 70) }.contains("got 70"))
    #expect(refusal { $0.kind = .weak }.contains("a weak error needs test"))
    #expect(refusal { $0.end = 0 }.contains("must increase"))
    #expect(refusal { ($0.start, $0.end) = (-1e308, 1e308) }.contains("must increase"))
    let large = refusal { ($0.exact, $0.coarsest, $0.levels, $0.referenceLevels) = (nil, 1 << 20, 20, 20) }
    #expect(large.contains("more than 2^40 steps"))
    #expect(refusal { $0.end = .infinity }.contains("must increase"))
    #expect(refusal { $0.initial = [1, 2] }.contains("x0 has 2 components"))
    #expect(refusal { $0.methods = ["heun"] }.contains("methods that fit"))
    #expect(refusal { $0.methods = ["none"] }.contains("there is no method"))
    let plane = try Models.exact(dimension: 2) { x0, _, _, _ in x0 }
    #expect(refusal { $0.exact = plane }.contains("exact solution has 2 components"))
    let vector = try Models.function { x, _, _ in Expression.stack([x[0], x[0]]) }
    #expect(refusal { ($0.kind, $0.test) = (.weak, vector) }.contains("must have one value, got 2"))
    #expect(throws: Cancelled.self) {
      var cancelled = good
      cancelled.run = RunOptions(cancellation: Cancellation { true })
      _ = try gbm.convergence(cancelled)
    }
  }

  @Test func theTable() throws {
    var study = study(try Models.gbmExact())
    (study.start, study.end) = (1, 3)
    let result = try Models.gbm(0.3, 0.4).convergence(study)[0]
    #expect(result.levels.map(\.steps) == [32, 64, 128, 256])
    #expect(result.levels.map(\.h) == [0.0625, 0.03125, 0.015625, 0.0078125])
    for level in result.levels { #expect(level.low < level.error && level.error < level.high) }
    #expect(result.method.name == "milstein" && result.nominal == 1)
  }

  /// The exact solution sees the parameters' values of the problem, not those it was made with.
  @Test func parameters() throws {
    let problem = try Models.gbm().with(["a": [0.2], "b": [0.3]])
    let result = try problem.convergence(study(try Models.gbmExact(), paths: 2000))[0]
    #expect((result.order - 1).magnitude < 0.1 && result.levels[3].error < 1e-3)
  }

  /// dX = (1 + t)X/5 dt + bX dW from t = 2, where W starts, with ∫(1 + s)ds from 2 to t in the exponent.
  @Test func startsAtAnotherTime() throws {
    let problem = try Models.sde(
      "growth", parameters: [("b", 0.4)], drift: { x, t, _ in [(t + 1) * x[0] * 0.2] },
      diffusion: { x, _, p in [p[0] * x[0]] })
    let exact = try Models.exact(parameters: ["b"]) { x0, t, w, p in
      let growth = (t * t * 0.5 + t - 4) * 0.2
      return [x0[0] * (growth - p[0] * p[0] * 0.5 * (t - 2) + p[0] * w[0]).apply(.exp)]
    }
    var study = study(exact, paths: 4000)
    (study.start, study.end, study.coarsest) = (2, 3, 64)
    let result = try problem.convergence(study)[0]
    #expect((result.order - 1).magnitude < 0.06 && result.levels[3].error < 2e-3)
    // The control: from t = 0 that solution is not the one.
    (study.start, study.end) = (0, 1)
    #expect(try problem.convergence(study)[0].order.magnitude < 0.3)
  }

  /// With several noises each row of W is the motion that drove its own column.
  @Test func severalNoises() throws {
    var study = study(try Models.twoGBMsExact(), from: [1, 1], paths: 2000)
    #expect((try Models.twoGBMs().convergence(study)[0].order - 1).magnitude < 0.06)
    #expect((try Models.twoGBMs(matrix: true).convergence(study)[0].order - 1).magnitude < 0.06)
    // The control: with W₁ and W₂ exchanged nothing converges.
    study.exact = try Models.exact(dimension: 2, noises: 2, parameters: ["a1", "b1", "a2", "b2"]) {
      x0, t, w, p in
      (0..<2).map { i in
        let (a, b) = (p[2 * i], p[2 * i + 1])
        return x0[i] * ((a - b * b * 0.5) * t + b * w[1 - i]).apply(.exp)
      }
    }
    #expect(try Models.twoGBMs().convergence(study)[0].order.magnitude < 0.1)
  }

  /// A finer solution in place of the exact one gives the same errors, but for the finer solution's own.
  @Test func selfReference() throws {
    var study = study(try Models.gbmExact(), paths: 2000)
    study.referenceLevels = 5
    let exact = try Models.gbm(0.5, 0.5).convergence(study)[0]
    study.exact = nil
    let own = try Models.gbm(0.5, 0.5).convergence(study)[0]
    for (a, b) in zip(exact.levels, own.levels) { #expect(isNear(a.error / b.error, 1, 0.06)) }
  }

  @Test func sameBitsForAnyThreads() throws {
    var study = study(try Models.gbmExact())
    let one = try Models.gbm().convergence(study)[0]
    study.run.threads = 3
    let three = try Models.gbm().convergence(study)[0]
    #expect(one.order == three.order && one.low == three.low && one.high == three.high)
    study.seed = 2
    #expect(try Models.gbm().convergence(study)[0].order != one.order)
  }

  /// dX = dW is solved without an error: there is no order to report, and that is what is said.
  @Test func noErrorIsNoOrder() throws {
    let brownian = try Models.sde(
      "W", drift: { _, t, _ in [t.constant(0)] }, diffusion: { _, t, _ in [t.constant(1)] })
    let exact = try Models.exact { x0, _, w, _ in [x0[0] + w[0]] }
    var study = study(exact, from: [0])
    study.methods = ["em"]
    let result = try brownian.convergence(study)[0]
    #expect(result.levels.allSatisfy { $0.error < 1e-15 })
    #expect(result.order.isNaN && result.low.isNaN && result.high.isNaN)
  }

  @Test func explodingPathsAreReported() throws {
    let problem = try Models.sde(
      "explosion", drift: { x, _, _ in [x[0] * x[0] * x[0]] }, diffusion: { x, _, _ in [x[0]] })
    var study = study(nil, from: [30])
    study.end = 3
    #expect(message(problem, study).contains("not finite with 32 steps; start with more steps"))
  }

  /// Of 100 intervals from different paths about 95 contain the slope of many more paths. Fewer than 82 has
  /// probability 1·10⁻⁶ if each does with 95 %; percentile intervals of skewed errors cover a little less,
  /// so the limit is 80. The control: intervals cut to a third contain it in half of the cases.
  @Test func intervalsCover() throws {
    let problem = try Models.gbm(0.5, 0.5)
    var study = study(try Models.gbmExact(), paths: 50_000)
    (study.coarsest, study.methods) = (8, ["em"])
    let slope = try problem.convergence(study)[0].order
    (study.paths, study.bootstrap) = (200, 200)
    var (covered, narrow) = (0, 0)
    for seed in 1...100 {
      study.seed = UInt64(seed)
      let result = try problem.convergence(study)[0]
      if result.low <= slope && slope <= result.high { covered += 1 }
      let (low, high) = ((2 * result.order + result.low) / 3, (2 * result.order + result.high) / 3)
      if low <= slope && slope <= high { narrow += 1 }
    }
    #expect(covered >= 80, "\(covered)")
    #expect(narrow < 80, "\(narrow)")
  }
}
