import Kernels

// `net(x)`, `net(x, t)`: in traced functions and outside of them.
extension Tracer {
  /// Lets products take traced vectors and matrices, and matrices be arrays.
  package func connectNets(_ hooks: ArrayHooks) {
    constantMatrix = { value in
      guard let array = value.array, array.rank == 2 else { return nil }
      return (array.values, array.shape[0], array.shape[1])
    }
    hooks.product = { [unowned self] a, b in
      let isTraced = [a, b].contains { value in
        guard case .object(let object) = value else { return false }
        return object is TracedValue || object is TracedVector || object is TracedMatrix
      }
      return isTraced ? try product(a, b) : nil
    }
  }

  func call(
    _ object: NetObject, _ arguments: [LuaValue], _ context: RunContext
  ) throws -> any LuaConvertible {
    guard (1...2).contains(arguments.count) else {
      throw refusal(
        "a net is called with a value, and a time if it takes one; got \(arguments.count) arguments")
    }
    if arguments.contains(where: { $0.object(PendingResult.self) != nil }), !isTracing {
      return context.pendingResult()
    }
    let time = arguments.count > 1 && !arguments[1].isNil ? arguments[1] : nil
    let net = try object.current()
    guard let session else {
      guard let x = try Reading<NDArray>.array.read(arguments[0]) else {
        throw LuaError(
          "a net takes a number, a list or an array, got \(try lua.typeDescription(of: arguments[0]))")
      }
      let times = try time.map { value in
        guard let array = try Reading<NDArray>.array.read(value) else {
          throw LuaError(
            "a net's time is a number, or one for each row, got \(try lua.typeDescription(of: value))")
        }
        return array
      }
      do {
        return try object.values(x, times, contract: context.contract, context.runOptions(lua))
      } catch is Cancelled {
        throw LuaError.cancelled
      }
    }
    return try record(
      object, net, try operand(arguments[0], "net"), time.map { try operand($0, "net") }, session)
  }

  private func record(
    _ object: NetObject, _ net: Net, _ x: Operand, _ time: Operand?, _ session: TraceSession
  ) throws -> any LuaConvertible {
    if let problem = net.problem(rows: rows(x, session), timeRows: time.map { rows($0, session) }) {
      throw refusal(problem)
    }
    for store in object.stores { captures.add(store) }
    switch session.mode {
    case .replaying where x.isPlain && time?.isPlain != false:
      session.nativeWork += 2 * net.store.count
      let result = try object.value(list(x), time.map { list($0)[0] })
      return result.count == 1 ? result[0] : value(.numbers(result, names: []))
    default:
      let builder = session.builder
      let result = net.apply(builder, x: node(x, builder), time: time.map { node($0, builder) })
      try checkBuilder(session, "net")
      return value(builder[result].rows == 1 ? .node(result) : .vector(result, names: []))
    }
  }

  private func rows(_ operand: Operand, _ session: TraceSession) -> Int {
    switch operand {
    case .number: 1
    case .numbers(let values, _): values.count
    case .node(let node), .vector(let node, _): session.builder[node].rows
    }
  }
}
