import Kernels

/// `wb.diffusion`: forward processes with Gaussian kernels.
enum DiffusionModule {
  static func library(tracer: Tracer, context: RunContext) -> Library {
    var library = Library()
    let module = Module(
      "wb.diffusion",
      "Forward processes that turn data into noise: z = alpha(t) x + sigma(t) e, with e standard normal and t "
        + "running from the data to noise.")
    for kind in processes {
      let names = kind.options.map { "\($0.name)=" }.joined(separator: ", ")
      module.function(
        kind.name, "\(kind.name){\(names)} → process",
        "The \(kind.title) process: \(kind.formula) (\(kind.source)).",
        options: kind.options.map {
          .optional($0.name, "number", default: describe($0.value), $0.text)
        },
        returns: "a process, for losses that need one",
        example: "local process = wb.diffusion.\(kind.name){}\nprint(process:alpha(0.5), process:sigma(0.5))"
      ) { call in
        let options = try call.options(1)
        var given: [String: Double] = [:]
        for option in kind.options {
          if let value = try options.optional(option.name, .finite) { given[option.name] = value }
        }
        do {
          return ProcessObject(kind, try kind.process(given), given)
        } catch let error as ScoreError {
          throw call.error(error.description)
        }
      }
    }
    library.add(module)
    library.add(type(tracer))
    return library
  }

  private static func type(_ tracer: Tracer) -> ObjectType<ProcessObject> {
    let type = ObjectType("process", ProcessObject.self, "A forward process, made by wb.diffusion.")
    type.described(\.description)
    type.property("kind", "string", "Its name in wb.diffusion.") { $0.kind.name }
    type.property("t_min", "number", "The first time that losses draw.") { $0.process.times.lowerBound }
    type.property("t_max", "number", "The last time.") { $0.process.times.upperBound }
    let functions: [(String, String, @Sendable (any DiffusionProcess, Expression) -> Expression)] = [
      ("alpha", "The factor of the data at a time.", { $0.alpha($1) }),
      ("sigma", "The standard deviation of the noise at a time.", { $0.sigma($1) }),
      ("snr", "The signal-to-noise ratio alpha²/sigma² at a time.", { $0.snr($1) }),
    ]
    for (name, doc, formula) in functions {
      type.method(
        name, "\(name)(t) → number | array", doc + " Also inside traced functions.",
        parameters: [ParameterSpec("t", "number | array", "the time, or several")],
        returns: "as t is", example: "print(wb.diffusion.vp{}:\(name)(0.5))"
      ) { object, call in
        try value(try call[1], object.process, formula, tracer, call)
      }
    }
    type.method(
      "marginal", "marginal(t) → alpha, sigma", "The factor of the data and the noise's standard deviation.",
      parameters: [ParameterSpec("t", "number | array", "the time, or several")],
      returns: "two values, each as t is",
      example: "local alpha, sigma = wb.diffusion.vp{}:marginal(0.5)"
    ) { object, call in
      let t = try call[1]
      return LuaResults(
        try value(t, object.process, { $0.alpha($1) }, tracer, call),
        try value(t, object.process, { $0.sigma($1) }, tracer, call))
    }
    return type
  }

  private static func value(
    _ t: LuaValue, _ process: any DiffusionProcess,
    _ formula: @escaping (any DiffusionProcess, Expression) -> Expression, _ tracer: Tracer,
    _ call: Arguments
  ) throws -> any LuaConvertible {
    let plain = { (number: Double) in process.evaluate(number) { formula(process, $0) } }
    if let builder = tracer.currentBuilder, t.double == nil, t.array == nil {
      let time = try tracer.operand(t, call.name)
      if case .numbers(let numbers, let names) = time {
        return tracer.value(.numbers(numbers.map(plain), names: names))
      }
      let node = tracer.node(time, builder)
      let result = formula(process, builder.expression(node))
      // α of a process that does not shrink the data is one number for all times.
      let rows = builder[node].rows
      return try tracer.value(
        of: result.rows == rows ? result.id : builder.broadcast(result.id, rows))
    }
    if let number = t.double { return plain(number) }
    guard let array = try ArrayReading.array(t) else {
      throw call.mismatch(1, "a time: a number or an array")
    }
    return try array.map(plain)
  }
}
