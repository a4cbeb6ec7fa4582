extension Library {
  /// What makes a script an experiment: `wb.option`, `record`, `artifact`, `progress`, `log`.
  package mutating func addRun(to wb: Module, context: RunContext) {
    wb.function(
      "option", "option(name, default, [doc]) → any",
      "A value of the script that the command line can change: `--set name=value`. Its type is the default's.",
      parameters: [
        ParameterSpec("name", "string", "a word"),
        ParameterSpec("default", "number | boolean | string", "what it is when nothing is set"),
        ParameterSpec("doc", "string", "what it means, for `workbench run script.lua --help`"),
      ], returns: "the value: what --set gives, else the default",
      example: "local sigma = wb.option(\"sigma\", 0.2, \"volatility\")"
    ) { arguments in
      let name = try arguments.string(1)
      guard isWord(name) else {
        throw arguments.mismatch(1, "a word of letters, digits, '_', '-' and '.'")
      }
      guard let standard = ScriptValue(try arguments[2]) else {
        throw arguments.mismatch(2, "a number, a boolean or a string, which tells the option's type")
      }
      return try context.option(name, standard, try arguments.get(3, .string, default: ""))
    }
    wb.function(
      "record", "record(name, value, [options])",
      "Keeps a result of the run under a name, step by step if need be. Nothing shows the records yet.",
      parameters: [
        ParameterSpec("name", "string", "what it is"),
        ParameterSpec("value", "number | boolean | string", "how it turned out"),
      ], options: [.optional("step", "integer", "of what loop")],
      example: "wb.record(\"nll\", 1.5, {step = 3})"
    ) { arguments in
      let name = try arguments.string(1)
      guard !name.isEmpty else { throw arguments.mismatch(1, "a name") }
      guard let value = ScriptValue(try arguments[2]) else {
        throw arguments.mismatch(2, "a number, a boolean or a string")
      }
      context.record(name, value, step: try arguments.options(3).optional("step", .integer))
      return .nothing
    }
    wb.function(
      "artifact", "artifact(path) → string",
      "The full path of a file that the script will write itself: a relative path leads into the run's output"
        + " directory, whose folders are made.",
      parameters: [ParameterSpec("path", "string", "the file")], returns: "the path to write to",
      example: "local f = io.open(wb.artifact(\"notes.txt\"), \"w\")"
    ) { arguments in
      try context.willWork()
      return try context.artifact(try arguments.string(1))
    }
    wb.function(
      "progress", "progress(i, n, [label])",
      "Says how far the script is, i of n: a bar on a terminal, nothing elsewhere.",
      parameters: [
        ParameterSpec("i", "number", "what is done"), ParameterSpec("n", "number", "what there is to do"),
        ParameterSpec("label", "string", "of what"),
      ], example: "wb.progress(3, 10, \"training\")"
    ) { arguments in
      let (done, total) = (try arguments.get(1, .finite), try arguments.get(2, .positive))
      let label = try arguments.get(3, .string, default: "")
      context.onProgress?(RunContext.Progress(done: min(max(done, 0), total), total: total, label: label))
      return .nothing
    }
    wb.function(
      "log", "log(text, …)",
      "Writes a line to the run's log: the text and the values after it, as `print` shows them. `wb.log(x, base)` of numbers,"
        + " arrays and traced values is the logarithm, as `math.log`.",
      parameters: [
        ParameterSpec("text", "string", "what to say"), ParameterSpec("…", "values", "more of it"),
      ],
      example: "wb.log(\"fitted\", 0.2)"
    ) { arguments in
      if let logarithm = context.logarithm, arguments.count > 0, arguments.kind(1) != .string {
        return try logarithm(try arguments.all())
      }
      _ = try arguments.string(1)
      let line = try arguments.all().map { try arguments.lua.describe($0) }.joined(separator: "\t")
      if let log = context.onLog { log(line) } else { arguments.lua.output(line + "\n") }
      return .nothing
    }
  }
}

private func isWord(_ name: String) -> Bool {
  !name.isEmpty
    && name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || "0123456789_-.".unicodeScalars.contains($0)
    }
}
