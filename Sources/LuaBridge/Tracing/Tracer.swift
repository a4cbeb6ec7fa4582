import Lanes
import Program

/// Makes Programs of Lua functions, by calling them with stand-ins for numbers.
///
/// One a state. The functions of `math`, and those that a traced function must not call, are overloaded
/// when it is made.
package final class Tracer {
  unowned let lua: LuaState
  /// The trace in progress.
  var session: TraceSession?
  /// What stands for many paths at once in the function that is traced, so that means over them can be taken.
  var ensemble: AnyObject?
  /// What a function of the library does with an object of a registered class, and its numbers.
  private var mathHandlers: [ObjectIdentifier: (MathFunction, [LuaValue]) throws -> any LuaConvertible] = [:]
  private var converters: [ObjectIdentifier: (AnyObject) throws -> [Double]] = [:]
  let functions = FunctionCatalog()
  /// The numbers of what is a matrix outside of traced functions, row by row.
  var constantMatrix: ((LuaValue) throws -> (values: [Double], rows: Int, columns: Int)?)?
  /// The stores whose parameters are inputs of traced functions, and what these call them.
  let captures = CapturedStores()
  /// Names of globals that were there before any script.
  private(set) var standardGlobals: Set<String> = []

  /// - Throws: what installing the functions throws.
  package init(_ lua: LuaState) throws {
    self.lua = lua
    var library = Library()
    for type in makeTypes() { library.add(type) }
    library.add(makeModule())
    try lua.install(library)
    try installClose()
    try installOverloads()
    standardGlobals = Set(try lua.globals.fields().map(\.name))
  }

  package var isTracing: Bool { session != nil }
  /// The builder that the function being traced records into.
  package var currentBuilder: ProgramBuilder? { session?.builder }

  /// Lets the math functions work on objects of a class: `handler` gets the function and all arguments.
  package func register<T: AnyObject>(
    mathFor type: T.Type, _ handler: @escaping (MathFunction, [LuaValue]) throws -> any LuaConvertible
  ) {
    mathHandlers[ObjectIdentifier(type)] = handler
  }

  /// Lets objects of a class meet traced values, as constants.
  package func register<T: AnyObject>(constantsOf type: T.Type, _ numbers: @escaping (T) throws -> [Double]) {
    converters[ObjectIdentifier(type)] = { object in try (object as? T).map(numbers) ?? [] }
  }

  func constants(of object: AnyObject) throws -> [Double]? {
    try converters[ObjectIdentifier(Swift.type(of: object))]?(object)
  }

  /// What the functions of the library do with plain tables outside of traced functions, where a table is not a
  /// vector of traced values.
  package var tableMath: ((MathFunction, [LuaValue]) throws -> any LuaConvertible)?

  func handler(for values: [LuaValue]) -> ((MathFunction, [LuaValue]) throws -> any LuaConvertible)? {
    for case .object(let object) in values {
      if let handler = mathHandlers[ObjectIdentifier(Swift.type(of: object))] { return handler }
    }
    if session == nil, values.contains(where: { $0.table != nil }) { return tableMath }
    return nil
  }

  /// The node that a Lua value stands for in the trace in progress; numbers become constants.
  ///
  /// - Throws: if it is neither a number, nor a traced value, nor a vector.
  package func node(of value: LuaValue, _ context: String) throws -> NodeID {
    guard let session else { throw staleValue() }
    return node(try operand(value, context), session.builder)
  }

  /// A node as a Lua value of the trace in progress.
  package func value(of node: NodeID, rowNames: [String] = []) throws -> any LuaConvertible {
    guard let session else { throw staleValue() }
    return value(session.builder[node].rows > 1 ? .vector(node, names: rowNames) : .node(node))
  }

  // MARK: tracing

  /// Calls `function` with stand-ins for its arguments, once for every path through it, and joins the paths.
  ///
  /// The compiled function is then compared with the plain one at many points.
  ///
  /// - Parameters:
  ///   - what: what messages call it: "drift of 'Heston'".
  ///   - count: how many values it must return; nil for any number but none.
  ///   - builder: where it is recorded; a new one by default.
  ///   - replays: whether to compare with plain Lua.
  /// - Throws: an error with the script's file and line, the reason, and the remedy.
  package func trace(
    _ function: LuaFunction, as what: String, arguments: [TraceArgument], results count: Int? = 1,
    into builder: ProgramBuilder? = nil, replays: Bool = true
  ) throws -> TraceResult {
    guard self.session == nil else {
      throw refusal("\(what) cannot be traced while another function is being traced: define it outside")
    }
    let definition = try definition(of: function, what)
    let builder = builder ?? ProgramBuilder()
    let formerLimit = builder.nodeLimit
    builder.nodeLimit = builder.count + TraceLimits.nodes
    defer { builder.nodeLimit = formerLimit }

    let before = try snapshot(of: function, detailed: true)
    try refreshScripted(before.objects, arguments)
    let session = TraceSession(builder: builder, what: what)
    self.session = session
    defer { captures.endTrace() }
    lua.setGuard(true)
    defer {
      self.session = nil
      lua.setGuard(false)
    }

    let traced = try arguments.map { try symbol(for: $0, session) }
    var leaves: [PathLeaf] = []
    try lua.withInstructionBudget(TraceLimits.instructions) {
      repeat {
        session.beginPath()
        let outcome = try runPath(function, traced.map(\.value), session, definition)
        try checkUnchanged(function, before, session, definition)
        leaves.append(PathLeaf(outcome: outcome, decisions: session.endPath()))
        if leaves.count > TraceLimits.paths { throw tooManyPaths(session, definition) }
      } while session.nextPath()
    }
    let merged = try PathMerge(leaves: leaves, builder: builder, expected: count).merged()
      .mapError { located($0.message, at: $0.position ?? definition.position, what) }.get()
    var warnings = conditionOnlyWarnings(traced, merged, builder, what)
    warnings += before.catalogued.first?.info.warnings ?? []
    if replays {
      try Replay(
        tracer: self, session: session, function: function, definition: definition, arguments: traced,
        outcome: merged, snapshot: before
      ).check()
    }
    let roots = merged.results.flatMap(\.nodes) + merged.failures.map(\.node)
    return TraceResult(
      builder: builder, results: merged.results, failures: merged.failures, paths: leaves.count,
      nodes: liveOperations(roots, builder), fingerprint: before.fingerprint, warnings: warnings,
      stores: captures.stores(of: builder.inputs), means: session.means.sorted())
  }

  /// Whether what `function` captures is still what it was: compare with ``TraceResult/fingerprint``.
  package func fingerprint(_ function: LuaFunction) throws -> TraceFingerprint {
    try snapshot(of: function, detailed: false).fingerprint
  }

  private func definition(of function: LuaFunction, _ what: String) throws -> LuaFunction.Definition {
    guard let definition = try function.definition() else {
      throw LuaError("\(what): expected a function written in Lua")
    }
    guard definition.isGlue, let position = lua.currentPosition else { return definition }
    return .init(chunk: position.chunk, firstLine: position.line, lastLine: position.line)
  }

  // MARK: one path

  private func runPath(
    _ function: LuaFunction, _ arguments: [any LuaConvertible], _ session: TraceSession,
    _ definition: LuaFunction.Definition
  ) throws -> PathOutcome {
    try lua.temporarily {
      let top = lua.stackTop
      do {
        try function.push(onto: lua)
        for argument in arguments { try argument.push(onto: lua) }
        try lua.callOnStack(arguments: arguments.count)
      } catch let error as LuaError {
        return try failedPath(error, session, definition)
      }
      if let refusal = session.refusal { throw refusal }
      let last = lua.stackTop
      guard last > top else { return .returned([]) }
      var reader = ResultReader(tracer: self, session: session)
      do {
        return .returned(try (top + 1...last).map { try reader.read($0, depth: 0) })
      } catch let refused as TraceRefusal {
        throw located("returns " + refused.message, at: definition.position, session.what)
      }
    }
  }

  /// An `error` or `assert` of the script is a failure of that path; anything else is a failure of the trace.
  private func failedPath(
    _ error: LuaError, _ session: TraceSession, _ definition: LuaFunction.Definition
  ) throws -> PathOutcome {
    guard error.kind == .script else { throw error }
    if let refusal = session.refusal { throw refusal }
    if isRaisedByScript(error, session) { return .failed(error.message) }
    throw explained(error, session, definition)
  }

  func isRaisedByScript(_ error: LuaError, _ session: TraceSession) -> Bool {
    switch session.raised {
    case nil: false
    case .string(let text): error.message.hasSuffix(text)
    default: true
    }
  }

  // MARK: arguments

  private func symbol(for argument: TraceArgument, _ session: TraceSession) throws -> TracedArgument {
    let builder = session.builder
    func proxy(_ node: NodeID, _ names: [String]) -> any LuaConvertible {
      builder[node].rows == 1 ? TracedValue(node, session) : TracedVector(.node(node, session), names: names)
    }
    switch argument {
    case .vector(let name, let rows, let rowNames, let variation):
      guard rows > 0 else { throw LuaError("\(session.what): '\(name)' has no components") }
      let node = builder.input(name, rows: rows, variation: variation, rowNames: rowNames)
      return TracedArgument(value: proxy(node, rowNames), kind: .node(node, label: name, names: rowNames))
    case .scalar(let name, let variation):
      let node = builder.input(name, variation: variation)
      return TracedArgument(value: TracedValue(node, session), kind: .node(node, label: name, names: []))
    case .parameters(let parameters, let objects):
      let nodes = parameters.map { parameter in
        let rows = max(1, parameter.rows)
        let names = rows == 1 ? [parameter.name] : (1...rows).map { "\(parameter.name)[\($0)]" }
        return ParameterNode(
          name: parameter.name,
          node: builder.input("p." + parameter.name, rows: rows, variation: .run, rowNames: names))
      }
      return symbol(parameters: nodes, objects: objects, proxy)
    case .parameterNodes(let parameters):
      return symbol(parameters: parameters.map { ParameterNode(name: $0.name, node: $0.node) }, proxy)
    case .tensors(let tensors):
      let nodes = tensors.map { tensor in
        ParameterNode(
          name: tensor.name,
          node: builder.input("p." + tensor.name, rows: tensor.shape.reduce(1, *), variation: .run),
          columns: tensor.shape.count == 2 ? tensor.shape[1] : nil)
      }
      return symbol(parameters: nodes, proxy)
    case .node(let node, let names):
      return TracedArgument(value: proxy(node, names), kind: .node(node, label: nil, names: names))
    case .program(let program):
      return TracedArgument(value: TracedFunction(program), kind: .plain)
    case .randomSource: return TracedArgument(value: TracedRandom(), kind: .plain)
    case .value(let value): return TracedArgument(value: value, kind: .plain)
    }
  }

  private func symbol(
    parameters: [ParameterNode], objects: [(name: String, value: any LuaConvertible)] = [],
    _ proxy: (NodeID, [String]) -> any LuaConvertible
  ) -> TracedArgument {
    let values = parameters.map { parameter -> any LuaConvertible in
      let value = proxy(parameter.node, [])
      guard let columns = parameter.columns else { return value }
      // A vector also where it has one row.
      guard let session, let rows = currentBuilder?[parameter.node].rows else { return value }
      return TracedMatrix(
        TracedVector(.node(parameter.node, session), names: []), rows: rows / columns, columns: columns)
    }
    return TracedArgument(
      value: TracedParameters(
        names: parameters.map(\.name) + objects.map(\.name), values: values + objects.map(\.value)),
      kind: .parameters(parameters, objects: objects))
  }

  // MARK: programs as functions

  /// Inlines the Program, or evaluates it in a replay.
  func call(_ function: TraceProgram, _ arguments: [LuaValue]) throws -> any LuaConvertible {
    guard let session else {
      throw LuaError("\(function.name) can be called only in the function it was given to")
    }
    guard arguments.count >= function.parameters.count else {
      let wanted = function.parameters.joined(separator: ", ")
      throw refusal(
        "\(function.name)(\(wanted)) needs \(function.parameters.count) arguments, got \(arguments.count)")
    }
    let operands = try zip(function.parameters, arguments).map { parameter, value in
      (parameter, try operand(value, "argument '\(parameter)' of \(function.name)"))
    }
    let result: Operand
    switch session.mode {
    case .exploring:
      var nodes: [String: NodeID] = [:]
      for (name, operand) in operands { nodes[name] = node(operand, session.builder) }
      if session.isConcrete, let known = session.replay?.inputValues {
        for input in function.program.inputs where nodes[input.name] == nil {
          nodes[input.name] = known[input.name].map { session.builder.constant($0) }
        }
      }
      let outputs = session.builder.call(function.program, nodes)
      try checkBuilder(session, function.name)
      guard let output = outputs[function.output] else { throw LuaError("\(function.name) has no output") }
      result = .vector(output, names: [])
    case .replaying:
      var values = session.inputValues
      for (name, operand) in operands { values[name] = list(operand) }
      guard let output = try function.program.evaluate(values)[function.output] else {
        throw LuaError("\(function.name) has no output")
      }
      result = .numbers(output, names: [])
    }
    return shaped(result, function.columns, session)
  }

  private func shaped(_ result: Operand, _ columns: Int?, _ session: TraceSession) -> any LuaConvertible {
    switch result {
    case .numbers(let values, _):
      guard let columns, columns > 0 else { return values.count == 1 ? values[0] : value(result) }
      return LuaList(
        stride(from: 0, to: values.count, by: columns).map {
          value(.numbers(Array(values[$0..<min($0 + columns, values.count)]), names: []))
        })
    case .vector(let node, _):
      let parts = session.builder.components(node)
      guard let columns, columns > 0 else { return parts.count == 1 ? value(.node(node)) : value(result) }
      return LuaList(
        stride(from: 0, to: parts.count, by: columns).map {
          value(.vector(session.builder.stack(Array(parts[$0..<min($0 + columns, parts.count)])), names: []))
        })
    default: return value(result)
    }
  }

  // MARK: counting

  func liveOperations(_ roots: [NodeID], _ builder: ProgramBuilder) -> Int {
    reachable(from: roots, builder).count { id in
      if case .draw = builder[id].kind { return true }
      return builder[id].kind.isComputed
    }
  }

  func reachable(from roots: [NodeID], _ builder: ProgramBuilder) -> Set<NodeID> {
    var found = Set(roots)
    var open = roots
    while let id = open.popLast() {
      for operand in builder[id].operands where found.insert(operand).inserted { open.append(operand) }
    }
    return found
  }

  /// A parameter that only decides which way to go has the derivative zero.
  private func conditionOnlyWarnings(
    _ arguments: [TracedArgument], _ outcome: MergedPaths, _ builder: ProgramBuilder, _ what: String
  ) -> [String] {
    let roots = outcome.results.flatMap(\.nodes)
    let all = reachable(from: roots, builder)
    var smooth = Set(roots)
    var open = roots
    while let id = open.popLast() {
      let node = builder[id]
      var operands = node.operands[...]
      if case .select = node.kind { operands = operands.dropFirst() }
      if case .compare = node.kind { operands = [] }
      for operand in operands where smooth.insert(operand).inserted { open.append(operand) }
    }
    var warnings: [String] = []
    for argument in arguments {
      guard case .parameters(let parameters, _) = argument.kind else { continue }
      for parameter in parameters where all.contains(parameter.node) && !smooth.contains(parameter.node) {
        warnings.append(
          "\(what): the parameter '\(parameter.name)' only appears in conditions, so its derivative is zero")
      }
    }
    return warnings
  }
}

/// A parameter of a traced function: a number or vector, or a matrix of so many columns.
struct ParameterNode {
  let name: String
  let node: NodeID
  var columns: Int?
}

/// An argument and how a replay gives it values.
struct TracedArgument {
  enum Kind {
    case node(NodeID, label: String?, names: [String])
    case parameters([ParameterNode], objects: [(name: String, value: any LuaConvertible)])
    case plain
  }
  let value: any LuaConvertible
  let kind: Kind
}
