import Lanes
import Program
import Random

/// The gradient of the mean of a loss of the final state of a recurrence, by one sweep forward and one back:
///
///     u_N = ∂L/∂x_N,   u_n = u_{n+1}ᵀ ∂step/∂x (x_n, ΔW_n),   ∂L/∂p = Σ_n u_{n+1}ᵀ ∂step/∂p (x_n, ΔW_n) + …
///
/// A loss may look at further states of a path: these are kept on the way forward, and ∂L/∂x_n is added to u_n where
/// the sweep back comes by.
///
/// It is the derivative of what is computed (discretise, then optimise), exact to rounding. The sweep back
/// meets the states in reverse: every s-th one, s ≈ √N, is kept by the sweep forward, and from it the s states
/// of a segment are computed once more, with increments made anew from their counters. So a block keeps
/// N/s + s states and s increments a lane, and takes one more solve.
///
/// A step that can be undone algebraically needs none of it: given its inverse, a block keeps two states and one
/// increment a lane whatever N, and the states met on the way back are those of the way forward but for
/// rounding.
///
/// Blocks are added in order: the same bits for any number of threads.
///
/// Source: Griewank and Walther, Evaluating Derivatives (2008), chs. 3 and 12; Giles and Glasserman,
/// "Smoking adjoints: fast Monte Carlo Greeks", Risk (January 2006).
public struct RecurrenceGradient: Sendable {
  /// What a run gives. The means are over the paths.
  public struct Result: Sendable {
    public internal(set) var loss = Moments()
    /// By the name of the input.
    public internal(set) var gradient: [String: [Double]] = [:]
    public internal(set) var failedPaths = 0
    /// The first path whose loss is not finite.
    public internal(set) var firstFailedPath: Int?
  }

  /// A Program's adjoint: a plan, where its sums lie in a block's, and what is computed from the sums.
  struct Part: Sendable {
    let plan: Plan
    let offset: Int
    let uniform: Program?
    var end: Int { offset + plan.accumulatorCount }

    init(_ gradient: ParameterGradient, offset: Int, contract: Bool) {
      let unused = Set(gradient.unused.map { "grad." + $0 })
      let reduced = Set(gradient.boundaries).subtracting(gradient.uniform == nil ? unused : [])
      let all = gradient.lanes
      let wanted = Program(
        nodes: all.nodes, inputs: all.inputs,
        outputs: all.outputs.filter { reduced.contains($0.name) || !$0.name.hasPrefix("grad.") })
      plan = Plan(wanted, contract: contract, reducing: reduced)
      self.offset = offset
      uniform = gradient.uniform
    }
  }

  let recurrence: Recurrence
  let paths: Int
  /// Steps at whose beginning the loss looks at the state, increasing.
  let observed: [Int]
  /// The inputs that the gradient is taken in.
  let parameters: [(name: String, rows: Int)]
  let step: Plan
  /// From the state after a step to the one before it, where there is such a Program.
  let inverse: Plan?
  let initial: Plan?
  let stepAdjoint: Part
  let lossAdjoint: Part
  /// nil where the paths start from a table.
  let initialAdjoint: Part?
  /// s; 1 where the step is undone by its inverse.
  public let segment: Int
  /// Lanes of a block.
  public let blockLength: Int

