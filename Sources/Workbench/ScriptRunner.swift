import ArgumentParser
import Glibc
import LuaBridge
import Terminal

/// Options that all commands which run scripts share.
struct ScriptOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set an option of the script (wb.option).", valueName: "name=value"))
  var settings: [String] = []

  @Option(parsing: .unconditional, help: "The seed of everything random that is not given one.")
  var seed: UInt64?

  @Option(
    parsing: .unconditional, help: "Threads to use; results do not depend on it. Default: all processors.")
  var threads: Int?

  @Option(help: "The folder that figures and other files go to. Default: the current one.")
  var out: String?

  func validate() throws {
    for setting in settings where !setting.contains("=") || setting.hasPrefix("=") {
      throw ValidationError("--set takes name=value, got '\(setting)'")
    }
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads takes a number from 1 to 1024, got \(threads)")
    }
  }

  /// - Throws: `LuaError` if the state cannot be made.
  func makeSession() throws -> ScriptSession {
    let session = try ScriptSession()
    session.lua.memoryLimit = MemoryLimit.bytes
    let context = session.context
    for setting in settings {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      context.overrides[String(parts[0])] = String(parts[1])
    }
    if let seed { context.seed = seed }
    if let threads { context.threads = threads }
    if let out { context.outDirectory = out }
    context.textColumns = max(40, min(TerminalTraits.columns(STDOUT_FILENO), 160))
    ScriptRunner.showProgress(of: context)
    return session
  }
}

/// What running a script in a terminal needs beside the script.
enum ScriptRunner {
  static func complain(_ text: String) {
    // What was printed before comes first.
    fflush(nil)
    let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Flushes what was printed and ends the process.
  static func exit(_ code: Int32) -> Never {
    fflush(nil)
    Glibc.exit(code)
  }

  /// Runs a body and answers the exit code, with the message of an error on standard error.
  static func exitCode(_ session: ScriptSession, _ body: () throws -> Void) -> Int32 {
    session.lua.cancelToken.cancelOnInterrupt()
    defer { CancelToken.stopCancellingOnInterrupt() }
    do {
      try body()
      return 0
    } catch let error as LuaError {
      switch error.kind {
      case .exit(let code): return code
      case .cancelled:
        complain("interrupted")
        return 130
      case .memory:
        complain(MemoryLimit.message)
        return 1
      default:
        complain(ErrorReport(error, session.lua).text)
        return 1
      }
    } catch {
      complain("\(error)")
      return 1
    }
  }

  /// Draws a bar on a terminal for what takes more than a second.
  static func showProgress(of context: RunContext) {
    guard TerminalTraits.isTerminal(STDERR_FILENO) else { return }
    let bars = ProgressBars()
    context.onShare = { label, share in bars.showComputation(label, share) }
    context.onShareEnd = { bars.endComputation() }
    context.onProgress = { progress in
      bars.showScript(progress.label.isEmpty ? "working" : progress.label, progress.done / progress.total)
    }
  }
}
