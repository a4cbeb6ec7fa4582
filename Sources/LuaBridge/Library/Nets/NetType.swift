import Files
import Kernels

/// What a net can do in scripts.
enum NetType {
  static func make(_ tracer: Tracer, _ context: RunContext) -> ObjectType<NetObject> {
    let type = ObjectType(
      "net", NetObject.self,
      "A function with parameters, made by wb.nn: net(x), or net(x, t) if it takes a time, in traced functions and on "
        + "numbers and arrays.")
    type.described { description($0.net) }
    type.metamethod(
      .call, "net(x, [t])",
      "The value at x: in a traced function a value of it; else a number or list, or an array with a row for each point."
    ) { [unowned tracer] call in
      try tracer.call(try call.object(1, NetObject.self), Array(try call.all().dropFirst()), context)
    }
    properties(type)
    storeMethods(type)
    fileMethods(type, context)
    type.method(
      "energy", "energy(x, [t]) → number | array",
      "The energy of a net made by wb.nn.energy, whose value is minus the energy's gradient.",
      parameters: [
        ParameterSpec("x", "number | list | array", "as for net(x)"),
        ParameterSpec("t", "number", "the time"),
      ], returns: "a number for a point, else an array with one column",
      example: "local e = wb.nn.energy{inputs = 2, hidden = {16}}\nprint(e:energy{0.5, 1})"
    ) { [unowned tracer] net, call in
      guard let energy = net.energy else {
        throw call.error("only nets made by wb.nn.energy have an energy")
      }
      return try tracer.call(energy, try call.all(), context)
    }
    return type
  }

  private static func properties(_ type: ObjectType<NetObject>) {
    type.property("inputs", "integer", "The number of components it takes.") { $0.net.architecture.inputs }
    type.property("outputs", "integer", "The number of components it gives.") { $0.net.architecture.outputs }
    type.property("takes_time", "boolean", "Whether it is called with a time too.") {
      $0.net.architecture.takesTime
    }
    type.property("size", "integer", "How many numbers its parameters have.") { $0.net.store.count }
    type.property("trainable", "integer", "How many of them are not frozen.") { $0.net.store.trainableCount }
    type.property("precision", "string", "\"single\" or \"double\": how the parameters are kept.") {
      $0.net.store.precision.rawValue
    }
  }

  private static func storeMethods(_ type: ObjectType<NetObject>) {
    type.method(
      "parameters", "parameters() → list", "The parameters in order.",
      returns: "a list of {name=, shape=, count=, frozen=}",
      example: "for _, p in ipairs(net:parameters()) do print(p.name, p.count) end"
    ) { net, _ in
      LuaList(
        net.net.store.parameters.map {
          LuaRecord(
            ("name", $0.name), ("shape", PrintedList($0.shape)), ("count", $0.count), ("frozen", $0.isFrozen))
        })
    }
    type.method(
      "get", "get(name) → number | array", "The values of a parameter.",
      parameters: [ParameterSpec("name", "string", "such as \"layers.0.weight\"")],
      returns: "an array of the parameter's shape", example: "print(net:get(\"layers.0.bias\"))"
    ) { net, call in
      let parameter = try parameter(net, call)
      return try NDArray(Array(net.net.store.values[parameter.range]), shape: parameter.shape)
    }
    type.method(
      "set", "set(name, values) → net",
      "Replaces the values of a parameter; a single net rounds them to single precision.",
      parameters: [
        ParameterSpec("name", "string", "such as \"layers.0.weight\""),
        ParameterSpec("values", "number | array", "of the parameter's shape"),
      ], returns: "the net", example: "net:set(\"layers.0.bias\", wb.zeros(16))"
    ) { net, call in
      let parameter = try parameter(net, call)
      let array = try call.array(2)
      guard array.shape == parameter.shape else {
        throw call.error(
          "'\(parameter.name)' has the shape \(shapeText(parameter.shape)), got \(shapeText(array.shape))")
      }
      try net.net.store.set(parameter.name, array.values)
      return net
    }
    for (key, frozen) in [("freeze", true), ("unfreeze", false)] {
      type.method(
        key, "\(key)([names]) → net",
        frozen
          ? "Keeps training from changing parameters: all, or those named."
          : "Lets training change parameters again: all but fixed ones, such as random frequencies, or those named.",
        parameters: [
          ParameterSpec(
            "names", "string | list", "names, or the beginning of names up to a dot, such as \"layers.0\"")
        ], returns: "the net", example: "net:\(key)(\"layers.0\")"
      ) { net, call in
        let names: [String]? =
          call.isMissing(1) ? nil : call.kind(1) == .string ? [try call.string(1)] : try call.get(1, .strings)
        try net.net.store.setFrozen(frozen, names)
        return net
      }
    }
    type.method(
      "clone", "clone() → net", "A net of its own with the same values.", returns: "a net",
      example: "local before = net:clone()"
    ) { net, _ in try net.clone() }
  }

  private static func parameter(_ net: NetObject, _ call: Arguments) throws -> NetParameter {
    let name = try call.string(1)
    guard let parameter = net.net.store.parameter(name) else {
      let known = net.net.store.parameters.map(\.name)
      let hint = nearestName(to: name, in: known).map { "did you mean '\($0)'?" }
      throw call.error(
        "the net has no parameter '\(name)': \(hint ?? "net:parameters() lists the \(known.count) it has")")
    }
    return parameter
  }

  private static func fileMethods(_ type: ObjectType<NetObject>, _ context: RunContext) {
    type.method(
      "save", "save(path) → string",
      "Writes the parameters and the architecture to a safetensors file, which wb.nn.load and Python's safetensors read. "
        + "The file appears whole or not at all. A relative path is one in the run's output directory.",
      parameters: [ParameterSpec("path", "string", "the file")], returns: "the path written",
      example: "net:save(\"model.safetensors\")"
    ) { net, call in
      try context.writing(try call.string(1)) { try NetFiles.write(net.net, path: $0) }
    }
    type.method(
      "load", "load(path) → net",
      "Replaces all values by those of a safetensors file, whose names and shapes must be this net's; if they are not, the "
        + "error lists them and nothing changes.",
      parameters: [ParameterSpec("path", "string", "the file")], returns: "the net",
      example: "local path = net:save(\"model.safetensors\")\nnet:load(path)"
    ) { net, call in
      let path = try call.string(1)
      try context.willWork()
      // Its values are not those of the file, and a check asks for none.
      if try context.pendingFile(path) != nil { return net }
      let tensors = try NetFiles.read(path: path).tensors
      do {
        try net.net.store.load(tensors)
      } catch let error as NetError {
        throw FileError(path: path, reason: error.description)
      }
      return net
    }
  }

  /// What `print` shows: the architecture, and a line for each parameter.
  private static func description(_ net: Net) -> String {
    let store = net.store
    var lines = [
      "\(net.architecture.summary)",
      "\(store.count) parameters, \(store.precision.rawValue) precision"
        + (store.trainableCount == store.count ? "" : ", \(store.trainableCount) of them trainable"),
    ]
    let width = store.parameters.prefix(most).map(\.name.count).max() ?? 0
    for parameter in store.parameters.prefix(most) {
      let name = parameter.name + String(repeating: " ", count: width - parameter.name.count)
      let shape =
        parameter.shape.isEmpty ? "number" : parameter.shape.map(String.init).joined(separator: " × ")
      lines.append("  \(name)  \(shape)\(parameter.isFrozen ? "  frozen" : "")")
    }
    if store.parameters.count > most { lines.append("  … \(store.parameters.count - most) more") }
    return lines.joined(separator: "\n")
  }

  private static let most = 40
}
