import Program

/// What the output of a net is multiplied by: a score grows as one over the noise, and a net need not learn that.
public enum OutputScale: Sendable, Equatable {
  case none
  /// `exp(s)`, one learned s a component, at first 0.
  case learned
  /// `exp(a·e + b)` of the embedding e of the time, learned, at first 1.
  case learnedInTime
  /// 1/t, for a net whose time is the noise level: Song and Ermon, arXiv:2006.09011, technique 3.
  case inverseTime
  /// 1/σ(t) with `σ(t) = smallest·(largest/smallest)ᵗ`, the variance-exploding process's: Song et al., arXiv:2011.13456.
  case geometric(smallest: Double, largest: Double)

  static let names = ["none", "learned", "learned_in_time", "inverse_time", "geometric"]

  var name: String {
    switch self {
    case .none: "none"
    case .learned: "learned"
    case .learnedInTime: "learned_in_time"
    case .inverseTime: "inverse_time"
    case .geometric: "geometric"
    }
  }

  var needsTime: Bool { self != .none && self != .learned }

  func parameters(outputs: Int, embedding: Int) -> [ParameterDeclaration] {
    switch self {
    case .none, .inverseTime, .geometric: []
    case .learned: [ParameterDeclaration("scale", [outputs], .constant(0))]
    case .learnedInTime: timeScale(embedding).parameters(.zeros, gain: 1)
    }
  }

  private func timeScale(_ embedding: Int) -> Linear {
    Linear(name: "scale.", inputs: embedding, outputs: 1)
  }

  func apply(
    _ scope: LayerScope, _ output: NodeID, time: NodeID?, embedding: NodeID?
  ) -> NodeID {
    let builder = scope.builder
    let rows = builder[output].rows
    switch (self, time, embedding) {
    case (.learned, _, _):
      return builder.binary(.multiply, output, builder.unary(.exp, scope.parameter("scale", rows)))
    case (.learnedInTime, _, .some(let embedding)):
      let scale = timeScale(builder[embedding].rows).apply(scope, embedding)
      return builder.binary(.multiply, output, builder.unary(.exp, scale))
    case (.inverseTime, .some(let time), _):
      return builder.binary(.divide, output, time)
    case (.geometric(let smallest, let largest), .some(let time), _):
      let (low, ratio) = (builder.constant(smallest), builder.constant(largest / smallest))
      let sigma = builder.binary(.multiply, low, builder.binary(.power, ratio, time))
      return builder.binary(.divide, output, sigma)
    default: return output
    }
  }
}
