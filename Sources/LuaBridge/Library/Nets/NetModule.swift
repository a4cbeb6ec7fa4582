import Kernels

/// `wb.nn`: nets.
enum NetModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    let module = Module(
      "wb.nn",
      "Nets: functions with parameters, for drifts, losses and anything else that is traced. They begin with random values, "
        + "as PyTorch's do, and are saved as safetensors files.")
    plain(module, context)
    special(module, tracer, context)
    library.add(module)
    library.add(NetType.make(tracer, context))
    return library
  }

  private static func plain(_ module: Module, _ context: RunContext) {
    module.function(
      "mlp", "mlp{inputs=, hidden=, outputs=, …} → net",
      "Linear layers with an activation between them, optionally residual, normalised, and conditioned on a time in every "
        + "layer.",
      options: NetOptions.perceptron(energy: false) + NetOptions.common, returns: "a net",
      example: """
        local net = wb.nn.mlp{inputs = 2, hidden = {32, 32}, outputs = 2, activation = "silu", time = "fourier", seed = 1}
        print(net, net({0.5, -1}, 0.3))
        """
    ) { call in
      let options = try call.options()
      return NetObject(try NetOptions.net(options, context, NetOptions.perceptron(options)))
    }
    module.function(
      "energy", "energy{inputs=, hidden=, …} → net",
      "The score of an energy: the net's value is −∇E(x) for an MLP E with one output, found by differentiation. "
        + "net:energy(x) is E itself.",
      options: NetOptions.perceptron(energy: true) + NetOptions.common, returns: "a net",
      example:
        "local score = wb.nn.energy{inputs = 2, hidden = {32, 32}}\nprint(score{0.5, -1}, score:energy{0.5, -1})"
    ) { call in
      let options = try call.options()
      return NetObject(
        try NetOptions.net(options, context, EnergyNet(NetOptions.perceptron(options, outputs: 1))))
    }
    module.function(
      "linear", "linear{inputs=, outputs=, …} → net", "W x + b, as PyTorch's nn.Linear.",
      options: [
        .required("inputs", "integer", "components of x"),
        .required("outputs", "integer", "components of the value"),
        .optional("bias", "boolean", default: "true", "whether b is added"),
        NetOptions.initialization,
      ] + NetOptions.common, returns: "a net",
      example: "local layer = wb.nn.linear{inputs = 3, outputs = 2}\nprint(layer{1, 2, 3})"
    ) { call in
      let options = try call.options()
      let architecture = try LinearMap(
        inputs: options.get("inputs", .integer), outputs: options.get("outputs", .integer),
        hasBias: options.get("bias", .boolean, default: true),
        initialization: NetOptions.initialization(options))
      return NetObject(try NetOptions.net(options, context, architecture))
    }
    module.function(
      "monotone", "monotone{…} → net",
      "A function of one number that grows from gamma_min at 0 to gamma_max at 1, whatever its parameters: a noise "
        + "schedule γ(t) = ln(σ²/α²) that can be learned.",
      options: [
        .optional("width", "integer", default: "1024", "hidden units"),
        .optional("gamma_min", "number", default: "-13.3", "the value at 0"),
        .optional("gamma_max", "number", default: "5", "the value at 1"),
        .optional("learn_ends", "boolean", default: "false", "whether these two are trained too"),
      ] + NetOptions.common, returns: "a net",
      example:
        "local gamma = wb.nn.monotone{gamma_min = -6, gamma_max = 6, width = 64}\nprint(gamma(0), gamma(0.5), gamma(1))"
    ) { call in
      let options = try call.options()
      let architecture = try MonotoneNet(
        width: options.get("width", .integer, default: 1024),
        smallest: options.get("gamma_min", .finite, default: -13.3),
        largest: options.get("gamma_max", .finite, default: 5),
        learnsEnds: options.get("learn_ends", .boolean, default: false))
      return NetObject(try NetOptions.net(options, context, architecture))
    }
  }

  private static func special(_ module: Module, _ tracer: Tracer, _ context: RunContext) {
    module.function(
      "custom", "custom{parameters=, forward=, inputs=, …} → net",
      "A net whose function is written in Lua. forward(p, x, t) is called once, with symbols: p.name is a parameter (a number, "
        + "a vector, or a matrix w with rows w[i] and products wb.matmul(w, x)), x the value, t the time if the net takes "
        + "one. It may call other nets.",
      options: [
        .required(
          "parameters", "table",
          "by name: a shape such as {2, 3} or {3}, an array or number with the values to begin with; matrices begin by init, "
            + "vectors of a shape at 0"),
        .required("forward", "function(p, x, t)", "returns the value: a number, a vector or a list"),
        .required("inputs", "integer", "components of x; with one, x is a number"),
        .optional("time", "boolean", default: "false", "whether the net takes a time"),
        NetOptions.initialization,
      ] + NetOptions.common, returns: "a net",
      example: """
        local layer = wb.nn.custom{
          inputs = 2, parameters = {w = {3, 2}, b = {3}, scale = 0.5},
          forward = function(p, x) return p.scale * wb.tanh(wb.matmul(p.w, x) + p.b) end,
        }
        print(layer{1, 2})
        """
    ) { [unowned tracer] call in
      let options = try call.options()
      let script = ScriptedNet(
        try options.get("forward", .function), try NetOptions.tensors(options),
        inputs: try options.get("inputs", .integer(in: 1...4096)),
        takesTime: try options.get("time", .boolean, default: false),
        seed: try NetOptions.seed(options, context), precision: try NetOptions.precision(options),
        tracer: tracer)
      return try NetObject(script)
    }
    module.function(
      "load", "load(path) → net",
      "The net of a safetensors file that net:save wrote, with its architecture and its values.",
      parameters: [ParameterSpec("path", "string", "the file")], returns: "a net",
      example: "local path = net:save(\"model.safetensors\")\nlocal same = wb.nn.load(path)"
    ) { call in
      let path = try call.string(1)
      try context.willWork()
      if let pending = try context.pendingFile(path) { return pending }
      return NetObject(try NetFiles.net(path: path))
    }
  }
}
