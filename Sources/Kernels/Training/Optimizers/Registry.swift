/// All optimizers, in the order they are listed to users. A new one is one file and one line here.
package let optimizers: [OptimizerSpecification] = [
  sgd,
  adam,
  adamW,
  lion,
  adafactor,
]

extension OptimizerSpecification {
  /// - Throws: `TrainingError` that lists the names.
  package static func named(_ name: String) throws(TrainingError) -> OptimizerSpecification {
    try choice(of: name, among: optimizers, as: "optimizer", \.name)
  }
}
