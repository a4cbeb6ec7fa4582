extension Library {
  /// What `help` and the prompt's `?name` show for a name: a whole one ("wb.solve", "Solution:mean") or the
  /// end of one ("solve", "mean"). An unknown name is answered with the nearest known.
  package func help(_ name: String) -> String {
    let all = entries
    if let entry = all.first(where: { $0.name == name }) { return help(entry) }
    let canonical = name.replacing(":", with: ".")
    let matches = all.filter {
      let full = $0.name.replacing(":", with: ".")
      return full == canonical || full.hasSuffix("." + canonical)
    }
    if let only = matches.first {
      if matches.count == 1 { return help(only) }
      return "'\(name)' is the end of several names:\n"
        + matches.map { "  \($0.signature)" }.joined(separator: "\n")
    }
    if let nearest = nearestName(to: name, in: all.map(\.name))
      ?? nearestName(to: name, in: all.map(Library.lastPart))
    {
      return "there is no help for '\(name)': did you mean '\(nearest)'?"
    }
    return "there is no help for '\(name)'; help() lists the modules"
  }

  /// The modules and types, one a line.
  package func overview() -> String {
    let lines = (modules.map(\.entry) + types.filter { !$0.isInternal }.map(\.entry)).map {
      ($0.name, Library.sentence($0.doc))
    }
    return Library.columns(lines).joined(separator: "\n") + "\nhelp(\"name\") says more about one of them."
  }

  /// Everything about one entry.
  package func help(_ entry: Entry) -> String {
    var text = [entry.signature, "", entry.doc]
    func section(_ title: String, _ lines: [String]) {
      if !lines.isEmpty { text += ["", title] + lines }
    }
    section("Parameters", Library.columns(entry.parameters.map { ("\($0.name): \($0.type)", $0.doc) }))
    section(
      "Options", Library.columns(entry.options.map { ("\($0.name): \($0.type)", Library.optionText($0)) }))
    if !entry.returns.isEmpty { text += ["", "Returns " + entry.returns] }
    if !entry.example.isEmpty { text += ["", "Example"] + Library.indented(entry.example) }
    switch entry.kind {
    case .module:
      if let module = modules.first(where: { $0.name == entry.name }) {
        section(
          "Functions",
          Library.columns(module.functions.map { ($0.entry.signature, Library.sentence($0.entry.doc)) }))
        section(
          "Values",
          Library.columns(module.values.map { ($0.entry.signature, Library.sentence($0.entry.doc)) }))
      }
      let inner = modules.filter { $0.name.hasPrefix(entry.name + ".") }
      section("Modules", Library.columns(inner.map { ($0.name, Library.sentence($0.doc)) }))
    case .type:
      if let type = types.first(where: { $0.name == entry.name }) {
        let members = Library.entries(of: type).dropFirst()
        section("Members", Library.columns(members.map { ($0.signature, Library.sentence($0.doc)) }))
      }
    default: break
    }
    return text.joined(separator: "\n")
  }

  /// Names that start with what was typed: "wb.so" gives "wb.solve"; an object's members come from
  /// `completions(of:after:)`.
  package func completions(_ prefix: String) -> [String] {
    let names = modules.flatMap { module in
      [module.name] + module.functions.map(\.entry.name) + module.values.map(\.entry.name)
    }
    return names.filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// Members of a type whose name starts with `prefix`: methods after ":", properties and methods after ".".
  package func completions(ofType name: String, separator: Character, prefix: String) -> [String] {
    guard let type = types.first(where: { $0.name == name }) else { return [] }
    let members = type.methods.map(\.key) + (separator == "." ? type.propertyOrder : [])
    return members.filter { $0.hasPrefix(prefix) }.sorted()
  }

  static func lastPart(_ entry: Entry) -> String {
    entry.name.split(whereSeparator: { $0 == "." || $0 == ":" }).last.map(String.init) ?? entry.name
  }

  static func optionText(_ option: OptionSpec) -> String {
    if option.isRequired { return option.doc + " (required)" }
    return option.doc + (option.standard.map { " (default \($0))" } ?? "")
  }

  /// The first sentence of a paragraph.
  static func sentence(_ text: String) -> String {
    let oneLine = text.replacing("\n", with: " ")
    // The full stop of "et al." ends no sentence.
    let end = oneLine.ranges(of: ". ").first { !oneLine[..<$0.lowerBound].hasSuffix(" al") }
    return end.map { String(oneLine[..<$0.lowerBound]) + "." } ?? oneLine
  }

  static func indented(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
  }

  private static func columns(_ rows: [(String, String)]) -> [String] {
    let width = min(32, rows.map(\.0.count).max() ?? 0)
    return rows.map { name, text in
      "  " + name + String(repeating: " ", count: max(0, width - name.count))
        + (text.isEmpty ? "" : "  " + text)
    }
  }
}

extension LuaState {
  /// Help for a value a script holds: a name as a string, a function or module of the library, an object.
  package func help(_ value: LuaValue) throws -> String {
    switch value {
    case .nil: return library.overview()
    case .string(let name): return library.help(name)
    case .function(let function):
      if let entry = try function.entry() { return library.help(entry) }
      guard let definition = try function.definition() else { return "a function of Lua's standard library" }
      return "a function written in Lua at \(definition.position)"
    case .object(let object):
      return library.help(try registeredType(of: object).type.entry)
    case .table(let table):
      for module in library.modules {
        if let known = try self.module(module.name), try known.reference.isSame(as: table.reference) {
          return library.help(module.entry)
        }
      }
      return "a table"
    default: return "a Lua value of type \(value.kind)"
    }
  }

  /// The table of an installed module.
  private func module(_ name: String) throws -> LuaTable? {
    var table: LuaTable? = try globals
    for part in name.split(separator: ".") { table = try table?.get(String(part)).table }
    return table
  }

  /// The name of an object's type, for completion.
  package func typeName(of object: AnyObject) -> String? { try? registeredType(of: object).type.name }
}
