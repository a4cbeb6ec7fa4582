import ArgumentParser
import Files
import LuaBridge

struct DocsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docs",
    abstract: "Write the reference of the Lua API and the definitions for editors, from the binding table.")

  @Option(help: "The folder to write to.")
  var out = "docs/reference"

  func run() throws {
    let session = try ScriptSession()
    let library = session.lua.library
    session.context.outDirectory = out
    for (name, text) in [("lua-api.md", library.referenceMarkdown()), ("workbench.lua", library.metaFile())] {
      let path = try session.context.artifact(name)
      try writeAtomically(path: path) { try $0.write(text) }
      print("wrote \(path)")
    }
  }
}
