import Program

/// How one path ended.
enum PathOutcome {
  case returned([TraceValue])
  /// The script called `error`, with this message.
  case failed(String)
}

struct PathLeaf {
  let outcome: PathOutcome
  let decisions: [TraceSession.Decision]
}

struct MergedPaths {
  var results: [TraceValue]
  var failures: [(node: NodeID, message: String)]
}

/// Joins paths, which come depth first with the true branch first, into a tree of selects.
struct PathMerge {
  let leaves: [PathLeaf]
  let builder: ProgramBuilder
  let expected: Int?

  struct Failure: Error {
    let message: String
    let position: SourcePosition?
  }

  func merged() throws -> Result<MergedPaths, Failure> {
    do {
      guard let results = try join(0, leaves.count - 1, 0) else { return .failure(alwaysFails()) }
      if let expected, results.count != expected {
        throw Failure(message: wrongCount(results.count, expected), position: nil)
      }
      if results.isEmpty {
        throw Failure(message: "returns nothing: is a `return` missing?", position: nil)
      }
      return .success(MergedPaths(results: results, failures: failures()))
    } catch let failure as Failure {
      return .failure(failure)
    }
  }

  private func wrongCount(_ count: Int, _ expected: Int) -> String {
    if count == 0 { return "returns nothing: is a `return` missing?" }
    let remedy = expected == 1 ? ": return several components as one table, {a, b}" : ""
    return "returns \(count) values, expected \(expected)\(remedy)"
  }

  private func alwaysFails() -> Failure {
    guard case .failed(let message) = leaves[0].outcome else {
      return Failure(message: "fails", position: nil)
    }
    guard let position = SourcePosition(prefixOf: message) else {
      return Failure(message: "fails whatever its arguments are: \(message)", position: nil)
    }
    let text = message.dropFirst(position.description.count + 2)
    return Failure(message: "fails whatever its arguments are: \(text)", position: position)
  }

  /// First leaf of `low...high` that went the other way at depth `depth`.
  private func split(_ low: Int, _ high: Int, _ depth: Int) -> Int {
    var middle = low
    while middle < high, leaves[middle].decisions[depth].value { middle += 1 }
    return middle
  }

  /// nil if every path fails.
  private func join(_ low: Int, _ high: Int, _ depth: Int) throws -> [TraceValue]? {
    if low == high {
      if case .returned(let values) = leaves[low].outcome { return values }
      return nil
    }
    let decision = leaves[low].decisions[depth]
    let middle = split(low, high, depth)
    let taken = try join(low, middle - 1, depth + 1)
    let other = try join(middle, high, depth + 1)
    switch (taken, other) {
    case (nil, nil): return nil
    case (let a?, nil): return a.map { $0.map { builder.select(decision.condition, $0, nan(like: $0)) } }
    case (nil, let b?): return b.map { $0.map { builder.select(decision.condition, nan(like: $0), $0) } }
    case (let a?, let b?):
      guard a.count == b.count else {
        throw Failure(
          message: "returns \(counted(a.count, "value")) when this branch is taken and "
            + "\(counted(b.count, "value")) otherwise", position: decision.position)
      }
      return try zip(a, b).map { try join($0, $1, decision) }
    }
  }

  private func nan(like node: NodeID) -> NodeID {
    builder.constant([Double](repeating: .nan, count: builder[node].rows))
  }

  private func join(_ a: TraceValue, _ b: TraceValue, _ decision: TraceSession.Decision) throws -> TraceValue
  {
    switch (a, b) {
    case (.value(let x), .value(let y)):
      guard builder[x].rows == builder[y].rows else { throw differs(a, b, decision) }
      return .value(builder.select(decision.condition, x, y))
    case (.table(let x), .table(let y)):
      guard x.count == y.count else { throw differs(a, b, decision) }
      return .table(try zip(x, y).map { try join($0, $1, decision) })
    case (.fields(let x), .fields(let y)):
      guard x.map(\.name) == y.map(\.name) else { throw differs(a, b, decision) }
      return .fields(try zip(x, y).map { ($0.name, try join($0.value, $1.value, decision)) })
    // A vector and a table of its components.
    case (.value(let x), .table) where builder[x].rows > 1:
      return try join(.table(builder.components(x).map { .value($0) }), b, decision)
    case (.table, .value(let y)) where builder[y].rows > 1:
      return try join(a, .table(builder.components(y).map { .value($0) }), decision)
    default: throw differs(a, b, decision)
    }
  }

  private func differs(_ a: TraceValue, _ b: TraceValue, _ decision: TraceSession.Decision) -> Failure {
    Failure(
      message: "returns \(shape(a)) when this branch is taken and \(shape(b)) otherwise: every branch must "
        + "return the same number of values", position: decision.position)
  }

