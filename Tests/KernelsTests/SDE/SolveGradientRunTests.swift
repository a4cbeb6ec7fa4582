import Foundation
import Kernels
import Testing

/// What a run of a gradient promises beside its numbers: the same bits for any threads, the memory it takes, the
/// errors it gives, what it costs.
@Suite struct SolveGradientRunTests {
  private func options(_ x0: [Double], steps: Int, paths: Int, precision: Precision = .double) -> SolveOptions
  {
    var options = SolveOptions(initial: .point(x0))
    (options.steps, options.paths, options.precision, options.seed) = (steps, paths, precision, 11)
    return options
  }

  private func firstComponent(_ problem: SDEProblem) throws -> Program {
    try Models.function(dimension: problem.dimension, output: "loss") { x, _, _ in x[0] }
  }

  @Test(arguments: Precision.allCases)
  func threadsDoNotMatter(precision: Precision) throws {
    let problem = try Models.heston()
    let options = options([1, 0.04], steps: 40, paths: 5003, precision: precision)
    let gradient = try SolveGradient(problem, options, loss: firstComponent(problem))
    func bits(_ threads: Int, seed: UInt64 = 11) throws -> [UInt64] {
      let value = try gradient(seed: seed, run: RunOptions(threads: threads))
      let parts = problem.parameters.flatMap { value.gradient[$0.name]! } + value.initialGradient!
      return ([value.loss, value.standardError] + parts).map(\.bitPattern)
    }
    let one = try bits(1)
    for threads in [1, 2, 3, 7] { #expect(try bits(threads) == one) }
    #expect(try bits(2, seed: 12) != one)
  }

  @Test func otherValuesThanTheProblems() throws {
    let (a, b) = (try Models.gbm(0.4, 0.3), try Models.gbm(0.1, 0.5))
    let loss = try firstComponent(a)
    let there = try SolveGradient(a, options([1], steps: 20, paths: 100), loss: loss)(
      parameters: ["a": [0.1], "b": [0.5]], x0: [2])
    let here = try SolveGradient(b, options([2], steps: 20, paths: 100), loss: loss)()
    #expect(there.loss == here.loss && there.gradient == here.gradient)
    #expect(there.initialGradient == here.initialGradient)
  }

  /// 2√N states, whatever N: 400 steps keep 42 states of 401, a million some two thousand.
  @Test(arguments: [1, 2, 37, 400, 1024, 10_000, 1_000_000])
  func memoryGrowsAsTheRootOfTheSteps(steps: Int) throws {
    let problem = try Models.gbm()
    let gradient = try SolveGradient(
      problem, options([1], steps: steps, paths: 256), loss: firstComponent(problem))
    let root = Double(steps).squareRoot()
    // N/s + s + 1 states and s increments with s between √(N/2) and √(2N).
    #expect(Double(gradient.keptBytes) <= (4.3 * root + 6) * 128 * 8)
    #expect(Double(gradient.keptBytes) >= root * 128 * 8)
  }

  /// Measured: the states and increments of all 2¹⁸ steps would be 537 MB; the process grows by less than 64.
  @Test func theProcessStaysSmall() throws {
    func highWater() throws -> Int {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      return try #require(Int(line.filter(\.isNumber))) * 1024
    }
    let problem = try Models.gbm()
    let gradient = try SolveGradient(
      problem, options([1], steps: 1 << 18, paths: 128), loss: firstComponent(problem))
    let before = try highWater()
    #expect(try gradient().gradient["a"]![0].isFinite)
    #expect(try highWater() - before < 64 << 20)
  }

  @Test func lostPathsAreCounted() throws {
    let problem = try Models.sde(
      "explosion", parameters: [("a", 1)], drift: { x, _, p in [p[0] * x[0] * x[0] * x[0] * 1e3] },
      diffusion: { x, _, _ in [x[0] * 0 + 1] })
    let value = try SolveGradient(
      problem, options([1], steps: 50, paths: 10), loss: firstComponent(problem))()
    #expect(value.failedPaths == 10 && value.firstFailedPath == 0 && !value.gradient["a"]![0].isFinite)
  }

  @Test func stops() throws {
    let problem = try Models.gbm()
    let gradient = try SolveGradient(
      problem, options([1], steps: 50, paths: 1000), loss: firstComponent(problem))
    #expect(throws: Cancelled.self) { try gradient(run: RunOptions(cancellation: Cancellation { true })) }
  }

  @Test func errors() throws {
    let problem = try Models.gbm()
    let loss = try firstComponent(problem)
    let options = options([1], steps: 10, paths: 10)
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      message { _ = try SolveGradient(problem, options, loss: loss, parameters: ["c"]) }
        == "'c' is not a parameter of 'GBM'")
    let phi = try Models.function { x, _, _ in x[0] }
    #expect(
      message { _ = try SolveGradient(problem, options, loss: phi) }
        == "the loss needs an output 'loss' of one number a path")
    let wide = try Models.function(dimension: 2, output: "loss") { x, _, _ in x[1] }
    #expect(
      message { _ = try SolveGradient(problem, options, loss: wide) }
        == "the loss's input 'x' has 2 rows instead of 1")
    let gradient = try SolveGradient(problem, options, loss: loss)
    #expect(message { _ = try gradient(parameters: ["c": [1]]) } == "'c' is not a parameter of 'GBM'")
    #expect(
      message { _ = try gradient(parameters: ["a": [1, 2]]) } == "the input 'p.a' has 1 values, got 2")
    #expect(message { _ = try gradient(x0: [1, 2]) } == "the input 'x0' has 1 values, got 2")
  }

  /// A 400-step solve in four parameters, its gradient ≤ 6 × its time; prints both.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["WORKBENCH_SLOW"] == "1", "needs WORKBENCH_SLOW=1"))
  func costsAFewSolves() throws {
    let ckls = try Models.sde(
      "CKLS", parameters: [("kappa", 0.6), ("theta", 0.07), ("sigma", 0.4), ("gamma", 0.9)],
      drift: { x, _, p in [p[0] * (p[1] - x[0])] },
      diffusion: { x, _, p in [p[2] * Expression.apply(.power, x[0], p[3])] })
    let ou = try Models.ornsteinUhlenbeck(1, 0.3, 0.5)
    let clock = ContinuousClock()
    for (problem, x0) in [(ou, [1.0]), (ckls, [0.06]), (try Models.heston(), [1, 0.04])] {
      for precision in Precision.allCases {
        var options = options(x0, steps: 400, paths: 16_384, precision: precision)
        options.method = "em"
        let loss = try firstComponent(problem)
        let gradient = try SolveGradient(problem, options, loss: loss)
        var observed = options
        observed.observables = loss
        // The best of several: other work on the machine only ever adds time.
        var (solve, back) = (Duration.seconds(1000), Duration.seconds(1000))
        for _ in 0..<5 {
          solve = min(solve, try clock.measure { _ = try problem.solve(observed) })
          back = min(back, try clock.measure { _ = try gradient() })
        }
        let ratio = back / solve
        print(
          problem.name, precision, "solve", solve, "gradient", back, "ratio", ratio, "kept bytes",
          gradient.keptBytes)
        #expect(ratio <= 6)
      }
    }
  }
}
