/// What went wrong in a script, or in a Swift function that a script called.
package struct LuaError: Error, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// An error raised by a script or by a function it called.
    case script
    /// A chunk that does not parse.
    case syntax
    /// The memory limit of the state was reached.
    case memory
    /// Somebody cancelled the run.
    case cancelled
    /// The script called `os.exit`.
    case exit(Int32)
  }

  package let kind: Kind
  /// The whole text, with the position in front of it once Lua has seen the error.
  package let message: String
  /// Where the error was raised, when its text says so.
  package let position: SourcePosition?
  /// The stack of Lua calls, innermost first.
  package let traceback: String?
  /// The value given to `error`, which stays the same on its way through Swift.
  package let value: LuaHandle?

  /// An error of a Swift function; Lua puts the script's file and line in front of the text.
  package init(_ message: String) {
    self.init(kind: .script, message: message)
  }

  init(kind: Kind, message: String, traceback: String? = nil, value: LuaHandle? = nil) {
    self.kind = kind
    self.message = message
    self.position = SourcePosition(prefixOf: message)
    self.traceback = traceback
    self.value = value
  }

  package static var memory: LuaError { LuaError(kind: .memory, message: "not enough memory") }
  package static var cancelled: LuaError { LuaError(kind: .cancelled, message: "interrupted") }

  package var description: String { message }
  package var chunk: String? { position?.chunk }
  package var line: Int? { position?.line }
}

/// A line of a script.
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
  package var chunk: String
  package var line: Int

  package init(chunk: String, line: Int) {
    self.chunk = chunk
    self.line = line
  }

  package var description: String { "\(chunk):\(line)" }

  /// Reads `chunk:line: text`.
  init?(prefixOf message: String) {
    let bytes = message.utf8
    var start = bytes.startIndex
    while let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) {
      var end = bytes.index(after: colon)
      let digits = end
      while end < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[end]) {
        end = bytes.index(after: end)
      }
      if end > digits, end < bytes.endIndex, bytes[end] == UInt8(ascii: ":"), colon > bytes.startIndex,
        let line = Int(message[digits..<end])
      {
        self.init(chunk: String(message[..<colon]), line: line)
        return
      }
      if bytes[start..<colon].contains(UInt8(ascii: "\n")) { return nil }
      start = bytes.index(after: colon)
    }
    return nil
  }
}