  private func shape(_ value: TraceValue) -> String {
    switch value {
    case .value(let node): builder[node].rows == 1 ? "a number" : "\(builder[node].rows) components"
    case .table(let values): "a table of \(values.count)"
    case .fields(let fields): "a table with \(fields.map(\.name).joined(separator: ", "))"
    }
  }

  // MARK: failures

  private func failures() -> [(node: NodeID, message: String)] {
    var messages: [String] = []
    for case .failed(let message) in leaves.map(\.outcome) where !messages.contains(message) {
      messages.append(message)
    }
    return messages.map { (mask(of: $0, 0, leaves.count - 1, 0), $0) }
  }

  private func mask(of message: String, _ low: Int, _ high: Int, _ depth: Int) -> NodeID {
    if low == high {
      if case .failed(message) = leaves[low].outcome { return builder.constant(1) }
      return builder.constant(0)
    }
    let middle = split(low, high, depth)
    return builder.select(
      leaves[low].decisions[depth].condition, mask(of: message, low, middle - 1, depth + 1),
      mask(of: message, middle, high, depth + 1))
  }
}

func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

/// Reads what a path returned.
struct ResultReader {
  let tracer: Tracer
  let session: TraceSession
  private var count = 0

  init(tracer: Tracer, session: TraceSession) {
    self.tracer = tracer
    self.session = session
  }

  private static let deepest = 4

  /// The value at a stack index.
  mutating func read(_ index: Int32, depth: Int) throws -> TraceValue {
    count += 1
    guard count <= TraceLimits.components else {
      throw TraceRefusal("more than \(TraceLimits.components) numbers")
    }
    let lua = tracer.lua
    switch lua.kind(at: index) {
    case .integer, .number: return .value(session.builder.constant(lua.double(at: index)))
    case .table:
      guard depth < ResultReader.deepest else {
        throw TraceRefusal("a table that is nested more than \(ResultReader.deepest) deep")
      }
      return try readTable(index, depth)
    case .object:
      if let traced = lua.object(at: index, as: TracedValue.self) {
        return .value(try tracer.node(of: traced))
      }
      if let vector = lua.object(at: index, as: TracedVector.self) {
        return .value(tracer.node(try tracer.operand(vector), session.builder))
      }
      if let object = lua.object(at: index), let numbers = try tracer.constants(of: object), !numbers.isEmpty
      {
        return .value(session.builder.constant(numbers))
      }
      throw TraceRefusal("\(article(lua.kindName(at: index))): expected numbers")
    case .boolean:
      throw TraceRefusal("a boolean: expected a number; write 1 and 0, or wb.where(condition, a, b)")
    case .nil, .none:
      throw TraceRefusal("nil: expected a number; does every branch end in a `return`?\(tracer.nilHint)")
    case .string: throw TraceRefusal("a string: expected a number")
    case .function: throw TraceRefusal("a function: expected a number; is it meant to be called?")
    case .thread: throw TraceRefusal("a coroutine: expected a number")
    }
  }

  private mutating func readTable(_ index: Int32, _ depth: Int) throws -> TraceValue {
    let lua = tracer.lua
    let length = lua.length(at: index)
    guard length <= UInt64(TraceLimits.components) else {
      throw TraceRefusal("a table of \(length) values, more than \(TraceLimits.components)")
    }
    var list: [TraceValue] = []
    for i in 0..<Int(length) {
      let top = lua.stackTop
      defer { lua.stackTop = top }
      try lua.pushElement(i + 1, of: index)
      do {
        list.append(try read(top + 1, depth: depth + 1))
      } catch let refused as TraceRefusal {
        throw TraceRefusal("a table whose element \(i + 1) is \(refused.message)")
      }
    }
    let fields = try readFields(index, depth, after: Int(length))
    if fields.isEmpty {
      guard !list.isEmpty else { throw TraceRefusal("an empty table: expected numbers") }
      return .table(list)
    }
    guard list.isEmpty else {
      throw TraceRefusal("a table with both a list and named values: use one of them")
    }
    return .fields(fields)
  }

  /// The named values; anything else that is not in the list is refused.
  private mutating func readFields(
    _ index: Int32, _ depth: Int, after length: Int
  ) throws -> [(name: String, value: TraceValue)] {
    let lua = tracer.lua
    let base = lua.stackTop
    defer { lua.stackTop = base }
    var fields: [(name: String, value: TraceValue)] = []
    if length > 0 { try length.push(onto: lua) } else { try lua.pushNil() }
    while try lua.next(index) {
      guard let name = lua.text(at: base + 1) else {
        throw TraceRefusal("a table with keys that are neither 1, 2, 3, … nor names")
      }
      do {
        fields.append((name, try read(base + 2, depth: depth + 1)))
      } catch let refused as TraceRefusal {
        throw TraceRefusal("a table whose field '\(name)' is \(refused.message)")
      }
      lua.stackTop = base + 1
    }
    return fields.sorted { $0.name < $1.name }
  }
}
