import CLua

// Values where they lie on the stack, for the tracer, which looks at thousands of them and keeps none.
extension LuaState {
  /// Index of the topmost value. Lower it to drop values.
  var stackTop: Int32 {
    get { clua_top(L) }
    set { clua_set_top(L, newValue) }
  }

  func double(at index: Int32) -> Double { clua_to_number(L, index) }
  func integer(at index: Int32) -> Int { Int(clua_to_integer(L, index)) }
  func boolean(at index: Int32) -> Bool { clua_to_boolean(L, index) }
  /// What tells tables, functions and objects apart.
  func address(at index: Int32) -> UnsafeRawPointer? { clua_to_pointer(L, index) }
  func length(at index: Int32) -> UInt64 { clua_raw_length(L, index) }

  /// A string's bytes, valid while the value is on the stack.
  func withBytes<T>(at index: Int32, _ body: (UnsafeBufferPointer<CChar>) -> T) -> T {
    var count = 0
    let bytes = clua_to_bytes(L, index, &count)
    return body(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
  }

  /// Reads elements `offset + 1`… of a table, up to the first that is not a number; answers how many.
  func readNumbers(at table: Int32, from offset: Int = 0, into out: UnsafeMutableBufferPointer<Double>) -> Int
  {
    clua_read_numbers(L, table, out.baseAddress, offset, out.count)
  }

  func pushNil() throws { try pushed(clua_push_nil(L)) }
  func pushCopy(of index: Int32) throws { try pushed(clua_push_value(L, index)) }
  func pushGlobals() throws { try pushed(clua_push_globals(L)) }
  func pushElement(_ i: Int, of table: Int32) throws { try pushed(clua_raw_get_index(L, table, Int64(i))) }

  /// Replaces the key on top by the next key and its value; pops it at the end.
  func next(_ table: Int32) throws -> Bool {
    var more = false
    try check(clua_next(L, table, &more))
    return more
  }

  /// Pushes captured variable `i` (from 1) and answers its name; nil past the last.
  func pushUpvalue(_ i: Int, of function: Int32) -> String? {
    clua_upvalue(L, function, Int32(clamping: i)).map { String(cString: $0) }
  }

  /// Calls the function below its arguments and leaves all results.
  func callOnStack(arguments: Int) throws { try check(clua_call(L, Int32(clamping: arguments), -1)) }

  /// Grants a running budget anew; answers what was left of it.
  func renewInstructionBudget(_ count: Int) -> Int { Int(clua_set_budget(L, Int64(count))) }

  // MARK: overloading

  /// When an overloaded library function calls its Swift function instead.
  struct Overload: OptionSet {
    let rawValue: Int32
    /// When an argument is an object.
    static let onObject = Overload(rawValue: Int32(CLUA_ON_OBJECT))
    /// While the guard is set.
    static let onGuard = Overload(rawValue: Int32(CLUA_ON_GUARD))
    /// The library function is called as well, afterwards.
    static let thenOriginal = Overload(rawValue: Int32(CLUA_THEN_ORIGINAL))
  }

  func setGuard(_ isSet: Bool) { clua_set_guard(L, isSet) }

  /// Replaces a library function in its table.
  func overload(
    _ table: LuaTable, _ name: String, _ original: LuaFunction, _ mode: Overload,
    _ body: @escaping (Arguments) throws -> any LuaConvertible
  ) throws {
    try temporarily {
      try table.push(onto: self)
      try original.push(onto: self)
      try pushFunction(FunctionBox(name: name, entry: nil, firstArgument: 1, body: body))
      try check(clua_push_overload(L, mode.rawValue))
      try setField(-2, name, raw: true)
    }
  }

  /// The methods of files.
  func fileMethods() throws -> LuaTable {
    try check(clua_push_file_methods(L))
    return LuaTable(reference: try popReference())
  }

  /// Lets `local x <close> = object` do nothing.
  func ignoreClose(of type: AnyClass) throws {
    guard let registered = types[ObjectIdentifier(type)] else { return }
    try pushFunction(FunctionBox(name: "close", entry: nil, firstArgument: 1) { _ in .nothing })
    try check(clua_set_metamethod(L, registered.id, "__close"))
  }
}
