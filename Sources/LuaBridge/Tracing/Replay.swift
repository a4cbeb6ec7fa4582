import Kernels
import Lanes
import Program

/// Compares a compiled function with the plain one: the same Lua function, called with plain numbers.
struct Replay {
  let tracer: Tracer
  let session: TraceSession
  let function: LuaFunction
  let definition: LuaFunction.Definition
  let arguments: [TracedArgument]
  let outcome: MergedPaths
  let snapshot: Snapshot

  private var builder: ProgramBuilder { session.builder }
  private var lua: LuaState { tracer.lua }

  /// - Throws: an error that shows the input, if they differ.
  func check() throws {
    let given = argumentNodes
    let roots = outcome.results.flatMap(\.nodes) + outcome.failures.map(\.node) + given
    var nodes = tracer.reachable(from: roots, builder)
    nodes.formUnion(session.drawNodes.map(\.node))
    nodes.formUnion(inputNodes)
    var evaluator = NodeEvaluator(
      builder, nodes: nodes, given: Set(given), reorders: session.hasDerivatives)
    let slots = self.slots(nodes)
    setHeld(nodes, &evaluator)
    let points = ReplayPoints(slots: slots, special: special(nodes), edges: edges(nodes, slots)).points
    let plain = PlainArguments(arguments, builder)

    session.mode = .replaying
    let budget = TraceLimits.instructions
    try lua.withInstructionBudget(budget) {
      var used = 0
      for point in points where used < budget {
        try lua.checkCancelled()
        for (slot, value) in zip(slots, point) { evaluator.set(slot.node, row: slot.row, value) }
        evaluator.run()
        plain.set(from: evaluator)
        prepareDraws(evaluator)
        session.beginPath()
        if let difference = try compare(plain, evaluator) {
          throw refusal(difference, slots, point)
        }
        // Each replay has the whole budget; a function that takes long is replayed less often.
        used += budget - lua.renewInstructionBudget(budget) + session.nativeWork
        session.nativeWork = 0
      }
    }
  }

  // MARK: what is varied

  private var argumentNodes: [NodeID] {
    arguments.flatMap { argument -> [NodeID] in
      switch argument.kind {
      case .node(let node, _, _): [node]
      case .parameters(let parameters, _): parameters.map(\.node)
      case .plain: []
      }
    }
  }

  private var callsPrograms: Bool { arguments.contains { $0.value is TracedFunction } }

  /// The inputs whose values a replay looks up: the time that a loss draws, and what a called Program may take.
  private var inputNodes: [NodeID] {
    builder.nodes.indices.filter { place in
      guard case .input(let index) = builder.nodes[place].kind else { return false }
      let name = builder.inputs[index].name
      return callsPrograms || name == LossPoint.stratifiedTime || session.lookedUp.contains(name)
    }.map(NodeID.init)
  }

  private func slots(_ nodes: Set<NodeID>) -> [ReplaySlot] {
    nodes.sorted().flatMap { id -> [ReplaySlot] in
      switch builder[id].kind {
      case .input(let index):
        let input = builder.inputs[index]
        if tracer.captures.owner(of: input.name) != nil { return [] }
        return (0..<min(input.rows, Replay.mostRows)).map { row in
          let isNamed = row < input.rowNames.count && !input.name.hasPrefix("p.")
          let label =
            isNamed ? input.rowNames[row] : input.rows == 1 ? input.name : "\(input.name)[\(row + 1)]"
          return ReplaySlot(
            node: id, row: row, label: label, isUniform: input.name == LossPoint.stratifiedTime)
        }
      case .draw(let distribution, let index):
        return [ReplaySlot(node: id, row: 0, label: "draw \(index + 1)", isUniform: distribution == .uniform)]
      default: return []
      }
    }
  }

  /// Components of one input that are varied; the others, of large matrices, stay as they are.
  private static let mostRows = 64

