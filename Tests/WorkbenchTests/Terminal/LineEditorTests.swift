import Glibc
import Testing

import Terminal

/// Each test types at a pseudo-terminal in a process of its own, whose standard input it becomes.
@Suite struct LineEditorTests {
  @Test func readsEditsAndEnds() async {
    await #expect(processExitsWith: .success) {
      let terminal = try #require(PseudoTerminal())
      terminal.becomeStandard()
      let editor = LineEditor()
      #expect(editor.isInteractive)
      // A word; Greek, an erased letter, a move to the front; nothing.
      #expect(answer(editor, terminal, "x = 1\r") == .line("x = 1"))
      #expect(answer(editor, terminal, "θ = κx\u{7F}2\u{01}local \r") == .line("local θ = κ2"))
      #expect(answer(editor, terminal, "\r") == .line(""))
      #expect(answer(editor, terminal, "\u{04}") == .end)
    }
  }

  @Test func controlCDropsTheLine() async {
    await #expect(processExitsWith: .success) {
      let terminal = try #require(PseudoTerminal())
      terminal.becomeStandard()
      let editor = LineEditor()
      #expect(answer(editor, terminal, "while true\u{03}") == .interrupted)
      #expect(answer(editor, terminal, "y\r") == .line("y"))
    }
  }

  @Test func historyOutlivesTheSession() async {
    await #expect(processExitsWith: .success) {
      let path = "/tmp/workbench-history-\(getpid())"
      defer { unlink(path) }
      let terminal = try #require(PseudoTerminal())
      terminal.becomeStandard()
      do {
        let editor = LineEditor(history: path)
        #expect(editor.remember("sigma = 0.2"))
        #expect(editor.remember("for i = 1, 2 do\n  print('µ')\nend"))
        #expect(editor.remember("last = 3"))
      }
      let editor = LineEditor(history: path)
      #expect(answer(editor, terminal, "\u{1B}[A\u{1B}[A\u{1B}[A\r") == .line("sigma = 0.2"))
      #expect(answer(editor, terminal, "\u{1B}[A\u{1B}[A\r") == .line("for i = 1, 2 do\n  print('µ')\nend"))
      // Ctrl-R searches backwards.
      #expect(answer(editor, terminal, "\u{12}sig\r") == .line("sigma = 0.2"))
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o077 == 0, "others must not read it")
    }
  }

  @Test func tabCompletes() async {
    await #expect(processExitsWith: .success) {
      let terminal = try #require(PseudoTerminal())
      terminal.becomeStandard()
      let names = ["wb.sde", "wb.solve", "wb.solver", "wb.φ_eins"]
      let editor = LineEditor { line, cursor in
        let typed = String(decoding: Array(line.utf8).prefix(cursor), as: UTF8.self)
        let word = typed.split(separator: " ").last.map(String.init) ?? ""
        return LineEditor.Completion(
          start: cursor - word.utf8.count, candidates: names.filter { $0.hasPrefix(word) })
      }
      // The only one; the common part of several; after a letter of more than one byte.
      #expect(answer(editor, terminal, "x = wb.sd\t{}\r") == .line("x = wb.sde{}"))
      #expect(answer(editor, terminal, "wb.so\t\r") == .line("wb.solve"))
      #expect(answer(editor, terminal, "wb.φ\t\r") == .line("wb.φ_eins"))
      _ = terminal.shown(seconds: 0.1)
      #expect(answer(editor, terminal, "wb.solve\t\r") == .line("wb.solve"))
      #expect(terminal.shown(until: "wb.solver").contains("wb.solve   wb.solver"))
    }
  }

  @Test func plainLinesWithoutATerminal() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      _ = write(ends[1], "a = 1\nzwei µ", 13)
      close(ends[1])
      dup2(ends[0], STDIN_FILENO)
      let editor = LineEditor()
      #expect(!editor.isInteractive)
      #expect(editor.read(prompt: "> ") == .line("a = 1"))
      #expect(editor.read(prompt: "> ") == .line("zwei µ"))
      #expect(editor.read(prompt: "> ") == .end)
    }
  }
}

/// Answers one prompt from another thread: only then has the editor taken the terminal, and what is typed
/// earlier would be the terminal driver's to edit.
private func answer(_ editor: LineEditor, _ terminal: PseudoTerminal, _ text: String) -> LineEditor.Input {
  let typist = Typist(terminal.master, text)
  let input = editor.read(prompt: "wb> ")
  typist.join()
  return input
}

private final class Typist {
  private final class Job {
    let descriptor: Int32
    let text: String
    init(_ descriptor: Int32, _ text: String) {
      self.descriptor = descriptor
      self.text = text
    }
  }

  private var thread = pthread_t()

  init(_ descriptor: Int32, _ text: String) {
    let job = Job(descriptor, text)
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let job = Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
        _ = PseudoTerminal.shown(on: job.descriptor, until: "wb> ", seconds: 5)
        // The prompt may be seen an instant before the terminal is set for editing.
        var settings = termios()
        for _ in 0..<2000 {
          guard tcgetattr(job.descriptor, &settings) == 0, settings.c_lflag & UInt32(ICANON) != 0 else {
            break
          }
          usleep(1000)
        }
        let bytes = Array(job.text.utf8)
        _ = bytes.withUnsafeBytes { write(job.descriptor, $0.baseAddress, $0.count) }
        return nil
      }, Unmanaged.passRetained(job).toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}
