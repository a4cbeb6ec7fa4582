/// What a function captured, as a number that changes when any of it does.
package struct TraceFingerprint: Equatable {
  let hash: UInt64
  /// Keeps what counts by its address alive, so that nothing else gets that address.
  private let functions: [FunctionInfo]
  private let objects: [AnyObject]
  private let references: [LuaReference]

  init(_ snapshot: Snapshot) {
    hash = snapshot.roots.reduce(0x9E37_79B9_7F4A_7C15) { mix($0, $1.hash) }
    functions = snapshot.catalogued.map(\.info)
    objects = snapshot.objects
    references = snapshot.references
  }

  package static func == (a: TraceFingerprint, b: TraceFingerprint) -> Bool { a.hash == b.hash }
}

/// Everything a function can reach and could change: captured variables, the globals it names, and what is
/// in them.
struct Snapshot {
  struct Root {
    let name: String
    let isGlobal: Bool
    let hash: UInt64
    /// The fields of a table, when asked for.
    let fields: [String: UInt64]
  }
  struct Catalogued {
    let info: FunctionInfo
  }
  var roots: [Root] = []
  var catalogued: [Catalogued] = []
  /// Captured numbers, and numeric keys of captured tables: where a function may compare.
  var numbers: [Double] = []

  /// Objects and functions that are known by their address only.
  var objects: [AnyObject] = []
  var references: [LuaReference] = []

  var fingerprint: TraceFingerprint { TraceFingerprint(self) }
}

extension Tracer {
  /// - Parameter detailed: also keep the fields of tables by name, for messages.
  func snapshot(of function: LuaFunction, detailed: Bool) throws -> Snapshot {
    try lua.temporarily {
      try function.push(onto: lua)
      var walker = SnapshotWalker(tracer: self, detailed: detailed)
      try walker.visitFunction(at: lua.stackTop)
      return walker.snapshot
    }
  }

  func checkUnchanged(
    _ function: LuaFunction, _ before: Snapshot, _ session: TraceSession, _ definition: LuaFunction.Definition
  ) throws {
    let after = try snapshot(of: function, detailed: false)
    if after.fingerprint == before.fingerprint { return }
    let detailed = try snapshot(of: function, detailed: true)
    let name = changed(before, detailed)
    throw located(
      "changes \(name): a traced function must not change what is outside of it; use local variables, and "
        + "return what is needed", at: definition.position, session.what)
  }

  private func changed(_ before: Snapshot, _ after: Snapshot) -> String {
    for (old, new) in zip(before.roots, after.roots) where old.hash != new.hash || old.name != new.name {
      let kind = old.isGlobal ? "the global variable" : "the captured variable"
      let names = Set(old.fields.keys).union(new.fields.keys).sorted()
      if let field = names.first(where: { old.fields[$0] != new.fields[$0] }) {
        return "\(kind) '\(old.name).\(field)'"
      }
      return "\(kind) '\(old.name)'"
    }
    return "a captured variable"
  }
}

private func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
  var z = (a ^ b) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ z >> 32) &* 0x94D0_49BB_1331_11EB
  return z ^ z >> 29
}

/// Walks captured values. Bounded: what lies beyond the bounds counts by identity only.
private struct SnapshotWalker {
  let tracer: Tracer
  let detailed: Bool
  var snapshot = Snapshot()
  private var visited: Set<UnsafeRawPointer> = []
  private var values = 0
  private var globalsSeen: Set<String> = []
  private var functionDepth = 0

  private static let most = 200_000
  private static let deepest = 50
  private static let mostNumbers = 16
  private static let mostAnchors = 1000

  init(tracer: Tracer, detailed: Bool) {
    self.tracer = tracer
    self.detailed = detailed
  }

  private var lua: LuaState { tracer.lua }

  /// Adds the captured variables and globals of the function at a stack index as roots.
  ///
  /// - Returns: whether it is kept alive by what is known of it.
  @discardableResult
  mutating func visitFunction(at index: Int32) throws -> Bool {
    guard let address = lua.address(at: index), functionDepth < SnapshotWalker.deepest else { return false }
    guard visited.insert(address).inserted else { return true }
    functionDepth += 1
    defer { functionDepth -= 1 }
    let lua = lua
    let info = try tracer.functions.info(at: address) {
      try lua.pushCopy(of: index)
      return LuaFunction(reference: try lua.popReference())
    }
    guard let info else { return false }
    snapshot.catalogued.append(Snapshot.Catalogued(info: info))
    var i = 1
    while let name = lua.pushUpvalue(i, of: index) {
      if name != "_ENV" { try addRoot(name, isGlobal: false) }
      lua.stackTop -= 1
      i += 1
    }
    for name in info.globals ?? [] where !tracer.standardGlobals.contains(name) {
      guard globalsSeen.insert(name).inserted else { continue }
      try lua.pushGlobals()
      try lua.getField(-1, name, raw: true)
      try addRoot(name, isGlobal: true)
      lua.stackTop -= 2
    }
    return true
  }

