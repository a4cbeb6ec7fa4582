import Program

/// Linear layers with an activation between them; optionally residual, normalised, and conditioned on a time.
///
/// Hidden layer l, with `e` the embedding of the time:
/// ```
/// a = norm(W·h + b)          norm: layer norm, if asked for
/// a = a + A·e + a0           or a·(1 + s) + c; only if the time has features
/// h' = activation(a)         residual: h + activation(a) where the widths are equal
/// ```
/// The output is one more linear layer, times the ``OutputScale``. The embedding is
/// `e = activation(W·features(t) + b)`, computed once for all layers. Names are as in a PyTorch module with a list
/// `layers` of `Linear`s: "layers.0.weight", "layers.0.bias", "layers.0.norm.weight", "layers.0.time.weight", …,
/// "time.weight", "time.bias", "time.frequencies".
///
/// Source of the residual form: He et al., arXiv:1512.03385; of the embedding: Song et al., arXiv:2011.13456, appendix C.
public struct MultilayerPerceptron: Architecture {
  public static let kind = "mlp"
  public let inputs: Int
  public let outputs: Int
  public var hidden: [Int]
  public var activation = Activation.silu
  public var isResidual = false
  public var hasLayerNorm = false
  public var time = TimeEncoding.none
  /// How many sines and cosines of the time there are together, an even number, and their frequencies' scale.
  public var timeFeatures = 64
  public var timeScale = 1.0
  /// The width of the embedding of the time.
  public var timeWidth = 64
  public var conditioning = TimeConditioning.add
  public var outputScale = OutputScale.none
  public var initialization = Initialization.kaimingUniform
  /// Of the last layer; zeros make a net that begins as the zero function.
  public var outputInitialization = Initialization.kaimingUniform
  /// Scales the initial weights; nil: as the activation asks for (``Activation/gain``).
  public var gain: Double?

  /// - Parameter configure: changes the properties before they are checked.
  /// - Throws: ``NetError`` if a width is out of range or the properties contradict each other.
  public init(
    inputs: Int, hidden: [Int], outputs: Int, _ configure: (inout MultilayerPerceptron) -> Void = { _ in }
  ) throws {
    self.inputs = inputs
    self.hidden = hidden
    self.outputs = outputs
    configure(&self)
    try check()
  }

  private func check() throws {
    try checkWidths([inputs, outputs, timeWidth] + hidden)
    guard hidden.count <= 1000 else {
      throw NetError("a net may have up to 1000 layers, got \(hidden.count)")
    }
    guard timeFeatures >= 2, timeFeatures % 2 == 0, timeFeatures <= 1 << 20 else {
      throw NetError(
        "the features of the time are sines and cosines: expected an even number, got \(timeFeatures)")
    }
    guard timeScale > 0, timeScale.isFinite else {
      throw NetError("the scale of the time's frequencies must be positive, got \(timeScale)")
    }
    if let gain, !(gain > 0 && gain.isFinite) {
      throw NetError("the gain of the initial weights must be positive, got \(gain)")
    }
    if outputScale.needsTime, time == .none {
      throw NetError("an output scaled by a function of the time needs a net that takes a time")
    }
    if outputScale == .learnedInTime, !time.hasFeatures {
      throw NetError("an output scale learned in time needs features of the time: fourier or sinusoidal")
    }
    if case .geometric(let smallest, let largest) = outputScale,
      !(smallest > 0 && largest > smallest && largest.isFinite)
    {
      throw NetError("noise levels go from a positive one to a larger one, got \(smallest) to \(largest)")
    }
  }

  public var takesTime: Bool { time != .none }

  // MARK: Layers

  private var features: TimeFeatures { TimeFeatures(encoding: time, count: timeFeatures, scale: timeScale) }
  private var embedding: Linear { Linear(name: "time.", inputs: timeFeatures, outputs: timeWidth) }
  private var firstWidth: Int { inputs + (time == .concat ? 1 : 0) }

  private struct Layer {
    let linear: Linear
    let norm: LayerNorm?
    let conditioned: ConditionedLayer?
    let isResidual: Bool

    var outputs: Int { linear.outputs }
  }

  private var layers: [Layer] {
    var width = firstWidth
    return hidden.enumerated().map { index, next in
      defer { width = next }
      let name = "layers.\(index)."
      return Layer(
        linear: Linear(name: name, inputs: width, outputs: next),
        norm: hasLayerNorm ? LayerNorm(name: name + "norm.", width: next) : nil,
        conditioned: time.hasFeatures
          ? ConditionedLayer(name: name, width: next, embedding: timeWidth, kind: conditioning) : nil,
        isResidual: isResidual && index > 0 && width == next)
    }
  }

  private var last: Linear {
    Linear(name: "layers.\(hidden.count).", inputs: hidden.last ?? firstWidth, outputs: outputs)
  }

  public var parameters: [ParameterDeclaration] {
    let gain = self.gain ?? activation.gain
    var result: [ParameterDeclaration] = []
    if time.hasFeatures {
      result += features.parameters + embedding.parameters(initialization, gain: gain)
    }
    for layer in layers {
      result += layer.linear.parameters(initialization, gain: gain)
      result += layer.norm?.parameters ?? []
      result += layer.conditioned?.parameters(initialization) ?? []
    }
    result += last.parameters(outputInitialization, gain: 1)
    return result + outputScale.parameters(outputs: outputs, embedding: timeWidth)
  }

  public func apply(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID {
    let builder = scope.builder
    var h = x
    var embedded: NodeID?
    if let time {
      if self.time == .concat { h = builder.stack([x, time]) }
      if self.time.hasFeatures {
        embedded = activation.apply(builder, embedding.apply(scope, features.apply(scope, time)))
      }
    }
    for layer in layers {
      var a = layer.linear.apply(scope, h)
      if let norm = layer.norm { a = norm.apply(scope, a) }
      if let conditioned = layer.conditioned, let embedded {
        a = conditioned.apply(scope, a, embedding: embedded)
      }
      a = activation.apply(builder, a)
      h = layer.isResidual ? builder.binary(.add, h, a) : a
    }
    return outputScale.apply(scope, last.apply(scope, h), time: time, embedding: embedded)
  }
}
