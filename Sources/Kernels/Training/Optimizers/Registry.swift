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
    guard let found = optimizers.first(where: { $0.name == name }) else {
      let names = optimizers.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw TrainingError("there is no optimizer \"\(name)\"; there are \(names)")
    }
    return found
  }
}
