/// The values of one parameter, as a checkpoint has them.
public struct ParameterValues: Sendable {
  public let name: String
  public let shape: [Int]
  public let values: [Double]

  public init(name: String, shape: [Int], values: [Double]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

extension ParameterStore {
  /// The parameters with their values, in order.
  public var tensors: [ParameterValues] {
    parameters.map { ParameterValues(name: $0.name, shape: $0.shape, values: Array(values[$0.range])) }
  }

  /// Replaces all values by those of a checkpoint, whose names and shapes must be those of the store.
  ///
  /// - Throws: ``NetError`` that lists which tensors are missing, unknown or of another shape; nothing is
  ///   changed then.
  public func load(_ tensors: [ParameterValues]) throws {
    var given: [String: ParameterValues] = [:]
    for tensor in tensors where given.updateValue(tensor, forKey: tensor.name) != nil {
      throw NetError("the checkpoint has two tensors '\(tensor.name)'")
    }
    var differences: [String] = []
    let missing = parameters.filter { given[$0.name] == nil }
    if !missing.isEmpty {
      differences.append("it lacks " + summary(missing.map { "\($0.name) \(shapeText($0.shape))" }))
    }
    let unknown = tensors.filter { parameter($0.name) == nil }
    if !unknown.isEmpty {
      differences.append(
        "the net has no " + summary(unknown.map { "\($0.name) \(shapeText($0.shape))" }))
    }
    let reshaped = parameters.compactMap { parameter -> String? in
      guard let tensor = given[parameter.name], tensor.shape != parameter.shape else { return nil }
      return
        "\(parameter.name) is \(shapeText(tensor.shape)) there and \(shapeText(parameter.shape)) in the net"
    }
    if !reshaped.isEmpty { differences.append(summary(reshaped)) }
    guard differences.isEmpty else {
      throw NetError("the checkpoint is of another architecture: " + differences.joined(separator: "; "))
    }
    try assign(
      parameters.flatMap { parameter in
        let values = given[parameter.name]!.values
        guard values.count == parameter.count else {
          throw NetError(
            "the tensor '\(parameter.name)' of shape \(shapeText(parameter.shape)) has \(values.count) numbers"
          )
        }
        return values
      })
  }
}
