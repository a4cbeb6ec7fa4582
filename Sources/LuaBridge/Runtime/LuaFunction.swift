import CLua

/// A Lua function.
package struct LuaFunction: LuaConvertible {
  package let reference: LuaReference

  init(reference: LuaReference) { self.reference = reference }

  package func push(onto lua: LuaState) throws { try reference.push(onto: lua) }

  /// Calls it and answers all results.
  @discardableResult
  package func call(_ arguments: any LuaConvertible...) throws -> [LuaValue] { try call(with: arguments) }

  @discardableResult
  package func call(with arguments: [any LuaConvertible]) throws -> [LuaValue] {
    let lua = try reference.state()
    let top = clua_top(lua.L)
    do {
      try lua.push(reference.handle)
      for argument in arguments { try argument.push(onto: lua) }
      try lua.check(clua_call(lua.L, clua_top(lua.L) - top - 1, -1))
    } catch {
      clua_set_top(lua.L, top)
      throw error
    }
    return try lua.popValues(above: top)
  }

  /// Calls it with numbers and reads exactly `results` numbers into `out`: no allocation.
  ///
  /// - Returns: whether every result was a number and none was missing.
  package func call(numbers arguments: [Double], results out: inout [Double]) throws -> Bool {
    let lua = try reference.state()
    return try lua.temporarily {
      try lua.push(reference.handle)
      for argument in arguments { try argument.push(onto: lua) }
      try lua.check(clua_call(lua.L, Int32(clamping: arguments.count), Int32(clamping: out.count)))
      let first = clua_top(lua.L) - Int32(clamping: out.count) + 1
      for i in out.indices {
        let index = first + Int32(clamping: i)
        guard clua_type(lua.L, index) == CLUA_TNUMBER else { return false }
        out[i] = clua_to_number(lua.L, index)
      }
      return true
    }
  }

  private func with<T>(_ body: (LuaState) throws -> T) throws -> T {
    let lua = try reference.state()
    return try lua.temporarily {
      try lua.push(reference.handle)
      return try body(lua)
    }
  }

  // MARK: looking inside

  /// Where it is written.
  package struct Definition: Hashable, Sendable {
    package var chunk: String
    package var firstLine: Int
    package var lastLine: Int
    package var position: SourcePosition { SourcePosition(chunk: chunk, line: firstLine) }
    /// Whether it is the library's own, made by `LuaState.glue`.
    package var isGlue: Bool { chunk == CLUA_GLUE }
  }

  /// Where it is written; `nil` for a function that is not written in Lua.
  package func definition() throws -> Definition? {
    try with { lua in
      var first: Int32 = 0
      var last: Int32 = 0
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 60) { source in
        guard let base = source.baseAddress, clua_definition(lua.L, -1, &first, &last, base), first >= 0
        else { return nil }
        return Definition(
          chunk: String(cString: base), firstLine: Int(first), lastLine: Int(last))
      }
    }
  }

  /// The captured variables, in the order of the bytecode. A stripped or Swift function has none with names.
  package func upvalues() throws -> [(name: String, value: LuaValue)] {
    guard try declared() == nil else { return [] }
    return try with { lua in
      var all: [(String, LuaValue)] = []
      while let name = clua_upvalue(lua.L, -1, Int32(clamping: all.count + 1)) {
        let text = String(cString: name)
        all.append((text, try lua.value(at: -1)))
        clua_set_top(lua.L, clua_top(lua.L) - 1)
      }
      return all
    }
  }

  /// Replaces captured variable `index` (from 1) of a function written in Lua; the variable may be shared.
  @discardableResult
  package func setUpvalue(_ index: Int, _ value: any LuaConvertible) throws -> Bool {
    try with { lua in
      try value.push(onto: lua)
      return clua_set_upvalue(lua.L, -2, Int32(clamping: index))
    }
  }

  /// The number of named parameters, and whether it takes more.
  package func parameters() throws -> (count: Int, isVariadic: Bool) {
    try with { lua in
      var variadic = false
      let count = clua_parameter_count(lua.L, -1, &variadic)
      return (Int(count), variadic)
    }
  }

  /// The precompiled function with its line information; fails for a function not written in Lua.
  package func bytecode() throws -> [UInt8] {
    let sink = ByteSink()
    try with { lua in
      try lua.check(
        clua_dump(
          lua.L, -1,
          { bytes, count, sink in
            guard let sink else { return 1 }
            Unmanaged<ByteSink>.fromOpaque(sink).takeUnretainedValue()
              .bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
          }, Unmanaged.passUnretained(sink).toOpaque()))
    }
    return sink.bytes
  }

  /// The entry of the binding table, for a function of the library.
  package func entry() throws -> Entry? { try declared()?.entry }

  private func declared() throws -> FunctionBox? {
    try with { lua in
      guard let pointer = clua_to_function_object(lua.L, -1) else { return nil }
      return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue() as? FunctionBox
    }
  }
}

private final class ByteSink {
  var bytes: [UInt8] = []
}
