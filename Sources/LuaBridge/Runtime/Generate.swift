// Documents generated from the binding table.
extension Library {
  /// A Markdown reference, one section a module and a type.
  package func referenceMarkdown(title: String = "Lua reference") -> String {
    var text = "# \(title)\n"
    for module in modules {
      text += "\n## `\(module.name)`\n\n\(module.doc)\n"
      for function in module.functions { text += Library.section(function.entry) }
      for value in module.values { text += Library.section(value.entry) }
    }
    for type in types {
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
        for entry in operators {
          text += "| `\(Library.cell(entry.signature))` | \(Library.cell(entry.doc)) |\n"
        }
      }
    }
    return text
  }

  private static func section(_ entry: Entry) -> String {
    var text = "\n### `\(entry.name)`\n\n```lua\n\(entry.signature)\n```\n\n\(entry.doc)\n"
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
    // What has no name in Lua cannot be declared: the stand-ins of the tracer.
    for type in types where !type.name.contains(" ") {
      text += "\n" + Library.comment(type.doc) + "---@class \(type.name)\n"
      for entry in Library.entries(of: type) {
        switch entry.kind {
        case .property:
          let (name, typeText) = Library.field(entry)
          text += "---@field \(name) \(Library.metaType(typeText)) \(Library.oneLine(entry.doc))\n"
        case .metamethod:
          if let name = Library.metaOperators[entry.name.split(separator: " ").last.map(String.init) ?? ""] {
            text += "---@operator \(name): \(name == "len" ? "integer" : type.name)\n"
          }
        default: break
        }
      }
      text += "local \(type.name) = {}\n"
      for method in type.methods { text += Library.metaFunction(method.entry) }
    }
    for module in modules {
      text += "\n" + Library.comment(module.doc) + "\(module.name) = {}\n"
      for function in module.functions { text += Library.metaFunction(function.entry) }
      for value in module.values {
        let (_, typeText) = Library.field(value.entry)
        text +=
          "\n" + Library.comment(value.entry.doc)
          + "---@type \(Library.metaType(typeText))\n\(value.entry.name) = nil\n"
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
  private static func metaFunction(_ entry: Entry) -> String {
    var text = "\n"
    let className = entry.name.replacing(":", with: ".") + ".options"
    if !entry.options.isEmpty {
      text += "---@class \(className)\n"
      for option in entry.options {
        text +=
          "---@field \(option.name)\(option.isRequired ? "" : "?") \(metaType(option.type)) "
          + "\(oneLine(optionText(option)))\n"
      }
      text += "\n"
    }
    text += comment(entry.doc)
    let names = parameterNames(entry.signature)
    for name in names {
      let spec = entry.parameters.first { $0.name == name.text || $0.name == name.text + "?" }
      let isOptions =
        !entry.options.isEmpty && (name.text == "options" || (spec == nil && name.text == names.last?.text))
      let type = isOptions ? className : metaType(spec?.type ?? "any")
      text +=
        "---@param \(name.text)\(name.isOptional ? "?" : "") \(type) \(oneLine(spec?.doc ?? ""))".trimmed
        + "\n"
    }
    if let arrow = entry.signature.firstRange(of: "→") {
      let result = entry.signature[arrow.upperBound...]
      for part in result.split(separator: ",") { text += "---@return \(metaType(String(part).trimmed))\n" }
    }
    return text + "function \(entry.name)(\(names.map(\.text).joined(separator: ", "))) end\n"
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

  /// A type as the language server writes it; words it does not know are kept if they can be class names.
  private static func metaType(_ text: String) -> String {
    let parts = text.replacing(" or ", with: "|").split(separator: "|").map { String($0).trimmed }
    return parts.map { part in
      switch part.lowercased() {
      case "list", "record", "options", "any table": return "table"
      case "list of numbers", "numbers": return "number[]"
      case "list of strings", "strings": return "string[]"
      case "list of integers", "integers": return "integer[]"
      case "value": return "any"
      default:
        let isName = part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
        let isWord = part.hasPrefix("\"") && part.hasSuffix("\"") && part.count > 1
        return (isName && !part.isEmpty) || isWord ? part : "any"
      }
    }.joined(separator: "|")
  }

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
