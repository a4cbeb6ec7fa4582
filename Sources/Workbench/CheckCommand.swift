import ArgumentParser
import LuaBridge

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Load scripts, compile every SDE in them, and show equations, noise classes and warnings; simulate nothing."
  )

  @Argument(help: "Lua scripts.", completion: .file(extensions: ["lua"]))
  var files: [String]

  func run() throws {
    var worst: Int32 = 0
    for file in files {
      let session = try ScriptSession()
      let context = session.context
      session.lua.output = { _ in }
      print("\(file)")
      let code = ScriptRunner.exitCode(session) {
        if let line = try session.check(file: file) {
          print(
            "  followed up to line \(line), which needs results of a simulation"
              + (context.missingFiles.isEmpty ? "" : " or the content of a file"))
        }
      }
      for path in context.missingFiles {
        print("  \(path) is not there: what is read from it is not known here")
      }
      for sde in context.definedSDEs {
        print(sde.description.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      }
      if context.hasPendingResults, !context.definedSDEs.isEmpty {
        print("  (what depends on results of a simulation, fit or file written by it is taken as 1 here)")
      }
      if code == 0 {
        print("  \(context.definedSDEs.count) SDE\(context.definedSDEs.count == 1 ? "" : "s"), no errors")
      }
      worst = max(worst, code)
      if code == 130 { break }
    }
    ScriptRunner.exit(worst)
  }
}
