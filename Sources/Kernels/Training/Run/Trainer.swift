import Execution
import Lanes
import LinearAlgebra
import Random

/// What one step of a training did.
package struct TrainingRecord: Sendable, Equatable {
  /// From 1.
  package var step: Int
  package var loss: Double
  package var standardError: Double
  /// ‖g‖₂ before clipping.
  package var gradientNorm: Double
  package var rate: Double
  /// Where there was one after this step.
  package var validation: LossEstimate?

  package init(
    step: Int, loss: Double, standardError: Double, gradientNorm: Double, rate: Double,
    validation: LossEstimate? = nil
  ) {
    self.step = step
    self.loss = loss
    self.standardError = standardError
    self.gradientNorm = gradientNorm
    self.rate = rate
    self.validation = validation
  }
}

/// How a model is trained, whatever its loss.
package struct TrainerSettings: Sendable {
  package var optimizer: any Optimizer
  package var schedule: Schedule
  /// Names of parameters with their places, for messages; what of them decays and what is frozen.
  package var groups: ParameterGroups
  package var names: [(name: String, range: Range<Int>)]
  package var clipNorm: Double?
  package var clipValue: Double?
  /// Decay of the average of the parameters; nil: none is kept.
  package var averageDecay: Double?
  /// Places that stay in an interval: a step that leaves it ends on its boundary.
  package var bounds: [(place: Int, interval: ClosedRange<Double>)] = []

  package init(
    optimizer: any Optimizer, schedule: Schedule, groups: ParameterGroups,
    names: [(name: String, range: Range<Int>)]
  ) {
    self.optimizer = optimizer
    self.schedule = schedule
    self.groups = groups
    self.names = names
  }
}

/// All that a training has to remember to go on bit for bit. Vectors of floats are held as doubles, exactly.
package struct TrainerState: Sendable, Equatable {
  package var step: Int
  package var optimizer: String
  package var parameters: [Double]
  /// By name: the average, and what the optimizer remembers.
  package var vectors: [String: [Double]]

  package init(step: Int, optimizer: String, parameters: [Double], vectors: [String: [Double]]) {
    self.step = step
    self.optimizer = optimizer
    self.parameters = parameters
    self.vectors = vectors
  }
}

/// What changes parameters, by steps or by a search.
package protocol Training: AnyObject {
  /// Steps done, or evaluations of a search.
  var step: Int { get }
  var parameters: [Double] { get }
  /// The averaged parameters, if an average is kept.
  var average: [Double]? { get }
  /// The validation loss of the average, or of the parameters if there is none; nil without validation data.
  func validate(_ options: RunOptions) throws -> LossEstimate?
  var state: TrainerState { get }
  func restore(_ state: TrainerState) throws
}

/// A training a step at a time.
package protocol StepTraining: Training {
  /// - Throws: ``TrainingError`` if the loss or its gradient is not finite; the parameters are then those from
  ///   before the step. ``Cancelled``.
  func advance(_ options: RunOptions) throws -> TrainingRecord
}

