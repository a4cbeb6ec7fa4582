import CLua

/// A Swift closure that Lua can call.
final class FunctionBox {
  let name: String
  let entry: Entry?
  /// Stack index of what messages call argument 1: 2 for methods.
  let firstArgument: Int32
  let body: (Arguments) throws -> any LuaConvertible

  init(
    name: String, entry: Entry?, firstArgument: Int32,
    body: @escaping (Arguments) throws -> any LuaConvertible
  ) {
    self.name = name
    self.entry = entry
    self.firstArgument = firstArgument
    self.body = body
  }
}

/// What the C trampoline calls. Nothing of Swift is alive any more when Lua raises.
let callSwift: clua_callback = { L, object, count in
  guard let L, let object, let host = clua_host(L) else { return Int32(CLUA_NOMEM) }
  let lua = Unmanaged<LuaState>.fromOpaque(host).takeUnretainedValue()
  let box = unsafeDowncast(
    Unmanaged<AnyObject>.fromOpaque(object).takeUnretainedValue(), to: FunctionBox.self)
  let outer = lua.L
  lua.L = L
  defer { lua.L = outer }
  do {
    let result = try box.body(Arguments(lua: lua, box: box, top: count))
    // A Swift function that swallowed a stop must not carry on as if nothing had been.
    if clua_stop_reason(L) != CLUA_RUNNING { return Int32(CLUA_STOP) }
    let top = clua_top(L)
    try result.push(onto: lua)
    return clua_top(L) - top
  } catch let error as LuaError {
    return lua.prepareToRaise(error)
  } catch {
    return lua.prepareToRaise(LuaError("\(error)"))
  }
}

extension LuaState {
  /// Leaves with C what it needs to raise `error`, and answers the code for it.
  fileprivate func prepareToRaise(_ error: LuaError) -> Int32 {
    switch error.kind {
    case .cancelled, .exit:
      // Without its flag (the host cleared it meanwhile) a stop is an error like others.
      if clua_stop_reason(L) != CLUA_RUNNING { return Int32(CLUA_STOP) }
    case .memory:
      return Int32(CLUA_NOMEM)
    case .script, .syntax:
      if let value = error.value, value.belongs(to: self) {
        if let traceback = error.traceback, !clua_stash_traceback(L, traceback) { return Int32(CLUA_NOMEM) }
        return clua_push_reference(L, value.id) == CLUA_OK ? Int32(CLUA_RETHROW) : Int32(CLUA_NOMEM)
      }
    }
    var text = error.message
    let stashed = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { clua_stash_error(L, $0.baseAddress, $0.count) }
    }
    return Int32(stashed ? CLUA_RAISE : CLUA_NOMEM)
  }
}
