import CLua

// Pushing, reading and the mapping of statuses to errors. Everything above this file leaves the stack as
// it found it.
extension LuaState {
  // MARK: errors

  /// Turns a status with an error value on the stack into a `LuaError`, and pops it.
  func check(_ status: Int32, syntax: Bool = false) throws {
    guard status != CLUA_OK else { return }
    throw popError(status, syntax: syntax)
  }

  /// The same for pushes that leave nothing behind when there is no room.
  func pushed(_ status: Int32) throws {
    guard status == CLUA_OK else { throw LuaError.memory }
  }

  private func popError(_ status: Int32, syntax: Bool) -> LuaError {
    defer { clua_set_top(L, clua_top(L) - 1) }
    // Taken in any case: what is left behind could be glued to a later error.
    let traceback = clua_take_traceback(L).map { String(cString: $0) }
    let reason = clua_stop_reason(L)
    if reason == CLUA_EXITING {
      let code = clua_exit_code(L)
      if clua_depth(L) == 0 { clua_clear_exit(L) }
      return LuaError(kind: .exit(code), message: "exit with code \(code)")
    }
    if reason == CLUA_CANCELLED || clua_is_stop_error(L, -1) { return .cancelled }
    if status == CLUA_ERRMEM || clua_is_memory_error(L, -1) { return .memory }
    guard pushedValue(-1) else { return .memory }
    var id: Int32 = 0
    guard clua_reference(L, &id) == CLUA_OK else {
      clua_set_top(L, clua_top(L) - 1)
      return .memory
    }
    return LuaError(
      kind: syntax ? .syntax : .script, message: errorText(), traceback: traceback,
      value: LuaHandle(id: id, queue: releases))
  }

  private func pushedValue(_ index: Int32) -> Bool { clua_push_value(L, index) == CLUA_OK }

  private func errorText() -> String {
    if let text = text(at: -1) { return text }
    switch kind(at: -1) {
    case .integer, .number, .boolean, .nil:
      return valueText(at: -1)
    default:
      // Runs `__tostring`; an error inside it must not hide this one.
      guard clua_to_text(L, -1) == CLUA_OK else {
        clua_set_top(L, clua_top(L) - 1)
        return "(an error value of type \(kindName(at: -1)))"
      }
      defer { clua_set_top(L, clua_top(L) - 1) }
      return text(at: -1) ?? ""
    }
  }

  private func valueText(at index: Int32) -> String {
    switch kind(at: index) {
    case .integer: String(clua_to_integer(L, index))
    case .number: String(clua_to_number(L, index))
    case .boolean: String(clua_to_boolean(L, index))
    default: kindName(at: index)
    }
  }

  // MARK: references

  func drain() {
    let state = L
    releases.drain { clua_dereference(state, $0) }
  }

  /// Takes the value on top of the stack.
  func popReference() throws -> LuaReference {
    drain()
    var id: Int32 = 0
    try check(clua_reference(L, &id))
    return LuaReference(handle: LuaHandle(id: id, queue: releases), owner: self)
  }

  func push(_ handle: LuaHandle) throws {
    guard handle.belongs(to: self) else { throw LuaError("this value belongs to another Lua state") }
    try pushed(clua_push_reference(L, handle.id))
  }

  /// Runs `body` and gives back the stack it used.
  func temporarily<T>(_ body: () throws -> T) throws -> T {
    let top = clua_top(L)
    defer { clua_set_top(L, top) }
    return try body()
  }

  /// Runs `body`, which pushes one value, and answers that value.
  func reading(_ body: () throws -> Void) throws -> LuaValue {
    try temporarily {
      try body()
      return try value(at: -1)
    }
  }

  // MARK: pushing

  func push(_ text: String) throws {
    var text = text
    try text.withUTF8 { try push(bytes: UnsafeRawBufferPointer($0)) }
  }

  func push(bytes: UnsafeRawBufferPointer) throws {
    try check(clua_push_bytes(L, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count))
  }

  func pushNumbers(_ values: [Double]) throws {
    try values.withUnsafeBufferPointer { try check(clua_push_numbers(L, $0.baseAddress, $0.count)) }
  }

