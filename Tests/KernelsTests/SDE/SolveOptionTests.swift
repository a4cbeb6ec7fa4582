import Kernels
import Testing

/// What `solve` refuses, in words that help, before it computes anything.
@Suite struct SolveOptionTests {
  /// The message of the error that `body` throws.
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  private func refusal(
    _ problem: SDEProblem, x0: [Double] = [1], _ change: (inout SolveOptions) -> Void
  ) -> String {
    var options = SolveOptions(initial: .point(x0))
    change(&options)
    return message { _ = try problem.solve(options) }
  }

  @Test func unknownMethod() throws {
    let text = refusal(try Models.gbm()) { $0.method = "eulr" }
    #expect(text.contains("no method \"eulr\""))
    for method in ["auto"] + methods.map(\.name) { #expect(text.contains("\"\(method)\"")) }
  }

  @Test func methodForOtherNoise() throws {
    let text = refusal(try Models.heston(), x0: [1, 0.04]) { $0.method = "milstein" }
    #expect(text.contains("the noise of 'Heston' is general"))
    #expect(text.contains("additive, scalar, diagonal, commutative noise"))
    #expect(text.hasSuffix("methods that fit: \"em\""))
  }

  @Test func methodForTheOtherCalculus() throws {
    for name in ["heun", "midpoint", "euler_heun", "reversible_heun"] {
      let text = refusal(try Models.gbm()) { $0.method = name }
      #expect(text.contains("solves stratonovich SDEs") && text.contains("written in ito calculus"))
      #expect(text.contains("sde:stratonovich()") && text.hasSuffix("methods that fit: \"em\", \"milstein\""))
    }
    let text = refusal(try Models.gbm(calculus: .stratonovich)) { $0.method = "em" }
    #expect(text.contains("sde:ito()"))
    #expect(
      text.hasSuffix(
        "methods that fit: \"milstein\", \"heun\", \"midpoint\", \"euler_heun\", \"reversible_heun\""))
  }

