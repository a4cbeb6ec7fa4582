import Program

/// A number of a function that is being traced: it has no value, only a node.
package final class TracedValue: LuaObject {
  package let node: NodeID
  let session: TraceSession

  init(_ node: NodeID, _ session: TraceSession) {
    self.node = node
    self.session = session
  }
}

/// A state of several components: `x[1]`, `x.S`, `#x`, `x + y`, `2 * x`.
///
/// While a function is traced its components are a node; when the function is replayed with plain numbers,
/// they are numbers.
package final class TracedVector: LuaObject {
  enum Storage {
    case node(NodeID, TraceSession)
    case numbers([Double])
  }
  var storage: Storage
  let names: [String]

  init(_ storage: Storage, names: [String]) {
    self.storage = storage
    self.names = names
  }

  var count: Int {
    switch storage {
    case .node(let id, let session): session.builder[id].rows
    case .numbers(let values): values.count
    }
  }

  /// Component `row` (from 0), which must exist.
  func component(_ row: Int) -> any LuaConvertible {
    switch storage {
    case .node(let id, let session): TracedValue(session.builder.pick(id, row), session)
    case .numbers(let values): values[row]
    }
  }
}

/// `p.mu`: the parameters by name, read-only.
final class TracedParameters: LuaObject {
  let names: [String]
  var values: [any LuaConvertible]

  init(names: [String], values: [any LuaConvertible]) {
    self.names = names
    self.values = values
  }
}

/// A Program that a traced function may call.
final class TracedFunction: LuaObject {
  let function: TraceProgram
  init(_ function: TraceProgram) { self.function = function }
}

/// `rng:normal()`, `rng:uniform()`: the draws of a path.
final class TracedRandom: LuaObject {}
