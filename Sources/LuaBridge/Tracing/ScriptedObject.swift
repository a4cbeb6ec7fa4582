/// An object that traced functions call and that is itself a function of a script, traced when it was made: a net
/// written in Lua.
protocol ScriptedObject: AnyObject {
  /// Nil for one that is not written in Lua.
  var scriptedFunction: LuaFunction? { get }
  /// Traces the function anew if something that it captures has changed.
  func refresh() throws
}

extension Tracer {
  /// While a function is traced no other can be: those it calls are brought up to date before.
  func refreshScripted(_ objects: [AnyObject], _ arguments: [TraceArgument] = []) throws {
    guard session == nil else { return }
    let captured = objects.compactMap { $0 as? any ScriptedObject }
    for object in captured + arguments.flatMap(\.scriptedObjects) { try object.refresh() }
  }
}

extension TraceArgument {
  fileprivate var scriptedObjects: [any ScriptedObject] {
    switch self {
    case .parameters(_, let objects): objects.compactMap { $0.value as? any ScriptedObject }
    case .value(let value): (value as? any ScriptedObject).map { [$0] } ?? []
    default: []
    }
  }
}
