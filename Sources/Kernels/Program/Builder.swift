import Lanes

/// Makes Programs: equal nodes are shared, constants are folded, shapes are checked as nodes are made.
///
/// A shape error does not stop the building: the first one is kept in ``failure``, the offending node
/// becomes NaN, and ``finish(_:)`` throws. A tracer looks at `failure` after each node, so that the
/// error carries the script's line.
///
/// Folding is bit-exact: it evaluates in Double with the lane kernels' own scalar functions, and the
/// only identities used are those that hold for every input (x·1, x−0, x/1, x¹, −(−x), pick of a stack,
/// select between equals). x·x replaces x², as Lua does.
public final class ProgramBuilder {
  package private(set) var nodes: [Node] = []
  package private(set) var inputs: [ProgramInput] = []
  private var shared: [Node: NodeID] = [:]
  private var inputNodes: [String: NodeID] = [:]
  private var drawCount = 0
  /// One more than the largest index of an independent variable.
  package private(set) var variableCount = 0
  public private(set) var failure: ProgramError?

  /// More nodes than this are refused: a loop unrolled without end.
  public var nodeLimit = 100_000

  /// Operations on longer stacks are not made component by component: nobody writes those out by hand.
  private static let mostRowsTakenApart = 32

  public init() {}

  public subscript(_ id: NodeID) -> Node { nodes[id.index] }
  public var count: Int { nodes.count }

  // MARK: Leaves

  /// The input of this name; asking again with the same name gives the same node.
  public func input(
    _ name: String, rows: Int = 1, variation: Variation, rowNames: [String] = []
  ) -> NodeID {
    if let known = inputNodes[name] {
      let declared = nodes[known.index]
      if declared.rows != rows {
        fail("the input '\(name)' is declared twice, with \(declared.rows) and with \(rows) rows")
      } else if declared.variation != variation {
        fail(
          "the input '\(name)' is declared twice, as one value a \(declared.variation) and one a \(variation)"
        )
      }
      return known
    }
    // No rows is a noise of dimension 0.
    guard rows >= 0 else { return fail("the input '\(name)' cannot have \(rows) rows") }
    inputs.append(ProgramInput(name: name, rows: rows, variation: variation, rowNames: rowNames))
    let id = insert(
      Node(kind: .input(inputs.count - 1), operands: [], rows: rows, variation: variation))
    inputNodes[name] = id
    return id
  }

  public func constant(_ value: Double) -> NodeID { constant([value]) }

  public func constant(_ values: [Double]) -> NodeID {
    insert(
      Node(kind: .constant(values.map(\.bitPattern)), operands: [], rows: values.count, variation: .constant))
  }

  /// A new random number a lane, different from every other draw of this builder.
  public func draw(_ distribution: Distribution) -> NodeID { draw(distribution, index: drawCount) }

  package func draw(_ distribution: Distribution, index: Int) -> NodeID {
    drawCount = max(drawCount, index + 1)
    return insert(Node(kind: .draw(distribution, index: index), operands: [], rows: 1, variation: .lane))
  }

  // MARK: Elementwise

  public func unary(_ function: UnaryFunction, _ a: NodeID) -> NodeID {
    if function == .negate, case .unary(.negate) = nodes[a.index].kind { return nodes[a.index].operands[0] }
    return elementwise(.unary(function), [a]) { Double.evaluate(function, $0[0]) }
  }

  public func binary(_ function: BinaryFunction, _ a: NodeID, _ b: NodeID) -> NodeID {
    if let simpler = simplify(function, a, b) { return simpler }
    return elementwise(.binary(function), [a, b]) { Double.evaluate(function, $0[0], $0[1]) }
  }

  public func multiplyAdd(_ a: NodeID, _ b: NodeID, _ c: NodeID) -> NodeID {
    elementwise(.multiplyAdd, [a, b, c]) { $0[2].addingProduct($0[0], $0[1]) }
  }

  public func compare(_ comparison: Comparison, _ a: NodeID, _ b: NodeID) -> NodeID {
    elementwise(.compare(comparison), [a, b]) { Double.evaluate(comparison, $0[0], $0[1]) }
  }

