import CLua

/// A Lua table. Reading and writing is raw: no metamethod runs.
package struct LuaTable: LuaConvertible {
  package let reference: LuaReference

  init(reference: LuaReference) { self.reference = reference }

  package func push(onto lua: LuaState) throws { try reference.push(onto: lua) }

  private func with<T>(_ body: (LuaState) throws -> T) throws -> T {
    let lua = try reference.state()
    return try lua.temporarily {
      try lua.push(reference.handle)
      return try body(lua)
    }
  }

  /// The length of the array part, `#t`.
  package var count: Int {
    get throws { try with { Int(clamping: clua_raw_length($0.L, -1)) } }
  }

  package func get(_ key: String) throws -> LuaValue {
    try with {
      try $0.getField(-1, key, raw: true)
      return try $0.value(at: -1)
    }
  }

  package func get(_ index: Int) throws -> LuaValue {
    try with {
      try $0.pushed(clua_raw_get_index($0.L, -1, Int64(index)))
      return try $0.value(at: -1)
    }
  }

  package func set(_ key: String, _ value: any LuaConvertible) throws {
    try with {
      try value.push(onto: $0)
      try $0.setField(-2, key, raw: true)
    }
  }

  package func set(_ index: Int, _ value: any LuaConvertible) throws {
    try with {
      try value.push(onto: $0)
      try $0.check(clua_raw_set_index($0.L, -2, Int64(index)))
    }
  }

  package func append(_ value: any LuaConvertible) throws { try set(try count + 1, value) }

  /// The array part, up to the first hole.
  package func array() throws -> [LuaValue] {
    try with { lua in
      let n = Int(clamping: clua_raw_length(lua.L, -1))
      var values: [LuaValue] = []
      for i in 0..<n {
        try lua.pushed(clua_raw_get_index(lua.L, -1, Int64(i) + 1))
        if clua_type(lua.L, -1) == CLUA_TNIL { break }
        values.append(try lua.value(at: -1))
        clua_set_top(lua.L, clua_top(lua.L) - 1)
      }
      return values
    }
  }

  /// The array part if it consists of numbers; `nil` otherwise.
  package func numbers() throws -> [Double]? {
    try with { lua in
      let n = Int(clamping: clua_raw_length(lua.L, -1))
      // The length may be the border of a table with holes, far beyond its size: read in steps.
      var values: [Double] = []
      while values.count < n {
        let part = min(n - values.count, 4096)
        let offset = values.count
        values.append(contentsOf: repeatElement(0, count: part))
        let read = values.withUnsafeMutableBufferPointer { buffer in
          clua_read_numbers(lua.L, -1, buffer.baseAddress.map { $0 + offset }, offset, part)
        }
        if read < part { return nil }
      }
      return values
    }
  }

  /// Every key and value: the array part first, then other integers and numbers in order, then strings in
  /// order, then booleans and the rest. Lua's own order changes from run to run.
  package func entries() throws -> [(key: LuaValue, value: LuaValue)] {
    var all: [(key: LuaValue, value: LuaValue)] = []
    try with { lua in
      try lua.pushed(clua_push_nil(lua.L))
      while true {
        var more = false
        try lua.check(clua_next(lua.L, -2, &more))
        guard more else { return }
        all.append((try lua.value(at: -2), try lua.value(at: -1)))
        clua_set_top(lua.L, clua_top(lua.L) - 1)
      }
    }
    return all.enumerated().sorted { a, b in
      LuaTable.precedes(a.element.key, b.element.key) ?? (a.offset < b.offset)
    }.map(\.element)
  }

  /// The entries with string keys, sorted by key.
  package func fields() throws -> [(name: String, value: LuaValue)] {
    try entries().compactMap { entry in entry.key.string.map { ($0, entry.value) } }
  }

  private static func precedes(_ a: LuaValue, _ b: LuaValue) -> Bool? {
    switch (a, b) {
    case (.string(let x), .string(let y)): return x < y
    case (.integer(let x), .integer(let y)): return x < y
    default:
      if let x = a.double, let y = b.double, x != y { return x < y }
      let (x, y) = (rank(a), rank(b))
      return x == y ? nil : x < y
    }
  }

  private static func rank(_ key: LuaValue) -> Int {
    switch key {
    case .integer, .number: 0
    case .string: 1
    case .boolean: 2
    default: 3
    }
  }
}
