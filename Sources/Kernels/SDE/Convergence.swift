import Arrays
import Execution
import Lanes
import Program
import Random

/// How the error of a method falls with the step, with a confidence interval for the order.
public struct ConvergenceStudy: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// E‖X_T − X_Tʰ‖ on the same Brownian paths.
    case strong
    /// |E φ(X_T) − E φ(X_Tʰ)|.
    case weak
  }

  public struct Level: Sendable {
    public let steps: Int
    public let h: Double
    public let error: Double
    /// 95 % bootstrap interval of the error.
    public let low: Double
    public let high: Double
  }

  public struct Result: Sendable {
    public let method: Method
    public let levels: [Level]
    /// The slope of log error against log h by least squares.
    public let order: Double
    /// 95 % bootstrap interval of the order.
    public let low: Double
    public let high: Double
    /// The order the method promises for this noise.
    public let nominal: Double?
  }

  public var kind = Kind.strong
  public var methods: [String] = []
  /// Steps of the coarsest level; each further level halves the step.
  public var coarsest = 16
  public var levels = 6
  public var paths = 2000
  public var seed: UInt64 = 1
  public var start = 0.0
  public var end = 1.0
  public var initial: [Double]
  /// A Program of "x0", "t", "W" (m rows, the Brownian motion at t) and the parameters with the output "x";
  /// nil compares with a solution `referenceLevels` halvings finer.
  public var exact: Program?
  public var referenceLevels = 3
  /// For weak errors: a Program of "x", "t" and the parameters with the one-row output "phi".
  public var test: Program?
  public var bootstrap = 500
  public var run = RunOptions()

  public init(initial: [Double]) { self.initial = initial }
}

extension SDEProblem {
  /// Measures the order of convergence of methods on this SDE.
  ///
  /// All levels use the same Brownian paths (one root grid, refined). The interval comes from resampling
  /// the paths with replacement: it is about the noise of the sample, not about steps that are too coarse
  /// for the asymptotic order.
  ///
  /// Source of the estimators: Kloeden and Platen (1992), §9.3–9.4; of the percentile bootstrap: Efron and
  /// Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
  ///
  /// - Throws: ``SDEError`` for options that do not make sense.
  public func convergence(_ study: ConvergenceStudy) throws -> [ConvergenceStudy.Result] {
    guard study.levels >= 2, study.levels <= 20 else {
      throw SDEError("levels must be between 2 and 20, got \(study.levels)")
    }
    guard study.coarsest >= 1, study.coarsest <= 1 << 20 else {
      throw SDEError("the coarsest level must have between 1 and 2^20 steps, got \(study.coarsest)")
    }
    guard study.paths >= 20 else { throw SDEError("at least 20 paths are needed, got \(study.paths)") }
    guard study.kind == .strong || study.test != nil else {
      throw SDEError("a weak error needs test = function(x, t, p) … end")
    }
    guard study.referenceLevels >= 1, study.referenceLevels <= 20 else {
      throw SDEError("the reference must be 1 to 20 halvings finer, got \(study.referenceLevels)")
    }
    let finest = study.levels - 1 + (study.exact == nil ? study.referenceLevels : 0)
    guard finest < 40, study.coarsest << finest <= 1 << 40 else {
      throw SDEError(
        "the finest level would have more than 2^40 steps; use fewer levels or a coarser first one")
    }
    guard study.bootstrap >= 20 else {
      throw SDEError("at least 20 bootstrap samples are needed, got \(study.bootstrap)")
    }
    guard (study.end - study.start).isFinite, study.end > study.start else {
      throw SDEError("the times t = {start, end} must increase, got {\(study.start), \(study.end)}")
    }
    guard study.initial.count == dimension else {
      throw SDEError("x0 has \(study.initial.count) components, but the state of '\(name)' has \(dimension)")
    }
    if let exact = study.exact, exact.rows(of: "x") != dimension {
      throw SDEError(
        "the exact solution has \(exact.rows(of: "x") ?? 0) components, but the state of '\(name)' has \(dimension)"
      )
    }
    if let test = study.test, test.rows(of: "phi") != 1 {
      throw SDEError("the test function must have one value, got \(test.rows(of: "phi") ?? 0)")
    }
    let chosen = try study.methods.map { try method(named: $0) }
    return try chosen.map { try study.measure(self, $0) }
  }
}

