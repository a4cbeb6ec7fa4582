import CLua

/// A type of the library in a state: its metatable's reference and its declaration.
struct RegisteredType {
  let id: Int32
  let type: AnyObjectType
}

extension LuaState {
  /// Makes a library's modules and types available to scripts. Modules are globals by their first name.
  package func install(_ library: Library) throws {
    self.library.add(library)
    for type in library.types { try install(type) }
    for module in library.modules { try install(module) }
  }

  private func install(_ module: Module) throws {
    var table = try globals
    for part in module.name.split(separator: ".").map(String.init) {
      if let inner = try table.get(part).table {
        table = inner
      } else {
        let inner = try makeTable()
        try table.set(part, inner)
        table = inner
      }
    }
    for function in module.functions {
      try temporarily {
        try table.push(onto: self)
        try pushFunction(
          FunctionBox(name: function.entry.name, entry: function.entry, firstArgument: 1, body: function.body)
        )
        try setField(-2, function.key, raw: true)
      }
    }
    for value in module.values { try table.set(value.key, try value.make(self)) }
  }

  private func install(_ type: AnyObjectType) throws {
    var id: Int32 = 0
    try check(clua_new_type(L, type.name, &id))
    types[type.classID] = RegisteredType(id: id, type: type)
    try installMethods(of: type, id: id)
    for operation in type.operations {
      try setMetamethod(
        id, operation.metamethod.rawValue,
        FunctionBox(
          name: operation.entry.name, entry: operation.entry, firstArgument: 1, body: operation.body))
    }
    let declared = Set(type.operations.map(\.metamethod))
    if !declared.contains(.tostring) {
      try setMetamethod(id, "__tostring", LuaState.tostring(type))
    }
    if !declared.contains(.eq) {
      try setMetamethod(id, "__eq", LuaState.sameObject(type))
    }
    if !declared.contains(.newindex) {
      try setMetamethod(id, "__newindex", LuaState.readOnly(type))
    }
    if let close = type.close { try setMetamethod(id, "__close", LuaState.closer(type, close)) }
  }

  private func setMetamethod(_ id: Int32, _ name: String, _ box: FunctionBox) throws {
    try pushFunction(box)
    try check(clua_set_metamethod(L, id, name))
  }

  private func installMethods(of type: AnyObjectType, id: Int32) throws {
    try check(clua_push_table(L, 0, Int32(clamping: type.methods.count)))
    for method in type.methods {
      try pushFunction(
        FunctionBox(name: method.entry.name, entry: method.entry, firstArgument: 2, body: method.body))
      try setField(-2, method.key, raw: true)
    }
    try pushFunction(LuaState.indexer(type))
    try check(clua_set_index_methods(L, id))
  }

  /// `object.key` and `object[i]` for whatever is not a method.
  private static func indexer(_ type: AnyObjectType) -> FunctionBox {
    FunctionBox(name: type.name, entry: nil, firstArgument: 1) { [unowned type] arguments in
      guard let object = arguments.lua.object(at: 1) else { throw LuaError("\(type.name) is closed") }
      let key = try arguments[2]
      if case .string(let name) = key, let property = type.properties[name] {
        return try property.get(object, arguments.lua)
      }
      if let found = try type.index?(object, key, arguments.lua) { return found }
      guard case .string(let name) = key else {
        if type.index != nil { return LuaValue.nil }
        throw LuaError("\(article(type.name)) cannot be indexed by \(key.kind)")
      }
      let known = type.propertyOrder + type.methods.map(\.key)
      let hint = nearestName(to: name, in: known).map { ": did you mean '\($0)'?" } ?? ""
      throw LuaError("\(article(type.name)) has no field '\(name)'\(hint)")
    }
  }

  private static func tostring(_ type: AnyObjectType) -> FunctionBox {
    FunctionBox(name: type.name, entry: nil, firstArgument: 1) { arguments in
      guard let object = arguments.lua.object(at: 1) else { return "\(type.name) (closed)" }
      if let describe = type.describe { return try describe(object) }
      if let object = object as? any CustomStringConvertible { return object.description }
      return type.name
    }
  }

  private static func sameObject(_ type: AnyObjectType) -> FunctionBox {
    FunctionBox(name: type.name, entry: nil, firstArgument: 1) { arguments in
      guard let a = arguments.lua.object(at: 1), let b = arguments.lua.object(at: 2) else { return false }
      return a === b
    }
  }

  private static func readOnly(_ type: AnyObjectType) -> FunctionBox {
    FunctionBox(name: type.name, entry: nil, firstArgument: 1) { arguments in
      let key = try arguments[2]
      let name = key.string.map { "'\($0)'" } ?? key.int.map { "[\($0)]" } ?? "of type \(key.kind)"
      throw LuaError("\(article(type.name)) is read-only: field \(name) cannot be assigned")
    }
  }

  private static func closer(_ type: AnyObjectType, _ close: @escaping (AnyObject) throws -> Void)
    -> FunctionBox
  {
    FunctionBox(name: type.name, entry: nil, firstArgument: 1) { arguments in
      guard let object = arguments.lua.object(at: 1) else { return .nothing }
      defer { clua_close_object(arguments.lua.L, 1) }
      try close(object)
      return .nothing
    }
  }

  // MARK: types of objects

  func registeredType(of object: AnyObject) throws -> RegisteredType {
    let id = ObjectIdentifier(Swift.type(of: object))
    if let type = types[id] { return type }
    // A subclass of a registered class.
    for candidate in library.types where candidate.isInstance(object) {
      if let found = types[candidate.classID] {
        types[id] = found
        return found
      }
    }
    throw LuaError("internal error: \(Swift.type(of: object)) is not a type of the library")
  }

  /// What scripts call the type of `T`.
  func typeName<T: AnyObject>(_ type: T.Type) -> String {
    types[ObjectIdentifier(type)]?.type.name ?? "\(type)"
  }

  func typeDescription(of value: LuaValue) throws -> String {
    try temporarily {
      try value.push(onto: self)
      let name = kindName(at: -1)
      return name.hasPrefix("a ") ? name : article(name)
    }
  }
}