  public func select(_ condition: NodeID, _ a: NodeID, _ b: NodeID) -> NodeID {
    // Only where the chosen operand has all the rows of the result.
    let operandRows = [condition, a, b].map { nodes[$0.index].rows }
    let rows = operandRows.max()!
    if operandRows.allSatisfy({ $0 == rows || $0 == 1 }) {
      if a == b, operandRows[1] == rows { return a }
      if let values = nodes[condition.index].constants, values.count == 1 {
        let chosen = values[0] != 0 ? a : b
        if nodes[chosen.index].rows == rows { return chosen }
      }
    }
    return elementwise(.select, [condition, a, b]) { $0[0] != 0 ? $0[1] : $0[2] }
  }

  // MARK: Derivatives

  /// A new independent variable with the value of `a`.
  public func variable(_ a: NodeID) -> NodeID {
    defer { variableCount += 1 }
    return variable(a, index: variableCount)
  }

  package func variable(_ a: NodeID, index: Int) -> NodeID {
    variableCount = max(variableCount, index + 1)
    let node = nodes[a.index]
    return insert(Node(kind: .variable(index), operands: [a], rows: node.rows, variation: node.variation))
  }

  /// `a`, taken as constant by every derivative.
  public func stop(_ a: NodeID) -> NodeID {
    let node = nodes[a.index]
    switch node.kind {
    case .constant, .draw, .stop: return a
    default: return insert(Node(kind: .stop, operands: [a], rows: node.rows, variation: node.variation))
    }
  }

  // MARK: Composition

  /// The outputs of `program` with its inputs replaced by nodes of this builder.
  ///
  /// - Parameter arguments: a node for each input name; an input without one becomes (or is) an input of
  ///   this builder under its own name.
  public func call(_ program: Program, _ arguments: [String: NodeID] = [:]) -> [String: NodeID] {
    call(program, arguments, replacing: [:])
  }

  /// - Parameter replaced: nodes of the program in whose place nodes of this builder are taken.
  package func call(
    _ program: Program, _ arguments: [String: NodeID], replacing replaced: [NodeID: NodeID]
  ) -> [String: NodeID] {
    var map = [NodeID?](repeating: nil, count: program.nodes.count)
    for id in program.liveNodes() {
      if let given = replaced[id] {
        map[id.index] = given
        continue
      }
      let node = program[id]
      let operands = node.operands.map { map[$0.index]! }
      let copy: NodeID
      switch node.kind {
      case .input(let index):
        let input = program.inputs[index]
        if let given = arguments[input.name] {
          let rows = nodes[given.index].rows
          copy =
            rows == input.rows
            ? given : fail("the input '\(input.name)' has \(input.rows) components, but was given \(rows)")
        } else {
          copy = self.input(
            input.name, rows: input.rows, variation: input.variation, rowNames: input.rowNames)
        }
      case .constant(let bits): copy = constant(bits.map(Double.init(bitPattern:)))
      case .draw(let distribution, let index): copy = draw(distribution, index: index)
      // The derivatives in the Program are taken: nobody asks for its independent variables any more.
      case .variable: copy = operands[0]
      default: copy = make(node.kind, operands, rows: node.rows)
      }
      map[id.index] = copy
    }
    var result: [String: NodeID] = [:]
    for output in program.outputs { result[output.name] = map[output.node.index]! }
    return result
  }

  /// The node of this kind over these operands (not for inputs, constants and draws).
  ///
  /// - Parameter rows: how many rows it has, where the operands do not tell (slice and broadcast).
  package func make(_ kind: NodeKind, _ operands: [NodeID], rows: Int) -> NodeID {
    switch kind {
    case .unary(let function): unary(function, operands[0])
    case .binary(let function): binary(function, operands[0], operands[1])
    case .multiplyAdd: multiplyAdd(operands[0], operands[1], operands[2])
    case .compare(let comparison): compare(comparison, operands[0], operands[1])
    case .select: select(operands[0], operands[1], operands[2])
    case .pick(let row): pick(operands[0], row)
    case .slice(let first): slice(operands[0], first, rows)
    case .stack: stack(operands)
    case .broadcast: broadcast(operands[0], rows)
    case .sum: sum(operands[0])
    case .matrixVector(let rows, let columns, let transposed):
      matrixVector(operands[0], operands[1], rows: rows, columns: columns, transposed: transposed)
    case .outer: outer(operands[0], operands[1])
    case .variable(let index): variable(operands[0], index: index)
    case .stop: stop(operands[0])
    case .constant, .input, .draw: preconditionFailure("leaves are made by their own functions")
    }
  }

