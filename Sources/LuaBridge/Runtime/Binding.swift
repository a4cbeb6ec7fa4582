/// One parameter of a function.
package struct ParameterSpec: Sendable {
  package var name: String
  package var type: String
  package var doc: String

  package init(_ name: String, _ type: String, _ doc: String) {
    self.name = name
    self.type = type
    self.doc = doc
  }
}

/// What the binding table says about one name that scripts can use.
package struct Entry: Sendable {
  package enum Kind: String, Sendable { case module, function, value, type, method, property, metamethod }

  package var kind: Kind
  /// The whole name: "wb.solve", "Solution:mean", "Solution.t".
  package var name: String
  /// How it is written: "wb.solve(sde, options) → Solution".
  package var signature: String
  /// One paragraph.
  package var doc: String
  package var parameters: [ParameterSpec] = []
  package var options: [OptionSpec] = []
  package var returns: String = ""
  package var example: String = ""
}

/// A table of functions, values and modules: `wb`, `wb.dist`.
package final class Module {
  package let name: String
  package private(set) var doc: String
  struct Function {
    let key: String
    let entry: Entry
    let body: (Arguments) throws -> any LuaConvertible
  }
  struct Value {
    let key: String
    let entry: Entry
    let make: (LuaState) throws -> any LuaConvertible
  }
  private(set) var functions: [Function] = []
  private(set) var values: [Value] = []

  package init(_ name: String, _ doc: String) {
    self.name = name
    self.doc = doc
  }

  /// Declares `name.key`.
  ///
  /// - Parameter signature: without the module's name: "solve(sde, options) → Solution".
  package func function(
    _ key: String, _ signature: String, _ doc: String, parameters: [ParameterSpec] = [],
    options: [OptionSpec] = [], returns: String = "", example: String = "",
    _ body: @escaping (Arguments) throws -> any LuaConvertible
  ) {
    functions.append(
      Function(
        key: key,
        entry: Entry(
          kind: .function, name: "\(name).\(key)", signature: "\(name).\(signature)", doc: doc,
          parameters: parameters, options: options, returns: returns, example: example),
        body: body))
  }

  /// Declares a value that is made once for every state.
  package func value(
    _ key: String, _ type: String, _ doc: String, _ make: @escaping (LuaState) throws -> any LuaConvertible
  ) {
    values.append(
      Value(
        key: key,
        entry: Entry(
          kind: .value, name: "\(name).\(key)", signature: "\(name).\(key): \(type)", doc: doc),
        make: make))
  }

  var entry: Entry { Entry(kind: .module, name: name, signature: name, doc: doc) }

  /// Takes over what another part of the same module declares.
  fileprivate func merge(_ other: Module) {
    if doc.isEmpty { doc = other.doc }
    functions += other.functions
    values += other.values
  }
}

/// Lua's operators and hooks.
package enum Metamethod: String, CaseIterable, Sendable {
  case add = "__add", sub = "__sub", mul = "__mul", div = "__div", mod = "__mod", pow = "__pow"
  case unm = "__unm", idiv = "__idiv"
  case band = "__band", bor = "__bor", bxor = "__bxor", bnot = "__bnot", shl = "__shl", shr = "__shr"
  case concat = "__concat", len = "__len", eq = "__eq", lt = "__lt", le = "__le"
  case call = "__call", pairs = "__pairs", newindex = "__newindex"
  case tostring = "__tostring"
}

/// The face of a Swift class in scripts.
package class AnyObjectType {
  package let name: String
  package let doc: String
  /// Whether the type is left out of the documents: scripts do not name it.
  package var isInternal = false
  let classID: ObjectIdentifier
  let isInstance: (AnyObject) -> Bool

  struct Method {
    let key: String
    let entry: Entry
    let body: (Arguments) throws -> any LuaConvertible
  }
  struct Property {
    let entry: Entry
    let get: (AnyObject, LuaState) throws -> any LuaConvertible
  }
  struct Operation {
    let metamethod: Metamethod
    let entry: Entry
    let body: (Arguments) throws -> any LuaConvertible
  }
  fileprivate(set) var methods: [Method] = []
  fileprivate(set) var properties: [String: Property] = [:]
  fileprivate(set) var propertyOrder: [String] = []
  fileprivate(set) var operations: [Operation] = []
  fileprivate(set) var index: ((AnyObject, LuaValue, LuaState) throws -> (any LuaConvertible)?)?
  fileprivate(set) var close: ((AnyObject) throws -> Void)?
  fileprivate(set) var describe: ((AnyObject) throws -> String)?

  fileprivate init(
    name: String, doc: String, classID: ObjectIdentifier, isInstance: @escaping (AnyObject) -> Bool
  ) {
    self.name = name
    self.doc = doc
    self.classID = classID
    self.isInstance = isInstance
  }

  var entry: Entry { Entry(kind: .type, name: name, signature: name, doc: doc) }
}

