import Lanes

extension Program: CustomStringConvertible {
  /// Readable mathematics, one line an output; a value that is used more than once and is not short
  /// gets a line and a name of its own.
  public var description: String {
    let formulas = self.formulas()
    let definitions = formulas.definitions.map { "\($0.name) = \($0.formula)" }
    let results = outputs.flatMap { output -> [String] in
      let rows = formulas.outputs[output.name]!
      if rows.count == 1 { return ["\(output.name) = \(rows[0])"] }
      return rows.enumerated().map { "\(output.name)[\($0 + 1)] = \($1)" }
    }
    return (definitions + results).joined(separator: "\n")
  }

  /// The formulas of this Program: of shared parts, which the others refer to by name, and of every row
  /// of every output.
  public func formulas() -> (definitions: [(name: String, formula: String)], outputs: [String: [String]]) {
    let formatter = Formatter(self)
    var rows: [String: [String]] = [:]
    for output in outputs {
      rows[output.name] = (0..<self[output.node].rows).map { formatter.formula(output.node, row: $0) }
    }
    return (formatter.definitions(), rows)
  }
}

private final class Formatter {
  private enum Precedence: Int { case select = 0, compare, sum, product, unary, power, atom }

  /// A row of a node that computes something: not a `pick`, a `stack`, ….
  private struct Place: Hashable {
    let node: NodeID
    let row: Int
  }

  /// Formulas deeper than this are cut into named parts, so that a long loop prints as many short lines.
  private static let greatestHeight = 40

  private let program: Program
  private var names: [Place: String] = [:]
  private var named: [Place] = []

  init(_ program: Program) {
    self.program = program
    let live = program.liveNodes()
    var uses: [Place: Int] = [:]
    var needed: [Set<Int>] = Array(repeating: [], count: program.nodes.count)
    for output in program.outputs {
      for row in 0..<program[output.node].rows {
        let place = self.place(output.node, row)
        needed[place.node.index].insert(place.row)
      }
    }
    for id in live.reversed() {
      for row in needed[id.index] {
        for operand in operands(Place(node: id, row: row)) {
          uses[operand, default: 0] += 1
          needed[operand.node.index].insert(operand.row)
        }
      }
    }
    // 0 for a leaf or a name, 1 for an operation on those, more for anything longer.
    var height: [Place: Int] = [:]
    for id in live {
      for row in needed[id.index].sorted() {
        let place = Place(node: id, row: row)
        let tallest = operands(place).map { height[$0] ?? 0 }.max()
        let own = tallest.map { $0 + 1 } ?? 0
        if own > 1 && (uses[place] ?? 0) > 1 || own >= Self.greatestHeight {
          named.append(place)
          names[place] = "a\(named.count)"
        } else {
          height[place] = own
        }
      }
    }
  }

  func definitions() -> [(name: String, formula: String)] {
    named.map { (names[$0]!, definition($0).0) }
  }

  func formula(_ id: NodeID, row: Int) -> String { write(place(id, row), .select) }

  /// Where the row of a node is computed, seen through nodes that only arrange rows.
  private func place(_ id: NodeID, _ row: Int) -> Place {
    var (id, row) = (id, row)
    while true {
      let node = program[id]
      switch node.kind {
      case .pick(let picked): (id, row) = (node.operands[0], picked)
      case .slice(let first): (id, row) = (node.operands[0], first + row)
      case .variable, .stop: id = node.operands[0]
      case .broadcast: (id, row) = (node.operands[0], 0)
      case .stack:
        for operand in node.operands {
          let rows = program[operand].rows
          id = operand
          if row < rows { break }
          row -= rows
        }
      default: return Place(node: id, row: node.rows == 1 ? 0 : row)
      }
    }
  }

  private func operands(_ place: Place) -> [Place] {
    let node = program[place.node]
    switch node.kind {
    case .sum: return vector(node.operands[0])
    case .matrixVector: return vector(node.operands[1])
    case .outer:
      let columns = program[node.operands[1]].rows
      return [
        self.place(node.operands[0], place.row / columns), self.place(node.operands[1], place.row % columns),
      ]
    default: return node.operands.map { self.place($0, place.row) }
    }
  }

  /// The rows of a vector that are written out: all of a short one, the ends of a long one.
  private func vector(_ id: NodeID) -> [Place] {
    let rows = program[id].rows
    return rows <= 4 ? (0..<rows).map { place(id, $0) } : [place(id, 0), place(id, rows - 1)]
  }

