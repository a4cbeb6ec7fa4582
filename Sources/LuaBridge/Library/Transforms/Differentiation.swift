import Kernels

// Derivatives of Lua functions. In a traced function they are recorded: the function is called with the
// stand-in for a new independent variable, on the same path. With plain numbers they are recorded as well, in
// a session of their own whose conditions are decided by the numbers, and then evaluated.
extension Tracer {
  func differentiate(
    _ derivative: Derivative, of function: LuaFunction, at x: Operand, along direction: Operand?
  ) throws -> any LuaConvertible {
    if let session, session.mode == .exploring {
      let recorded = try record(derivative, of: function, at: x, along: direction, session)
      return LuaResults(all: recorded.parts.map { part in written(part, session) })
    }
    return try evaluate(derivative, of: function, at: x, along: direction)
  }

  private struct Recorded {
    let parts: [Derivative.Part]
    let point: NodeID
    let value: NodeID
  }

  private func record(
    _ derivative: Derivative, of function: LuaFunction, at x: Operand, along direction: Operand?,
    _ session: TraceSession
  ) throws -> Recorded {
    session.hasDerivatives = true
    let builder = session.builder
    let point = session.variable(node(x, builder))
    let results = try function.call(value(x.isVector ? .vector(point, names: x.names) : .node(point)))
    let y = try operand(try single(results, derivative), "the value of the function of \(derivative.name)")
    do {
      let parts = try derivative.parts(
        builder, of: node(y, builder), isVector: y.isVector, at: point, xIsVector: x.isVector, names: x.names,
        along: direction.map { node($0, builder) }
      ) { node(try draw($0, derivative.name), builder) }
      try checkBuilder(session, derivative.name)
      return Recorded(parts: parts, point: point, value: node(y, builder))
    } catch let refused as TraceRefusal {
      throw refusal(refused.message)
    }
  }

  private func single(_ results: [LuaValue], _ derivative: Derivative) throws -> LuaValue {
    guard results.count == 1 else {
      throw refusal("\(derivative.name): the function must return one value, got \(results.count)")
    }
    return results[0]
  }

  private func written(_ part: Derivative.Part, _ session: TraceSession) -> any LuaConvertible {
    switch part {
    case .value(let node, let isVector, let names):
      value(isVector ? .vector(node, names: names) : .node(node))
    case .matrix(let rows):
      LuaList(
        rows.map { row in
          session.builder[row].rows == 1 ? LuaList([value(.node(row))]) : value(.vector(row, names: []))
        })
    }
  }

  // MARK: plain numbers

  private func evaluate(
    _ derivative: Derivative, of function: LuaFunction, at x: Operand, along direction: Operand?
  ) throws -> any LuaConvertible {
    let outer = session
    let inner = TraceSession(concreteIn: outer, what: outer?.what ?? derivative.name) {
      [captures] in captures.stores(of: $0).sharedValues
    }
    defer { if outer == nil { captures.endTrace() } }
    let before = outer?.drawCount ?? 0
    let recorded = try within(inner) {
      try record(derivative, of: function, at: x, along: direction, inner)
    }
    let after = outer?.drawCount ?? 0
    // The function itself is compared, with the same random numbers.
    outer?.drawCount = before
    try check(function, derivative, at: x, recorded, inner)
    outer?.drawCount = after
    return LuaResults(
      all: recorded.parts.map { part -> any LuaConvertible in
        switch part {
        case .value(let node, let isVector, let names):
          plain(inner.numbers(node), isVector: isVector, names: names)
        case .matrix(let rows):
          outer == nil
            ? matrix(rows.map(inner.numbers))
            : LuaList(
              rows.map { row -> any LuaConvertible in
                let numbers = inner.numbers(row)
                return numbers.count == 1 ? LuaList([numbers[0]]) : value(.numbers(numbers, names: []))
              })
        }
      })
  }

  /// What a trace in a replay is given, and what a script outside of any trace is given.
  private func plain(_ numbers: [Double], isVector: Bool, names: [String]) -> any LuaConvertible {
    guard isVector else { return numbers[0] }
    return session == nil ? NDArray(numbers) : value(.numbers(numbers, names: names))
  }

