import Kernels
import Testing

/// Gradients by steps that are undone on the way back.
@Suite struct ReversibleHeunTests {
  private func options(_ x0: [Double], steps: Int, paths: Int) -> SolveOptions {
    var options = SolveOptions(initial: .point(x0))
    (options.steps, options.paths, options.seed, options.method) = (steps, paths, 11, "reversible_heun")
    return options
  }

  private func smoothLoss(_ problem: SDEProblem) throws -> Program {
    try Models.function(
      dimension: problem.dimension, output: "loss", parameters: [problem.parameters[0].name]
    ) { x, t, p in
      let sum = x.dropFirst().reduce(x[0] * x[0] + t * p[0]) { $0 + $1 * x[0] }
      return (sum * sum + 1).apply(.sqrt)
    }
  }

  /// Two components and two noises that do not commute.
  private func coupled() throws -> SDEProblem {
    try Models.sde(
      "coupled", dimension: 2, shape: .matrix(noises: 2), parameters: [("a", 0.7), ("b", 0.3), ("w", 2)],
      calculus: .stratonovich,
      drift: { x, t, p in [x[1] * p[0], (p[2] * t).apply(.sin) - x[0].apply(.sin)] },
      diffusion: { x, _, p in [p[1] * x[1], p[1] + 0 * x[0], p[1].apply(.exp) * 0.2 * x[0], p[1] * x[1]] })
  }

  /// Algorithm 1 of the source, written down for dX = aX dt + bX ∘ dW.
  @Test(arguments: [1, 7, 48])
  func stepsAreThoseOfTheSource(steps: Int) throws {
    let (a, b, x0) = (0.4, 0.3, 1.5)
    let problem = try Models.gbm(a, b, calculus: .stratonovich)
    let loss = try Models.function(output: "loss") { x, _, _ in x[0] }
    let value = try SolveGradient(problem, options([x0], steps: steps, paths: 1), loss: loss)()
    let grid = BrownianGrid(seed: 11, steps: steps, span: 1, dimension: 1)
    let walker = BrownianWalker<Double>(grid, count: 16)
    walker.start(firstPath: 0)
    var (x, shadow) = (x0, x0)
    for step in 0..<steps {
      walker.advance(to: step)
      let dW = walker.increments[0][0]
      let next = 2 * x - shadow + a * shadow * grid.step + b * shadow * dW
      x += 0.5 * (a * (shadow + next) * grid.step + b * (shadow + next) * dW)
      shadow = next
    }
    #expect(isNear(value.loss, x, 1e-13))
    // The loss is linear in x0.
    #expect(isNear(value.initialGradient![0], x / x0, 1e-12))
  }

  @Test(arguments: [1, 37, 400, 1024], [false, true])
  func equalsDifferences(steps: Int, isCoupled: Bool) throws {
    let problem = isCoupled ? try coupled() : try Models.gbm(0.4, 0.3, calculus: .stratonovich)
    let x0 = isCoupled ? [0.5, 0.8] : [1.5]
    let gradient = try SolveGradient(
      problem, options(x0, steps: steps, paths: 150), loss: smoothLoss(problem))
    let value = try gradient()
    func difference(_ h: Double, _ f: (Double) throws -> Double) rethrows -> Double {
      func central(_ h: Double) throws -> Double { (try f(h) - f(-h)) / (2 * h) }
      return try (central(h / 2) * 4 - central(h)) / 3
    }
    for parameter in problem.parameters {
      let expected = try difference(1e-3) {
        try gradient(parameters: [parameter.name: [parameter.values[0] + $0]]).loss
      }
      let found = value.gradient[parameter.name]![0]
      #expect(isNear(found, expected, 1e-8), "\(parameter.name): \(found), \(expected)")
    }
    for component in x0.indices {
      let expected = try difference(1e-3) { moved in
        var point = x0
        point[component] += moved
        return try gradient(x0: point).loss
      }
      #expect(isNear(value.initialGradient![component], expected, 1e-8))
    }
  }

  /// E[X_T] = x0 exp((a + b²/2)T) in Stratonovich's calculus, T times that in a. The t of twenty seeds, whose
  /// standard error is 0.2 %, exceeds 7.2 with probability 10⁻⁶; the bias of 128 steps is below one of them.
  @Test func closedFormOfGeometricBrownianMotion() throws {
    let (a, b, x0) = (0.4, 0.3, 1.5)
    let problem = try Models.gbm(a, b, calculus: .stratonovich)
    let loss = try Models.function(output: "loss") { x, _, _ in x[0] }
    let gradient = try SolveGradient(problem, options([x0], steps: 128, paths: 1000), loss: loss)
    let found = try (1...20).map { try gradient(seed: UInt64($0)).gradient["a"]![0] }
    let mean = found.reduce(0, +) / 20
    let square = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
    func t(_ rate: Double) -> Double {
      ((mean - x0 * Double.evaluate(.exp, rate)) / (square / 20).squareRoot()).magnitude
    }
    #expect(t(a + b * b / 2) < 7.2)
    // Negative control: the mean in Ito's calculus, 4 % below.
    #expect(t(a) > 7.2)
  }

  /// A solve gives the same paths, and keeps the state alone.
  @Test(arguments: [1, 37])
  func solvesAsItsGradientDoes(steps: Int) throws {
    let problem = try coupled()
    let options = options([0.5, 0.8], steps: steps, paths: 150)
    let loss = try smoothLoss(problem)
    var observed = options
    observed.observables = loss
    observed.save = .path
    let solution = try problem.solve(observed)
    let value = try SolveGradient(problem, options, loss: loss)()
    #expect(isNear(solution.summary.observed[0].mean, value.loss, 1e-14))
    #expect(try solution.storedStates().shape == [150, steps + 1, 2])
    #expect(try solution.path(149).values.suffix(2) == solution.storedStates().values.suffix(2))
    // An array of starts, and starts at random, are paired with themselves too.
    var table = options
    table.initial = .table(
      try NDArray((0..<150).flatMap { _ in [0.5, 0.8] }, shape: [150, 2]))
    #expect(try problem.solve(table).storedStates().values == problem.solve(options).storedStates().values)
  }

  @Test func memoryDoesNotGrow() throws {
    let problem = try Models.gbm(0.4, 0.3, calculus: .stratonovich)
    func kept(_ steps: Int) throws -> Int {
      try SolveGradient(problem, options([1], steps: steps, paths: 256), loss: smoothLoss(problem)).keptBytes
    }
    #expect(try kept(16) == kept(1 << 20))
  }

  @Test func itoIsRefused() throws {
    let problem = try Models.gbm()
    #expect(
      throws: SDEError(
        "the method \"reversible_heun\" solves stratonovich SDEs, and 'GBM' is written in ito calculus "
          + "(sde:stratonovich() converts it); methods that fit: \"em\", \"milstein\"")
    ) { try SolveGradient(problem, options([1], steps: 4, paths: 4), loss: smoothLoss(problem)) }
  }
}