  func pushObject(_ object: AnyObject) throws {
    let type = try registeredType(of: object)
    let unmanaged = Unmanaged.passRetained(object)
    let status = clua_push_object(L, unmanaged.toOpaque(), type.id)
    if status != CLUA_OK {
      unmanaged.release()
      try check(status)
    }
  }

  func pushFunction(_ box: FunctionBox) throws {
    let unmanaged = Unmanaged<AnyObject>.passRetained(box)
    let status = clua_push_function(L, unmanaged.toOpaque(), callSwift)
    if status != CLUA_OK {
      unmanaged.release()
      try check(status)
    }
  }

  /// Pops the value on top into a field.
  func setField(_ index: Int32, _ key: String, raw: Bool = false) throws {
    var key = key
    try key.withUTF8 { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { chars in
        try check(
          raw
            ? clua_raw_set_field(L, index, chars.baseAddress, chars.count)
            : clua_set_field(L, index, chars.baseAddress, chars.count))
      }
    }
  }

  /// Pushes a field.
  func getField(_ index: Int32, _ key: String, raw: Bool = false) throws {
    var key = key
    try key.withUTF8 { bytes in
      try bytes.withMemoryRebound(to: CChar.self) { chars in
        try check(
          raw
            ? clua_raw_get_field(L, index, chars.baseAddress, chars.count)
            : clua_get_field(L, index, chars.baseAddress, chars.count))
      }
    }
  }

  // MARK: reading

  func kind(at index: Int32) -> LuaKind {
    switch clua_type(L, index) {
    case Int32(CLUA_TNIL): .nil
    case Int32(CLUA_TBOOLEAN): .boolean
    case Int32(CLUA_TNUMBER): clua_is_integer(L, index) ? .integer : .number
    case Int32(CLUA_TSTRING): .string
    case Int32(CLUA_TTABLE): .table
    case Int32(CLUA_TFUNCTION): .function
    case Int32(CLUA_TUSERDATA), Int32(CLUA_TLIGHTUSERDATA): .object
    case Int32(CLUA_TTHREAD): .thread
    default: .none
    }
  }

  /// What a message calls the value: "nothing", "nil", "integer", "number", "Solution", …
  func kindName(at index: Int32) -> String {
    if case .object = kind(at: index), let name = clua_type_name(L, index) {
      var closed = false
      _ = clua_to_object(L, index, &closed)
      return (closed ? "a closed " : "") + String(cString: name)
    }
    return kind(at: index).description
  }

  func text(at index: Int32) -> String? {
    var count = 0
    guard let bytes = clua_to_bytes(L, index, &count) else { return nil }
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func bytes(at index: Int32) -> [UInt8]? {
    var count = 0
    guard let bytes = clua_to_bytes(L, index, &count) else { return nil }
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  func object(at index: Int32) -> AnyObject? {
    var closed = false
    guard let pointer = clua_to_object(L, index, &closed) else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue()
  }

  func object<T: AnyObject>(at index: Int32, as type: T.Type) -> T? {
    guard let object = object(at: index) else { return nil }
    if Swift.type(of: object) == type { return unsafeDowncast(object, to: T.self) }
    return object as? T
  }

  func reference(at index: Int32) throws -> LuaReference {
    try pushed(clua_push_value(L, index))
    return try popReference()
  }

  func value(at index: Int32) throws -> LuaValue {
    switch kind(at: index) {
    case .none, .nil: return .nil
    case .boolean: return .boolean(clua_to_boolean(L, index))
    case .integer: return .integer(Int(clua_to_integer(L, index)))
    case .number: return .number(clua_to_number(L, index))
    case .string: return .string(text(at: index) ?? "")
    case .table: return .table(LuaTable(reference: try reference(at: index)))
    case .function: return .function(LuaFunction(reference: try reference(at: index)))
    case .object:
      if let object = object(at: index) { return .object(object) }
      return .other(try reference(at: index))
    case .thread: return .other(try reference(at: index))
    }
  }

  /// Reads the values above `top` and pops them.
  func popValues(above top: Int32) throws -> [LuaValue] {
    defer { clua_set_top(L, top) }
    let last = clua_top(L)
    guard last > top else { return [] }
    return try (top + 1...last).map { try value(at: $0) }
  }
}
