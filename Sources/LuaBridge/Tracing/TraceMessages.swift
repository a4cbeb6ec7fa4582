// Every message names the script's line, the function that is traced, the reason and the remedy.
extension Tracer {
  /// An error for the script's current line. It is also kept, so that a script's `pcall` cannot lose it.
  func refusal(_ text: String) -> LuaError {
    if let session, session.refusal == nil {
      session.refusal =
        lua.currentPosition.map { located(text, at: $0, session.what) }
        ?? LuaError("\(session.what): \(text)")
    }
    return LuaError(text)
  }

  /// An error with its own position, to which Lua adds none.
  func located(_ text: String, at position: SourcePosition, _ what: String) -> LuaError {
    located("\(position): \(what): \(text)")
  }

  func located(_ message: String) -> LuaError {
    do {
      try lua.push(message)
      return LuaError(kind: .script, message: message, value: try lua.popReference().handle)
    } catch {
      return .memory
    }
  }

  func tooManyPaths(_ session: TraceSession, _ definition: LuaFunction.Definition) -> LuaError {
    let busiest = session.busiestFork
    let line = busiest.map { " (this line splits most often, \($0.count) times)" } ?? ""
    return located(
      "more than \(TraceLimits.paths) paths through its branches\(line): independent branches multiply; use "
        + "math.max, math.min, wb.clamp, or wb.where(wb.less(a, b), u, v), which are one operation each",
      at: busiest?.position ?? definition.position, session.what)
  }

  /// An error that Lua itself raised, with what it means for a traced function.
  func explained(
    _ error: LuaError, _ session: TraceSession, _ definition: LuaFunction.Definition
  ) -> LuaError {
    var text = error.message
    var position = definition.position
    if let own = error.position {
      position = own
      text = String(text.dropFirst(own.description.count + 2))
    }
    if text.contains(budgetText) {
      return located(
        "does not end: more than \(TraceLimits.instructions) instructions were run to trace it; a loop needs "
          + "a bound that is a plain number", at: position, session.what)
    }
    let hint = self.hint(for: text).map { ": \($0)" } ?? ""
    return located(text + hint + (text.contains("nil value") ? nilHint : ""), at: position, session.what)
  }

  private func hint(for text: String) -> String? {
    if text.contains("'for'") {
      return
        "loop bounds must be plain numbers, known when the function is traced; loop to a fixed bound and "
        + "choose inside with wb.where"
    }
    if text.contains("attempt to compare"), text.contains("boolean") {
      return "write `a < x and x < b` instead of `a < x < b`"
    }
    if text.contains("yield") { return "a traced function cannot yield" }
    if text.contains("traced value") || text.contains("got vector") {
      if text.contains("attempt to index") { return nil }
      return
        "a traced value has no number yet; only arithmetic, comparisons and the functions of math and wb "
        + "can be applied to it"
    }
    return nil
  }
}

/// Part of the text of the error for a budget that is used up (CLua/stop.c).
let budgetText = "its budget of instructions is used up"
