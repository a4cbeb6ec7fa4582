// Documents generated from the binding table.
extension Library {
  /// A Markdown reference, one section a module and a type.
  package func referenceMarkdown(title: String = "Lua reference") -> String {
    var text = "# \(title)\n"
    for module in modules {
      text += "\n## `\(module.name)`\n\n\(module.doc)\n"
      // What a line says whole needs no section.
      let (short, long) = module.functions.map(\.entry).partitioned {
        $0.parameters.isEmpty && $0.options.isEmpty && $0.example.isEmpty
      }
      for entry in long { text += Library.section(entry) }
      if !short.isEmpty {
        text += "\n| Function | Meaning |\n|---|---|\n"
        for entry in short {
          text += "| `\(Library.cell(entry.signature))` | \(Library.cell(entry.doc)) |\n"
        }
      }
      for value in module.values { text += Library.section(value.entry) }
    }
    for type in types where !type.isInternal {
      text += "\n## \(type.name)\n\n\(type.doc)\n"
      let members = Library.entries(of: type)
      let properties = members.filter { $0.kind == .property }
      if !properties.isEmpty {
        text += "\n| Field | Meaning |\n|---|---|\n"
        for property in properties {
          let field =
            property.signature.split(separator: ".", maxSplits: 1).last.map(String.init) ?? property.signature
          text += "| `\(Library.cell(field))` | \(Library.cell(property.doc)) |\n"
        }
      }
      for method in members where method.kind == .method { text += Library.section(method) }
      let operators = members.filter { $0.kind == .metamethod }
      if !operators.isEmpty {
        text += "\n| Operator | Meaning |\n|---|---|\n"
        // Operators that share their meaning share a row.
        var rows: [(signatures: [String], doc: String)] = []
        for entry in operators {
          let signature = "`\(Library.cell(entry.signature))`"
          if let i = rows.firstIndex(where: { $0.doc == entry.doc }) {
            if !rows[i].signatures.contains(signature) { rows[i].signatures.append(signature) }
          } else {
            rows.append(([signature], entry.doc))
          }
        }
        for row in rows {
          text += "| \(row.signatures.joined(separator: ", ")) | \(Library.cell(row.doc)) |\n"
        }
      }
    }
    return text
  }

  private static func section(_ entry: Entry) -> String {
    var text = "\n### `\(entry.name)`\n\n```\n\(entry.signature)\n```\n\n\(entry.doc)\n"
    if !entry.parameters.isEmpty {
      text += "\n| Parameter | Type | Meaning |\n|---|---|---|\n"
      for parameter in entry.parameters {
        text += "| `\(parameter.name)` | \(cell(parameter.type)) | \(cell(parameter.doc)) |\n"
      }
    }
    if !entry.options.isEmpty {
      text += "\n| Option | Type | Default | Meaning |\n|---|---|---|---|\n"
      for option in entry.options {
        let standard = option.isRequired ? "required" : option.standard.map { "`\(cell($0))`" } ?? ""
        text += "| `\(option.name)` | \(cell(option.type)) | \(standard) | \(cell(option.doc)) |\n"
      }
    }
    if !entry.returns.isEmpty { text += "\nReturns \(entry.returns)\n" }
    if !entry.example.isEmpty { text += "\n```lua\n\(entry.example)\n```\n" }
    return text
  }

