import Glibc
import Kernels

/// A Lua state with everything scripts can use, and the context they run in: what `run`, `repl`, `check`
/// and `docs` share.
package final class ScriptSession {
  package let lua: LuaState
  package let context: RunContext

  /// - Throws: `LuaError` if the state cannot be made.
  package init(context: RunContext = RunContext()) throws {
    self.context = context
    context.contract = getenv("WORKBENCH_STRICT").map { String(cString: $0) != "1" } ?? true
    lua = try LuaState()
    try WorkbenchLibrary.install(in: lua, context: context)
  }

  /// Runs a script file; modules beside it can be required.
  ///
  /// - Throws: `LuaError` with the script's position; a file that cannot be read is one too.
  package func run(file path: String) throws {
    let source = try ScriptSession.source(of: path)
    guard source.first != 0x1B else {
      throw LuaError("\(path) is compiled Lua, which may do anything to the program; run its source text")
    }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try lua.addModuleFolder(folder.isEmpty ? "/" : folder)
    // As the lua program has it: arg[0] is the script.
    let arguments = try lua.makeTable()
    try arguments.set(0, path)
    try lua.setGlobal("arg", arguments)
    try lua.load(bytes: source, name: "@\(path)").call()
  }

  /// The bytes of a script, without a byte-order mark and with a first line that starts with # (as in
  /// #!/usr/bin/env) left blank.
  private static func source(of path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      throw LuaError("cannot open the script \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: buffer[0..<count])
    }
    guard ferror(file) == 0 else {
      throw LuaError("cannot read the script \(path): \(String(cString: strerror(errno)))")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    if bytes.first == UInt8(ascii: "#") {
      let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      bytes.removeSubrange(0..<end)
    }
    return bytes
  }
}
