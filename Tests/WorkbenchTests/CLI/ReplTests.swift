import Glibc
import Testing

/// The prompt as somebody at a terminal has it.
@Suite(.serialized) struct ReplTests {
  @Test func showsValuesAndKeepsTheSession() throws {
    let repl = try ReplSession()
    #expect(repl.greeting.contains("Ctrl-D ends"))
    #expect(repl.enter("1 + 1").contains("\n2\n"))
    #expect(!repl.enter("x = 20;").contains("20\n20"))
    #expect(!repl.enter("x*2;").contains("\n40"))
    #expect(repl.enter("_").contains("\n40\n"), "the value is kept even if it is not shown")
    #expect(repl.enter("local y = 5").contains("the name stays"))
    #expect(repl.enter("x + y").contains("\n25\n"))
    #expect(repl.enter("\"text\"").contains("\n\"text\"\n"))
    #expect(repl.enter("{a=1, b={1, 2}}").contains("{a = 1, b = {1, 2}}"))
    // Several lines.
    #expect(repl.enter("function f(a)").hasSuffix(">> "))
    #expect(repl.enter("  return a*2").hasSuffix(">> "))
    #expect(repl.enter("end").hasSuffix("> "))
    #expect(repl.enter("f(21)").contains("\n42\n"))
    #expect(repl.enter("for i = 1, 2 do").hasSuffix(">> "))
    #expect(repl.enter("").contains("unfinished input dropped"))
    // Errors keep the session; an unfinished string is one at once.
    #expect(repl.enter("s = \"abc").contains("stdin:1: unfinished string"))
    let error = repl.enter("error(\"boo\")")
    #expect(error.contains("stdin:1: boo") && !error.contains("[C]"))
    #expect(repl.enter("x").contains("\n20\n"))
    // An SDE shows its equation.
    let sde = "wb.sde{drift=function(x) return -x end, diffusion=function(x) return 1 end}"
    #expect(repl.enter(sde).contains("additive noise"))
    repl.type("\u{04}")
    #expect(repl.end() == 0)
  }

  @Test func helpAndCompletion() throws {
    let repl = try ReplSession()
    #expect(repl.enter("?wb.solve").contains("memory_limit"))
    #expect(repl.enter("?solve").contains("Simulates paths"))
    #expect(repl.enter("? wb.slove").contains("did you mean 'wb.solve'?"))
    #expect(repl.enter("?").contains("Solution"))
    #expect(repl.enter(":help").contains(":load file"))
    #expect(repl.enter(":nonsense").contains("commands are"))
    repl.type("wb.learn\t")
    #expect(repl.enter("(3)").contains("learnable 3"))
    repl.type("\u{04}")
    #expect(repl.end() == 0)
  }

  @Test func loadsScripts() throws {
    let repl = try ReplSession()
    repl.folder.write("good.lua", "answer = 42")
    repl.folder.write("bad.lua", "\nerror('wrong')")
    _ = repl.enter(":load good.lua")
    #expect(repl.enter("answer").contains("\n42\n"))
    #expect(repl.enter(":load bad.lua").contains("bad.lua:2: wrong"))
    #expect(repl.enter(":load none.lua").contains("cannot open the script none.lua"))
    repl.folder.write("bad.lua", "answer = 43")
    _ = repl.enter(":load bad.lua")
    repl.folder.write("bad.lua", "answer = 44")
    _ = repl.enter(":reload")
    #expect(repl.enter("answer").contains("\n44\n"))
    _ = repl.enter("os.exit(7)", waits: false)
    #expect(repl.end() == 7)
  }

