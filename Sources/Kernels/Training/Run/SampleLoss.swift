import Execution
import Lanes
import LinearAlgebra
import Program
import Random

/// A loss that is a mean over samples, as a trainer is given it.
package struct SampleLossProblem: Sendable {
  /// A parameter of the model: an input of the Program, and its place in the flat vector.
  package struct Parameter: Sendable {
    package let input: String
    package let range: Range<Int>
    package let isTrained: Bool

    package init(input: String, range: Range<Int>, isTrained: Bool = true) {
      self.input = input
      self.range = range
      self.isTrained = isTrained
    }
  }

  /// The lane input "x", a sample; maybe the lane input "u_t", a stratified uniform; the output "loss".
  package var program: Program
  package var parameters: [Parameter]
  /// The values of the other inputs.
  package var shared: [String: [Double]]
  /// Samples, row by row.
  package var data: [Double]
  package var validationData: [Double] = []
  package var columns: Int
  package var batch: Int
  /// A step's gradient is the mean over this many batches.
  package var accumulation = 1
  package var seed: UInt64

  package init(
    program: Program, parameters: [Parameter], shared: [String: [Double]], data: [Double], columns: Int,
    batch: Int, seed: UInt64
  ) {
    self.program = program
    self.parameters = parameters
    self.shared = shared
    self.data = data
    self.columns = columns
    self.batch = batch
    self.seed = seed
  }
}

