import Program

/// A score that is the gradient of something: `s(x, t) = −∇ₓ E(x, t)` for a net E with one output.
///
/// A score of a density is a gradient, which an MLP with d outputs need not be. `exp(−E)` is the density up to a
/// constant. Source: LeCun et al., A tutorial on energy-based learning (2006); Salimans and Ho, "Should EBMs model the
/// energy or the score?" (2021).
public struct EnergyNet: Architecture {
  public static let kind = "energy"
  /// E itself: one output.
  public let energy: MultilayerPerceptron
  public var inputs: Int { energy.inputs }
  public var outputs: Int { energy.inputs }
  public var takesTime: Bool { energy.takesTime }
  public var parameters: [ParameterDeclaration] { energy.parameters }
  public var summary: String { "energy net, score −∇E, E: MLP " + energy.details }

  /// - Parameter energy: a net with one output and an activation with a derivative that is not constant in pieces.
  /// - Throws: ``NetError`` otherwise.
  public init(_ energy: MultilayerPerceptron) throws {
    guard energy.outputs == 1 else {
      throw NetError("an energy is one number: expected a net with 1 output, got \(energy.outputs)")
    }
    switch energy.activation {
    case .relu, .leakyRelu, .identity:
      throw NetError(
        "the gradient of a net of '\(energy.activation.rawValue)' is constant in pieces, which no score is: "
          + "take a smooth activation, such as silu, softplus or tanh")
    default: self.energy = energy
    }
  }

  public init(fields: inout ArchitectureFields) throws {
    try self.init(MultilayerPerceptron(fields: &fields))
  }

  public func write(to fields: inout ArchitectureFields) { energy.write(to: &fields) }

  /// E at `x`.
  public func energy(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID {
    energy.apply(scope, x: x, time: time)
  }

  public func apply(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID {
    let builder = scope.builder
    // A variable of its own: x may be a constant, or be used twice.
    let point = builder.variable(x)
    let value = energy(scope, x: point, time: time)
    let slope = ReverseMode.cotangents(builder, of: [(value, builder.constant(-1))], to: [point])[0]
    return slope ?? builder.constant([Double](repeating: 0, count: inputs))
  }
}
