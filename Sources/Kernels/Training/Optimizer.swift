/// A rule that moves parameters against a gradient, element by element. A rule holds its settings; what it remembers
/// from step to step are flat vectors, which ``OptimizerState`` keeps.
package protocol Optimizer: Sendable {
  /// The name it is found by, as in the registry.
  var name: String { get }
  /// The learning rate it was made with, which a schedule may vary.
  var rate: Double { get }
  /// Names of the vectors that it remembers, each as long as the parameters and 0 at the beginning.
  var stateNames: [String] { get }

  /// Moves one block of parameters. What is done to an element depends on that element alone.
  func update(_ block: ParameterBlock<Float>, _ step: OptimizerStep)
  func update(_ block: ParameterBlock<Double>, _ step: OptimizerStep)
}

/// What all elements of one step share.
package struct OptimizerStep: Sendable {
  /// From 1.
  package var number: Int
  /// The learning rate of this step.
  package var rate: Double
  /// Whether the parameters of the block are subject to weight decay.
  package var decays: Bool
}

/// Some consecutive parameters with their gradient and what the optimizer remembers of them.
package struct ParameterBlock<Scalar> {
  package let count: Int
  package let parameters: UnsafeMutablePointer<Scalar>
  package let gradient: UnsafePointer<Scalar>
  /// In the order of `stateNames`; a rule that remembers fewer leaves the others alone.
  package let first, second: UnsafeMutablePointer<Scalar>
}

/// An optimizer as users find it.
package struct OptimizerSpecification: Sendable {
  package let name: String
  package let title: String
  /// The formula, for the documentation.
  package let doc: String
  package let source: String
  package let options: [TrainingOption]
  let create: @Sendable (TrainingOptions) -> any Optimizer

  /// - Throws: `TrainingError` for an unknown option or a value out of its range.
  package func make(_ given: [String: Double] = [:]) throws(TrainingError) -> any Optimizer {
    create(try TrainingOptions(given, of: options, owner: name))
  }
}