/// The gradients of a loss on samples.
///
/// The random numbers of a sample's loss are a function of the seed, the step and its place in the batch.
package final class SampleLoss<Scalar: TrainedScalar>: GradientSource {
  private let problem: SampleLossProblem
  private let engine: BatchGradient<Scalar>
  private let data: SampleMatrix<Scalar>
  private let validationSet: (engine: BatchGradient<Scalar>, data: SampleMatrix<Scalar>)?
  private var order: BatchOrder
  /// From the accumulator to the flat vector.
  private var places: [(from: Int, to: Range<Int>)] = []
  private let below: UniformGradient?
  /// Parameters that are trained but do not appear in the loss.
  package let unused: [String]

  /// - Throws: ``TrainingError`` for data that does not fit, ``ProgramError`` if the Program has no gradient,
  ///   `BlasError`.
  package init(_ problem: SampleLossProblem) throws {
    self.problem = problem
    let samples = problem.data.count / max(1, problem.columns)
    order = try BatchOrder(samples: samples, batch: problem.batch, seed: problem.seed)
    guard problem.accumulation >= 1 else {
      throw TrainingError("accumulation must be at least 1, got \(problem.accumulation)")
    }
    let trained = problem.parameters.filter(\.isTrained)
    guard !trained.isEmpty else {
      throw TrainingError("nothing is to be trained: all parameters are frozen (net:unfreeze() frees them)")
    }
    let gradient = try problem.program.parameterGradient(of: "loss", parameters: trained.map(\.input))
    unused = gradient.unused
    let plan = Plan(gradient.lanes, reducing: Set(gradient.boundaries))
    let inputs = problem.parameters.map { (input: $0.input, offset: $0.range.lowerBound) }
    let others = problem.shared.merging(
      problem.parameters.map { ($0.input, [Double](repeating: 0, count: $0.range.count)) }
    ) { given, _ in given }
    engine = try BatchGradient(plan, loss: "loss", parameters: inputs, shared: others, batch: problem.batch)
    data = SampleMatrix(problem.data, rows: samples, columns: problem.columns)
    if problem.validationData.isEmpty {
      validationSet = nil
    } else {
      let rows = problem.validationData.count / problem.columns
      validationSet = (
        try BatchGradient(
          Plan(problem.program), loss: "loss", parameters: inputs, shared: others, batch: min(rows, 4096)),
        SampleMatrix(problem.validationData, rows: rows, columns: problem.columns)
      )
    }
    below = gradient.uniform.map { UniformGradient($0, shared: problem.shared) }
    for parameter in trained where below == nil {
      guard let sum = plan.reductions.first(where: { $0.name == "grad." + parameter.input }) else { continue }
      places.append((sum.first, parameter.range))
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  package func gradient(
    step: Int, parameters: UnsafePointer<Scalar>, into gradient: UnsafeMutablePointer<Scalar>,
    options: RunOptions
  ) throws -> LossEstimate {
    let total = problem.batch * problem.accumulation
    let scale = 1 / Scalar(total)
    var moments = Moments()
    var failure: String?
    for part in 0..<problem.accumulation {
      let indices = order.indices(step: step * problem.accumulation + part)
      let result = try engine.run(
        data,
        .init(
          indices: indices, seed: problem.seed, step: step, firstLane: part * problem.batch, lanes: total),
        parameters: parameters, options: options)
      moments.merge(result.loss)
      if failure == nil, let lane = result.firstFailure {
        failure =
          "sample \(lane + 1) of the batch, row \(indices[lane - part * problem.batch] + 1) of the data"
      }
      if let below {
        below.gradient(
          engine, problem.parameters, parameters, scale: scale, adding: part > 0, into: gradient)
      } else {
        let sum = engine.gradient
        for (from, range) in places {
          let target = gradient + range.lowerBound
          if part > 0 {
            Scalar.add(sum + from, times: scale, to: target, count: range.count)
          } else {
            target.update(from: sum + from, count: range.count)
            Scalar.scale(target, by: scale, count: range.count)
          }
        }
      }
    }
    return LossEstimate(value: moments.mean, standardError: moments.standardError, failure: failure)
  }

  package func validation(parameters: UnsafePointer<Scalar>, options: RunOptions) throws -> LossEstimate? {
    guard let (engine, data) = validationSet else { return nil }
    var moments = Moments()
    var failure: String?
    var first = 0
    while first < data.rows {
      let end = min(first + 4096, data.rows)
      // A step that no training reaches: the numbers are those of no batch.
      let result = try engine.run(
        data,
        .init(
          indices: Array(first..<end), seed: problem.seed, step: 1 << 31, firstLane: first, lanes: data.rows),
        parameters: parameters, options: options)
      moments.merge(result.loss)
      if failure == nil, let lane = result.firstFailure { failure = "row \(lane + 1) of the validation data" }
      first = end
    }
    return LossEstimate(value: moments.mean, standardError: moments.standardError, failure: failure)
  }
}

/// The part of a gradient below values that are computed from the parameters once for all lanes.
private final class UniformGradient {
  private let plan: Plan
  private let space: Workspace<Double>
  private let outputs: UnsafeMutablePointer<Double>
  private let shared: [String: [Double]]

  init(_ program: Program, shared: [String: [Double]]) {
    plan = Plan(program)
    space = Workspace(plan, count: laneGroup)
    self.shared = shared
    outputs = allocateLanes(max(1, plan.externalRows * laneGroup))
    for row in 0..<plan.externalRows { space.rows[row] = outputs + row * laneGroup }
  }

  deinit { outputs.deallocate() }

  func gradient<Scalar: TrainedScalar>(
    _ engine: BatchGradient<Scalar>, _ parameters: [SampleLossProblem.Parameter],
    _ vector: UnsafePointer<Scalar>, scale: Scalar, adding: Bool, into gradient: UnsafeMutablePointer<Scalar>
  ) {
    var values = shared
    for sum in engine.plan.reductions {
      values[sum.name] = (0..<sum.count).map { Double(engine.gradient[sum.first + $0] * scale) }
    }
    for parameter in parameters { values[parameter.input] = parameter.range.map { Double(vector[$0]) } }
    space.begin(values)
    space.execute()
    for parameter in parameters where parameter.isTrained {
      guard let output = plan.output("grad." + parameter.input) else { continue }
      for (index, target) in parameter.range.enumerated() {
        let value = Scalar(space.rows[output.first + index][0])
        gradient[target] = adding ? gradient[target] + value : value
      }
    }
  }
}
