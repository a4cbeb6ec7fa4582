import Program

/// `y = W·x + b`, as `torch.nn.Linear`: "weight" of shape [outputs, inputs] and "bias" of shape [outputs].
struct Linear {
  let name: String
  let inputs: Int
  let outputs: Int
  var hasBias = true

  func parameters(_ initialization: Initialization, gain: Double) -> [ParameterDeclaration] {
    let weight = ParameterDeclaration(
      name + "weight", [outputs, inputs], .weight(initialization, gain: gain))
    guard hasBias else { return [weight] }
    return [weight, ParameterDeclaration(name + "bias", [outputs], .bias(initialization, fanIn: inputs))]
  }

  func apply(_ scope: LayerScope, _ x: NodeID) -> NodeID {
    let builder = scope.builder
    let product = builder.matrixVector(
      scope.parameter(name + "weight", outputs * inputs), x, rows: outputs, columns: inputs)
    return hasBias ? builder.binary(.add, product, scope.parameter(name + "bias", outputs)) : product
  }
}
