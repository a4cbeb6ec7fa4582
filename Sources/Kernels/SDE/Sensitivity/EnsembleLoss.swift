import Arrays
import Execution
import Program

/// A ``PathLoss`` without gradients: solves once, keeps the states that the loss looks at, and has from them the means in the loss, the
/// loss's slopes in them, and its value.
struct EnsembleLoss {
  private let recurrence: Recurrence
  private let paths: Int
  private let loss: PathLoss
  private let means: [LaneEvaluator]
  /// ∂(ℓ + Σ wⱼ fⱼ)/∂mₖ for each k.
  private let slopes: [LaneEvaluator]
  private let value: LaneEvaluator

  /// - Parameters:
  ///   - recurrence: its save points are replaced.
  ///   - loss: of this recurrence's states.
  /// - Throws: ``ProgramError``.
  init(_ recurrence: Recurrence, _ loss: PathLoss, paths: Int) throws {
    var recurrence = recurrence
    recurrence.saves = (loss.observedSteps + [recurrence.grid.steps]).map {
      SavePoint(step: $0, fraction: 0, time: recurrence.time(ofStep: $0))
    }
    self.recurrence = recurrence
    self.paths = paths
    self.loss = loss
    let contract = recurrence.contract
    func evaluator(_ program: Program, _ output: String) -> LaneEvaluator {
      LaneEvaluator(
        Program(
          nodes: program.nodes, inputs: program.inputs,
          outputs: program.outputs.filter { $0.name == output }), contract: contract)
    }
    means = loss.means.map { evaluator(loss.program, $0) }
    value = evaluator(try loss.linearized(), "loss")
    if loss.means.isEmpty {
      slopes = []
    } else {
      let builder = ProgramBuilder()
      builder.nodeLimit = .max
      let values = builder.call(
        try loss.linearized().vjp(inputs: loss.means, outputs: ["loss"]), ["d.loss": builder.constant(1)])
      let slope = try builder.finish(loss.means.map { ("d." + $0, values["d." + $0]!) })
      slopes = loss.means.map { evaluator(slope, "d." + $0) }
    }
  }

  /// The means and the loss's slopes in them, as values of the inputs of ``PathLoss/linearized()``.
  struct Linearization {
    var values: [String: [Double]]
    var failed = 0
    var firstFailed: Int?
  }

  /// - Throws: ``SDEError`` if the states need too much memory; `Cancelled`; ``ProgramError``.
  func linearization(
    _ values: [String: [Double]], seed: UInt64?, _ options: RunOptions
  ) throws -> Linearization {
    try linearization(try states(values, seed, options), options)
  }

  /// The loss of the ensemble, and its standard error.
  func callAsFunction(
    _ values: [String: [Double]], seed: UInt64?, _ options: RunOptions
  ) throws -> (loss: Moments, failed: Int, firstFailed: Int?) {
    let states = try states(values, seed, options)
    let point = try linearization(states, options)
    guard point.failed == 0 else { return (Moments(), point.failed, point.firstFailed) }
    let losses = try value.map(
      states.columns, shared: states.shared.merging(point.values) { $1 }, count: paths, options: options)[
        "loss"]![0]
    let lost = losses.indices.filter { !losses[$0].isFinite }
    return (Moments(losses), lost.count, lost.first)
  }

  private struct States {
    var columns: LaneEvaluator.Columns
    var shared: [String: [Double]]
    var failed: Int
    var firstFailed: Int?
  }

  private func states(_ values: [String: [Double]], _ seed: UInt64?, _ options: RunOptions) throws -> States {
    let bytes = Double(paths) * Double(recurrence.saves.count * recurrence.dimension) * 16
    guard bytes <= 0x1p32 else {
      throw SDEError(
        "the states of \(paths) paths at \(recurrence.saves.count) times, which the loss is computed from, need "
          + "\(readable(bytes: bytes)): take fewer paths or times")
    }
    let changed = try recurrence.changed(values, seed: seed)
    let width = recurrence.saves.count * recurrence.dimension
    var table = [Double](repeating: 0, count: paths * width)
    var options = options
    options.progress = nil
    let summary = try table.withUnsafeMutableBufferPointer {
      try changed.run(
        paths: paths, store: $0.baseAddress.map(StateStore.init), sketch: false, options: options)
    }
    let columns = (0..<width).map { column in
      stride(from: column, to: table.count, by: width).map { table[$0] }
    }
    var shared = changed.parameters
    shared["t"] = [recurrence.time(ofStep: recurrence.grid.steps)]
    return States(
      columns: ["x": columns], shared: shared, failed: summary.failedPaths,
      firstFailed: summary.firstFailedPath)
  }

  private func linearization(_ states: States, _ options: RunOptions) throws -> Linearization {
    var result = Linearization(values: [:], failed: states.failed, firstFailed: states.firstFailed)
    guard result.failed == 0 else { return result }
    for mean in loss.means {
      let zeros = [Double](repeating: 0, count: loss.rows(of: mean))
      result.values[mean] = zeros
      result.values[PathLoss.weight(of: mean)] = zeros
    }
    func average(_ evaluator: LaneEvaluator, _ name: String) throws -> [Double] {
      let shared = states.shared.merging(result.values) { $1 }
      return try evaluator.sum(states.columns, shared: shared, count: paths, options: options)[name]!.map {
        $0 / Double(paths)
      }
    }
    for (mean, evaluator) in zip(loss.means, means) {
      let values = try average(evaluator, mean)
      guard values.allSatisfy(\.isFinite) else {
        let each = try evaluator.map(
          states.columns, shared: states.shared.merging(result.values) { $1 }, count: paths, options: options)[
            mean]!
        let lost = (0..<paths).filter { path in each.contains { !$0[path].isFinite } }
        (result.failed, result.firstFailed) = (max(1, lost.count), lost.first ?? 0)
        return result
      }
      result.values[mean] = values
    }
    // A mean that another one uses has a part of that one's slope: the last mean comes first.
    for (mean, evaluator) in zip(loss.means, slopes).reversed() {
      result.values[PathLoss.weight(of: mean)] = try average(evaluator, "d." + mean)
    }
    return result
  }
}

extension Moments {
  fileprivate init(_ values: [Double]) {
    self = values.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { Moments($0, count: buffer.count) } ?? Moments()
    }
  }
}