  /// The finished Program.
  /// - Throws: the first ``failure``, or a ``ProgramError`` if two outputs have the same name.
  public func finish(_ outputs: [(String, NodeID)]) throws -> Program {
    if let failure { throw failure }
    var names: Set<String> = []
    for (name, _) in outputs where !names.insert(name).inserted {
      throw ProgramError("two outputs have the name '\(name)': give each a name of its own")
    }
    return Program(
      nodes: nodes, inputs: inputs, outputs: outputs.map { Program.Output(name: $0.0, node: $0.1) })
  }

  @discardableResult
  package func fail(_ message: String) -> NodeID {
    if failure == nil { failure = ProgramError(message) }
    return constant(.nan)
  }

  /// Forgets the failure: a tracer that reported it goes on.
  package func clearFailure() { failure = nil }

  // MARK: Inside

  func insert(_ node: Node) -> NodeID {
    if let known = shared[node] { return known }
    if nodes.count >= nodeLimit, failure == nil {
      failure = ProgramError(
        "more than \(nodeLimit) operations were recorded: a loop that is unrolled this often cannot be compiled"
      )
    }
    let id = NodeID(nodes.count)
    nodes.append(node)
    shared[node] = id
    return id
  }

  /// An elementwise node; over stacks it is made component by component, so that the components stay
  /// visible to folding and sharing and never have to be copied together.
  private func elementwise(
    _ kind: NodeKind, _ operands: [NodeID], _ fold: ([Double]) -> Double
  ) -> NodeID {
    let operandNodes = operands.map { nodes[$0.index] }
    let rows = operandNodes.map(\.rows).max()!
    for node in operandNodes where node.rows != rows && node.rows != 1 {
      let shapes = operandNodes.map { String($0.rows) }.joined(separator: " and ")
      return fail("values with \(shapes) components cannot be combined")
    }
    let constants = operandNodes.compactMap(\.constants)
    if constants.count == operands.count {
      return constant(
        (0..<rows).map { row in fold(constants.map { $0.count == 1 ? $0[0] : $0[row] }) })
    }
    if rows > 1, operandNodes.contains(where: { $0.kind == .broadcast }) {
      // The one row that is repeated meets the other rows as it is.
      let single = operands.map { nodes[$0.index].kind == .broadcast ? nodes[$0.index].operands[0] : $0 }
      return broadcast(make(kind, single, rows: rows), to: rows)
    }
    if rows > 1, rows <= Self.mostRowsTakenApart,
      operandNodes.contains(where: { if case .stack = $0.kind { true } else { false } })
    {
      return stack(
        (0..<rows).map { row in
          make(kind, operands.map { nodes[$0.index].rows == 1 ? $0 : pick($0, row) }, rows: 1)
        })
    }
    return insert(
      Node(
        kind: kind, operands: operands, rows: rows, variation: operandNodes.map(\.variation).max()!))
  }

  /// `a` with `rows` rows, whether it has one or all of them.
  private func broadcast(_ a: NodeID, to rows: Int) -> NodeID {
    nodes[a.index].rows == 1 ? broadcast(a, rows) : a
  }

  private func isConstant(_ id: NodeID, _ value: Double) -> Bool {
    guard let values = nodes[id.index].constants, values.count == 1 else { return false }
    return values[0].bitPattern == value.bitPattern
  }

  private func simplify(_ function: BinaryFunction, _ a: NodeID, _ b: NodeID) -> NodeID? {
    switch function {
    case .multiply:
      if isConstant(b, 1) { return a }
      if isConstant(a, 1) { return b }
    case .divide:
      if isConstant(b, 1) { return a }
    case .subtract:
      if isConstant(b, 0) { return a }
    case .add:
      if isConstant(b, -0.0) { return a }
      if isConstant(a, -0.0) { return b }
    case .power:
      if isConstant(b, 1) { return a }
      if isConstant(b, 2) { return binary(.multiply, a, a) }
    default: break
    }
    return nil
  }
}
