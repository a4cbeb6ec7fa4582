import Program

/// `y = (x − mean(x))/√(var(x) + 10⁻⁵)·weight + bias`, over the components of x, with the variance of n, not n − 1:
/// `torch.nn.LayerNorm`.
///
/// Source: Ba, Kiros, Hinton, arXiv:1607.06450, eq. 4.
struct LayerNorm {
  let name: String
  let width: Int
  static let epsilon = 1e-5

  var parameters: [ParameterDeclaration] {
    [
      ParameterDeclaration(name + "weight", [width], .constant(1)),
      ParameterDeclaration(name + "bias", [width], .constant(0)),
    ]
  }

  func apply(_ scope: LayerScope, _ x: NodeID) -> NodeID {
    let builder = scope.builder
    let x = builder.expression(x)
    func mean(_ value: Expression) -> Expression {
      builder.expression(builder.sum(value.id)) * (1 / Double(width))
    }
    let centred = x - mean(x)
    let scale = 1 / (mean(centred * centred) + LayerNorm.epsilon).apply(.sqrt)
    let weight = builder.expression(scope.parameter(name + "weight", width))
    let bias = builder.expression(scope.parameter(name + "bias", width))
    return (centred * scale * weight + bias).id
  }
}
