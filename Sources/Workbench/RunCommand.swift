import ArgumentParser
import LuaBridge

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script.",
    discussion: """
      With a script and --help, lists the options that the script has. The Lua values of a script may take half of \
      the machine's memory; arrays of numbers and solutions do not count.
      """, helpNames: [])

  @Argument(help: "The Lua script.", completion: .file(extensions: ["lua"]))
  var file: String?

  @OptionGroup var options: ScriptOptions

  @Flag(name: .shortAndLong, help: "Show help: with a script, that of its options.")
  var help = false

  func run() throws {
    guard let file else {
      if help { throw CleanExit.helpRequest(self) }
      throw ValidationError("which script? workbench run FILE")
    }
    let session = try options.makeSession()
    if help {
      let code = ScriptRunner.exitCode(session) { try listOptions(session, file) }
      ScriptRunner.exit(code)
    }
    let code = ScriptRunner.exitCode(session) {
      try session.run(file: file)
      for name in session.context.unusedOverrides {
        let known = session.context.options.map(\.name)
        let hint = nearestName(to: name, in: known).map { ": did you mean '\($0)'?" } ?? ""
        throw LuaError("the script has no option '\(name)'\(hint) (workbench run \(file) --help lists them)")
      }
    }
    ScriptRunner.exit(code)
  }

  /// Runs the script up to the first thing that takes time, and shows the options it asked for until then.
  private func listOptions(_ session: ScriptSession, _ file: String) throws {
    session.context.isListing = true
    session.lua.output = { _ in }
    do {
      try session.run(file: file)
    } catch let error as LuaError where error.kind == .script && session.context.listingEnded {
      // What ended the run is that it would have begun to work.
    }
    let options = session.context.options
    print("usage: workbench run \(file) [--set name=value …] [--seed n] [--threads n] [--out folder]")
    print(options.isEmpty ? "\nThe script has no options." : "\nOptions of the script (--set name=value):")
    let width = options.map { $0.name.count }.max() ?? 0
    for option in options {
      let padding = String(repeating: " ", count: width - option.name.count)
      let doc = option.doc.isEmpty ? "" : "\(option.doc) "
      print("  \(option.name)\(padding)  \(doc)(default \(option.standard))")
    }
  }
}