  /// - Parameters:
  ///   - recurrence: its observables and save points are not looked at.
  ///   - loss: a Program of "x", "t" and the parameters with the output "loss", one number a path. "x" is the states
  ///     at the `observed` steps, one after the other, and then the final one.
  ///   - parameters: inputs of the step, of the loss or of the initial state's Program.
  ///   - observed: steps of 0 ..< steps, increasing.
  ///   - inverse: a Program with the step's inputs, of which "x" is the state after the step and "t" still the
  ///     time before it, and with the output "x", the state before the step.
  /// - Throws: ``ProgramError`` if the Programs do not fit together or a name is unknown.
  public init(
    _ recurrence: Recurrence, loss: Program, parameters names: [String], paths: Int, observed: [Int] = [],
    inverse: Program? = nil
  ) throws {
    let isOrdered = zip(observed, observed.dropFirst()).allSatisfy { $0 < $1 }
    guard isOrdered, observed.allSatisfy({ (0..<recurrence.grid.steps).contains($0) }) else {
      throw ProgramError(
        "the steps that a loss looks at must increase within 0 ..< \(recurrence.grid.steps), got \(observed)")
    }
    if let inverse {
      var backward = recurrence
      backward.step = inverse
      try backward.validate(paths: paths)
    }
    var checked = recurrence
    checked.observables = nil
    try checked.validate(paths: paths)
    let seen = recurrence.dimension * (observed.count + 1)
    try recurrence.requireRows(of: loss, lanes: ["x": seen], "loss's")
    guard paths >= 1 else { throw ProgramError("a mean needs at least one path, got \(paths)") }
    guard loss.rows(of: "loss") == 1 else {
      throw ProgramError("the loss needs an output 'loss' of one number a path")
    }
    self.recurrence = recurrence
    self.paths = paths
    self.observed = observed
    var start: Program?
    if case .program(let program) = recurrence.initial { start = program }
    let programs = [recurrence.step, loss] + (start.map { [$0] } ?? [])
    parameters = try names.map { name in
      guard let input = programs.lazy.flatMap(\.inputs).first(where: { $0.name == name }) else {
        throw ProgramError("'\(name)' is not an input of the recurrence, of its start or of the loss")
      }
      return (name, input.rows)
    }
    func used(_ program: Program) -> [String] {
      names.filter { name in program.inputs.contains { $0.name == name } }
    }
    let contract = recurrence.contract
    let state = (name: "x", rows: recurrence.dimension)
    step = Plan(recurrence.step, contract: contract)
    self.inverse = inverse.map { Plan($0, contract: contract) }
    stepAdjoint = Part(
      try recurrence.step.adjoint(
        of: "x", cotangent: "u", state: state, parameters: used(recurrence.step)),
      offset: 0, contract: contract)
    let scalar = try Program(
      nodes: loss.nodes, inputs: loss.inputs, outputs: loss.outputs.filter { $0.name == "loss" }
    ).adjoint(of: "loss", cotangent: nil, state: (name: "x", rows: seen), parameters: used(loss))
    lossAdjoint = Part(scalar, offset: stepAdjoint.end, contract: contract)
    let end = lossAdjoint.end
    initial = start.map { Plan($0, contract: contract) }
    initialAdjoint = try start.map { program in
      Part(
        try program.adjoint(of: "x", cotangent: "u", state: nil, parameters: used(program)), offset: end,
        contract: contract)
    }
    // The power of two next to √N: segments then begin where few normals have to be made again.
    var segment = 1
    while inverse == nil, 2 * segment * segment < recurrence.grid.steps { segment *= 2 }
    self.segment = segment
    let noises = recurrence.grid.dimension
    let rows = step.rowCount + noises * (4 + 2 * min(recurrence.grid.levels, 4))
    var length = stepAdjoint.plan.blockLength(
      scalarSize: recurrence.precision.scalarSize,
      extraRows: rows + min(segment, 16) * (recurrence.dimension + noises)
        + 2 * min(observed.count, 16) * recurrence.dimension)
    if paths <= 128 {
      length = max(laneGroup, (paths + laneGroup - 1) / laneGroup * laneGroup)
    } else {
      while length > 128, paths < (length > 512 ? 128 : 8) * length { length /= 2 }
    }
    blockLength = length
  }

  /// States and increments that a thread keeps for a lane of a block, as rows of one number a lane: about
  /// 2√N·d + √N·m, or 3d + m where the step is undone by its inverse.
  public var keptRows: Int {
    let segments = inverse != nil ? 1 : (recurrence.grid.steps + segment - 1) / segment
    return (segments + segment + 1) * recurrence.dimension + segment * recurrence.grid.dimension
  }

  /// The bytes that a thread keeps in states and increments.
  public var keptBytes: Int {
    (keptRows + 2 * observed.count * recurrence.dimension) * blockLength * recurrence.precision.scalarSize
  }

