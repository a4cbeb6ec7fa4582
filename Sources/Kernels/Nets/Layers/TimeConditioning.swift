import Program

/// What the time does in each hidden layer.
public enum TimeConditioning: String, CaseIterable, Sendable {
  /// `h + A·e + a` for the embedding e of the time: Ho et al., arXiv:2006.11239, appendix B.
  case add
  /// `h·(1 + s) + c` with `(s, c) = A·e + a`: Perez et al., arXiv:1709.07871; Dhariwal and Nichol, arXiv:2105.05233.
  case scaleShift = "scale_shift"
}

/// The time's part in one hidden layer.
struct ConditionedLayer {
  let name: String
  let width: Int
  let embedding: Int
  let kind: TimeConditioning

  private var linear: Linear {
    Linear(name: name + "time.", inputs: embedding, outputs: kind == .add ? width : 2 * width)
  }

  func parameters(_ initialization: Initialization) -> [ParameterDeclaration] {
    linear.parameters(initialization, gain: 1)
  }

  func apply(_ scope: LayerScope, _ hidden: NodeID, embedding: NodeID) -> NodeID {
    let builder = scope.builder
    let shift = linear.apply(scope, embedding)
    switch kind {
    case .add: return builder.binary(.add, hidden, shift)
    case .scaleShift:
      let scale = builder.binary(.add, builder.slice(shift, 0, width), builder.constant(1))
      return builder.binary(
        .add, builder.binary(.multiply, hidden, scale), builder.slice(shift, width, width))
    }
  }
}