  /// Ctrl-C at the prompt drops the line; while something runs, it stops that and the prompt returns.
  @Test func interruptReturnsToThePrompt() throws {
    let repl = try ReplSession()
    repl.type("half a line\u{03}")
    #expect(repl.enter("2 + 2").contains("\n4\n"))
    let setup = "s = wb.sde{drift=function(x) return -x end, diffusion=function(x) return 1 end}"
    _ = repl.enter(setup)
    for long in [
      "while true do end", "while true do pcall(function() while true do end end) end",
      "wb.solve(s, {x0=1, steps=1000, paths=1e9})",
    ] {
      _ = repl.enter(long, waits: false)
      usleep(400_000)
      let clock = ContinuousClock()
      let stopped = clock.measure { #expect(repl.interrupt().contains("interrupted"), "\(long)") }
      #expect(stopped < .seconds(3), "\(long)")
      #expect(repl.enter("3 + 3").contains("\n6\n"), "the session goes on after \(long)")
    }
    repl.type("\u{04}")
    #expect(repl.end() == 0)
  }

  @Test func historyIsKept() throws {
    let first = try ReplSession()
    _ = first.enter("kept = 17")
    first.type("\u{04}")
    #expect(first.end() == 0)
    let second = try ReplSession(first.folder)
    _ = second.enter("\u{1B}[A")
    #expect(second.enter("kept").contains("\n17\n"))
    second.type("\u{04}")
    #expect(second.end() == 0)
  }
}

/// The program at a pseudo-terminal.
private final class ReplSession {
  let folder: Folder
  private let terminal: PseudoTerminal
  private let process: pid_t
  private(set) var greeting = ""

  init(_ folder: Folder = Folder()) throws {
    self.folder = folder
    terminal = try #require(PseudoTerminal())
    var name = [CChar](repeating: 0, count: 64)
    #expect(readlink("/proc/self/fd/\(terminal.slave)", &name, name.count - 1) > 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    // In a session of its own whose terminal this is, Ctrl-C is a signal.
    let command = [
      "/bin/sh", "-c", "cd \"$0\" && exec setsid --ctty \"$@\"", folder.path, CommandLine.program, "repl",
    ]
    var arguments = command.map { strdup($0) } + [nil]
    let library = getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? ""
    var environment = [
      strdup("TERM=xterm"), strdup("XDG_STATE_HOME=\(folder.path)"), strdup("LANG=C.UTF-8"),
      strdup("PATH=/usr/bin:/bin"),
      strdup("LD_LIBRARY_PATH=\(library)"), nil,
    ]
    defer {
      for text in arguments + environment { free(text) }
      posix_spawn_file_actions_destroy(&actions)
    }
    var attributes = CommandLine.unblockedSignals()
    defer { posix_spawnattr_destroy(&attributes) }
    var process = pid_t()
    let status = posix_spawn(&process, command[0], &actions, &attributes, &arguments, &environment)
    self.process = process
    try #require(status == 0)
    greeting = untilPrompt()
  }

  func type(_ text: String) {
    waitForEditing()
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(terminal.master, $0.baseAddress, $0.count) }
    usleep(150_000)
  }

  /// Types a line and answers what is shown up to the next prompt, without carriage returns and colours.
  func enter(_ line: String, waits: Bool = true) -> String {
    type(line)
    _ = terminal.shown(until: nil, seconds: 0.1)
    _ = "\r".withCString { write(terminal.master, $0, 1) }
    return waits ? "\n" + untilPrompt(echo: line) : ""
  }

  /// Ctrl-C while something runs.
  func interrupt() -> String {
    _ = "\u{03}".withCString { write(terminal.master, $0, 1) }
    return untilPrompt()
  }

  /// Waits for the process to end.
  func end() -> Int32 {
    _ = terminal.shown(until: nil, seconds: 0.2)
    return CommandLine.wait(process, seconds: 10)
  }

  private func untilPrompt(echo: String = "") -> String {
    var text = ""
    for _ in 0..<100 {
      text += plain(terminal.shown(until: "> ", seconds: 0.1))
      if text.hasSuffix("> "), isEditing { break }
    }
    return echo.isEmpty ? text : echo + text
  }

  private func plain(_ text: String) -> String {
    var result = ""
    var skipping = false
    for scalar in text.unicodeScalars {
      if scalar == "\u{1B}" {
        skipping = true
      } else if skipping {
        // A control sequence ends with a letter.
        if scalar.properties.isAlphabetic { skipping = false }
      } else if scalar != "\r", scalar != "\u{07}" {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private var isEditing: Bool {
    var settings = termios()
    return tcgetattr(terminal.slave, &settings) == 0 && settings.c_lflag & UInt32(ICANON) == 0
  }

  /// What is typed before the editor has the terminal would be the terminal driver's to edit.
  private func waitForEditing() {
    for _ in 0..<5000 where !isEditing { usleep(1000) }
  }
}
