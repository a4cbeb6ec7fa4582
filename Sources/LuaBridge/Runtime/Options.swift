/// One named option of a function, for checking, help and reference.
package struct OptionSpec: Sendable {
  package var name: String
  /// The type as a reader sees it: "integer", "number | array".
  package var type: String
  /// The default as a reader sees it; `nil` for a required option or one that has no value by default.
  package var standard: String?
  package var isRequired: Bool
  package var doc: String

  package static func required(_ name: String, _ type: String, _ doc: String) -> OptionSpec {
    OptionSpec(name: name, type: type, standard: nil, isRequired: true, doc: doc)
  }
  package static func optional(_ name: String, _ type: String, default standard: String? = nil, _ doc: String)
    -> OptionSpec
  {
    OptionSpec(name: name, type: type, standard: standard, isRequired: false, doc: doc)
  }
}

/// The named options a script gave to a function.
package struct Options {
  package let function: String
  private let declared: [OptionSpec]
  private var values: [String: LuaValue]
  /// The table itself, when the script gave one.
  package let table: LuaTable?

  init(function: String, declared: [OptionSpec], values: [String: LuaValue]) {
    self.function = function
    self.declared = declared
    self.values = values
    self.table = nil
  }

  /// Reads a table of options. An unknown name is an error; without declared names all are accepted.
  ///
  /// - Parameter positional: how many leading unnamed elements the function itself reads.
  package init(function: String, declared: [OptionSpec], table: LuaTable, positional: Int = 0) throws {
    self.function = function
    self.declared = declared
    self.table = table
    values = [:]
    for (key, value) in try table.entries() {
      if let index = key.int, index >= 1, index <= positional { continue }
      guard let name = key.string else {
        let what =
          key.double.map { "element \(key.int.map(String.init) ?? describe($0))" } ?? "a \(key.kind) key"
        throw LuaError("\(function): expected named options, found \(what) without a name")
      }
      guard declared.isEmpty || declared.contains(where: { $0.name == name }) else {
        throw LuaError(
          Options.unknown(name, of: function, known: declared.map(\.name)))
      }
      values[name] = value
    }
  }

  private static func unknown(_ name: String, of function: String, known: [String]) -> String {
    let start = "unknown option '\(name)' of \(function)"
    if let nearest = nearestName(to: name, in: known) { return "\(start): did you mean '\(nearest)'?" }
    return "\(start): its options are " + known.joined(separator: ", ")
  }

  // MARK: reading

  package var names: [String] { values.keys.sorted() }

  package func has(_ name: String) -> Bool { !(values[name]?.isNil ?? true) }

  /// The value as it came; nil if absent.
  package subscript(_ name: String) -> LuaValue { values[name] ?? .nil }

  /// A required option.
  package func get<T>(_ name: String, _ reading: Reading<T>) throws -> T {
    try checkDeclared(name)
    let value = self[name]
    if value.isNil {
      let spec = declared.first { $0.name == name }
      let about = spec.map { " (\($0.type): \($0.doc))" } ?? ""
      throw LuaError("\(function): option '\(name)' is required: \(reading.expected)\(about)")
    }
    guard let result = try reading.read(value) else {
      throw mismatch(name, reading.expected, reading.hint(value))
    }
    return result
  }

  package func get<T>(_ name: String, _ reading: Reading<T>, default standard: @autoclosure () throws -> T)
    throws
    -> T
  {
    try optional(name, reading) ?? standard()
  }

  /// `nil` if absent.
  package func optional<T>(_ name: String, _ reading: Reading<T>) throws -> T? {
    try checkDeclared(name)
    return has(name) ? try get(name, reading) : nil
  }

  package func object<T: AnyObject>(_ name: String, _ type: T.Type = T.self) throws -> T {
    try get(name, try objectReading(type))
  }
  package func optionalObject<T: AnyObject>(_ name: String, _ type: T.Type = T.self) throws -> T? {
    try optional(name, try objectReading(type))
  }

  private func objectReading<T: AnyObject>(_ type: T.Type) throws -> Reading<T> {
    .object(type, try table?.reference.state().typeName(type) ?? "\(type)")
  }

  /// The options in a nested table, such as `adaptive = { rtol = 1e-3 }`; `nil` if absent.
  package func nested(_ name: String, _ specs: [OptionSpec]) throws -> Options? {
    guard let inner = try optional(name, .table) else { return nil }
    return try Options(function: "\(function) \(name)", declared: specs, table: inner)
  }

  // MARK: errors

  /// `option 'steps' of wb.solve: expected an integer of at least 1, got -1`
  package func mismatch(_ name: String, _ expected: String, _ hint: String? = nil) -> LuaError {
    LuaError(
      "option '\(name)' of \(function): expected \(expected), got \(shown(self[name]))"
        + (hint.map { ": \($0)" } ?? ""))
  }

  /// `option 'data' of wb.train is empty: expected one sample a row`
  package func error(_ name: String, that predicate: String) -> LuaError {
    LuaError("option '\(name)' of \(function) \(predicate)")
  }

  /// `option 'dt' of wb.solve: give either steps or dt, not both`
  package func error(_ name: String, _ text: String) -> LuaError {
    LuaError("option '\(name)' of \(function): \(text)")
  }

  /// Reading an option that is not declared is a slip of the binding's author.
  private func checkDeclared(_ name: String) throws {
    guard declared.isEmpty || declared.contains(where: { $0.name == name }) else {
      throw LuaError("internal error: \(function) reads option '\(name)', which it does not declare")
    }
  }

  private func shown(_ value: LuaValue) -> String {
    switch value {
    case .nil: "nil"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value):
      value.magnitude < 0x1p53 ? Int(exactly: value).map(String.init) ?? describe(value) : describe(value)
    case .string(let value): value.count <= 60 ? "\"\(value)\"" : "a string of \(value.count) characters"
    case .table(let table):
      (try? table.count).map { $0 > 0 ? "a table of \($0) elements" : "a table" } ?? "a table"
    case .function: "a function"
    case .object, .other: (try? table?.reference.state().typeDescription(of: value)) ?? "an object"
    }
  }
}
