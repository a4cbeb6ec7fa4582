import CLua

extension LuaState {
  /// `print` to `output`, and `os.exit` as a request that nothing in the script can swallow.
  func installEnvironment() throws {
    try setGlobal(
      "print",
      try makeFunction("print") { [unowned self] arguments in
        var line = ""
        for i in 0..<arguments.count {
          if i > 0 { line += "\t" }
          line += try describe(try arguments[i + 1])
        }
        output(line + "\n")
        return .nothing
      })
    guard let os = try global("os").table else { throw LuaError("there is no 'os' library") }
    try os.set(
      "exit",
      try makeFunction("os.exit") { [unowned self] arguments in
        let code: Int
        switch try arguments[1] {
        case .nil, .boolean(true): code = 0
        case .boolean(false): code = 1
        default: code = try arguments.get(1, .integer(in: 0...255))
        }
        clua_request_exit(L, Int32(code))
        throw LuaError(kind: .exit(Int32(code)), message: "exit with code \(code)")
      })
  }

  /// `help(x)` for scripts and the prompt: prints what the binding table says about a name or a value.
  package func installHelp() throws {
    try setGlobal(
      "help",
      try makeFunction("help") { [unowned self] arguments in
        output(try help(try arguments[1]) + "\n")
        return .nothing
      })
  }

  /// Lets `require` find modules beside a script, in `folder`, first.
  package func addModuleFolder(_ folder: String) throws {
    guard let package = try global("package").table else { throw LuaError("there is no 'package' library") }
    let old = try package.get("path").string ?? ""
    try package.set("path", "\(folder)/?.lua;\(folder)/?/init.lua;\(old)")
  }

  /// Lets `require(name)` answer a value.
  package func preload(_ name: String, _ value: any LuaConvertible) throws {
    guard let preload = try global("package").table?.get("preload").table else {
      throw LuaError("there is no 'package' library")
    }
    let value = try reading { try value.push(onto: self) }
    try preload.set(name, try makeFunction("require") { _ in value })
  }
}

/// Writes to C's standard output, so that `print` and `io.write` keep their order.
package func standardOutput(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) { clua_write($0.baseAddress, $0.count) }
  }
}
