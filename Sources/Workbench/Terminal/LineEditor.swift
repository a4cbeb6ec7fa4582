import CLineEdit
import Glibc

/// Line input for a person or a pipe: on a terminal with editing, history, completion and search (Ctrl-R) by
/// libedit; otherwise plain lines without a prompt.
///
/// Not `Sendable`: one thread reads.
package final class LineEditor {
  package enum Input: Equatable {
    /// A line without its end.
    case line(String)
    /// Ctrl-C: what was typed is dropped.
    case interrupted
    /// Ctrl-D on an empty line, or the end of the input.
    case end
  }

  /// What TAB offers: candidates that replace the text from `start`, a byte offset into the line, to the cursor.
  package struct Completion {
    package var start: Int
    package var candidates: [String]
    package init(start: Int, candidates: [String]) {
      self.start = start
      self.candidates = candidates
    }
  }

  /// Called at TAB with the line and the cursor's byte offset in it.
  package typealias Completer = (_ line: String, _ cursor: Int) -> Completion?

  private let editor: OpaquePointer?
  private let historyPath: String?
  private let completer: Completer?

  /// - Parameters:
  ///   - history: the file that keeps what was entered, from session to session; nil for none.
  ///   - completer: what TAB offers.
  package init(history: String? = nil, historySize: Int = 5000, completer: Completer? = nil) {
    editor = cle_open("workbench", Int32(clamping: max(1, historySize)))
    historyPath = history
    self.completer = completer
    guard let editor else { return }
    if let history { _ = cle_history_load(editor, history) }
    if completer != nil {
      cle_set_completion(
        editor,
        { editor, line, length, cursor, context in
          guard let editor, let line, let context else { return }
          let text = String(
            decoding: UnsafeRawBufferPointer(start: line, count: length), as: UTF8.self)
          Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
            .complete(editor, line: text, cursor: cursor)
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  deinit { if let editor { cle_close(editor) } }

  /// Whether a person types: standard input is a terminal.
  package var isInteractive: Bool { editor != nil }

  /// Waits for a line. The prompt is shown on a terminal only; parts of it that take no room, as colours, stand
  /// between two U+0001.
  package func read(prompt: String) -> Input {
    guard let editor else { return Self.plainLine() }
    return prompt.withCString { prompt in
      var line: UnsafePointer<CChar>?
      var length = 0
      switch cle_read(editor, prompt, &line, &length) {
      case Int32(CLE_LINE.rawValue):
        guard let line else { return .end }
        return .line(String(decoding: UnsafeRawBufferPointer(start: line, count: length), as: UTF8.self))
      case Int32(CLE_INTERRUPTED.rawValue): return .interrupted
      default: return .end
      }
    }
  }

  /// Remembers an entry, which may have several lines, and writes the history file.
  ///
  /// - Returns: false if the file cannot be written.
  @discardableResult
  package func remember(_ entry: String) -> Bool {
    guard let editor, entry.contains(where: { !$0.isWhitespace }) else { return true }
    cle_history_add(editor, entry)
    guard let historyPath else { return true }
    return cle_history_save(editor, historyPath)
  }

  private static func plainLine() -> Input {
    guard let line = readLine(strippingNewline: true) else { return .end }
    return .line(line)
  }

  private func complete(_ editor: OpaquePointer, line: String, cursor: Int) {
    guard let completion = completer?(line, cursor), !completion.candidates.isEmpty,
      completion.start >= 0, completion.start <= cursor
    else { return }
    let typed = String(decoding: Array(line.utf8)[completion.start..<cursor], as: UTF8.self)
    let common = Self.commonPrefix(completion.candidates)
    if common.utf8.count > typed.utf8.count || completion.candidates.count == 1 {
      // libedit counts code points.
      cle_replace(editor, Int32(clamping: typed.unicodeScalars.count), common)
    } else {
      cle_show(editor, Self.inColumns(completion.candidates, width: TerminalTraits.columns(STDOUT_FILENO)))
    }
  }

  static func commonPrefix(_ words: [String]) -> String {
    guard var prefix = words.first else { return "" }
    for word in words.dropFirst() {
      prefix = String(zip(prefix, word).prefix { $0 == $1 }.map(\.0))
    }
    return prefix
  }

  /// Words in columns read downwards, as `ls` shows them.
  static func inColumns(_ words: [String], width: Int) -> String {
    let widest = (words.map(\.count).max() ?? 0) + 2
    let columns = max(1, width / widest)
    let rows = (words.count + columns - 1) / columns
    return (0..<rows).map { row in
      var line = ""
      for index in stride(from: row, to: words.count, by: rows) {
        if !line.isEmpty { line += String(repeating: " ", count: widest - words[index - rows].count) }
        line += words[index]
      }
      return line
    }.joined(separator: "\n")
  }
}
