import ArgumentParser
import LuaBridge

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Load scripts, compile every SDE in them, and show equations, noise classes and warnings; simulate nothing.")

  @Argument(help: "Lua scripts.", completion: .file(extensions: ["lua"]))
  var files: [String]

  func run() throws {
    var worst: Int32 = 0
    for file in files {
      let session = try ScriptSession()
      let context = session.context
      context.isChecking = true
      session.lua.output = { _ in }
      print("\(file)")
      let code = ScriptRunner.exitCode(session) {
        do {
          try session.run(file: file)
        } catch let error as LuaError where error.kind == .script && context.hasPendingResults {
          // What a result would have been is not known: the rest of the script cannot be followed.
          print("  followed up to line \(error.line.map(String.init) ?? "?"), which needs results of a simulation")
        }
      }
      for sde in context.definedSDEs {
        print(sde.description.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      }
      if code == 0 { print("  \(context.definedSDEs.count) SDE\(context.definedSDEs.count == 1 ? "" : "s"), no errors") }
      worst = max(worst, code)
      if code == 130 { break }
    }
    ScriptRunner.exit(worst)
  }
}
