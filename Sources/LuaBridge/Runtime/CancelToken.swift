import CLua

/// A handle by which any thread stops a script, and by which native loops learn of it.
///
/// It may outlive its state. Polling is one relaxed atomic load.
///
/// `@unchecked`: the pointer is to a reference-counted C context whose flag is atomic.
package final class CancelToken: @unchecked Sendable {
  private let context: OpaquePointer

  init(_ context: OpaquePointer) {
    clua_context_retain(context)
    self.context = context
  }

  deinit { clua_context_release(context) }

  package var isCancelled: Bool { clua_is_cancelled(context) }

  /// Stops the script at its next instruction, and native loops at their next poll. From any thread.
  package func cancel() { clua_cancel(context) }

  /// Makes the state usable again. Only when nothing runs in it.
  package func clear() { clua_clear_cancel(context) }

  /// From now on Ctrl-C (SIGINT) cancels this token; a third one while the first is still pending ends
  /// the process with code 130.
  package func cancelOnInterrupt() { clua_cancel_on_interrupt(context) }

  /// Gives Ctrl-C its default action back.
  package static func stopCancellingOnInterrupt() { clua_cancel_on_interrupt(nil) }
}