  /// Each method accepts exactly the noise and calculus it states; additive noise reads the same in both.
  @Test func whatFits() throws {
    for calculus in Calculus.allCases {
      let additive = try Models.sineDrift(calculus: calculus)
      for method in methods { #expect(method.fits(additive)) }
      let general = try Models.heisenberg(calculus: calculus)
      for method in methods {
        #expect(method.fits(general) == (method.name != "milstein" && method.calculi.contains(calculus)))
      }
    }
  }

  @Test func automaticMethod() throws {
    let choices: [(SDEProblem, String)] = [
      (try Models.gbm(), "milstein"), (try Models.twoGBMs(), "milstein"),
      (try Models.commutative([0.1, 0.2]), "milstein"), (try Models.sineDrift(), "em"),
      (try Models.heston(), "em"), (try Models.gbm(calculus: .stratonovich), "heun"),
      (try Models.heisenberg(calculus: .stratonovich), "heun"),
    ]
    for (problem, name) in choices { #expect(try problem.method(named: "auto").name == name) }
  }

  @Test(arguments: [
    (1.0, 1.0), (1, 0.5), (.nan, 1), (0, .nan), (0, .infinity), (-.infinity, 1), (-1e308, 1e308),
  ])
  func times(start: Double, end: Double) throws {
    let text = refusal(try Models.gbm()) { ($0.start, $0.end) = (start, end) }
    #expect(text.contains("t = {start, end} must increase"))
  }

  @Test func stepsAndPaths() throws {
    let gbm = try Models.gbm()
    for steps in [0, -1, Int.min, 1 << 41, Int.max] {
      let text = refusal(gbm) { $0.steps = steps }
      #expect(text.contains("steps must be between 1 and 2^40, got \(steps)"))
    }
    for paths in [0, -5, (1 << 48) + 1, 1_000_000_000_000_000, Int.max] {
      let text = refusal(gbm) { $0.paths = paths }
      #expect(text.contains("paths must be between 1 and 2^48 (2.8e14), got \(paths)"))
    }
  }

  @Test func initialStates() throws {
    let two = try Models.twoGBMs()
    for x0 in [[], [1], [1, 2, 3]] as [[Double]] {
      #expect(refusal(two, x0: x0) { _ in }.contains("x0 has \(x0.count) components"))
    }
    let table = try NDArray([1, 2, 3, 4, 5, 6], shape: [3, 2])
    let text = refusal(two) { ($0.initial, $0.paths) = (.table(table), 2) }
    #expect(text.contains("one row a path: 2 × 2, got 3 × 2"))
    let turned = try table.transposed()
    let transposed = refusal(two) { ($0.initial, $0.paths) = (.table(turned), 3) }
    #expect(transposed.contains("one row a path: 3 × 2, got 2 × 3"))
    let builder = ProgramBuilder()
    let one = try builder.finish([("x", builder.constant(1))])
    #expect(refusal(two) { $0.initial = .program(one) }.contains("x0 gives 1 components"))
  }

  @Test func savedTimes() throws {
    let gbm = try Models.gbm()
    let wrong: [(SaveSpecification, String)] = [
      (.times([]), "save has no times"), (.times([0.2, 0.2]), "must increase"),
      (.times([0.5, 0.2]), "must increase"), (.times([-0.01]), "not between"),
      (.times([0.5, 1.001]), "not between"), (.times([.nan]), "not between"),
      (.times([.infinity]), "not between"), (.times([0.5, .nan]), "must increase"),
      (.intervals(0), "at least 1 interval"), (.intervals(-3), "at least 1 interval"),
    ]
    for (save, expected) in wrong {
      let text = refusal(gbm) { $0.save = save }
      #expect(text.contains(expected), "\(save): \(text)")
    }
    // The start is a time like any other, also when it is not 0.
    let before = refusal(gbm) { ($0.start, $0.end, $0.save) = (2, 3, .times([1])) }
    #expect(before.contains("not between t = 2.0 and 3.0"))
  }

  /// So many saved times are refused by arithmetic: nothing is allocated first.
  @Test func tooManySavedTimes() throws {
    let gbm = try Models.gbm()
    for save in [SaveSpecification.path, .intervals(1 << 32), .intervals(.max)] {
      let text = refusal(gbm) { ($0.steps, $0.save, $0.memoryLimit) = (1 << 40, save, 1_500_000) }
      #expect(
        text.contains("for their statistics alone") && text.contains("memory_limit = 1.5 MB"), "\(text)")
    }
    var options = SolveOptions(initial: .point([1]))
    options.steps = 8
    let solution = try gbm.solve(options)
    #expect(throws: SDEError.self) { try solution.path(1) }
    #expect(throws: SDEError.self) { try solution.path(-1) }
  }

  @Test func unknownParameter() throws {
    #expect(message { _ = try Models.gbm().with(["c": [1]]) }.contains("'c' is not a parameter of 'GBM'"))
    #expect(message { _ = try Models.gbm().with(["a": [1, 2]]) }.contains("has 1 values, got 2"))
  }

  @Test func coefficientsOfAnotherShape() throws {
    let text = message {
      _ = try Models.sde("bad", dimension: 2, drift: { x, _, _ in [x[0]] }, diffusion: { x, _, _ in x })
    }
    #expect(text == "the drift has 1 components, but the state has 2")
    let diffusion = message {
      _ = try Models.sde(
        "bad", dimension: 2, shape: .matrix(noises: 2), drift: { x, _, _ in x }, diffusion: { x, _, _ in x })
    }
    #expect(diffusion == "the diffusion has 2 entries, but 4 are needed")
    #expect(message { _ = try Models.gbm().drift(at: [1, 2], time: 0) }.contains("has 1 components, got 2"))
  }

  @Test func cancellationStopsASolve() throws {
    var options = SolveOptions(initial: .point([1]))
    options.run = RunOptions(cancellation: Cancellation { true })
    #expect(throws: Cancelled.self) { try Models.gbm().solve(options) }
  }
}