  /// The value on top of the stack.
  private mutating func addRoot(_ name: String, isGlobal: Bool) throws {
    let index = lua.stackTop
    var fields: [String: UInt64] = [:]
    let place = snapshot.roots.count
    // Its place comes before those of the functions it holds.
    snapshot.roots.append(Snapshot.Root(name: name, isGlobal: isGlobal, hash: 0, fields: [:]))
    let hash = try self.hash(index, depth: 0) { fields[$0] = $1 }
    snapshot.roots[place] = Snapshot.Root(name: name, isGlobal: isGlobal, hash: hash, fields: fields)
  }

  private mutating func hash(
    _ index: Int32, depth: Int, field: (String, UInt64) -> Void = { _, _ in }
  ) throws -> UInt64 {
    values += 1
    switch lua.kind(at: index) {
    case .nil, .none: return 1
    case .boolean: return lua.boolean(at: index) ? 2 : 3
    case .integer:
      keep(lua.double(at: index))
      return mix(4, UInt64(bitPattern: Int64(lua.integer(at: index))))
    case .number:
      keep(lua.double(at: index))
      return mix(5, lua.double(at: index).bitPattern)
    case .string: return mix(6, stringHash(index))
    case .function:
      if try !visitFunction(at: index) { try anchor(index) }
      return mix(7, address(index))
    case .table: return try tableHash(index, depth: depth, start: 8, field: field)
    case .object, .thread:
      if let object = lua.object(at: index) {
        if snapshot.objects.count < SnapshotWalker.mostAnchors { snapshot.objects.append(object) }
        try visitFunction(of: object)
        return mix(9, UInt64(UInt(bitPattern: ObjectIdentifier(object))))
      }
      try anchor(index)
      return mix(10, address(index))
    }
  }

  /// What a function written in Lua captures counts for those that call it.
  private mutating func visitFunction(of object: AnyObject) throws {
    guard let function = (object as? any ScriptedObject)?.scriptedFunction else { return }
    let top = lua.stackTop
    defer { lua.stackTop = top }
    try function.push(onto: lua)
    try visitFunction(at: lua.stackTop)
  }

  private mutating func anchor(_ index: Int32) throws {
    guard snapshot.references.count < SnapshotWalker.mostAnchors else { return }
    snapshot.references.append(try lua.reference(at: index))
  }

  private func address(_ index: Int32) -> UInt64 {
    UInt64(UInt(bitPattern: lua.address(at: index)))
  }

  private mutating func keep(_ number: Double) {
    if snapshot.numbers.count < SnapshotWalker.mostNumbers, !snapshot.numbers.contains(number) {
      snapshot.numbers.append(number)
    }
  }

  private func stringHash(_ index: Int32) -> UInt64 {
    lua.withBytes(at: index) { bytes in
      var hash = UInt64(bytes.count)
      for byte in bytes.prefix(4096) { hash = (hash ^ UInt64(UInt8(bitPattern: byte))) &* 0x100_0000_01B3 }
      return hash
    }
  }

  /// Independent of the order of the keys.
  private mutating func tableHash(
    _ index: Int32, depth: Int, start: UInt64, field: (String, UInt64) -> Void
  ) throws -> UInt64 {
    guard let pointer = lua.address(at: index), visited.insert(pointer).inserted,
      depth < SnapshotWalker.deepest, values < SnapshotWalker.most
    else { return mix(start, address(index)) }
    let list = listHash(index)
    var total = mix(start, list.hash)
    let base = lua.stackTop
    defer { lua.stackTop = base }
    if list.count > 0 { try list.count.push(onto: lua) } else { try lua.pushNil() }
    while values < SnapshotWalker.most {
      guard try lua.next(index) else { break }
      let key = try hash(base + 1, depth: depth + 1)
      let value = try hash(base + 2, depth: depth + 1)
      total &+= mix(key, value)
      if detailed, depth == 0, let name = lua.text(at: base + 1) { field(name, value) }
      lua.stackTop = base + 1
    }
    return total
  }

  /// The leading numbers of a table, read in bulk.
  private mutating func listHash(_ index: Int32) -> (hash: UInt64, count: Int) {
    let length = Int(min(lua.length(at: index), UInt64(SnapshotWalker.most)))
    var read = 0
    var hash: UInt64 = 0
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 256) { buffer in
      while read < length {
        let part = min(256, length - read)
        let count = lua.readNumbers(
          at: index, from: read, into: UnsafeMutableBufferPointer(rebasing: buffer[..<part]))
        for i in 0..<count { hash = mix(hash, buffer[i].bitPattern) }
        if read == 0 { for i in 0..<min(count, 4) { keep(buffer[i]) } }
        read += count
        if count < part { break }
      }
    }
    values += read
    return (hash, read)
  }
}