  private func write(_ place: Place, _ context: Precedence) -> String {
    if let name = names[place] { return name }
    let (text, precedence) = definition(place)
    return precedence.rawValue < context.rawValue ? "(\(text))" : text
  }

  /// Parentheses show the order in which the operations are done: what is printed, computed as it
  /// stands, has the same rounding.
  private func definition(_ place: Place) -> (String, Precedence) {
    let node = program[place.node]
    let row = place.row
    let parts = operands(place)
    func operand(_ index: Int, _ context: Precedence) -> String { write(parts[index], context) }
    func infix(_ symbol: String, left: Precedence, _ own: Precedence, right: Precedence) -> (
      String, Precedence
    ) {
      ("\(operand(0, left))\(symbol)\(operand(1, right))", own)
    }
    func called(_ name: String) -> (String, Precedence) {
      let arguments = node.operands.indices.map { operand($0, .select) }
      return ("\(name)(\(arguments.joined(separator: ", ")))", .atom)
    }
    switch node.kind {
    case .constant:
      let values = node.constants!
      let value = values.count == 1 ? values[0] : values[row]
      return (shortNumber(value), value < 0 || value.sign == .minus ? .unary : .atom)
    case .input(let index): return (inputName(program.inputs[index], row: row), .atom)
    case .pick, .slice, .stack, .broadcast, .variable, .stop: return ("?", .atom)  // places are never these
    case .sum: return ("sum(\(list(node.operands[0], parts)))", .atom)
    case .matrixVector(_, _, let transposed):
      let matrix = program[node.operands[0]]
      var name = "A"
      if case .input(let index) = matrix.kind { name = program.inputs[index].name }
      return ("(\(name)\(transposed ? "ᵀ" : "")*[\(list(node.operands[1], parts))])[\(row + 1)]", .atom)
    case .outer: return infix("*", left: .product, .product, right: .unary)
    case .draw(let distribution, let index): return ("\(distribution)#\(index)", .atom)
    case .unary(.negate): return ("-\(operand(0, .unary))", .unary)
    case .unary(let function): return called(function.name)
    case .binary(.add):
      // a + −b reads better as a − b.
      let second = operand(1, .product)
      if second.hasPrefix("-") { return ("\(operand(0, .sum)) - \(second.dropFirst())", .sum) }
      return ("\(operand(0, .sum)) + \(second)", .sum)
    case .binary(.subtract): return infix(" - ", left: .sum, .sum, right: .product)
    case .binary(.multiply): return infix("*", left: .product, .product, right: .unary)
    case .binary(.divide): return infix("/", left: .product, .product, right: .unary)
    case .binary(.modulo): return infix(" % ", left: .power, .product, right: .unary)
    case .binary(.floorDivide): return infix(" // ", left: .power, .product, right: .unary)
    case .binary(.power): return ("\(operand(0, .atom))^\(operand(1, .power))", .power)
    case .binary(let function): return called(function.name)
    case .multiplyAdd:
      return ("\(operand(0, .product))*\(operand(1, .unary)) + \(operand(2, .product))", .sum)
    case .compare(let comparison):
      let symbol = [Comparison.less: " < ", .lessOrEqual: " <= ", .equal: " == "][comparison]!
      return ("\(operand(0, .sum))\(symbol)\(operand(1, .sum))", .compare)
    case .select:
      return ("if \(operand(0, .compare)) then \(operand(1, .compare)) else \(operand(2, .select))", .select)
    }
  }

  private func list(_ id: NodeID, _ shown: [Place]) -> String {
    shown.map { write($0, .select) }.joined(separator: shown.count < program[id].rows ? ", …, " : ", ")
  }

  private func inputName(_ input: ProgramInput, row: Int) -> String {
    if row < input.rowNames.count { return input.rowNames[row] }
    return input.rows == 1 ? input.name : "\(input.name)[\(row + 1)]"
  }
}

/// A number as a person writes it: integers without a point, else the shortest text that reads back.
package func shortNumber(_ value: Double) -> String {
  if value == value.rounded(), value.magnitude < 1e15 {
    return value.sign == .minus && value == 0 ? "-0" : String(Int(value))
  }
  return "\(value)"
}
