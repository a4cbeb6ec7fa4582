import Execution
import Lanes
import LinearAlgebra
import Random

/// A training by a search that runs as a whole: what it does next is between it and its library.
package protocol SearchTraining: Training {
  /// The evaluation with the least loss, whose parameters are those of the training.
  var best: TrainingRecord? { get }

  /// Searches until it has converged, or for `evaluations` evaluations of the loss and its gradient.
  ///
  /// - Parameter report: told each evaluation that has a value. What it throws ends the search.
  /// - Throws: ``TrainingError`` if the loss or its gradient is not finite at the start, or wherever the search would go
  ///   on; ``Cancelled``. The parameters are then the best ones so far.
  func search(
    evaluations: Int, _ options: RunOptions, report: (TrainingRecord) throws -> Void
  ) throws -> SearchEnding
}

/// How a search ended.
package struct SearchEnding: Sendable, Equatable {
  package var isConverged: Bool
  /// In words.
  package var reason: String
}

/// L-BFGS at work: the loss of step 0, with its random numbers, as a function of the parameters.
package final class LBFGSTraining<Source: GradientSource>: SearchTraining {
  package typealias Scalar = Source.Scalar
  private let source: Source
  private let settings: LBFGS
  private let names: [(name: String, range: Range<Int>)]
  /// Where the loss is evaluated, and its gradient there.
  private let values: UnsafeMutableBufferPointer<Scalar>
  private let gradient: UnsafeMutableBufferPointer<Scalar>

  package private(set) var step = 0
  package private(set) var parameters: [Double]
  package private(set) var best: TrainingRecord?
  package var average: [Double]? { nil }

  package init(
    _ source: Source, initial: [Double], _ settings: LBFGS, names: [(name: String, range: Range<Int>)]
  ) {
    self.source = source
    self.settings = settings
    self.names = names
    parameters = initial
    values = LBFGSTraining.zeros(initial.count)
    gradient = LBFGSTraining.zeros(initial.count)
  }

  deinit {
    values.baseAddress?.deallocate()
    gradient.baseAddress?.deallocate()
  }

  private static func zeros(_ count: Int) -> UnsafeMutableBufferPointer<Scalar> {
    let buffer = UnsafeMutableBufferPointer<Scalar>(start: allocateLanes(max(1, count)), count: count)
    buffer.update(repeating: 0)
    return buffer
  }

  package func search(
    evaluations: Int, _ options: RunOptions, report: (TrainingRecord) throws -> Void
  ) throws -> SearchEnding {
    // Why the last evaluation has no value.
    var failure: TrainingError?
    let end = try minimize(parameters, settings) { point in
      guard step < evaluations else {
        return .stop(SearchEnding(isConverged: false, reason: "it took all of its \(step) evaluations"))
      }
      let record: TrainingRecord
      switch try evaluate(point, options) {
      case .success(let found): (record, failure) = (found, nil)
      case .failure(let error):
        // A step that was too long is shortened; at the start there is none.
        if best == nil { throw error }
        failure = error
        return .nothing
      }
      try report(record)
      let slope = gradient.reduce(0) { max($0, Double($1.magnitude)) }
      guard slope > settings.gradientTolerance else {
        return .stop(
          SearchEnding(
            isConverged: true, reason: "no element of the gradient is above \(settings.gradientTolerance)"))
      }
      return .value(record.loss, gradient: doubles(UnsafeBufferPointer(gradient)))
    }
    if let failure, !end.isConverged, step < evaluations { throw failure }
    return end
  }

  private func evaluate(
    _ point: UnsafeBufferPointer<Double>, _ options: RunOptions
  ) throws -> Result<TrainingRecord, TrainingError> {
    for (index, value) in point.enumerated() { values[index] = Scalar(value) }
    let (vector, slope) = (values.baseAddress!, gradient.baseAddress!)
    let loss = try source.gradient(step: 0, parameters: vector, into: slope, options: options)
    step += 1
    if let failure = loss.failure {
      return .failure(TrainingError("the loss is not finite in evaluation \(step): \(failure)"))
    }
    let norm = GradientClipping.norm(slope, count: values.count)
    guard norm.isFinite else {
      return .failure(
        gradientFailure(
          UnsafeBufferPointer(gradient), names, "evaluation \(step)",
          advice: "other values of the net, or precision = \"double\""))
    }
    let record = TrainingRecord(
      step: step, loss: loss.value, standardError: loss.standardError, gradientNorm: norm, rate: .nan)
    if isBetter(record) {
      best = record
      parameters = doubles(UnsafeBufferPointer(values))
    }
    return .success(record)
  }

  /// A lower loss; or the same to rounding, with a shorter gradient.
  private func isBetter(_ record: TrainingRecord) -> Bool {
    guard let best else { return true }
    let rounding = 4 * Double(Scalar.ulpOfOne) * best.loss.magnitude
    return record.loss < best.loss - rounding
      || record.loss <= best.loss + rounding && record.gradientNorm < best.gradientNorm
  }

  package func validate(_ options: RunOptions) throws -> LossEstimate? {
    for (index, value) in parameters.enumerated() { values[index] = Scalar(value) }
    return try source.validation(parameters: values.baseAddress!, options: options)
  }

  /// The best parameters. What the search remembers of its way is in no file.
  package var state: TrainerState {
    TrainerState(step: step, optimizer: LBFGS.name, parameters: parameters, vectors: [:])
  }

  package func restore(_ state: TrainerState) throws {
    throw TrainingError("a search by lbfgs does not go on from a file: it begins anew, from the net's values")
  }
}