/// The training by an optimizer: gradient, clipping, optimizer, average.
package final class Trainer<Source: GradientSource>: StepTraining {
  package typealias Scalar = Source.Scalar
  private let source: Source
  private let settings: TrainerSettings
  private let values: UnsafeMutableBufferPointer<Scalar>
  private let gradient: UnsafeMutableBufferPointer<Scalar>
  private let optimizer: OptimizerState<Scalar>
  private let averaged: ParameterAverage<Scalar>?

  package var step: Int { optimizer.step }
  package var parameters: [Double] { doubles(UnsafeBufferPointer(values)) }
  package var average: [Double]? { averaged.map { doubles(UnsafeBufferPointer($0.values)) } }

  /// - Throws: ``TrainingError`` for settings that do not fit.
  package init(_ source: Source, initial: [Double], _ settings: TrainerSettings) throws {
    self.source = source
    self.settings = settings
    let count = initial.count
    let values = UnsafeMutableBufferPointer<Scalar>(start: allocateLanes(max(1, count)), count: count)
    for (index, value) in initial.enumerated() { values[index] = Scalar(value) }
    self.values = values
    gradient = UnsafeMutableBufferPointer(start: allocateLanes(max(1, count)), count: count)
    gradient.update(repeating: 0)
    optimizer = OptimizerState(settings.optimizer, settings.groups)
    averaged = try settings.averageDecay.map {
      try ParameterAverage(of: UnsafeBufferPointer(values), decay: $0)
    }
  }

  deinit {
    values.baseAddress?.deallocate()
    gradient.baseAddress?.deallocate()
  }

  package func advance(_ options: RunOptions) throws -> TrainingRecord {
    let (vector, slope) = (values.baseAddress!, gradient.baseAddress!)
    let count = values.count
    let loss = try source.gradient(step: step, parameters: vector, into: slope, options: options)
    if let failure = loss.failure {
      throw TrainingError("the loss is not finite in step \(step + 1): \(failure)")
    }
    let norm = GradientClipping.norm(slope, count: count)
    guard norm.isFinite else {
      throw gradientFailure(
        UnsafeBufferPointer(gradient), settings.names, "step \(step + 1)",
        advice: "a smaller learning rate, clip_norm, or precision = \"double\"")
    }
    if let limit = settings.clipValue { GradientClipping.clip(slope, count: count, value: limit) }
    if let limit = settings.clipNorm { GradientClipping.clip(slope, count: count, norm: limit) }
    let rate = settings.schedule.rate(step)
    optimizer.step(vector, gradient: slope, rate: rate)
    for (place, interval) in settings.bounds {
      vector[place] = min(max(vector[place], Scalar(interval.lowerBound)), Scalar(interval.upperBound))
    }
    averaged?.update(vector)
    return TrainingRecord(
      step: step, loss: loss.value, standardError: loss.standardError, gradientNorm: norm, rate: rate)
  }

  package func validate(_ options: RunOptions) throws -> LossEstimate? {
    let vector = averaged?.values.baseAddress ?? values.baseAddress!
    return try source.validation(parameters: vector, options: options)
  }

  package var state: TrainerState {
    let remembered = optimizer.snapshot
    var vectors: [String: [Double]] = [:]
    for (name, vector) in remembered.vectors {
      vectors["optimizer." + name] = vector.withUnsafeBufferPointer { doubles($0) }
    }
    if let average { vectors["average"] = average }
    return TrainerState(
      step: remembered.step, optimizer: remembered.optimizer, parameters: parameters, vectors: vectors)
  }

  /// - Throws: ``TrainingError`` for the state of another training; then nothing has changed.
  package func restore(_ state: TrainerState) throws {
    guard state.parameters.count == values.count else {
      throw TrainingError(
        "the saved training has \(state.parameters.count) parameters, and this one \(values.count)")
    }
    guard (state.vectors["average"] != nil) == (averaged != nil) else {
      throw TrainingError(
        averaged == nil
          ? "the saved training keeps an average of the parameters: give ema= as it had"
          : "the saved training keeps no average of the parameters: leave ema= out")
    }
    var vectors: [String: [Scalar]] = [:]
    for (name, vector) in state.vectors where name.hasPrefix("optimizer.") {
      vectors[String(name.dropFirst("optimizer.".count))] = vector.map { Scalar($0) }
    }
    try optimizer.restore(.init(optimizer: state.optimizer, step: state.step, vectors: vectors))
    if let averaged, let saved = state.vectors["average"] {
      try averaged.restore(.init(step: state.step, values: saved.map { Scalar($0) }))
    }
    for (index, value) in state.parameters.enumerated() { values[index] = Scalar(value) }
  }
}

/// What is said of a gradient whose norm is not finite.
func gradientFailure<Scalar: TrainedScalar>(
  _ gradient: UnsafeBufferPointer<Scalar>, _ names: [(name: String, range: Range<Int>)], _ place: String,
  advice: String
) -> TrainingError {
  let first = gradient.firstIndex { !$0.isFinite } ?? 0
  let name = names.first { $0.range.contains(first) }.map { "'\($0.name)'" } ?? "a parameter"
  let reason = gradient.allSatisfy(\.isFinite) ? "is too large for its precision" : "is not finite"
  return TrainingError(
    "the gradient in \(name) \(reason) in \(place), though the loss is finite: \(advice) may help")
}

// Called from other modules, where the precision is not known: without these every number would be asked for its
// type, and that takes longer than a step of a small net.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func doubles<Scalar: TrainedScalar>(_ values: UnsafeBufferPointer<Scalar>) -> [Double] {
  values.map { Double($0) }
}
