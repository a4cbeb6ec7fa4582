import Kernels

/// Reading what wb.nn's functions are given.
enum NetOptions {
  static let common: [OptionSpec] = [
    .optional(
      "seed", "integer", default: "1",
      "of the values to begin with; --seed of the command line changes the default"),
    .optional(
      "precision", "\"single\" | \"double\"", default: "\"single\"", "how parameters are kept and trained"),
  ]

  static let initialization = OptionSpec.optional(
    "init", names(Initialization.self), default: "\"kaiming_uniform\"",
    "how weights begin, by PyTorch's names; kaiming_uniform is nn.Linear's default")

  private static func names<Value: RawRepresentable<String> & CaseIterable>(_ type: Value.Type) -> String {
    type.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " | ")
  }

  static func perceptron(energy: Bool) -> [OptionSpec] {
    let outputs: [OptionSpec] =
      energy ? [] : [.optional("outputs", "integer", default: "inputs", "components of the value")]
    return [.required("inputs", "integer", "components of x")] + outputs + [
      .optional("hidden", "list of integers", default: "{64, 64}", "widths of the hidden layers"),
      .optional("activation", names(Activation.self), default: "\"silu\"", "between the layers"),
      .optional("residual", "boolean", default: "false", "h + layer(h) where widths are equal"),
      .optional("layer_norm", "boolean", default: "false", "normalise before each activation"),
      .optional(
        "time", names(TimeEncoding.self), default: "\"none\"",
        "how the net takes a time: as one more input, or by sines and cosines, which condition every layer"),
      .optional("time_features", "integer", default: "64", "sines and cosines of the time, an even number"),
      .optional(
        "time_scale", "number", default: "1, sinusoidal 1000",
        "of the frequencies: what the time is multiplied by"),
      .optional("time_width", "integer", default: "64", "width of the embedding of the time"),
      .optional(
        "conditioning", names(TimeConditioning.self), default: "\"add\"", "what the time does in each layer"),
      .optional(
        "output_scale", "string | {smallest, largest}", default: "\"none\"",
        "\"learned\": times exp(s); \"learned_in_time\": times exp(s(t)); \"inverse_time\": divided by t; {a, b}: divided "
          + "by σ(t) = a (b/a)^t"),
      initialization,
      .optional(
        "output_init", names(Initialization.self), default: "as init", "the same for the last layer"),
      .optional(
        "gain", "number", default: "by activation",
        "scales the initial weights, as torch.nn.init.calculate_gain"),
    ]
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ options: Options, _ name: String, default standard: Value
  ) throws -> Value {
    let word = try options.get(
      name, .oneOf(Value.allCases.map(\.rawValue)), default: standard.rawValue)
    return Value(rawValue: word) ?? standard
  }

  static func initialization(_ options: Options) throws -> Initialization {
    try choice(options, "init", default: .kaimingUniform)
  }

  static func seed(_ options: Options, _ context: RunContext) throws -> UInt64 {
    try options.get("seed", .seed, default: context.seed)
  }

  static func precision(_ options: Options) throws -> Precision {
    try choice(options, "precision", default: .single)
  }

  static func net(
    _ options: Options, _ context: RunContext, _ architecture: any Architecture
  ) throws -> Net {
    try Net(architecture, seed: seed(options, context), precision: precision(options))
  }

  static func perceptron(_ options: Options, outputs: Int? = nil) throws -> MultilayerPerceptron {
    let inputs = try options.get("inputs", .integer)
    let activation = try choice(options, "activation", default: Activation.silu)
    let time = try choice(options, "time", default: TimeEncoding.none)
    let (residual, norm) = try (
      options.get("residual", .boolean, default: false), options.get("layer_norm", .boolean, default: false)
    )
    let features = try options.get("time_features", .integer, default: 64)
    let scale = try options.get("time_scale", .positive, default: time.defaultScale)
    let width = try options.get("time_width", .integer, default: 64)
    let conditioning = try choice(options, "conditioning", default: TimeConditioning.add)
    let outputScale = try outputScale(options)
    let initialization = try initialization(options)
    let last = try choice(options, "output_init", default: initialization)
    let gain = try options.optional("gain", .positive)
    try checkEffect(options, time, initialization)
    return try MultilayerPerceptron(
      inputs: inputs, hidden: try options.get("hidden", .integers, default: [64, 64]),
      outputs: try outputs ?? options.get("outputs", .integer, default: inputs)
    ) {
      $0.activation = activation
      $0.time = time
      $0.isResidual = residual
      $0.hasLayerNorm = norm
      $0.timeFeatures = features
      $0.timeScale = scale
      $0.timeWidth = width
      $0.conditioning = conditioning
      $0.outputScale = outputScale
      $0.initialization = initialization
      $0.outputInitialization = last
      $0.gain = gain
    }
  }

  /// What would change nothing is a misunderstanding, and refused.
  private static func checkEffect(
    _ options: Options, _ time: TimeEncoding, _ initialization: Initialization
  ) throws {
    if time == .none || time == .concat,
      let name = ["time_features", "time_scale", "time_width", "conditioning"].first(where: options.has)
    {
      throw options.error(
        name, "is for a net that takes its time by sines and cosines: give time=, such as time = \"fourier\"")
    }
    if options.has("gain"), initialization == .kaimingUniform || initialization == .zeros {
      throw options.error(
        "gain",
        "does not change init = \"\(initialization.rawValue)\": give another init, such as \"kaiming_normal\""
      )
    }
  }

  private static func outputScale(_ options: Options) throws -> OutputScale {
    let value = options["output_scale"]
    if value.isNil { return .none }
    if let ends = try value.table?.numbers(), ends.count == 2 {
      return .geometric(smallest: ends[0], largest: ends[1])
    }
    guard value.string != nil else {
      throw options.mismatch("output_scale", "a name or {smallest, largest}")
    }
    let known: [String: OutputScale] = [
      "none": .none, "learned": .learned, "learned_in_time": .learnedInTime, "inverse_time": .inverseTime,
    ]
    return known[try options.get("output_scale", .oneOf(known.keys.sorted()))] ?? .none
  }

  // MARK: parameters of nets written in Lua

  /// In alphabetical order: a Lua table has none.
  static func tensors(_ options: Options) throws -> [ParameterDeclaration] {
    let initialization = try initialization(options)
    let fields = try options.get("parameters", .table).entries().map { key, value in
      guard let name = key.string, !name.isEmpty, !name.contains(".") else {
        throw options.error(
          "parameters", "expected parameters by name, as in {w = {3, 2}, b = {3}}; names have no dots")
      }
      return (name: name, value: value)
    }
    guard !fields.isEmpty else { throw options.error("parameters", "a net needs at least one") }
    return try fields.sorted { $0.name < $1.name }.map { name, value in
      if let array = value.array ?? value.double.map({ NDArray(scalar: $0) }) {
        guard array.rank <= 2, array.count > 0 else {
          throw options.error(
            "parameters", "'\(name)' has the shape \(shapeText(array.shape)): expected one or two axes")
        }
        return ParameterDeclaration(name, array.shape, .values(array.values))
      }
      guard let shape = try Reading<[Int]>.integers.read(value), (1...2).contains(shape.count),
        shape.allSatisfy({ $0 >= 1 })
      else {
        throw options.error(
          "parameters",
          "'\(name)' must be a shape such as {3} or {3, 2}, a number or an array, got "
            + (value.table != nil ? "another table" : "\(value.kind)"))
      }
      return ParameterDeclaration(
        name, shape, shape.count == 2 ? .weight(initialization, gain: 1) : .constant(0))
    }
  }
}
