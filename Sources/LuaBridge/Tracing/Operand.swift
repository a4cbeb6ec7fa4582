import Lanes
import Program

/// A value that arithmetic is done on.
enum Operand {
  case number(Double)
  case node(NodeID)
  case vector(NodeID, names: [String])
  case numbers([Double], names: [String])

  var isPlain: Bool {
    switch self {
    case .number, .numbers: true
    case .node, .vector: false
    }
  }
  var names: [String] {
    switch self {
    case .vector(_, let names), .numbers(_, let names): names
    case .number, .node: []
    }
  }
  var isVector: Bool {
    switch self {
    case .vector, .numbers: true
    case .number, .node: false
    }
  }
}

extension Tracer {
  // MARK: reading

  /// The operand that a Lua value is.
  ///
  /// - Parameter context: how a message starts: "math.sin", "`+`".
  func operand(_ value: LuaValue, _ context: String) throws -> Operand {
    switch value {
    case .number(let number): return .number(number)
    case .integer(let integer): return .number(Double(integer))
    case .object(let object):
      if let traced = object as? TracedValue { return .node(try node(of: traced)) }
      if let vector = object as? TracedVector { return try operand(vector) }
      if let numbers = try constants(of: object) {
        return numbers.count == 1 ? .number(numbers[0]) : .numbers(numbers, names: [])
      }
    case .table(let table): return try operand(table, context)
    default: break
    }
    throw refusal(unsuitable(value, context))
  }

  func operand(_ vector: TracedVector) throws -> Operand {
    switch vector.storage {
    case .numbers(let numbers): return .numbers(numbers, names: vector.names)
    case .node(let id, let session):
      guard session === self.session else { throw staleValue() }
      return .vector(id, names: vector.names)
    }
  }

  func node(of value: TracedValue) throws -> NodeID {
    guard value.session === session else { throw staleValue() }
    return value.node
  }

  /// A table of numbers and traced values is a vector.
  private func operand(_ table: LuaTable, _ context: String) throws -> Operand {
    if let numbers = try table.numbers(), !numbers.isEmpty, numbers.count <= TraceLimits.components {
      return .numbers(numbers, names: [])
    }
    guard let session, try table.count > 0, try table.count <= TraceLimits.components else {
      throw refusal(unsuitable(.table(table), context))
    }
    var parts: [NodeID] = []
    for value in try table.array() {
      switch value {
      case .number(let number): parts.append(session.builder.constant(number))
      case .integer(let integer): parts.append(session.builder.constant(Double(integer)))
      case .object(let object as TracedValue): parts.append(try node(of: object))
      default: throw refusal(unsuitable(.table(table), context))
      }
    }
    return .vector(session.builder.stack(parts), names: [])
  }

  private func unsuitable(_ value: LuaValue, _ context: String) -> String {
    switch value {
    case .string: "\(context): a string cannot be used as a number here: write the number itself"
    case .boolean:
      "\(context): a boolean cannot be used as a number: write 1 and 0, or choose with wb.where(condition, a, b)"
    case .nil: "\(context): expected a number, got nil\(nilHint)"
    case .table: "\(context): a table can take part only as a list of numbers"
    case .object(let object) where object is TracedParameters:
      "\(context): the parameters as a whole are not a number: use one of them, such as p.name"
    default: "\(context): expected a number, got \((try? lua.typeDescription(of: value)) ?? "\(value.kind)")"
    }
  }

  var nilHint: String { session?.pastTheEnd.map { " (\($0))" } ?? "" }

  func staleValue() -> LuaError {
    refusal(
      "a traced value of another trace is used here: it stands for no number and cannot be kept; "
        + "return what is needed from the function instead")
  }

  // MARK: writing

  func value(_ operand: Operand) -> any LuaConvertible {
    switch operand {
    case .number(let number): number
    case .numbers(let numbers, let names): TracedVector(.numbers(numbers), names: names)
    case .node(let id): session.map { TracedValue(id, $0) } ?? LuaValue.nil as any LuaConvertible
    case .vector(let id, let names):
      session.map { TracedVector(.node(id, $0), names: names) } ?? LuaValue.nil as any LuaConvertible
    }
  }

  func node(_ operand: Operand, _ builder: ProgramBuilder) -> NodeID {
    switch operand {
    case .number(let number): builder.constant(number)
    case .numbers(let numbers, _): builder.constant(numbers)
    case .node(let id), .vector(let id, _): id
    }
  }

  // MARK: elementwise

  /// Applies an elementwise function: as numbers when all operands are, else as a node.
  func apply(
    _ operands: [Operand], _ context: String, plain: ([Double]) -> Double,
    traced: (ProgramBuilder, [NodeID]) -> NodeID
  ) throws -> Operand {
    let names = operands.first { !$0.names.isEmpty }?.names ?? []
    let isVector = operands.contains(where: \.isVector)
    if operands.allSatisfy(\.isPlain) {
      guard isVector else { return .number(plain(operands.map(scalar))) }
      let lists = operands.map(list)
      let count = lists.map(\.count).max() ?? 0
      if lists.contains(where: { $0.count != count && $0.count != 1 }) {
        throw refusal("\(context): \(sizes(lists.map(\.count)))")
      }
      return .numbers(
        (0..<count).map { row in plain(lists.map { $0.count == 1 ? $0[0] : $0[row] }) }, names: names)
    }
    guard let session else { throw staleValue() }
    let result = traced(session.builder, operands.map { node($0, session.builder) })
    try checkBuilder(session, context)
    return session.builder[result].rows > 1 || isVector ? .vector(result, names: names) : .node(result)
  }

  private func scalar(_ operand: Operand) -> Double {
    if case .number(let value) = operand { value } else { .nan }
  }
  func list(_ operand: Operand) -> [Double] {
    switch operand {
    case .number(let value): [value]
    case .numbers(let values, _): values
    case .node, .vector: []
    }
  }
  private func sizes(_ counts: [Int]) -> String {
    "values with \(counts.map(String.init).joined(separator: " and ")) components cannot be combined"
  }

  /// Turns what the builder complains of into an error of the script's line.
  func checkBuilder(_ session: TraceSession, _ context: String) throws {
    guard let failure = session.builder.failure else { return }
    session.builder.clearFailure()
    if session.builder.count >= session.builder.nodeLimit {
      throw refusal(
        "more than \(TraceLimits.nodes) operations were recorded: a loop that is unrolled this often cannot be "
          + "compiled; compute what does not depend on the arguments outside the function")
    }
    throw refusal("\(context): \(failure.description)")
  }

  func apply(_ function: UnaryFunction, _ operand: Operand, _ context: String) throws -> Operand {
    try apply([operand], context, plain: { PlainMath.unary(function, $0[0]) }) { $0.unary(function, $1[0]) }
  }

  func apply(_ function: BinaryFunction, _ a: Operand, _ b: Operand, _ context: String) throws -> Operand {
    try apply([a, b], context, plain: { PlainMath.binary(function, $0[0], $0[1]) }) {
      $0.binary(function, $1[0], $1[1])
    }
  }
}
