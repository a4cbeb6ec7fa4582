import Lanes

// The standard library as traced functions see it: `math` works on traced values, and what depends on
// anything but the arguments is refused while a function is traced.
extension Tracer {
  /// `local v <close> = x` does nothing to a traced value.
  func installClose() throws {
    try lua.ignoreClose(of: TracedValue.self)
    try lua.ignoreClose(of: TracedVector.self)
  }

  func installOverloads() throws {
    guard let math = try lua.global("math").table else { throw LuaError("there is no 'math' library") }
    try installMath(math)
    try refuseOnValues(math)
    try refuse(
      "math", ["random", "randomseed"],
      "random numbers cannot be used in a traced function: noise comes from the diffusion (the `dW` argument "
        + "of a step), random initial states from x0 = function(rng) … end")
    try refuse(
      "os", ["time", "clock", "date", "getenv", "remove", "rename", "execute", "tmpname", "setlocale"],
      "clocks and the system cannot be used in a traced function: pass time as the argument t, and read other "
        + "values before the function")
    let files = "files cannot be used in a traced function: read or write outside of it"
    try refuse(
      "io", ["open", "close", "read", "write", "lines", "input", "output", "popen", "tmpfile"], files)
    let methods = try lua.fileMethods()
    for (name, original) in try methods.fields() {
      guard let original = original.function else { continue }
      try lua.overload(methods, name, original, .onGuard) { [self] _ in
        throw refusal("file:\(name): \(files)")
      }
    }
    let globals = try lua.globals
    for name in ["dofile", "loadfile"] {
      guard let original = try globals.get(name).function else { continue }
      try lua.overload(globals, name, original, .onGuard) { [self] _ in throw refusal("\(name): \(files)") }
    }
    try observeErrors(globals)
    try quietPrint(globals)
  }

  private func refuse(_ library: String, _ names: [String], _ reason: String) throws {
    guard let table = try lua.global(library).table else { return }
    for name in names {
      guard let original = try table.get(name).function else { continue }
      try lua.overload(table, name, original, .onGuard) { [self] _ in
        throw refusal("\(library).\(name): \(reason)")
      }
    }
  }

  /// Functions whose answer for a traced value would be silently wrong.
  private func refuseOnValues(_ math: LuaTable) throws {
    let globals = try lua.globals
    for (table, prefix, name) in [
      (math, "math.", "type"), (math, "math.", "tointeger"), (math, "math.", "ult"),
      (globals, "", "tonumber"),
    ] {
      guard let original = try table.get(name).function else { continue }
      try lua.overload(table, name, original, .onObject) { [self] arguments in
        if arguments.objectIfPresent(1, TracedValue.self) != nil {
          throw refusal("\(prefix)\(name): a traced value has no integer or float form yet")
        }
        throw refusal("\(prefix)\(name): expected a number, got an object")
      }
    }
  }

  private func observeErrors(_ globals: LuaTable) throws {
    if let original = try globals.get("error").function {
      try lua.overload(globals, "error", original, [.onGuard, .thenOriginal]) { [self] arguments in
        session?.raised = try arguments[1]
        return .nothing
      }
    }
    if let original = try globals.get("assert").function {
      try lua.overload(globals, "assert", original, [.onGuard, .thenOriginal]) { [self] arguments in
        if try !arguments[1].isTrue {
          session?.raised = arguments.count > 1 ? try arguments[2] : .string("assertion failed!")
        }
        return .nothing
      }
    }
  }

  /// `print` speaks once, not on every path.
  private func quietPrint(_ globals: LuaTable) throws {
    guard let original = try globals.get("print").function else { return }
    try lua.overload(globals, "print", original, .onGuard) { [self] arguments in
      guard let session, session.mode == .exploring, session.pathIndex == 0 else { return .nothing }
      var texts: [String] = []
      for i in 0..<arguments.count { texts.append(try lua.describe(try arguments[i + 1])) }
      lua.output("[tracing \(session.what)] \(texts.joined(separator: "\t"))\n")
      return .nothing
    }
  }

  // MARK: math

  private func installMath(_ math: LuaTable) throws {
    for (name, body) in mathOverloads() {
      if let original = try math.get(name).function {
        // While a function is replayed these give floats, as the compiled function does.
        let mode: LuaState.Overload =
          ["floor", "ceil", "modf", "min", "max"].contains(name)
          ? [.onObject, .onGuard] : .onObject
        try lua.overload(math, name, original, mode, body)
      } else {
        try math.set(name, try lua.makeFunction("math.\(name)", body))
      }
    }
  }

  private func mathOverloads() -> [(String, (Arguments) throws -> any LuaConvertible)] {
    var all: [(String, (Arguments) throws -> any LuaConvertible)] = []
    for entry in MathEntry.all where !entry.isOnlyInModule {
      all.append((entry.key, { [self] in try entry.body(self, "math.\(entry.key)", $0) }))
    }
    all.append(("deg", { [self] in try scaled($0, by: 180 / Double.pi, "math.deg") }))
    all.append(("rad", { [self] in try scaled($0, by: Double.pi / 180, "math.rad") }))
    all.append(
      (
        "log10",
        { [self] in try callMath(.logBase, "math.log10", try $0.all() + [.integer(10)], count: 2...2) }
      ))
    all.append(("modf", { [self] in try modf($0) }))
    all.append(
      (
        "fmod", { [self] in try callMath(.fmod, "math.fmod", try $0.all(), count: 2...2) }
      ))
    return all
  }

  private func scaled(
    _ arguments: Arguments, by factor: Double, _ context: String
  ) throws -> any LuaConvertible {
    value(try apply(.multiply, try operand(try arguments[1], context), .number(factor), context))
  }

  /// The integral part, towards zero, and the rest.
  private func modf(_ arguments: Arguments) throws -> any LuaConvertible {
    let context = "math.modf"
    let x = try operand(try arguments[1], context)
    if session?.mode != .replaying, case .number(let x) = x {
      let whole = x.rounded(.towardZero)
      return LuaResults(
        Int(exactly: whole).map { .integer($0) } ?? LuaValue.number(whole), x == whole ? 0.0 : x - whole)
    }
    let whole = try apply(
      [x], context, plain: { $0[0].rounded(.towardZero) },
      traced: { builder, nodes in
        builder.select(
          builder.compare(.less, nodes[0], builder.constant(0)), builder.unary(.ceil, nodes[0]),
          builder.unary(.floor, nodes[0]))
      })
    let rest = try apply(
      [x, whole], context, plain: { $0[0] == $0[1] ? 0 : $0[0] - $0[1] },
      traced: { builder, nodes in
        builder.select(
          builder.compare(.equal, nodes[0], nodes[1]), builder.constant(0),
          builder.binary(.subtract, nodes[0], nodes[1]))
      })
    return LuaResults(value(whole), value(rest))
  }
}
