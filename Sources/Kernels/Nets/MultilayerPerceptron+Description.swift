extension MultilayerPerceptron {
  public var summary: String { "MLP " + details }

  /// The widths and what differs from a plain net.
  var details: String {
    var parts = [([inputs] + hidden + [outputs]).map(String.init).joined(separator: " → ")]
    if !hidden.isEmpty { parts.append(activation.rawValue) }
    if isResidual { parts.append("residual") }
    if hasLayerNorm { parts.append("layer norm") }
    switch time {
    case .none: break
    case .concat: parts.append("time as an input")
    default:
      parts.append(
        "time by \(timeFeatures) \(time.rawValue) features"
          + (conditioning == .scaleShift ? ", scaling and shifting each layer" : ""))
    }
    switch outputScale {
    case .none: break
    case .learned: parts.append("output scale learned")
    case .learnedInTime: parts.append("output scale learned in time")
    case .inverseTime: parts.append("output divided by t")
    case .geometric(let smallest, let largest):
      parts.append("output divided by σ(t) from \(smallest) to \(largest)")
    }
    return parts.joined(separator: ", ")
  }

  public init(fields: inout ArchitectureFields) throws {
    let scaleName = try fields.text("output_scale")
    let scale: OutputScale
    switch scaleName {
    case "none": scale = .none
    case "learned": scale = .learned
    case "learned_in_time": scale = .learnedInTime
    case "inverse_time": scale = .inverseTime
    case "geometric":
      scale = .geometric(
        smallest: try fields.number("smallest_sigma"), largest: try fields.number("largest_sigma"))
    default:
      throw NetError(
        "the metadata's 'net.output_scale' is '\(scaleName)': expected one of "
          + OutputScale.names.joined(separator: ", "))
    }
    let (time, activation) = try (
      fields.choice("time", TimeEncoding.self), fields.choice("activation", Activation.self)
    )
    let (residual, norm) = try (fields.flag("residual"), fields.flag("layer_norm"))
    let (features, timeScale, width) = try (
      fields.integer("time_features"), fields.number("time_scale"), fields.integer("time_width")
    )
    let conditioning = try fields.choice("conditioning", TimeConditioning.self)
    let (first, last) = try (
      fields.choice("init", Initialization.self), fields.choice("output_init", Initialization.self)
    )
    try self.init(
      inputs: fields.integer("inputs"), hidden: fields.integers("hidden"), outputs: fields.integer("outputs")
    ) {
      $0.activation = activation
      $0.isResidual = residual
      $0.hasLayerNorm = norm
      $0.time = time
      $0.timeFeatures = features
      $0.timeScale = timeScale
      $0.timeWidth = width
      $0.conditioning = conditioning
      $0.outputScale = scale
      $0.initialization = first
      $0.outputInitialization = last
    }
  }

  public func write(to fields: inout ArchitectureFields) {
    fields.set("inputs", inputs)
    fields.set("hidden", hidden)
    fields.set("outputs", outputs)
    fields.set("activation", activation.rawValue)
    fields.set("residual", isResidual)
    fields.set("layer_norm", hasLayerNorm)
    fields.set("time", time.rawValue)
    fields.set("time_features", timeFeatures)
    fields.set("time_scale", timeScale)
    fields.set("time_width", timeWidth)
    fields.set("conditioning", conditioning.rawValue)
    fields.set("output_scale", outputScale.name)
    if case .geometric(let smallest, let largest) = outputScale {
      fields.set("smallest_sigma", smallest)
      fields.set("largest_sigma", largest)
    }
    fields.set("init", initialization.rawValue)
    fields.set("output_init", outputInitialization.rawValue)
  }
}
