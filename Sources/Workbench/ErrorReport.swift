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
