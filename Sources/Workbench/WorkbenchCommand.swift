import ArgumentParser

@main
struct WorkbenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workbench",
    abstract: "Stochastic differential equations scripted in Lua, at the speed of compiled code.",
    discussion: "Exit codes: 0 success, 1 an error in a script, 2 wrong usage, 130 interrupted.",
    version: Version.text,
    subcommands: [
      RunCommand.self, ReplCommand.self, CheckCommand.self, InfoCommand.self, DocsCommand.self,
    ])

  /// As ArgumentParser's own, but wrong usage exits with 2.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code == .success {
        if !message.isEmpty { print(message) }
        ScriptRunner.exit(0)
      }
      if !message.isEmpty { ScriptRunner.complain(message) }
      ScriptRunner.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }
}
