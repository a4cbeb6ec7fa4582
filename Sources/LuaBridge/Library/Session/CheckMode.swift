extension ScriptSession {
  /// How many instructions a check runs at most: a loop that waits for a result would not end.
  private static let checkBudget = 1_000_000_000

  /// Runs a script for its SDEs: nothing is simulated, fitted, drawn or written, and functions that are given
  /// what a simulation would have answered answer the same again.
  ///
  /// - Returns: the line where it could not be followed further, if what it needed there is a result.
  /// - Throws: `LuaError` for what is wrong with the script.
  package func check(file path: String) throws -> Int? {
    context.isChecking = true
    try passPendingResults()
    do {
      try lua.withInstructionBudget(Self.checkBudget) { try run(file: path) }
    } catch let error as LuaError where error.kind == .script && context.hasPendingResults {
      // What a result would have been is not known: the rest of the script cannot be followed.
      return error.line ?? 0
    }
    return nil
  }

  private func passPendingResults() throws {
    for module in lua.library.modules {
      // SDEs and methods are what is checked; wb.sde takes a pending parameter as 1.
      for function in module.functions where !["sde", "solver"].contains(function.key) {
        try overload(module.name, function.key) { [context] _ in context.pendingResult() }
      }
    }
    try overload("string", "format") { values in
      try values.map { try PendingResult.isIn($0) ? LuaValue.integer(0) : $0 }
    }
    try overload("table", "concat") { _ in "?" }
    try lua.setGlobal(
      "tonumber",
      try passing(try lua.global("tonumber"), "tonumber") { [context] _ in context.pendingResult() })
  }

  private func overload(
    _ table: String, _ name: String, _ answer: @escaping ([LuaValue]) throws -> any LuaConvertible
  ) throws {
    guard try lua.global(table).table != nil else { return }
    try lua.overload(table, name) { original in try passing(original, "\(table).\(name)", answer) }
  }

  /// `original`, but calls with a pending result get `answer` — or, where that is a list of values, go on with
  /// those in the place of the arguments.
  private func passing(
    _ original: LuaValue, _ name: String, _ answer: @escaping ([LuaValue]) throws -> any LuaConvertible
  ) throws -> any LuaConvertible {
    guard let function = original.function else { return original }
    return try lua.makeFunction(name) { call in
      var values = try call.all()
      if try values.contains(where: { try PendingResult.isIn($0) }) {
        let instead = try answer(values)
        guard let replaced = instead as? [LuaValue] else { return instead }
        values = replaced
      }
      return LuaResults(all: try function.call(with: values))
    }
  }
}
