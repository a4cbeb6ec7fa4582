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
    func product(_ a: Double, _ b: Double) -> Double {
      node.variation == .lane ? Double(Scalar(a) * Scalar(b)) : a * b
    }
    func total(_ terms: [Double]) -> Double {
      terms.dropFirst().reduce(terms[0]) { sum, term in
        node.variation == .lane ? Double(Scalar(sum) + Scalar(term)) : sum + term
      }
    }
    let value: [Double]
    switch node.kind {
    case .constant: value = node.constants!
    case .input(let index): value = inputs[program.inputs[index].name]!
    case .draw(_, let index): value = [draws[index]!]
    case .pick(let row): value = [operands[0][row]]
    case .slice(let first): value = Array(operands[0][first..<first + node.rows])
    case .stack: value = operands.flatMap { $0 }
    case .broadcast: value = [Double](repeating: operands[0][0], count: node.rows)
    case .variable, .stop: value = operands[0]
    case .sum: value = [total(operands[0])]
    case .matrixVector(_, let columns, let transposed):
      value = (0..<node.rows).map { i in
        total(
          operands[1].indices.map { k in
            product(operands[0][transposed ? k * columns + i : i * columns + k], operands[1][k])
          })
      }
    case .outer: value = operands[0].flatMap { a in operands[1].map { product(a, $0) } }
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
