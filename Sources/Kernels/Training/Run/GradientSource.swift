import Execution
import Lanes
import LinearAlgebra
import Random

/// A precision that a model can be trained in.
package typealias TrainedScalar = TrainingScalar & ExecutionScalar

/// A loss's value as a step sees it.
package struct LossEstimate: Sendable, Equatable {
  package var value: Double
  /// The standard error of the value, over the samples.
  package var standardError: Double
  /// Where it is not finite, in words; nil if it is.
  package var failure: String?

  package init(value: Double, standardError: Double, failure: String? = nil) {
    self.value = value
    self.standardError = standardError
    self.failure = failure
  }
}

/// Where a trainer gets its gradients from: a loss on samples, a loss on the paths of an SDE.
package protocol GradientSource<Scalar>: AnyObject {
  associatedtype Scalar: TrainedScalar

  /// The loss of step `step` (from 0) at these parameters; its gradient is written to `gradient`, 0 for what is
  /// not trained. Both are functions of the step and the parameters alone.
  ///
  /// - Throws: ``Cancelled``.
  func gradient(
    step: Int, parameters: UnsafePointer<Scalar>, into gradient: UnsafeMutablePointer<Scalar>,
    options: RunOptions
  ) throws -> LossEstimate

  /// The loss on what is kept for validation, with random numbers that are the same each time; nil: there is
  /// nothing.
  func validation(parameters: UnsafePointer<Scalar>, options: RunOptions) throws -> LossEstimate?
}
