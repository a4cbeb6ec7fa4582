import Kernels

extension RunContext {
  /// Runs a long computation; an interrupt comes out as what stops the script.
  func running<Value>(
    _ lua: LuaState, _ label: String, _ body: (RunOptions) throws -> Value
  ) throws -> Value {
    defer { onShareEnd?() }
    do {
      var options = runOptions(lua)
      if let onShare { options.progress = { share in onShare(label, share) } }
      return try body(options)
    } catch is Cancelled {
      throw LuaError.cancelled
    }
  }
}
