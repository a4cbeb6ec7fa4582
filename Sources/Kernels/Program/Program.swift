import Lanes

/// Straight-line mathematics over a batch of lanes: static single assignment, no control flow.
///
/// Everything the project does is a transform of a Program or an execution of one. A Program is made
/// with a ``ProgramBuilder`` and does not change afterwards.
public struct Program: Sendable {
  public struct Output: Hashable, Sendable {
    public let name: String
    public let node: NodeID
  }

  public let nodes: [Node]
  public let inputs: [ProgramInput]
  public let outputs: [Output]

  package init(nodes: [Node], inputs: [ProgramInput], outputs: [Output]) {
    self.nodes = nodes
    self.inputs = inputs
    self.outputs = outputs
  }

  public subscript(_ id: NodeID) -> Node { nodes[id.index] }

  public func output(_ name: String) -> NodeID? { outputs.first { $0.name == name }?.node }

  /// Number of rows of an output.
  public func rows(of name: String) -> Int? { output(name).map { self[$0].rows } }

  /// The nodes that the outputs need, in order.
  public func liveNodes() -> [NodeID] { liveNodes(from: outputs.map(\.node)) }

  /// The nodes that these need, and these, in order.
  package func liveNodes(from roots: [NodeID]) -> [NodeID] {
    var live = [Bool](repeating: false, count: nodes.count)
    for root in roots { live[root.index] = true }
    for index in nodes.indices.reversed() where live[index] {
      for operand in nodes[index].operands { live[operand.index] = true }
    }
    return nodes.indices.filter { live[$0] }.map(NodeID.init)
  }

  /// `A·x` or `Aᵀ·x`, each component summed in order.
  package static func product(
    _ matrix: [Double], _ x: [Double], rows: Int, columns: Int, transposed: Bool
  ) -> [Double] {
    (0..<(transposed ? columns : rows)).map { i in
      var sum = 0.0
      for k in 0..<x.count { sum += matrix[transposed ? k * columns + i : i * columns + k] * x[k] }
      return sum
    }
  }

  /// The Program for one lane, in Double, with the same scalar functions as the block kernels: what the
  /// executor computes in Double, bit for bit, except for matrix products, whose sums it may order otherwise.
  ///
  /// - Parameters:
  ///   - values: a value a row for every input.
  ///   - draws: the random numbers that `draw` nodes take, by index.
  /// - Returns: the outputs' rows by name.
  /// - Throws: ``ProgramError`` when an input is missing or has the wrong number of rows.
  public func evaluate(_ values: [String: [Double]], draws: [Double] = []) throws -> [String: [Double]] {
    var cache = [[Double]](repeating: [], count: nodes.count)
    for id in liveNodes() {
      let node = self[id]
      let operands = node.operands.map { cache[$0.index] }
      func at(_ operand: Int, _ row: Int) -> Double {
        operands[operand].count == 1 ? operands[operand][0] : operands[operand][row]
      }
      switch node.kind {
      case .constant(let bits):
        cache[id.index] = bits.map(Double.init(bitPattern:))
      case .input(let index):
        let input = inputs[index]
        guard let value = values[input.name] else {
          throw ProgramError("no value was given for the input '\(input.name)'")
        }
        guard value.count == input.rows else {
          throw ProgramError(
            "the input '\(input.name)' has \(input.rows) components, but \(value.count) values were given")
        }
        cache[id.index] = value
      case .draw(_, let index):
        guard index < draws.count else { throw ProgramError("no random number was given for draw \(index)") }
        cache[id.index] = [draws[index]]
      case .pick(let row):
        cache[id.index] = [operands[0][row]]
      case .slice(let first):
        cache[id.index] = Array(operands[0][first..<first + node.rows])
      case .stack:
        cache[id.index] = operands.flatMap { $0 }
      case .broadcast:
        cache[id.index] = [Double](repeating: operands[0][0], count: node.rows)
      case .variable, .stop:
        cache[id.index] = operands[0]
      case .sum:
        cache[id.index] = [operands[0].dropFirst().reduce(operands[0][0], +)]
      case .matrixVector(let rows, let columns, let transposed):
        cache[id.index] = Program.product(
          operands[0], operands[1], rows: rows, columns: columns, transposed: transposed)
      case .outer:
        cache[id.index] = operands[0].flatMap { a in operands[1].map { a * $0 } }
      case .unary(let function):
        cache[id.index] = (0..<node.rows).map { Double.evaluate(function, at(0, $0)) }
      case .binary(let function):
        cache[id.index] = (0..<node.rows).map { Double.evaluate(function, at(0, $0), at(1, $0)) }
      case .multiplyAdd:
        cache[id.index] = (0..<node.rows).map { at(2, $0).addingProduct(at(0, $0), at(1, $0)) }
      case .compare(let comparison):
        cache[id.index] = (0..<node.rows).map { Double.evaluate(comparison, at(0, $0), at(1, $0)) }
      case .select:
        cache[id.index] = (0..<node.rows).map { at(0, $0) != 0 ? at(1, $0) : at(2, $0) }
      }
    }
    var result: [String: [Double]] = [:]
    for output in outputs { result[output.name] = cache[output.node.index] }
    return result
  }
}
