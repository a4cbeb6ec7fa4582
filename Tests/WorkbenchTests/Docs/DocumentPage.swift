import Foundation

/// A page of the manual and the examples in it.
///
/// A fence `lua` is a script that must run; `lua fails` one that must end with an error; `lua more` goes on from
/// the example before it; `lua skip` is not run. An `output` fence after an example is what it prints: there `…`
/// stands for anything within a line, and alone on a line for any number of lines.
struct DocumentPage {
  struct Example {
    /// The line of the page, from 1, on which the script begins.
    let line: Int
    /// What is run: with `lua more` the examples before it too.
    let script: String
    let mustFail: Bool
    let expected: [String]?
    /// Where the expected lines are, as indices of the page's lines.
    let expectedLines: Range<Int>
  }

  /// What tells the output of an example from that of those before it.
  static let divider = "-- the example begins --"

  let lines: [String]
  let examples: [Example]
  /// Where its links lead, without those to other sites and within the page.
  let links: [String]

  init(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.lines = lines
    var examples: [Example] = []
    var earlier = ""
    var i = 0
    func fence() -> (words: [String], body: [String], line: Int)? {
      guard i < lines.count, lines[i].hasPrefix("```") else { return nil }
      let words = lines[i].dropFirst(3).split(separator: " ").map(String.init)
      let first = i + 1
      i = lines[first...].firstIndex { $0.hasPrefix("```") } ?? lines.count
      let body = Array(lines[first..<i])
      i += 1
      return (words, body, first + 1)
    }
    while i < lines.count {
      guard let (words, body, line) = fence() else {
        i += 1
        continue
      }
      guard words.first == "lua", !words.contains("skip") else { continue }
      let own = body.joined(separator: "\n") + "\n"
      let script = words.contains("more") ? earlier + "print(\"\(DocumentPage.divider)\")\n" + own : own
      if !words.contains("fails") { earlier = script }
      while i < lines.count, lines[i].isEmpty { i += 1 }
      let afterwards = i
      var expected: [String]?
      var place = i..<i
      if let next = fence(), next.words.first == "output" {
        expected = next.body
        place = (next.line - 1)..<(next.line - 1 + next.body.count)
      } else {
        i = afterwards
      }
      examples.append(
        Example(
          line: line, script: script, mustFail: words.contains("fails"), expected: expected,
          expectedLines: place))
    }
    self.examples = examples
    links = text.matches(of: /\]\(([^)#\s]+)/).map { String($0.1) }.filter { !$0.contains("://") }
  }

  /// Whether lines are the expected ones, with `…` for what may differ.
  static func matches(_ lines: ArraySlice<String>, _ pattern: ArraySlice<String>) -> Bool {
    guard let wanted = pattern.first else { return lines.isEmpty }
    if wanted == "…" {
      return (lines.startIndex...lines.endIndex).contains {
        matches(lines[$0...], pattern.dropFirst())
      }
    }
    guard let line = lines.first, matches(line, wanted) else { return false }
    return matches(lines.dropFirst(), pattern.dropFirst())
  }

  private static func matches(_ line: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "…", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else { return line == pattern }
    guard line.hasPrefix(parts[0]) else { return false }
    var rest = line.dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(parts[parts.count - 1])
  }

  /// The lines that an example printed, without those of the examples before it.
  private static func own(_ output: String) -> [String] {
    let text = output.components(separatedBy: divider + "\n").last ?? ""
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// What is wrong with an example that printed this; nil if nothing is.
  static func complaint(about example: Example, output: String, status: Int32) -> String? {
    if status != (example.mustFail ? 1 : 0) { return "exit code \(status):\n\(output)" }
    guard let expected = example.expected else { return nil }
    let lines = own(output)
    return matches(lines[...], expected[...])
      ? nil : "the page says other than what is printed:\n\(lines.joined(separator: "\n"))"
  }

  /// The page with what its examples printed in place of what it said; lines with `…` stay where they fit.
  func updated(_ outputs: [String]) -> String {
    var lines = lines
    for (example, output) in zip(examples, outputs).reversed() {
      guard let expected = example.expected else { continue }
      var printed = DocumentPage.own(output)
      if DocumentPage.matches(printed[...], expected[...]) { continue }
      if printed.count == expected.count {
        for i in printed.indices where DocumentPage.matches(printed[i], expected[i]) {
          printed[i] = expected[i]
        }
      } else if expected.last == "…", printed.count >= expected.count {
        printed[(expected.count - 1)...] = ["…"]
      }
      lines.replaceSubrange(example.expectedLines, with: printed)
    }
    return lines.joined(separator: "\n")
  }
}
