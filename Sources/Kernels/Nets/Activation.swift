import Lanes
import Program

/// What a layer does to each component after its linear map.
public enum Activation: String, CaseIterable, Sendable {
  case silu, relu, tanh, sigmoid, softplus, gelu, elu
  case leakyRelu = "leaky_relu"
  case sin, cos, atan, erf, exp, identity

  /// The activation of every row.
  ///
  /// The elementwise functions of ``UnaryFunction`` under their names, and, as in PyTorch:
  /// - gelu: `x·(1 + erf(x/√2))/2` (Hendrycks and Gimpel, arXiv:1606.08415, the exact form);
  /// - elu: `x` for x > 0, else `eˣ − 1`;
  /// - leaky_relu: `x` for x > 0, else `x/100`.
  public func apply(_ builder: ProgramBuilder, _ x: NodeID) -> NodeID {
    if let function { return builder.unary(function, x) }
    let zero = builder.constant(0)
    switch self {
    case .gelu:
      let scaled = builder.binary(.multiply, x, builder.constant(0.5.squareRoot()))
      let both = builder.binary(.add, builder.unary(.erf, scaled), builder.constant(1))
      return builder.binary(.multiply, builder.binary(.multiply, x, builder.constant(0.5)), both)
    case .elu:
      // The exponential never sees a positive number, so that it cannot overflow where it is not chosen.
      let low = builder.unary(.expm1, builder.binary(.minimum, x, zero))
      return builder.select(builder.compare(.less, zero, x), x, low)
    case .leakyRelu:
      return builder.binary(.maximum, x, builder.binary(.multiply, x, builder.constant(0.01)))
    default: return x
    }
  }

  private var function: UnaryFunction? {
    switch self {
    case .silu: .silu
    case .relu: .relu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .softplus: .softplus
    case .sin: .sin
    case .cos: .cos
    case .atan: .atan
    case .erf: .erf
    case .exp: .exp
    case .gelu, .elu, .leakyRelu, .identity: nil
    }
  }

  /// By how much weights are scaled so that the variance of a layer's outputs is that of its inputs.
  ///
  /// `torch.nn.init.calculate_gain`: relu √2, leaky_relu √(2/(1 + 0.01²)), tanh 5/3, sigmoid and linear 1. For
  /// silu, gelu and elu, which PyTorch has no gain for, relu's; for the rest 1.
  public var gain: Double {
    switch self {
    case .relu, .silu, .gelu, .elu: 2.0.squareRoot()
    case .leakyRelu: (2 / (1 + 0.01 * 0.01)).squareRoot()
    case .tanh: 5.0 / 3
    case .sigmoid, .softplus, .sin, .cos, .atan, .erf, .exp, .identity: 1
    }
  }
}
