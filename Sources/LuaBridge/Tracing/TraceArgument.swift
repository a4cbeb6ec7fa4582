import Nets
import Program

/// What a traced function is called with.
package enum TraceArgument {
  /// A new input of the Program; of one row, the number itself, else a vector with its components by index
  /// and by name.
  case vector(_ name: String, rows: Int, rowNames: [String] = [], variation: Variation = .lane)
  /// A new input of one row: time.
  case scalar(_ name: String, variation: Variation)
  /// New inputs `p.<name>` that are the same in a whole run; read as `p.name`.
  ///
  /// - Parameter objects: what else is read so and is no number: nets.
  case parameters([(name: String, rows: Int)], objects: [(name: String, value: any LuaConvertible)] = [])
  /// New inputs `p.<name>`: numbers (no axes), vectors and matrices.
  case tensors([(name: String, shape: [Int])])
  /// Parameters that are nodes already.
  case parameterNodes([(name: String, node: NodeID)])
  /// A value that is a node already.
  case node(NodeID, rowNames: [String] = [])
  /// A function that inlines a Program when it is called.
  case program(TraceProgram)
  /// `rng:normal()`, `rng:uniform()`, `rng:exponential()`.
  case randomSource
  /// A plain Lua value, known while tracing.
  case value(any LuaConvertible)
}

/// A Program as a function that scripts call.
package struct TraceProgram {
  package var name: String
  package var program: Program
  /// The inputs that the arguments stand for, in order. Other inputs keep their names.
  package var parameters: [String]
  package var output: String
  /// For a matrix stored row after row: its width. The result is then a list of rows.
  package var columns: Int?

  package init(_ name: String, _ program: Program, parameters: [String], output: String, columns: Int? = nil)
  {
    self.name = name
    self.program = program
    self.parameters = parameters
    self.output = output
    self.columns = columns
  }
}

/// What a traced function returns: a number or vector, a list, or named values.
package indirect enum TraceValue {
  case value(NodeID)
  case table([TraceValue])
  case fields([(name: String, value: TraceValue)])
}

/// A function as a Program under construction.
package struct TraceResult {
  package let builder: ProgramBuilder
  /// Every value the function returns.
  package let results: [TraceValue]
  /// For each `error` or failed `assert` in a branch: a node that is 1 where it is reached, else 0, and the
  /// message. What the function returns there is NaN.
  package let failures: [(node: NodeID, message: String)]
  /// Straight-line paths through the function.
  package let paths: Int
  /// Operations that the results need.
  package let nodes: Int
  /// What the function captured, and what of it was frozen.
  package let fingerprint: TraceFingerprint
  package let warnings: [String]
  /// The stores of the nets that the function uses: their parameters are inputs of the builder.
  package let stores: [ParameterStore]
  /// Stand-ins for means over all paths: variable nodes.
  package let means: [NodeID]

  /// The present values of those inputs, by their names.
  package var sharedValues: [String: [Double]] { stores.sharedValues }

  /// The first result.
  package var value: TraceValue { results[0] }
}

extension TraceValue {
  /// Every node, in order.
  package var nodes: [NodeID] {
    switch self {
    case .value(let node): [node]
    case .table(let values): values.flatMap(\.nodes)
    case .fields(let fields): fields.flatMap(\.value.nodes)
    }
  }

  func map(_ transform: (NodeID) -> NodeID) -> TraceValue {
    switch self {
    case .value(let node): .value(transform(node))
    case .table(let values): .table(values.map { $0.map(transform) })
    case .fields(let fields): .fields(fields.map { ($0.name, $0.value.map(transform)) })
    }
  }
}
