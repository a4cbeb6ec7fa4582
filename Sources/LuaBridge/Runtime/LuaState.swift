import CLua

/// A Lua 5.4 state.
///
/// Not `Sendable`: it belongs to one thread at a time. `cancelToken` is the part other threads may use.
package final class LuaState {
  /// The coroutine that runs; set by the trampoline.
  var L: OpaquePointer
  private let main: OpaquePointer
  let releases = ReleaseQueue()
  package let cancelToken: CancelToken
  /// Registered object types by class, and the classes already resolved to them.
  var types: [ObjectIdentifier: RegisteredType] = [:]
  package internal(set) var library = Library()
  /// Of ``PrintedList``, once there was one.
  var knownListPrinter: LuaFunction?
  /// Where `print` writes.
  package var output: (String) -> Void = standardOutput
  private var sourceName: (serial: UInt64, text: String) = (0, "")

  /// A state with the standard libraries in their safe form.
  ///
  /// - Parameter memoryLimit: bytes of Lua memory, counted once the libraries are open; 0 is no limit.
  package init(memoryLimit: Int = 0) throws {
    guard let pointer = clua_new(releaseObject) else { throw LuaError.memory }
    main = pointer
    L = pointer
    cancelToken = CancelToken(clua_context_of(pointer))
    clua_set_host(pointer, Unmanaged.passUnretained(self).toOpaque())
    try check(clua_open_libraries(L))
    try installEnvironment()
    self.memoryLimit = memoryLimit
    clua_set_memory_limit(L, max(0, memoryLimit))  // no observer runs in an initializer
  }

  deinit { clua_close(main) }

  // MARK: running

  /// Compiles a chunk of source text. `name` is `@file`, or `=label`.
  package func load(_ source: String, name: String) throws -> LuaFunction {
    LuaFunction(reference: try compile(source, name: name))
  }

  /// The same for source text as it is in a file: strings in it need not be UTF-8.
  package func load(bytes: [UInt8], name: String) throws -> LuaFunction {
    try bytes.withUnsafeBufferPointer { buffer in
      try buffer.withMemoryRebound(to: CChar.self) { chars in
        try check(clua_load(L, chars.baseAddress, chars.count, name), syntax: true)
      }
    }
    return LuaFunction(reference: try popReference())
  }

  /// Compiles Lua of the library's own around values of a script, such as a function that calls a net. Messages
  /// name the script's line that led there.
  package func glue(_ source: String) throws -> LuaFunction { try load(source, name: "=" + CLUA_GLUE) }

  /// Runs a chunk and answers what it returns.
  @discardableResult
  package func run(_ source: String, name: String = "=script") throws -> [LuaValue] {
    try load(source, name: name).call()
  }

  private func compile(_ source: String, name: String) throws -> LuaReference {
    var source = source
    try source.withUTF8 { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { chars in
        try check(clua_load(L, chars.baseAddress, chars.count, name), syntax: true)
      }
    }
    return try popReference()
  }

  /// Bytes of Lua memory in use.
  package var memoryUsed: Int { clua_memory_used(L) }
  package var memoryLimit: Int = 0 {
    didSet { clua_set_memory_limit(L, max(0, memoryLimit)) }
  }
  package func collectGarbage() {
    drain()
    clua_collect(L)
  }

  /// For tests: growing allocations number `first`..<`first + count` from now on fail; 0 stops it.
  package func failAllocations(first: UInt64, count: UInt64) { clua_fail_allocations(L, first, count) }
  /// Growing allocations so far.
  package var allocationCount: UInt64 { clua_allocations(L) }

  // MARK: stopping

  /// Native loops poll it; kernels on other threads poll `cancelToken.isCancelled`.
  package var cancelled: Bool { cancelToken.isCancelled }

  package func checkCancelled() throws {
    if cancelled { throw LuaError.cancelled }
  }

  /// Runs `body`; a Lua function called in it that executes more than about `count` instructions fails with
  /// an error that names its line, which `pcall` cannot get rid of.
  package func withInstructionBudget<T>(_ count: Int, _ body: () throws -> T) throws -> T {
    let outer = clua_set_budget(L, Int64(max(0, count)))
    let state = L
    defer {
      let left = clua_set_budget(state, -1)
      if outer >= 0 { _ = clua_set_budget(state, max(0, outer - (Int64(max(0, count)) - max(0, left)))) }
    }
    return try body()
  }

  // MARK: positions

  /// The line of the innermost Lua function that is running: while a Swift function runs, of its caller.
  package var currentPosition: SourcePosition? {
    var line: Int32 = 0
    var source: UnsafePointer<CChar>?
    var serial: UInt64 = 0
    guard clua_position(L, &line, &source, &serial), let source else { return nil }
    if serial != sourceName.serial { sourceName = (serial, String(cString: source)) }
    return SourcePosition(chunk: sourceName.text, line: Int(line))
  }

  // MARK: globals and standard tables

  package var globals: LuaTable {
    get throws {
      try pushed(clua_push_globals(L))
      return LuaTable(reference: try popReference())
    }
  }

  package func setGlobal(_ name: String, _ value: any LuaConvertible) throws {
    try globals.set(name, value)
  }

  package func global(_ name: String) throws -> LuaValue { try globals.get(name) }

  /// Replaces functions of a standard table, for example `math`; `original` is what was there.
  package func overload(
    _ table: String, _ name: String, with make: (_ original: LuaValue) throws -> any LuaConvertible
  ) throws {
    guard case .table(let table) = try global(table) else {
      throw LuaError("there is no global table '\(table)'")
    }
    try table.set(name, try make(try table.get(name)))
  }

  /// A new table.
  package func makeTable() throws -> LuaTable {
    try check(clua_push_table(L, 0, 0))
    return LuaTable(reference: try popReference())
  }

  /// A Lua function that calls `body`; `name` is for messages.
  package func makeFunction(
    _ name: String, _ body: @escaping (Arguments) throws -> any LuaConvertible
  ) throws -> LuaFunction {
    try pushFunction(FunctionBox(name: name, entry: nil, firstArgument: 1, body: body))
    return LuaFunction(reference: try popReference())
  }

  /// The value a script gave to `error`; `nil` for an error that has none.
  package func value(of error: LuaError) throws -> LuaValue {
    guard let handle = error.value else { return .nil }
    return try reading { try push(handle) }
  }

  /// What `tostring` answers, `__tostring` and `__name` included.
  package func describe(_ value: any LuaConvertible) throws -> String {
    let top = clua_top(L)
    defer { clua_set_top(L, top) }
    try value.push(onto: self)
    try check(clua_to_text(L, -1))
    return text(at: -1) ?? ""
  }
}

private func releaseObject(_ pointer: UnsafeMutableRawPointer?) {
  guard let pointer else { return }
  Unmanaged<AnyObject>.fromOpaque(pointer).release()
}