extension ConvergenceStudy {
  fileprivate func measure(_ problem: SDEProblem, _ method: Method) throws -> Result {
    let steps = (0..<levels).map { coarsest << $0 }
    let reference =
      try exact == nil
      ? finalStates(problem, method, steps: coarsest << (levels - 1 + referenceLevels)) : nil
    // errors[level][path]
    let errors = try steps.map { count -> [Double] in
      let states = try finalStates(problem, method, steps: count)
      let truth = try reference ?? exactStates(problem, states)
      return try pathErrors(problem, states, truth)
    }
    // A strong error is a mean of norms; a weak one is the size of a mean.
    let summarize = { (errors: [Double]) in (errors.reduce(0, +) / Double(errors.count)).magnitude }
    let values = errors.map(summarize)
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw SDEError(
        "the method \"\(method.name)\" gave states that are not finite with \(steps[bad]) steps; start with more steps"
      )
    }
    let h = steps.map { (end - start) / Double($0) }
    var random = SequentialRandom(seed: seed, stream: .auxiliary)
    var resampledErrors = [[Double]](repeating: [], count: levels)
    var slopes: [Double] = []
    // By path, so that a resampled path is one place in memory.
    let byPath = (0..<paths).flatMap { path in errors.map { $0[path] } }
    for _ in 0..<bootstrap {
      if run.cancellation.isRequested { throw Cancelled() }
      var sums = [Double](repeating: 0, count: levels)
      byPath.withUnsafeBufferPointer { byPath in
        for _ in 0..<paths {
          let first = random.index(below: paths) * levels
          for level in 0..<levels { sums[level] += byPath[first + level] }
        }
      }
      let means = sums.map { ($0 / Double(paths)).magnitude }
      for level in 0..<levels { resampledErrors[level].append(means[level]) }
      slopes.append(slope(h, means))
    }
    let interval = { (values: [Double]) -> (Double, Double) in
      let quantiles = try NDArray(values).quantiles([0.025, 0.975]).values
      return (quantiles[0], quantiles[1])
    }
    let order = slope(h, values)
    let (low, high) = try interval(slopes)
    let table = try (0..<levels).map { level in
      let (low, high) = try interval(resampledErrors[level])
      return Level(steps: steps[level], h: h[level], error: values[level], low: low, high: high)
    }
    let orders = method.orders[problem.noise.noiseClass]
    return Result(
      method: method, levels: table, order: order, low: low, high: high,
      nominal: kind == .strong ? orders?.strong : orders?.weak)
  }

  /// The errors C·h^order through the finest level: what a method of this order would show.
  public static func slopeLine(_ h: [Double], _ errors: [Double], order: Double) -> [Double] {
    guard let step = h.last, let error = errors.last else { return [] }
    return h.map { error * Double.evaluate(.power, $0 / step, order) }
  }

  /// The least-squares slope of log error against log h.
  private func slope(_ h: [Double], _ errors: [Double]) -> Double {
    let x = h.map { Double.evaluate(.log, $0) }
    let y = errors.map { Double.evaluate(.log, $0) }
    let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
    return covariance / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
  }

  /// x and W at the end, by column: the SDE solved together with dW = dW.
  private func finalStates(_ problem: SDEProblem, _ method: Method, steps: Int) throws -> [[Double]] {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let (d, m) = (problem.dimension, problem.noiseDimension)
    // What the method carries with the state.
    let carried = d * (1 + method.companions)
    let state = builder.input("x", rows: carried + m, variation: .lane)
    let parts = builder.components(state)
    let noise = builder.input("dW", rows: m, variation: .lane)
    let x = builder.call(
      try method.program(for: problem), ["x": builder.stack(Array(parts[..<carried]))])["x"]!
    let w = zip(parts[carried...], builder.components(noise)).map { builder.binary(.add, $0, $1) }
    let start = ProgramBuilder()
    let zeros = [Double](repeating: 0, count: m)
    let starts = Array(repeating: initial, count: 1 + method.companions).flatMap { $0 }
    let recurrence = Recurrence(
      step: try builder.finish([("x", builder.stack([x] + w))]),
      initial: .program(try start.finish([("x", start.constant(starts + zeros))])),
      parameters: problem.parameterValues, dimension: carried + m, startTime: self.start,
      grid: BrownianGrid(seed: seed, steps: steps, span: end - self.start, dimension: m),
      saves: [SavePoint(step: steps, fraction: 0, time: end)], precision: .double, contract: true)
    let width = carried + m
    let array = try NDArray(shape: [paths, width]) { buffer in
      _ = try recurrence.run(
        paths: paths, store: buffer.baseAddress.map(StateStore.init), sketch: false, options: run)
    }
    return (Array(0..<d) + Array(carried..<width)).map { column in
      (0..<paths).map { array.values[$0 * width + column] }
    }
  }

  /// The exact solution on the Brownian paths that `states` were solved on.
  private func exactStates(_ problem: SDEProblem, _ states: [[Double]]) throws -> [[Double]] {
    guard let exact else { return states }
    var shared = problem.parameterValues
    shared["x0"] = initial
    shared["t"] = [end]
    let columns = ["W": Array(states[problem.dimension...])]
    return try LaneEvaluator(exact).map(columns, shared: shared, count: paths, options: run)["x"]!
  }

  private func pathErrors(_ problem: SDEProblem, _ a: [[Double]], _ b: [[Double]]) throws -> [Double] {
    let d = problem.dimension
    if kind == .weak, let test {
      var shared = problem.parameterValues
      shared["t"] = [end]
      let evaluator = LaneEvaluator(test)
      let value = { (states: [[Double]]) in
        try evaluator.map(["x": Array(states[0..<d])], shared: shared, count: paths, options: run)["phi"]![0]
      }
      return zip(try value(a), try value(b)).map { $0 - $1 }
    }
    return (0..<paths).map { path in
      var sum = 0.0
      for component in 0..<d {
        let difference = a[component][path] - b[component][path]
        sum += difference * difference
      }
      return sum.squareRoot()
    }
  }
}
