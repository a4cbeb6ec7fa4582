/// A rule that moves parameters against a gradient. A rule holds its settings; what it remembers from step to step are
/// flat vectors, which ``OptimizerState`` keeps.
package protocol Optimizer: Sendable {
  /// The name it is found by, as in the registry.
  var name: String { get }
  /// The learning rate it was made with, which a schedule may vary.
  var rate: Double { get }
  /// Names of the vectors that it remembers, 0 at the beginning; two at most.
  var stateNames: [String] { get }
  /// Whether what is done to an element depends on its whole tensor. If not, it depends on that element alone.
  var movesWholeTensors: Bool { get }
  /// How many numbers each vector has for a tensor. As many as the tensor, unless the rule moves whole tensors.
  func stateCounts(_ tensor: ParameterTensor) -> [Int]

  /// Moves one block of parameters: a whole tensor, if the rule moves those.
  func update(_ block: ParameterBlock<Float>, _ step: OptimizerStep)
  func update(_ block: ParameterBlock<Double>, _ step: OptimizerStep)
}

extension Optimizer {
  package var movesWholeTensors: Bool { false }

  package func stateCounts(_ tensor: ParameterTensor) -> [Int] {
    [Int](repeating: tensor.range.count, count: stateNames.count)
  }
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
  /// What the block is, for a rule that moves whole tensors.
  package let tensor: ParameterTensor
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
