import Kernels
import Testing

/// Losses of several times and of means over the paths.
@Suite struct PathLossTests {
  /// A loss written with the states at some steps and with means.
  private func loss(
    _ problem: SDEProblem, steps: [Int],
    _ body: (_ states: [[Expression]], _ mean: (Expression) -> Expression, _ p: [Expression]) -> Expression
  ) throws -> PathLoss {
    let builder = ProgramBuilder()
    let d = problem.dimension
    let states = (steps.map { "x@\($0)" } + ["x"]).map {
      builder.inputExpression($0, rows: d, variation: .lane).components
    }
    let p = problem.parameters.map { builder.inputExpression($0.input, variation: .run) }
    var means: [NodeID] = []
    let value = body(
      states,
      { f in
        means.append(builder.variable(f.id))
        return builder.expression(means.last!)
      }, p)
    return try PathLoss(
      builder, loss: value.id, means: means, states: steps.map { ("x@\($0)", $0) }, dimension: d)
  }

  private func options(
    _ x0: [Double], steps: Int, paths: Int = 150, method: String = "auto"
  ) -> SolveOptions {
    var options = SolveOptions(initial: .point(x0))
    (options.steps, options.paths, options.seed, options.method) = (steps, paths, 11, method)
    return options
  }

  private func check(_ problem: SDEProblem, _ options: SolveOptions, _ x0: [Double], _ loss: PathLoss) throws
  {
    let gradient = try SolveGradient(problem, options, loss: loss)
    let value = try gradient()
    let alone = try gradient.loss()
    #expect(isNear(value.loss, alone.loss, 1e-12) && isNear(value.standardError, alone.standardError, 1e-10))
    /// Central differences with three steps, as SolveGradientTests takes them.
    func difference(at p: Double, _ f: (Double) throws -> Double) rethrows -> Double {
      let h = 1e-3 * max(p.magnitude, 0.1)
      func central(_ h: Double) throws -> Double { (try f(p + h) - f(p - h)) / (2 * h) }
      return try (central(h / 4) * 64 - central(h / 2) * 20 + central(h)) / 45
    }
    for parameter in problem.parameters {
      let expected = try difference(at: parameter.values[0]) {
        try gradient.loss(parameters: [parameter.name: [$0]]).loss
      }
      let found = value.gradient[parameter.name]![0]
      #expect(isNear(found, expected, 1e-8), "\(parameter.name): \(found), \(expected)")
    }
    for component in x0.indices {
      let expected = try difference(at: x0[component]) { moved in
        var point = x0
        point[component] = moved
        return try gradient.loss(x0: point).loss
      }
      #expect(isNear(value.initialGradient![component], expected, 1e-8), "x0[\(component)]")
    }
  }

  /// In the first segment and its ends, in the last one, at the start, next to the end, everywhere.
  @Test(
    arguments: [[0], [1], [15, 16, 17], [47], [0, 1, 46, 47], Array(0..<48)],
    ["auto", "heun", "reversible_heun"])
  func statesAtSteps(steps: [Int], method: String) throws {
    let problem =
      method == "auto" ? try Models.twoGBMs() : try Models.gbm(0.4, 0.3, calculus: .stratonovich)
    let x0 = method == "auto" ? [1, 0.4] : [1.3]
    let loss = try loss(problem, steps: steps) { x, _, p in
      zip(x, x.dropFirst()).reduce(p[0] * x[0][0]) { sum, pair in
        sum + (pair.0[0] - pair.1[0] * 1.1) * (pair.0.last! + pair.1[0])
      }
    }
    #expect(loss.observedSteps == steps)
    try check(problem, options(x0, steps: 48, method: method), x0, loss)
  }

  @Test func meansOfMeans() throws {
    let problem = try Models.twoGBMs()
    let loss = try loss(problem, steps: [10, 30]) { x, mean, p in
      let m = mean(x[2][0])
      let spread = mean((x[2][0] - m) * (x[2][0] - m) * p[1])
      let other = mean(x[0][0] * x[1][1] * spread)
      return (m - 2) * (m - 2) + spread * other * x[1][0] + p[0] * other
    }
    #expect(loss.means.count == 3)
    try check(problem, options([1, 0.4], steps: 40), [1, 0.4], loss)
  }

  /// A mean that the loss does not need is not computed, nor is a step looked at that only this one looks at.
  @Test func whatIsNotNeeded() throws {
    let problem = try Models.gbm()
    let loss = try loss(problem, steps: [3, 5]) { x, mean, _ in
      _ = mean(x[0][0])
      return mean(x[1][0]) * 2
    }
    #expect(loss.means == ["mean.1"] && loss.observedSteps == [5])
  }

  /// Var x = E(x − E x)², by one pass of each kind, against the two-pass formula over stored states.
  @Test func varianceOfTheEnsemble() throws {
    let problem = try Models.gbm(0.4, 0.3)
    let options = options([1], steps: 32, paths: 2000)
    let loss = try loss(problem, steps: []) { x, mean, _ in
      let deviation = x[0][0] - mean(x[0][0])
      return deviation * deviation
    }
    let states = try problem.solve(options).storedStates().values
    let mean = states.reduce(0, +) / 2000
    let variance = states.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2000
    #expect(isNear(try SolveGradient(problem, options, loss: loss)().loss, variance, 1e-12))
  }

  @Test(arguments: [1, 2, 7])
  func threadsDoNotMatter(threads: Int) throws {
    let problem = try Models.twoGBMs()
    let loss = try loss(problem, steps: [4]) { x, mean, _ in mean(x[0][0]) * x[1][1] * mean(x[1][0]) }
    let gradient = try SolveGradient(problem, options([1, 0.4], steps: 20, paths: 3003), loss: loss)
    let (one, many) = (try gradient(), try gradient(run: RunOptions(threads: threads)))
    #expect(one.loss == many.loss && one.gradient == many.gradient)
  }

  @Test func lostPathsAreNamed() throws {
    // −0.2 + 0.5 W: some ends are below zero, where the root is not a number.
    let problem = try Models.sde(
      "line", parameters: [("a", 0.2)], drift: { _, _, p in [p[0] * 1] },
      diffusion: { _, _, p in [p[0].constant(0.5)] })
    let options = options([0.3], steps: 16, paths: 64)
    let loss = try loss(problem, steps: []) { x, mean, _ in mean(x[0][0].apply(.sqrt)) }
    let ends = try problem.solve(options).storedStates().values
    let lost = ends.indices.filter { ends[$0] < 0 }
    try #require(!lost.isEmpty && lost.count < 64)
    let value = try SolveGradient(problem, options, loss: loss)()
    #expect(value.failedPaths == lost.count && value.firstFailedPath == lost[0] && value.loss.isNaN)
  }

  @Test func stepsOutsideAreRefused() throws {
    let problem = try Models.gbm()
    let loss = try loss(problem, steps: [8]) { x, _, _ in x[0][0] + x[1][0] }
    #expect(throws: ProgramError.self) { try SolveGradient(problem, options([1], steps: 8), loss: loss) }
    let vector = try Models.twoGBMs()
    #expect(throws: ProgramError.self) {
      try self.loss(vector, steps: []) { x, _, _ in Expression.stack(x[0]) }
    }
  }
}