  private func matrix(_ rows: [[Double]]) -> any LuaConvertible {
    (try? NDArray(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])) ?? NDArray([])
  }

  /// Runs `body` with a session of its own in place of the trace in progress, if there is one.
  func within<T>(_ inner: TraceSession, _ body: () throws -> T) throws -> T {
    let outer = session
    session = inner
    if outer == nil { lua.setGuard(true) }
    defer {
      session = outer
      if outer == nil { lua.setGuard(false) }
    }
    inner.beginPath()
    do {
      let result = try body()
      if let refusal = inner.refusal { throw refusal }
      return result
    } catch {
      if outer?.refusal == nil { outer?.refusal = inner.refusal }
      if let raised = inner.raised { outer?.raised = raised }
      throw error
    }
  }

  /// - Throws: if the traced function gives another value than the plain one.
  private func check(
    _ function: LuaFunction, _ derivative: Derivative, at x: Operand, _ recorded: Recorded,
    _ inner: TraceSession
  ) throws {
    var evaluator = NodeEvaluator(
      inner.builder, nodes: reachable(from: [recorded.value, recorded.point], inner.builder),
      given: [recorded.point], reorders: inner.hasDerivatives)
    let known = inner.inputNumbers(inner.builder.inputs)
    for input in inner.builder.inputs {
      let id = inner.builder.input(input.name, rows: input.rows, variation: input.variation)
      for (row, number) in (known[input.name] ?? []).enumerated() { evaluator.set(id, row: row, number) }
    }
    evaluator.run()
    session?.nativeWork += inner.builder.nodes.reduce(0) { sum, node in
      if case .matrixVector(let rows, let columns, _) = node.kind {
        sum + rows * columns
      } else {
        sum + node.rows
      }
    }
    let argument = plainArgument(x)
    let results = try function.call(argument)
    let numbers = list(
      try operand(try single(results, derivative), "the value of the function of \(derivative.name)"))
    let rows = inner.builder[recorded.value].rows
    let isSame =
      numbers.count == rows
      && numbers.indices.allSatisfy { evaluator.agrees(numbers[$0], with: recorded.value, row: $0) }
    guard !isSame else { return }
    func shown(_ values: [Double]) -> String {
      values.count == 1
        ? shortNumber(values[0]) : "{" + values.prefix(6).map(shortNumber).joined(separator: ", ") + "}"
    }
    let traced = (0..<rows).map { evaluator.value(recorded.value, row: $0) }
    throw refusal(
      "\(derivative.name): the function gives \(shown(numbers)) in plain Lua but \(shown(traced)) traced at x = "
        + "\(shown(list(x))): it does something that cannot be seen when it is traced, such as `==` between a "
        + "traced value and a number (write wb.eq(a, b))")
  }

  private func plainArgument(_ x: Operand) -> any LuaConvertible {
    switch x {
    case .number(let number): number
    default: session == nil ? NDArray(list(x)) : value(x)
    }
  }

  // MARK: arrays

  /// The derivative at each row of a matrix: traced once, run over the rows.
  func differentiate(
    _ derivative: Derivative, of function: LuaFunction, over x: NDArray, along direction: NDArray?,
    contract: Bool, seed: UInt64, _ options: RunOptions
  ) throws -> any LuaConvertible {
    let (count, rows) = (x.shape[0], x.shape[1])
    let traced = try trace(
      function, as: "the function of \(derivative.name)", arguments: [.vector("x", rows: rows)])
    guard traced.results.count == 1 else {
      throw LuaError("\(derivative.name): the function must return one value, got \(traced.results.count)")
    }
    let builder = traced.builder
    let y = builder.stack(traced.value.nodes)
    let isVector: Bool = if case .value = traced.value { builder[y].rows > 1 } else { true }
    var columns = ["x": (0..<rows).map { column in (0..<count).map { x.values[$0 * rows + column] } }]
    var along: NodeID?
    if let direction, let name = derivative.direction?.name {
      let width = direction.shape.last ?? 1
      guard direction.rank <= 1 || (direction.rank == 2 && direction.shape[0] == count) else {
        throw LuaError(
          "\(derivative.name): \(name) must be one vector, or have a row for each of the \(count) rows of x; got shape "
            + shapeText(direction.shape))
      }
      let isShared = direction.rank < 2
      columns[name] = (0..<width).map { column in
        (0..<count).map { direction.values[(isShared ? 0 : $0 * width) + column] }
      }
      along = builder.input(name, rows: width, variation: .lane)
    }
    let parts: [Derivative.Part]
    do {
      parts = try derivative.parts(
        builder, of: y, isVector: isVector, at: builder.input("x", rows: rows, variation: .lane),
        xIsVector: rows > 1, names: [], along: along
      ) { builder.draw($0) }
    } catch let refused as TraceRefusal {
      throw LuaError(refused.message)
    }
    let outputs = parts.enumerated().map { index, part -> (String, NodeID) in
      switch part {
      case .value(let node, _, _): ("part\(index)", node)
      case .matrix(let rows): ("part\(index)", builder.stack(rows))
      }
    }
    let failures = traced.failures.enumerated().map { ("failure\($0)", $1.node) }
    let program = try builder.finish(outputs + failures)
    let result: [String: [[Double]]]
    do {
      result = try LaneEvaluator(program, contract: contract).map(
        columns, shared: traced.sharedValues, count: count, seed: seed, options: options)
    } catch is Cancelled {
      throw LuaError.cancelled
    }
    for (failure, output) in zip(traced.failures, failures) {
      guard let lane = result[output.0]?[0].firstIndex(where: { $0 != 0 }) else { continue }
      throw LuaError("\(failure.message) (for row \(lane + 1))")
    }
    return LuaResults(
      all: try zip(parts, outputs).map { part, output in
        let lanes = result[output.0] ?? []
        let values = (0..<count).flatMap { lane in lanes.map { $0[lane] } }
        return switch part {
        case .value(_, let isVector, _):
          try NDArray(values, shape: isVector ? [count, lanes.count] : [count])
        case .matrix(let all): try NDArray(values, shape: [count, all.count, rows])
        }
      })
  }
}
