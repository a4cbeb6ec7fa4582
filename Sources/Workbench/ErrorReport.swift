import LuaBridge

/// An error as it is shown to the author of the script: one message with file and line, and the calls that led
/// there if they say more than the message does.
struct ErrorReport {
  let text: String

  init(_ error: LuaError, _ lua: LuaState) {
    let frames = Self.frames(error.traceback)
    var message = error.message
    if error.kind == .script, error.position == nil, let own = Self.ownMessage(error, lua) {
      message = (frames.first.map { "\($0.position): " } ?? "") + own
    }
    message += Self.suggestion(message, lua.library)
    let isSaid = frames.count == 1 && message.hasPrefix(frames[0].chunk)
    text = ([message] + (isSaid ? [] : frames.map { "\tin \($0.text)" })).joined(separator: "\n")
  }

  /// What to say of `error(value)` for a value that is not a text.
  private static func ownMessage(_ error: LuaError, _ lua: LuaState) -> String? {
    guard error.value != nil, let value = try? lua.value(of: error) else { return nil }
    switch value {
    case .nil: return "error() without a message"
    case .table where error.message.hasPrefix("table: "):
      return (try? ValuePrinter(lua).text(value)).map { "error with the value \($0)" }
    default: return nil
    }
  }

  /// What a call of a name that does not exist may have meant: Lua itself only knows that it is nil.
  private static func suggestion(_ message: String, _ library: Library) -> String {
    for (start, separator) in [
      ("attempt to call a nil value (field '", "."), ("attempt to call a nil value (method '", ":"),
    ] {
      guard let range = message.firstRange(of: start) else { continue }
      let name = String(message[range.upperBound...].prefix { $0 != "'" })
      let known = library.entries.map(\.name).filter { $0.contains(separator) }
      func last(_ full: String) -> String { String(full.split(separator: Character(separator)).last ?? "") }
      guard let nearest = nearestName(to: name, in: known.map(last)),
        let full = known.first(where: { last($0) == nearest })
      else { continue }
      return ": did you mean '\(full)'?"
    }
    return ""
  }

  private struct Frame: Equatable {
    /// `file:line`, as far as it can be told.
    var position: String
    var chunk: String
    var text: String
  }

  /// The lines of a Lua traceback that are in the script. Recursion repeats lines: those are shown once.
  private static func frames(_ traceback: String?) -> [Frame] {
    guard let traceback else { return [] }
    var frames: [Frame] = []
    for line in traceback.split(separator: "\n") {
      let text = line.drop { $0 == "\t" }
      guard !text.hasPrefix("stack traceback"), !text.hasPrefix("[C]: ") else { continue }
      let parts = text.split(separator: ":", maxSplits: 2)
      let isPlace = parts.count == 3 && Int(parts[1]) != nil
      let frame = Frame(
        position: isPlace ? "\(parts[0]):\(parts[1])" : "", chunk: isPlace ? "\(parts[0]):" : "\t",
        text: String(text))
      if frame != frames.last { frames.append(frame) }
    }
    return frames
  }
}