  private static func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("\n", with: " ")
  }

  /// Definitions for the Lua language server (`---@meta`): completion and checks in an editor.
  package func metaFile() -> String {
    var text = "---@meta workbench\n"
    for type in types where !type.isInternal {
      let typeName = Library.className(type.name)
      text += "\n" + Library.comment(type.doc) + "---@class \(typeName)\n"
      for entry in Library.entries(of: type) {
        switch entry.kind {
        case .property:
          let (name, typeText) = Library.field(entry)
          text += "---@field \(name) \(metaType(typeText)) \(Library.oneLine(entry.doc))\n"
        case .metamethod:
          if let name = Library.metaOperators[entry.name.split(separator: " ").last.map(String.init) ?? ""] {
            text += "---@operator \(name): \(name == "len" ? "integer" : typeName)\n"
          }
        default: break
        }
      }
      // Fields by a name that the object knows, such as an array's columns.
      if type.index != nil { text += "---@field [any] any\n" }
      text += "local \(typeName) = {}\n"
      for method in type.methods { text += metaFunction(method.entry) }
    }
    for module in modules {
      text += "\n" + Library.comment(module.doc) + "\(module.name) = {}\n"
      for function in module.functions { text += metaFunction(function.entry) }
      for value in module.values {
        let (_, typeText) = Library.field(value.entry)
        text +=
          "\n" + Library.comment(value.entry.doc)
          + "---@type \(metaType(typeText))\n\(value.entry.name) = nil\n"
      }
    }
    return text + "\nreturn wb\n"
  }

  private static let metaOperators = [
    "__add": "add", "__sub": "sub", "__mul": "mul", "__div": "div", "__mod": "mod", "__pow": "pow",
    "__unm": "unm",
    "__idiv": "idiv", "__concat": "concat", "__len": "len",
  ]

  /// A function from its signature; options become a class of their own.
  private func metaFunction(_ entry: Entry) -> String {
    var text = "\n"
    let name = Library.className(entry.name)
    let className = name.replacing(":", with: ".") + ".options"
    if !entry.options.isEmpty {
      text += "---@class \(className)\n"
      for option in entry.options {
        text +=
          "---@field \(option.name)\(option.isRequired ? "" : "?") \(metaType(option.type)) "
          + "\(Library.oneLine(Library.optionText(option)))\n"
      }
      text += "\n"
    }
    text += Library.comment(entry.doc)
    let names = Library.parameterNames(entry.signature)
    for name in names {
      let spec = entry.parameters.first { $0.name == name.text || $0.name == name.text + "?" }
      let isOptions =
        !entry.options.isEmpty && (name.text == "options" || (spec == nil && name.text == names.last?.text))
      let type = isOptions ? className : metaType(spec?.type ?? "any")
      text +=
        "---@param \(name.text)\(name.isOptional ? "?" : "") \(type) \(Library.oneLine(spec?.doc ?? ""))"
        .trimmed
        + "\n"
    }
    if let arrow = entry.signature.firstRange(of: "→") {
      let result = entry.signature[arrow.upperBound...]
      for part in result.split(separator: ",") { text += "---@return \(metaType(String(part).trimmed))\n" }
    }
    return text + "function \(name)(\(names.map(\.text).joined(separator: ", "))) end\n"
  }

  /// "f(sde, [options], …)" has the parameters sde, options (optional) and "...".
  private static func parameterNames(_ signature: String) -> [(text: String, isOptional: Bool)] {
    let head = signature.firstRange(of: "→").map { signature[..<$0.lowerBound] } ?? signature[...]
    if let brace = head.firstIndex(of: "{"), head.firstIndex(of: "(").map({ brace < $0 }) ?? true {
      return [("options", false)]
    }
    guard let open = head.firstIndex(of: "("), let close = head.lastIndex(of: ")"), open < close else {
      return []
    }
    var depth = 0
    var optional = false
    var names: [(String, Bool)] = []
    var word = ""
    func finish() {
      let name = word.trimmed
      if name == "…" || name == "..." {
        names.append(("...", false))
      } else if !name.isEmpty {
        let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "?" }
        names.append((isPlain ? name.replacing("?", with: "") : "options", optional || name.hasSuffix("?")))
      }
      word = ""
    }
    for character in head[head.index(after: open)..<close] {
      switch character {
      case "{", "(":
        depth += 1
        word.append(character)
      case "}", ")":
        depth -= 1
        word.append(character)
      case "[" where depth == 0:
        finish()
        optional = true
      case "]" where depth == 0: break
      case "," where depth == 0: finish()
      default: word.append(character)
      }
    }
    finish()
    return names
  }

  private static func field(_ entry: Entry) -> (name: String, type: String) {
    let type = entry.signature.firstRange(of: ": ").map { String(entry.signature[$0.upperBound...]) } ?? "any"
    return (lastPart(entry), type)
  }

  /// A type as the language server writes it; what it does not know is any.
  private func metaType(_ text: String) -> String {
    let parts = text.replacing(" or ", with: "|").split(separator: "|").map { String($0).trimmed }
    var seen: Set<String> = []
    return parts.map(metaName).filter { seen.insert($0).inserted }.joined(separator: "|")
  }

  private func metaName(_ part: String) -> String {
    switch part.lowercased() {
    case "list of numbers", "numbers": return "number[]"
    case "list of strings", "list of names", "strings": return "string[]"
    case "list of integers", "integers": return "integer[]"
    case "list", "record", "options", "any table": return "table"
    case "number", "integer", "string", "boolean", "table", "function", "nil": return part
    default: break
    }
    if types.contains(where: { $0.name == part && !$0.isInternal }) { return Library.className(part) }
    if part.hasPrefix("\""), part.hasSuffix("\""), part.count > 1 { return part }
    if part.hasPrefix("function(") { return "function" }
    if part.hasPrefix("{") || part.hasPrefix("list of ") || part.hasPrefix("table of ") { return "table" }
    return "any"
  }

  /// A name of the library as an identifier: "random source" is random_source.
  private static func className(_ name: String) -> String { name.replacing(" ", with: "_") }

  private static func comment(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "---\($0)\n" }.joined()
  }
  private static func oneLine(_ text: String) -> String { text.replacing("\n", with: " ") }
}

extension String {
  fileprivate var trimmed: String {
    var slice = self[...]
    while slice.first?.isWhitespace == true { slice.removeFirst() }
    while slice.last?.isWhitespace == true { slice.removeLast() }
    return String(slice)
  }
}

extension Array {
  /// Those that fit and those that do not, each in order.
  fileprivate func partitioned(_ fits: (Element) -> Bool) -> ([Element], [Element]) {
    (filter(fits), filter { !fits($0) })
  }
}
