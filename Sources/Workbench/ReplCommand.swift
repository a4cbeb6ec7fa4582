import ArgumentParser
import Glibc
import LuaBridge
import Terminal

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Type Lua and see results; a script given is run first.",
    discussion: "Ctrl-C stops what runs or drops the line; Ctrl-D ends. ?name shows help.")

  @Argument(help: "A script to run first.", completion: .file(extensions: ["lua"]))
  var file: String?

  @OptionGroup var options: ScriptOptions

  func run() throws {
    let repl = Repl(try options.makeSession())
    if let file { repl.load(file) }
    ScriptRunner.exit(repl.loop())
  }
}

/// Reads, evaluates and shows, until the input ends.
private final class Repl {
  private let session: ScriptSession
  private let interpreter: Interpreter
  private let editor: LineEditor
  private var lastFile: String?
  private var hasFailed = false

  init(_ session: ScriptSession) {
    self.session = session
    interpreter = Interpreter(session)
    let library = session.lua.library
    editor = LineEditor(history: Repl.historyPath()) { line, cursor in
      Repl.complete(line, cursor, library)
    }
  }

  /// - Returns: the exit code. Somebody at a terminal has seen the errors; a pipe is told of them, by 1.
  func loop() -> Int32 {
    if editor.isInteractive {
      print(
        "workbench \(Version.text) — ? for help, ?name for help on a name, :help for commands, Ctrl-D ends")
    }
    var pending = ""
    while true {
      fflush(nil)
      switch editor.read(prompt: pending.isEmpty ? "> " : ">> ") {
      case .end:
        if editor.isInteractive {
          print("")
        } else if !pending.isEmpty {
          ScriptRunner.complain("stdin: the input ends within a statement: \(pending)")
          return 1
        }
        return exitCode
      case .interrupted:
        pending = ""
      case .line(let line):
        // An empty line drops unfinished input.
        if !pending.isEmpty, line.allSatisfy(\.isWhitespace) {
          ScriptRunner.complain("(unfinished input dropped)")
          pending = ""
          continue
        }
        if pending.isEmpty, line.hasPrefix(":") {
          editor.remember(line)
          if !command(line) { return exitCode }
          continue
        }
        let text = pending.isEmpty ? line : pending + "\n" + line
        pending = evaluate(text) ? "" : text
      }
    }
  }

  private var exitCode: Int32 { hasFailed && !editor.isInteractive ? 1 : 0 }

  func load(_ file: String) {
    lastFile = file
    guarded { try session.run(file: file) }
  }

  /// - Returns: false if the text is not complete.
  private func evaluate(_ text: String) -> Bool {
    var complete = true
    let clock = ContinuousClock()
    let started = clock.now
    guarded {
      switch try interpreter.evaluate(text) {
      case .incomplete: complete = false
      case .finished(let shown): if let shown { print(shown) }
      }
    }
    if complete {
      editor.remember(text)
      let elapsed = clock.now - started
      if editor.isInteractive, elapsed > .milliseconds(100) {
        let milliseconds =
          elapsed.components.seconds * 1000 + elapsed.components.attoseconds / 1_000_000_000_000_000
        print("(\(Double(milliseconds) / 1000) s)")
      }
    }
    return complete
  }

  /// Runs a body; its error is shown and the session goes on.
  private func guarded(_ body: () throws -> Void) {
    let code = ScriptRunner.exitCode(session) {
      do {
        try body()
      } catch let error as LuaError {
        // os.exit ends the session, not only the line.
        if case .exit(let code) = error.kind { ScriptRunner.exit(code) }
        throw error
      }
    }
    session.lua.cancelToken.clear()
    if code != 0 { hasFailed = true }
  }

  /// - Returns: false to end.
  private func command(_ line: String) -> Bool {
    let words = line.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
    switch words.first {
    case "quit", "q": return false
    case "load" where words.count == 2: load(words[1])
    case "reload":
      if let lastFile {
        load(lastFile)
      } else {
        ScriptRunner.complain("nothing was loaded yet: :load file.lua")
      }
    case "time" where words.count == 2:
      let clock = ContinuousClock()
      let started = clock.now
      _ = evaluate(words[1])
      print("took \(clock.now - started)")
    case "help":
      print(
        ":load file   run a script\n:reload      run it again\n:time expr   how long it takes\n:quit        end (Ctrl-D)"
      )
      print("?            what there is; ?wb.solve help on a name")
      print("_            the last value; _1, _2, … the ones before")
    default:
      ScriptRunner.complain("commands are :load file, :reload, :time expression, :help, :quit")
    }
    return true
  }

  /// Names of the library that continue the word at the cursor.
  private static func complete(_ line: String, _ cursor: Int, _ library: Library) -> LineEditor.Completion? {
    let typed = Array(line.utf8.prefix(cursor))
    let start = (typed.lastIndex { !isNameByte($0) } ?? -1) + 1
    let word = String(decoding: typed[start...], as: UTF8.self)
    let candidates = library.completions(word)
    return LineEditor.Completion(start: start, candidates: candidates)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// $XDG_STATE_HOME/workbench/history, or ~/.local/state/workbench/history.
  private static func historyPath() -> String? {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let base = variable("XDG_STATE_HOME") ?? variable("HOME").map({ "\($0)/.local/state" }) else {
      return nil
    }
    var path = ""
    for part in "\(base)/workbench".split(separator: "/") {
      path += "/\(part)"
      mkdir(path, 0o700)
    }
    return "\(path)/history"
  }
}