  var accumulatorCount: Int { (initialAdjoint ?? lossAdjoint).end }

  /// Runs the paths forward and back.
  ///
  /// - Parameters:
  ///   - values: of inputs that differ from the recurrence's.
  ///   - seed: of the Brownian paths and of the initial states' draws.
  /// - Throws: ``Cancelled``; ``ProgramError`` if a value has the wrong length.
  public func run(
    values: [String: [Double]] = [:], seed: UInt64? = nil, options: RunOptions = RunOptions()
  ) throws -> Result {
    let changed = try recurrence.changed(values, seed: seed)
    switch recurrence.precision {
    case .single: return try run(Float.self, changed, options)
    case .double: return try run(Double.self, changed, options)
    }
  }

  private func run<Scalar: ExecutionScalar>(
    _ type: Scalar.Type, _ recurrence: Recurrence, _ options: RunOptions
  ) throws -> Result {
    var result = Result()
    var sums = [Double](repeating: 0, count: accumulatorCount)
    try forEachBlock(
      count: (paths + blockLength - 1) / blockLength, options: options,
      makeWorker: { GradientRunner<Scalar>(self, recurrence) },
      process: { worker, block in
        let first = block * blockLength
        return worker.run(
          firstPath: first, lanes: min(blockLength, paths - first), cancellation: options.cancellation)
      },
      consume: { (part: BlockGradient) in
        result.loss.merge(part.loss)
        result.failedPaths += part.failed
        if result.firstFailedPath == nil { result.firstFailedPath = part.firstFailed }
        for index in sums.indices { sums[index] += part.sums[index] }
      })
    for index in sums.indices { sums[index] /= Double(paths) }
    result.gradient = try gradient(means: sums, recurrence.parameters, h: recurrence.grid.step)
    return result
  }

  /// From the means over the paths to the parameters.
  private func gradient(
    means: [Double], _ values: [String: [Double]], h: Double
  ) throws -> [String: [Double]] {
    var total: [String: [Double]] = [:]
    for (name, rows) in parameters { total[name] = Array(repeating: 0, count: rows) }
    func add(_ name: String, _ part: ArraySlice<Double>) {
      for (index, value) in part.enumerated() { total[name]![index] += value }
    }
    for part in [stepAdjoint, lossAdjoint] + (initialAdjoint.map { [$0] } ?? []) {
      let sums = part.plan.reductions.map { sum in
        (sum.name, means[part.offset + sum.first..<part.offset + sum.first + sum.count])
      }
      if let uniform = part.uniform {
        var inputs = values.merging(["h": [h]]) { given, _ in given }
        for (name, sum) in sums { inputs[name] = Array(sum) }
        let found = try uniform.evaluate(inputs)
        for (name, _) in parameters {
          if let gradient = found["grad." + name] { add(name, gradient[...]) }
        }
      } else {
        for (name, sum) in sums { add(String(name.dropFirst("grad.".count)), sum) }
      }
    }
    return total
  }
}

extension Recurrence {
  /// The same recurrence with other values of some parameters, and other random numbers.
  ///
  /// - Throws: ``ProgramError`` for an unknown name or a wrong number of values.
  package func changed(_ values: [String: [Double]], seed: UInt64?) throws -> Recurrence {
    for (name, given) in values {
      guard let expected = parameters[name] else {
        throw ProgramError("'\(name)' is not an input of the recurrence")
      }
      guard given.count == expected.count else {
        throw ProgramError("the input '\(name)' has \(expected.count) values, got \(given.count)")
      }
    }
    var changed = self
    changed.parameters.merge(values) { $1 }
    if let seed {
      changed.grid = BrownianGrid(
        seed: seed, steps: grid.steps, span: grid.span, dimension: grid.dimension, stream: grid.stream)
    }
    return changed
  }
}

/// What a block contributes.
struct BlockGradient: Sendable {
  var loss: Moments
  var failed: Int
  var firstFailed: Int?
  var sums: [Double]
}
