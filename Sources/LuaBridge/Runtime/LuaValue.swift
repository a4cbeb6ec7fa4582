import CLua

/// The type of a Lua value; integers and floats are told apart.
package enum LuaKind: String, Sendable, CustomStringConvertible {
  case none = "nothing"
  case `nil` = "nil"
  case boolean, integer, number, string, table, function, object
  case thread = "coroutine"

  package var description: String { rawValue }
}

/// A Lua value in Swift.
package enum LuaValue {
  case `nil`
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  /// Bytes that are not UTF-8 are replaced; `Arguments.bytes` reads them as they are.
  case string(String)
  case table(LuaTable)
  case function(LuaFunction)
  /// An instance of a registered Swift class.
  case object(AnyObject)
  /// A coroutine, a closed object, or userdata that is not ours.
  case other(LuaReference)

  package var isNil: Bool { if case .nil = self { true } else { false } }
  /// Lua's truth: everything but `nil` and `false`.
  package var isTrue: Bool {
    switch self {
    case .nil, .boolean(false): false
    default: true
    }
  }
  /// The number, whether an integer or a float.
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  /// The integer, also if written as a float with an integral value, such as `1e5`.
  package var int: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  package var table: LuaTable? { if case .table(let value) = self { value } else { nil } }
  package var function: LuaFunction? { if case .function(let value) = self { value } else { nil } }
  package func object<T>(_ type: T.Type = T.self) -> T? {
    if case .object(let value) = self { value as? T } else { nil }
  }

  package var kind: LuaKind {
    switch self {
    case .nil: .nil
    case .boolean: .boolean
    case .integer: .integer
    case .number: .number
    case .string: .string
    case .table: .table
    case .function: .function
    case .object, .other: .object
    }
  }
}

/// What can be handed to Lua.
package protocol LuaConvertible {
  /// Pushes exactly one value (`LuaResults`: any number).
  func push(onto lua: LuaState) throws
}

/// A Swift class whose instances scripts hold. Its `ObjectType` must be in the state's library.
package protocol LuaObject: AnyObject, LuaConvertible {}

extension LuaObject {
  package func push(onto lua: LuaState) throws { try lua.pushObject(self) }
}

extension LuaValue: LuaConvertible {
  package func push(onto lua: LuaState) throws {
    switch self {
    case .nil: try lua.pushed(clua_push_nil(lua.L))
    case .boolean(let value): try value.push(onto: lua)
    case .integer(let value): try value.push(onto: lua)
    case .number(let value): try value.push(onto: lua)
    case .string(let value): try value.push(onto: lua)
    case .table(let value): try value.push(onto: lua)
    case .function(let value): try value.push(onto: lua)
    case .object(let value): try lua.pushObject(value)
    case .other(let value): try value.push(onto: lua)
    }
  }
}

extension Bool: LuaConvertible {
  package func push(onto lua: LuaState) throws { try lua.pushed(clua_push_boolean(lua.L, self)) }
}
extension Int: LuaConvertible {
  package func push(onto lua: LuaState) throws { try lua.pushed(clua_push_integer(lua.L, Int64(self))) }
}
extension Double: LuaConvertible {
  package func push(onto lua: LuaState) throws { try lua.pushed(clua_push_number(lua.L, self)) }
}
extension Float: LuaConvertible {
  package func push(onto lua: LuaState) throws { try Double(self).push(onto: lua) }
}
extension String: LuaConvertible {
  package func push(onto lua: LuaState) throws { try lua.push(self) }
}
extension Optional: LuaConvertible where Wrapped: LuaConvertible {
  package func push(onto lua: LuaState) throws {
    if let self { try self.push(onto: lua) } else { try lua.pushed(clua_push_nil(lua.L)) }
  }
}
extension Array: LuaConvertible where Element: LuaConvertible {
  package func push(onto lua: LuaState) throws {
    if let numbers = self as? [Double] { return try lua.pushNumbers(numbers) }
    try lua.check(clua_push_table(lua.L, Int32(clamping: count), 0))
    for (i, element) in enumerated() {
      try element.push(onto: lua)
      try lua.check(clua_raw_set_index(lua.L, -2, Int64(i) + 1))
    }
  }
}
extension Dictionary: LuaConvertible where Key == String, Value: LuaConvertible {
  package func push(onto lua: LuaState) throws {
    try lua.check(clua_push_table(lua.L, 0, Int32(clamping: count)))
    for (key, value) in self {
      try value.push(onto: lua)
      try lua.setField(-2, key, raw: true)
    }
  }
}

/// Named values in a given order, as a new table: `LuaRecord(("mean", 1.5), ("n", 10))`.
package struct LuaRecord: LuaConvertible {
  package var fields: [(String, any LuaConvertible)]

  package init(_ fields: (String, any LuaConvertible)...) { self.fields = fields }
  package init(_ fields: [(String, any LuaConvertible)]) { self.fields = fields }

  package func push(onto lua: LuaState) throws {
    try lua.check(clua_push_table(lua.L, 0, Int32(clamping: fields.count)))
    for (key, value) in fields {
      try value.push(onto: lua)
      try lua.setField(-2, key, raw: true)
    }
  }
}

/// A list of values of different types, as a new table.
package struct LuaList: LuaConvertible {
  package var elements: [any LuaConvertible]

  package init(_ elements: [any LuaConvertible]) { self.elements = elements }

  package func push(onto lua: LuaState) throws {
    try lua.check(clua_push_table(lua.L, Int32(clamping: elements.count), 0))
    for (i, element) in elements.enumerated() {
      try element.push(onto: lua)
      try lua.check(clua_raw_set_index(lua.L, -2, Int64(i) + 1))
    }
  }
}

/// Bytes as a Lua string.
package struct LuaBytes: LuaConvertible {
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func push(onto lua: LuaState) throws { try bytes.withUnsafeBytes { try lua.push(bytes: $0) } }
}

/// Several results, or none.
package struct LuaResults: LuaConvertible {
  package var values: [any LuaConvertible]

  package init(_ values: any LuaConvertible...) { self.values = values }
  /// Labelled, since a list is also one value: a table.
  package init(all values: [any LuaConvertible]) { self.values = values }

  package func push(onto lua: LuaState) throws {
    for value in values { try value.push(onto: lua) }
  }
}

extension LuaConvertible where Self == LuaResults {
  /// No result at all.
  package static var nothing: LuaResults { LuaResults(all: []) }
}
