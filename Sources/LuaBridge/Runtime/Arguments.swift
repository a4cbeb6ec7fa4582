import CLua

/// The arguments of a call from Lua to Swift, counted from 1; a method's receiver is not counted.
///
/// Valid only during the call.
package struct Arguments {
  package let lua: LuaState
  let box: FunctionBox
  private let top: Int32

  init(lua: LuaState, box: FunctionBox, top: Int32) {
    self.lua = lua
    self.box = box
    self.top = top
  }

  /// The function's name, for messages.
  package var name: String { box.name }
  package var count: Int { max(0, Int(top - box.firstArgument + 1)) }

  private func index(_ i: Int) -> Int32 {
    // Beyond the last argument: an index that reads as none.
    i < 1 || i > count ? top + 1 : Int32(i) + box.firstArgument - 1
  }

  // MARK: reading

  package func kind(_ i: Int) -> LuaKind { i < 1 || i > count ? .none : lua.kind(at: index(i)) }
  package func isMissing(_ i: Int) -> Bool { [.none, .nil].contains(kind(i)) }

  /// Any value; nil beyond the last argument.
  package subscript(_ i: Int) -> LuaValue {
    get throws { kind(i) == .none ? .nil : try lua.value(at: index(i)) }
  }

  package func all() throws -> [LuaValue] { try (0..<count).map { try self[$0 + 1] } }

  package func get<T>(_ i: Int, _ reading: Reading<T>) throws -> T {
    let value = try self[i]
    guard let result = try reading.read(value) else {
      throw mismatch(i, reading.expected, reading.hint(value))
    }
    return result
  }

  package func get<T>(_ i: Int, _ reading: Reading<T>, default standard: @autoclosure () throws -> T) throws
    -> T
  {
    isMissing(i) ? try standard() : try get(i, reading)
  }

  /// `nil` if the argument is missing or nil.
  package func optional<T>(_ i: Int, _ reading: Reading<T>) throws -> T? {
    isMissing(i) ? nil : try get(i, reading)
  }

  // The common types without the detour over `LuaValue`.

  package func number(_ i: Int) throws -> Double {
    guard i >= 1, i <= count, clua_type(lua.L, index(i)) == CLUA_TNUMBER else {
      throw mismatch(i, "a number")
    }
    return clua_to_number(lua.L, index(i))
  }

  package func integer(_ i: Int) throws -> Int { try get(i, .integer) }
  package func boolean(_ i: Int) throws -> Bool { try get(i, .boolean) }

  package func string(_ i: Int) throws -> String {
    guard i >= 1, i <= count, let text = lua.text(at: index(i)) else { throw mismatch(i, "a string") }
    return text
  }

  /// A string's bytes as they are.
  package func bytes(_ i: Int) throws -> [UInt8] {
    guard i >= 1, i <= count, let bytes = lua.bytes(at: index(i)) else { throw mismatch(i, "a string") }
    return bytes
  }

  package func table(_ i: Int) throws -> LuaTable { try get(i, .table) }
  package func function(_ i: Int) throws -> LuaFunction { try get(i, .function) }
  package func numbers(_ i: Int) throws -> [Double] { try get(i, .numbers) }

  /// An instance of `T`, or an error that names the type scripts know it by.
  package func object<T: AnyObject>(_ i: Int, _ type: T.Type = T.self) throws -> T {
    guard let object = objectIfPresent(i, type) else { throw mismatch(i, article(lua.typeName(type))) }
    return object
  }

  /// `nil` if the argument is anything else.
  package func objectIfPresent<T: AnyObject>(_ i: Int, _ type: T.Type = T.self) -> T? {
    i < 1 || i > count ? nil : lua.object(at: index(i), as: type)
  }

  /// Named options, checked against those the function declares. A missing table is an empty one.
  package func options(_ i: Int = 1) throws -> Options {
    let declared = box.entry?.options ?? []
    if isMissing(i) { return Options(function: name, declared: declared, values: [:]) }
    guard kind(i) == .table else { throw mismatch(i, "a table of options") }
    return try Options(function: name, declared: declared, table: try table(i))
  }

  // MARK: errors

  /// `wb.solve: expected a table of options as argument 2, got number`
  package func mismatch(_ i: Int, _ expected: String, _ hint: String? = nil) -> LuaError {
    let got = kind(i) == .none ? "nothing" : lua.kindName(at: index(i)) + shown(i)
    return LuaError(
      "\(name): expected \(expected) as argument \(i), got \(got)" + (hint.map { ": \($0)" } ?? ""))
  }

  /// An error of this function.
  package func error(_ text: String) -> LuaError { LuaError("\(name): \(text)") }

  private func shown(_ i: Int) -> String {
    switch kind(i) {
    case .integer: " \(clua_to_integer(lua.L, index(i)))"
    case .number: " \(describe(clua_to_number(lua.L, index(i))))"
    case .string: (lua.text(at: index(i)) ?? "").count <= 40 ? " \"\(lua.text(at: index(i)) ?? "")\"" : ""
    case .boolean: " \(clua_to_boolean(lua.L, index(i)))"
    default: ""
    }
  }

  /// The receiver of a method.
  func receiver<T: AnyObject>(_ type: T.Type) throws -> T {
    if top >= 1, let object = lua.object(at: 1, as: type) { return object }
    let got = top >= 1 ? lua.kindName(at: 1) : "nothing"
    throw LuaError(
      "\(name): expected \(article(lua.typeName(type))) before the ':', got \(got)"
        + (got.hasPrefix("a closed")
          ? "" : " (methods are called as object\(box.name.drop { $0 != ":" })(…))"))
  }
}

/// A number as a script would write it.
func describe(_ number: Double) -> String {
  if number.isNaN { return "nan" }
  if number.isInfinite { return number < 0 ? "-inf" : "inf" }
  return "\(number)"
}
