/// Evaluates what a person types: expressions are shown, statements run, unfinished input waits for more.
package final class Interpreter {
  package enum Outcome: Equatable {
    /// The input is not complete: read another line.
    case incomplete
    /// Done; what to show, if anything.
    case finished(String?)
  }

  private let session: ScriptSession
  private var results: [LuaValue] = []
  private var saidLocal = false

  package init(_ session: ScriptSession) { self.session = session }

  private var lua: LuaState { session.lua }

  /// - Parameter text: one or more lines; a semicolon at the end suppresses the echo.
  /// - Throws: `LuaError`.
  package func evaluate(_ text: String) throws -> Outcome {
    let source = withoutTrailingSpace(text)
    if source.isEmpty { return .finished(nil) }
    if source.hasPrefix("?") { return .finished(try help(String(source.dropFirst()))) }
    let isQuiet = source.hasSuffix(";")
    var expression = source
    while expression.hasSuffix(";") { expression.removeLast() }
    let chunk: LuaFunction
    var note: String?
    do {
      chunk = try lua.load("return \(expression)", name: "=stdin")
    } catch {
      let (statement, kept) = keepingLocal(source)
      do {
        chunk = try lua.load(statement, name: "=stdin")
      } catch let error as LuaError where error.kind == .syntax && Interpreter.isUnfinished(error.message) {
        return .incomplete
      }
      if kept, !saidLocal {
        saidLocal = true
        note = "(local at the prompt: the name stays for the session)"
      }
    }
    let values = try chunk.call()
    guard !values.isEmpty, !(values.count == 1 && values[0].isNil) else { return .finished(note) }
    try remember(values)
    if isQuiet { return .finished(note) }
    let shown = try values.map { try ValuePrinter(lua).text($0) }.joined(separator: "\t")
    return .finished([note, shown].compactMap { $0 }.joined(separator: "\n"))
  }

  /// A message of the parser that would go away with more input: all but an unfinished short string.
  private static func isUnfinished(_ message: String) -> Bool {
    message.hasSuffix("<eof>") && !message.contains("unfinished string")
  }

  /// `local x = 1` as `x = 1`: a local would be gone with its line.
  private func keepingLocal(_ source: String) -> (String, Bool) {
    guard source.hasPrefix("local ") else { return (source, false) }
    let rest = source.dropFirst(6).drop { $0 == " " }
    if rest.hasPrefix("function ") { return (String(rest), true) }
    let names = rest.prefix { $0 != "=" && $0 != "\n" }
    // Attributes (<close>) and lists without values keep their meaning as they are.
    guard names.count < rest.count, rest.dropFirst(names.count).first == "=", !names.contains("<") else {
      return (source, false)
    }
    return (String(rest), true)
  }

  /// `_` is the last value, `_1`, `_2`, … the ones before it.
  private func remember(_ values: [LuaValue]) throws {
    results.insert(values[0], at: 0)
    if results.count > 10 { results.removeLast() }
    try lua.setGlobal("_", results[0])
    for (index, value) in results.dropFirst().enumerated() { try lua.setGlobal("_\(index + 1)", value) }
  }

  private func help(_ name: String) throws -> String {
    let trimmed = withoutTrailingSpace(String(name.drop { $0 == " " }))
    if trimmed.isEmpty { return lua.library.overview() }
    if lua.library.entries.contains(where: { $0.name == trimmed }) { return lua.library.help(trimmed) }
    if let value = try? lua.load("return \(trimmed)", name: "=help").call().first, !value.isNil {
      return try lua.help(value)
    }
    return lua.library.help(trimmed)
  }

  private func withoutTrailingSpace(_ text: String) -> String {
    var text = text[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

/// Values as the prompt shows them: strings in quotes, tables a few levels deep and not without end.
package struct ValuePrinter {
  private let lua: LuaState
  private static let depth = 3
  private static let elements = 24
  private static let width = 72

  package init(_ lua: LuaState) { self.lua = lua }

  package func text(_ value: LuaValue) throws -> String { try text(value, depth: 0) }

  private func text(_ value: LuaValue, depth: Int) throws -> String {
    switch value {
    case .string(let string): return ValuePrinter.quoted(string)
    case .table(let table):
      // A table with its own way to print shows that.
      let plain = try lua.describe(value)
      guard plain.hasPrefix("table: ") else { return plain }
      return try text(table, depth: depth)
    default: return try lua.describe(value)
    }
  }

  private func text(_ table: LuaTable, depth: Int) throws -> String {
    let entries = try table.entries()
    if entries.isEmpty { return "{}" }
    if depth >= ValuePrinter.depth { return "{…}" }
    var parts: [String] = []
    var next = 1
    for (key, value) in entries.prefix(ValuePrinter.elements) {
      let shown = try text(value, depth: depth + 1)
      if key.int == next {
        parts.append(shown)
        next += 1
      } else if let name = key.string, ValuePrinter.isName(name) {
        parts.append("\(name) = \(shown)")
      } else {
        parts.append("[\(try text(key, depth: depth + 1))] = \(shown)")
      }
    }
    if entries.count > ValuePrinter.elements {
      parts.append("… \(entries.count - ValuePrinter.elements) more")
    }
    let line = "{\(parts.joined(separator: ", "))}"
    if line.count <= ValuePrinter.width, !line.contains("\n") { return line }
    let indent = String(repeating: "  ", count: depth + 1)
    return "{\n" + parts.map { "\(indent)\($0)" }.joined(separator: ",\n") + "\n" + indent.dropLast(2) + "}"
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.first, first == "_" || first.isLetter, first.isASCII else { return false }
    return text.allSatisfy { $0.isASCII && ($0 == "_" || $0.isLetter || $0.isNumber) }
  }

  private static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      default:
        if scalar.value < 32 { text += "\\\(scalar.value)" } else { text.unicodeScalars.append(scalar) }
      }
    }
    return text + "\""
  }
}
