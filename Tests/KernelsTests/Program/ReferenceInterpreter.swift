import Kernels

/// What every live node of a Program is worth in one lane, straight from the definition: what all lanes
/// share is computed in Double, what varies by lane in `Scalar`, with no plan, no rows and no sharing.
func referenceValues<Scalar: LaneScalar>(
  _ program: Program, as type: Scalar.Type, inputs: [String: [Double]], draws: [Int: Double] = [:]
) -> [[Double]] {
  var values = [[Double]](repeating: [], count: program.nodes.count)
  for id in program.liveNodes() {
    let node = program[id]
    let operands = node.operands.map { values[$0.index] }
    func at(_ operand: Int, _ row: Int) -> Double {
      operands[operand].count == 1 ? operands[operand][0] : operands[operand][row]
    }
    /// In the precision of this node.
    func compute(_ body: ([Double]) -> Double, _ lanes: ([Scalar]) -> Scalar) -> [Double] {
      (0..<node.rows).map { row in
        let arguments = operands.indices.map { at($0, row) }
        return node.variation == .lane ? Double(lanes(arguments.map { Scalar($0) })) : body(arguments)
      }
    }
    let value: [Double]
    switch node.kind {
    case .constant: value = node.constants!
    case .input(let index): value = inputs[program.inputs[index].name]!
    case .draw(_, let index): value = [draws[index]!]
    case .pick(let row): value = [operands[0][row]]
    case .stack: value = operands.flatMap { $0 }
    case .slice(let first): value = Array(operands[0][first..<first + node.rows])
    case .broadcast: value = [Double](repeating: operands[0][0], count: node.rows)
    case .variable, .stop: value = operands[0]
    case .sum: value = [Double(operands[0].dropFirst().reduce(Scalar(operands[0][0])) { $0 + Scalar($1) })]
    case .matrixVector(let rows, let columns, let transposed):
      value = Program.product(operands[0], operands[1], rows: rows, columns: columns, transposed: transposed)
    case .outer: value = operands[0].flatMap { a in operands[1].map { Double(Scalar(a) * Scalar($0)) } }
    case .unary(let f): value = compute({ Double.evaluate(f, $0[0]) }, { Scalar.evaluate(f, $0[0]) })
    case .binary(let f):
      value = compute({ Double.evaluate(f, $0[0], $0[1]) }, { Scalar.evaluate(f, $0[0], $0[1]) })
    case .compare(let f):
      value = compute({ Double.evaluate(f, $0[0], $0[1]) }, { Scalar.evaluate(f, $0[0], $0[1]) })
    case .multiplyAdd:
      value = compute({ $0[2].addingProduct($0[0], $0[1]) }, { $0[2].addingProduct($0[0], $0[1]) })
    case .select: value = compute({ $0[0] != 0 ? $0[1] : $0[2] }, { $0[0] != 0 ? $0[1] : $0[2] })
    }
    values[id.index] = value
  }
  return values
}

/// Equal bits, or both NaN: which NaN an operation on two of them gives is left to the processor.
func same(_ a: Double, _ b: Double) -> Bool { a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN) }

func same(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { same($0, $1) }
}

func same(_ a: [String: [Double]], _ b: [String: [Double]]) -> Bool {
  a.count == b.count && a.allSatisfy { key, value in b[key].map { same(value, $0) } ?? false }
}