  /// Parameters of nets have their values, and what is not varied has any.
  private func setHeld(_ nodes: Set<NodeID>, _ evaluator: inout NodeEvaluator) {
    for id in nodes {
      guard case .input(let index) = builder[id].kind else { continue }
      let input = builder.inputs[index]
      if let (store, name) = tracer.captures.owner(of: input.name), let values = store[name] {
        for (row, value) in values.enumerated() { evaluator.set(id, row: row, value) }
      } else if input.rows > Replay.mostRows {
        for row in Replay.mostRows..<input.rows {
          // The golden ratio's multiples fill an interval evenly.
          let fraction = (Double(row) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
          evaluator.set(id, row: row, 2 * fraction - 1)
        }
      }
    }
  }

  private static let mostSpecial = 40

  private func special(_ nodes: Set<NodeID>) -> [Double] {
    var values: [Double] = []
    func add(_ value: Double) {
      let isKnown = values.contains { $0.bitPattern == value.bitPattern }
      if !isKnown, values.count < Replay.mostSpecial { values.append(value) }
    }
    let infos = snapshot.catalogued.map(\.info)
    for value in [0.0, -0.0, 1, -1, .nan] { add(value) }
    for value in infos.flatMap(\.numbers) { add(value) }
    for value in snapshot.numbers { add(value) }
    return values
  }

  private static let mostEdges = 16

  /// The comparisons of an argument with a constant.
  private func edges(_ nodes: Set<NodeID>, _ slots: [ReplaySlot]) -> [(slot: Int, value: Double)] {
    var edges: [(slot: Int, value: Double)] = []
    for id in nodes.sorted() where edges.count < Replay.mostEdges {
      let node = builder[id]
      switch node.kind {
      case .compare, .binary(.minimum), .binary(.maximum): break
      default: continue
      }
      for (a, b) in [(0, 1), (1, 0)] {
        guard let c = builder[node.operands[b]].constants, c.count == 1, !c[0].isNaN else { continue }
        var (leaf, row) = (node.operands[a], 0)
        if case .pick(let picked) = builder[leaf].kind { (leaf, row) = (builder[leaf].operands[0], picked) }
        while case .variable = builder[leaf].kind { leaf = builder[leaf].operands[0] }
        if let slot = slots.firstIndex(where: { $0.node == leaf && $0.row == row }) {
          edges.append((slot, c[0]))
        }
      }
    }
    return edges
  }

  private func prepareDraws(_ evaluator: NodeEvaluator) {
    for draw in session.drawNodes { session.drawValues[draw.node] = evaluator.value(draw.node) }
    for node in inputNodes {
      guard case .input(let index) = builder[node].kind else { continue }
      session.inputValues[builder.inputs[index].name] = (0..<builder[node].rows).map {
        evaluator.value(node, row: $0)
      }
    }
  }

  // MARK: comparing

  private struct Difference {
    let plain: String
    let compiled: String
    var isFailure = false
  }

  private func compare(_ plain: PlainArguments, _ evaluator: NodeEvaluator) throws -> Difference? {
    let failure = outcome.failures.first { evaluator.value($0.node) != 0 }
    let isUndecided = outcome.failures.contains { evaluator.error($0.node) > 0 }
    return try lua.temporarily {
      let top = lua.stackTop
      do {
        try function.push(onto: lua)
        for argument in plain.values { try argument.push(onto: lua) }
        try lua.callOnStack(arguments: plain.values.count)
      } catch let error as LuaError {
        guard error.kind == .script else { throw error }
        if let refusal = session.refusal { throw refusal }
        guard tracer.isRaisedByScript(error, session) else {
          if error.message.contains(budgetText) { throw tracer.explained(error, session, definition) }
          return Difference(plain: "the error \"\(error.message)\"", compiled: "no error", isFailure: true)
        }
        if isUndecided || failure != nil { return nil }
        return Difference(plain: "the error \"\(error.message)\"", compiled: "no error", isFailure: true)
      }
      if isUndecided { return nil }
      if let failure {
        return Difference(plain: "no error", compiled: "the error \"\(failure.message)\"", isFailure: true)
      }
      let count = Int(lua.stackTop - top)
      guard count == outcome.results.count else {
        return Difference(plain: counted(count, "value"), compiled: counted(outcome.results.count, "value"))
      }
      for (i, expected) in outcome.results.enumerated() {
        if let difference = try compare(expected, top + 1 + Int32(i), evaluator) { return difference }
      }
      return nil
    }
  }

  private func compare(
    _ expected: TraceValue, _ index: Int32, _ evaluator: NodeEvaluator
  ) throws -> Difference? {
    let vector = lua.object(at: index, as: TracedVector.self)
    switch expected {
    case .value(let node):
      let rows = builder[node].rows
      if let vector { return compare(try tracer.list(tracer.operand(vector)), node, evaluator) }
      if [.integer, .number].contains(lua.kind(at: index)) {
        return compare([lua.double(at: index)], node, evaluator)
      }
      if let object = lua.object(at: index), let numbers = try tracer.constants(of: object) {
        return compare(numbers, node, evaluator)
      }
      guard lua.kind(at: index) == .table, lua.length(at: index) == UInt64(rows) else {
        return Difference(plain: shown(index), compiled: rows == 1 ? "a number" : "\(rows) components")
      }
      var numbers = [Double](repeating: 0, count: rows)
      let read = numbers.withUnsafeMutableBufferPointer {
        lua.readNumbers(at: index, into: $0)
      }
      guard read == rows else { return Difference(plain: shown(index), compiled: "\(rows) components") }
      return compare(numbers, node, evaluator)
    case .table(let values):
      if let vector {
        let numbers = tracer.list(try tracer.operand(vector))
        guard numbers.count == values.count else {
          return Difference(plain: "\(numbers.count) components", compiled: "\(values.count)")
        }
        for (number, value) in zip(numbers, values) {
          guard case .value(let node) = value else { continue }
          if let difference = compare([number], node, evaluator) { return difference }
        }
        return nil
      }
      guard lua.kind(at: index) == .table, lua.length(at: index) == UInt64(values.count) else {
        return Difference(plain: shown(index), compiled: "a table of \(values.count)")
      }
      for (i, value) in values.enumerated() {
        let difference = try lua.temporarily {
          try lua.pushElement(i + 1, of: index)
          return try compare(value, lua.stackTop, evaluator)
        }
        if let difference { return difference }
      }
      return nil
    case .fields(let fields):
      guard lua.kind(at: index) == .table else {
        return Difference(plain: shown(index), compiled: "a table with named values")
      }
      for field in fields {
        let difference = try lua.temporarily {
          try lua.getField(index, field.name, raw: true)
          return try compare(field.value, lua.stackTop, evaluator)
        }
        if let difference { return difference }
      }
      return nil
    }
  }

  private func compare(_ plain: [Double], _ node: NodeID, _ evaluator: NodeEvaluator) -> Difference? {
    guard plain.count == builder[node].rows else {
      return Difference(plain: counted(plain.count, "component"), compiled: "\(builder[node].rows)")
    }
    for (row, number) in plain.enumerated() {
      if evaluator.agrees(number, with: node, row: row) { continue }
      return Difference(plain: shortNumber(number), compiled: shortNumber(evaluator.value(node, row: row)))
    }
    return nil
  }

  private func shown(_ index: Int32) -> String {
    switch lua.kind(at: index) {
    case .table: "a table of \(lua.length(at: index))"
    case .boolean: lua.boolean(at: index) ? "true" : "false"
    case .integer, .number: shortNumber(lua.double(at: index))
    default: article(lua.kindName(at: index))
    }
  }

  // MARK: the message

  private func refusal(_ difference: Difference, _ slots: [ReplaySlot], _ point: [Double]) -> LuaError {
    let (position, cause) = self.cause()
    let inputs = zip(slots, point).prefix(6).map { "\($0.label) = \(shortNumber($1))" }.joined(
      separator: ", ")
    let place = inputs.isEmpty ? "" : " at \(inputs)\(slots.count > 6 ? ", …" : "")"
    return tracer.located(
      "gives \(difference.plain) in plain Lua but \(difference.compiled) compiled\(place): \(cause)",
      at: position ?? definition.position, session.what)
  }

  private func cause() -> (SourcePosition?, String) {
    let infos = snapshot.catalogued.map(\.info)
    func first(_ kind: Bytecode.Suspect.Kind) -> SourcePosition? {
      let found = infos.flatMap { info in info.suspects.filter { $0.kind == kind }.map { (info, $0) } }
      let best = found.first { $0.1.isLikely } ?? found.first
      return best.map { SourcePosition(chunk: $0.0.definition.chunk, line: $0.1.line) }
    }
    if let position = first(.equality) {
      return (
        position,
        "`==` and `~=` between a traced value and a number cannot be seen and are taken as unequal; write "
          + "wb.eq(a, b)"
      )
    }
    if infos.contains(where: { ($0.globals ?? []).contains("type") }) {
      return (
        nil, "type(x) is not \"number\" while the function is traced; write a function for each type instead"
      )
    }
    if let position = first(.truth) {
      return (
        position,
        "a traced value used as a condition always counts as true; compare it with something, as in x > 0"
      )
    }
    return (
      nil,
      "the function does something that cannot be seen when it is traced, such as using a traced value as a "
        + "table key, or depends on state that changes; use arithmetic, comparisons and wb.where"
    )
  }
}
