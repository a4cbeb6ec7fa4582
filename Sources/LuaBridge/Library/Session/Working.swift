import Glibc
import Kernels

extension RunContext {
  /// How a computation called from a script runs: on the context's threads, stopped by Ctrl-C, with progress.
  package func runOptions(_ lua: LuaState, label: String) -> RunOptions {
    let token = lua.cancelToken
    var options = RunOptions(
      threads: threads > 0 ? threads : RunContext.processors,
      cancellation: Cancellation { token.isCancelled })
    if let onShare { options.progress = { share in onShare(label, share) } }
    return options
  }

  /// Runs a long computation; an interrupt comes out as what stops the script.
  func running<Value>(
    _ lua: LuaState, _ label: String, _ body: (RunOptions) throws -> Value
  ) throws -> Value {
    defer { onShareEnd?() }
    do {
      return try body(runOptions(lua, label: label))
    } catch is Cancelled {
      throw LuaError.cancelled
    }
  }

  static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
