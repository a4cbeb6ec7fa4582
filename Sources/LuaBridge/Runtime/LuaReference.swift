import CLua
import Synchronization

/// References whose Swift owners are gone, to be released by the state's own thread.
///
/// A deinit may run inside Lua's collector or on another thread, so it must not call Lua.
final class ReleaseQueue: Sendable {
  private let references = Mutex<[Int32]>([])
  private let count = Atomic<Int>(0)

  func add(_ reference: Int32) {
    references.withLock { $0.append(reference) }
    count.add(1, ordering: .releasing)
  }

  func drain(_ release: (Int32) -> Void) {
    guard count.load(ordering: .acquiring) > 0 else { return }
    let pending = references.withLock { queue in
      defer { queue.removeAll(keepingCapacity: true) }
      return queue
    }
    count.subtract(pending.count, ordering: .relaxed)
    for reference in pending { release(reference) }
  }
}

/// A slot of a state's registry, given back when the last owner is gone.
package final class LuaHandle: Sendable {
  let id: Int32
  private let queue: ReleaseQueue

  init(id: Int32, queue: ReleaseQueue) {
    self.id = id
    self.queue = queue
  }

  deinit { queue.add(id) }

  func belongs(to lua: LuaState) -> Bool { queue === lua.releases }
}

/// Keeps a Lua value alive from Swift. Like its state it belongs to one thread at a time, but it may be let
/// go of anywhere.
package struct LuaReference {
  let handle: LuaHandle
  private weak var owner: LuaState?

  init(handle: LuaHandle, owner: LuaState) {
    self.handle = handle
    self.owner = owner
  }

  /// The state the value lives in.
  package func state() throws -> LuaState {
    guard let owner else { throw LuaError("this value belongs to a Lua state that was closed") }
    return owner
  }

  /// The value itself, read anew.
  package func value() throws -> LuaValue {
    let lua = try state()
    return try lua.reading { try lua.push(handle) }
  }

  /// Whether both are the same Lua value.
  package func isSame(as other: LuaReference) throws -> Bool {
    let lua = try state()
    return try lua.temporarily {
      try lua.push(handle)
      try lua.push(other.handle)
      return clua_raw_equal(lua.L, -1, -2)
    }
  }
}

extension LuaReference: LuaConvertible {
  package func push(onto lua: LuaState) throws { try lua.push(handle) }
}
