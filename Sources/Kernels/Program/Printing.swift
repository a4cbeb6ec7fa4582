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

  private let program: Program
  private var names: [Int: String] = [:]
  private let live: [NodeID]

  init(_ program: Program) {
    self.program = program
    live = program.liveNodes()
    var uses = [Int](repeating: 0, count: program.nodes.count)
    // 0 for a leaf, 1 for an operation on leaves, more for anything longer.
    var height = [Int](repeating: 0, count: program.nodes.count)
    for id in live {
      let node = program[id]
      for operand in node.operands { uses[operand.index] += 1 }
      switch node.kind {
      case .constant, .input, .draw, .pick: break
      default: height[id.index] = 1 + (node.operands.map { height[$0.index] }.max() ?? 0)
      }
    }
    for id in live where uses[id.index] > 1 && program[id].rows == 1 && height[id.index] > 1 {
      names[id.index] = "a\(names.count + 1)"
    }
  }

  func definitions() -> [(name: String, formula: String)] {
    live.compactMap { id in names[id.index].map { ($0, definition(id, row: 0).0) } }
  }

  func formula(_ id: NodeID, row: Int) -> String { write(id, program[id].rows == 1 ? 0 : row, .select) }

  private func write(_ id: NodeID, _ row: Int, _ context: Precedence) -> String {
    if let name = names[id.index] { return name }
    let (text, precedence) = definition(id, row: row)
    return precedence.rawValue < context.rawValue ? "(\(text))" : text
  }

  private func definition(_ id: NodeID, row: Int) -> (String, Precedence) {
    let node = program[id]
    func operand(_ index: Int, _ context: Precedence) -> String {
      let id = node.operands[index]
      return write(id, program[id].rows == 1 ? 0 : row, context)
    }
    func infix(_ symbol: String, _ own: Precedence, right: Precedence) -> (String, Precedence) {
      ("\(operand(0, own))\(symbol)\(operand(1, right))", own)
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
    case .pick(let picked): return (write(node.operands[0], picked, .atom), .atom)
    case .stack:
      var first = 0
      for operand in node.operands {
        let rows = program[operand].rows
        if row < first + rows { return (write(operand, row - first, .atom), .atom) }
        first += rows
      }
      return ("?", .atom)
    case .draw(let distribution, let index): return ("\(distribution)#\(index)", .atom)
    case .unary(.negate): return ("-\(operand(0, .unary))", .unary)
    case .unary(let function): return called(function.name)
    case .binary(.add):
      // a + −b reads better as a − b.
      let second = operand(1, .sum)
      if second.hasPrefix("-") { return ("\(operand(0, .sum)) - \(second.dropFirst())", .sum) }
      return ("\(operand(0, .sum)) + \(second)", .sum)
    case .binary(.subtract): return infix(" - ", .sum, right: .product)
    case .binary(.multiply): return infix("*", .product, right: .product)
    case .binary(.divide): return infix("/", .product, right: .unary)
    case .binary(.modulo): return infix(" % ", .product, right: .unary)
    case .binary(.floorDivide): return infix(" // ", .product, right: .unary)
    case .binary(.power): return ("\(operand(0, .atom))^\(operand(1, .power))", .power)
    case .binary(let function): return called(function.name)
    case .multiplyAdd: return ("\(operand(0, .product))*\(operand(1, .product)) + \(operand(2, .sum))", .sum)
    case .compare(let comparison):
      let symbol = [Comparison.less: " < ", .lessOrEqual: " <= ", .equal: " == "][comparison]!
      return ("\(operand(0, .sum))\(symbol)\(operand(1, .sum))", .compare)
    case .select:
      return ("if \(operand(0, .compare)) then \(operand(1, .compare)) else \(operand(2, .select))", .select)
    }
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