/// Declares what scripts can do with instances of `Object`.
package final class ObjectType<Object: AnyObject>: AnyObjectType {
  package init(_ name: String, _ type: Object.Type, _ doc: String) {
    super.init(name: name, doc: doc, classID: ObjectIdentifier(type), isInstance: { $0 is Object })
  }

  // Static, so that the closures below do not keep the type that keeps them.
  private static func typed(_ object: AnyObject) throws -> Object {
    guard let object = object as? Object else {
      throw LuaError("expected \(Object.self), got another object")
    }
    return object
  }

  /// Declares `object:key(…)`.
  ///
  /// - Parameter signature: without the object: "mean() → array".
  package func method(
    _ key: String, _ signature: String, _ doc: String, parameters: [ParameterSpec] = [],
    options: [OptionSpec] = [], returns: String = "", example: String = "",
    _ body: @escaping (Object, Arguments) throws -> any LuaConvertible
  ) {
    methods.append(
      Method(
        key: key,
        entry: Entry(
          kind: .method, name: "\(name):\(key)", signature: "\(name):\(signature)", doc: doc,
          parameters: parameters, options: options, returns: returns, example: example),
        body: { try body(try $0.receiver(Object.self), $0) }))
  }

  /// Declares the computed field `object.key`.
  package func property(
    _ key: String, _ type: String, _ doc: String,
    _ get: @escaping (Object) throws -> any LuaConvertible
  ) {
    if properties[key] == nil { propertyOrder.append(key) }
    properties[key] = Property(
      entry: Entry(
        kind: .property, name: "\(name).\(key)", signature: "\(name).\(key): \(type)", doc: doc),
      get: { object, _ in try get(try Self.typed(object)) })
  }

  /// Declares an operator. Its arguments are Lua's: for a binary one either may be the object.
  package func metamethod(
    _ metamethod: Metamethod, _ signature: String, _ doc: String,
    _ body: @escaping (Arguments) throws -> any LuaConvertible
  ) {
    operations.append(
      Operation(
        metamethod: metamethod,
        entry: Entry(
          kind: .metamethod, name: "\(name) \(metamethod.rawValue)", signature: signature, doc: doc),
        body: body))
  }

  /// What `object[key]` is for a key that is neither a method nor a property; `nil` from `body` means that
  /// there is no such field, and an error for a string key.
  package func indexed(_ body: @escaping (Object, LuaValue, LuaState) throws -> (any LuaConvertible)?) {
    index = { object, key, lua in try body(try Self.typed(object), key, lua) }
  }

  /// What `print(object)` shows.
  package func described(_ body: @escaping (Object) throws -> String) {
    describe = { object in try body(try Self.typed(object)) }
  }

  /// Lets scripts close the object at the end of a block: `local f <close> = …`. Later uses are errors.
  package func closing(_ body: @escaping (Object) throws -> Void = { _ in }) {
    close = { object in try body(try Self.typed(object)) }
  }
}

/// The binding table: the one source of what scripts can use, of help, reference and completion.
package struct Library {
  package private(set) var modules: [Module] = []
  package private(set) var types: [AnyObjectType] = []

  package init() {}

  /// Adds a module; one that is there under the same name takes its functions and values.
  package mutating func add(_ module: Module) {
    if let known = modules.first(where: { $0.name == module.name }) {
      known.merge(module)
    } else {
      modules.append(module)
    }
  }
  package mutating func add(_ type: AnyObjectType) { types.append(type) }
  package mutating func add(_ other: Library) {
    for module in other.modules { add(module) }
    types += other.types
  }

  /// Every entry: modules with their functions and values, then types with their methods, properties and
  /// operators, as declared.
  package var entries: [Entry] {
    modules.flatMap { [$0.entry] + $0.functions.map(\.entry) + $0.values.map(\.entry) }
      + types.flatMap(Library.entries)
  }

  static func entries(of type: AnyObjectType) -> [Entry] {
    [type.entry] + type.propertyOrder.compactMap { type.properties[$0]?.entry }
      + type.methods.map(\.entry) + type.operations.map(\.entry)
  }
}
