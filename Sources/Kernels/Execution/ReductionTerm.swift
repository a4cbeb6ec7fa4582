import Program

/// A part of a value that is added up over the lanes.
enum ReductionTerm {
  case rows(NodeID, offset: Int)
  /// a·bᵀ
  case outer(NodeID, NodeID, offset: Int)

  var operands: [NodeID] {
    switch self {
    case .rows(let id, _): [id]
    case .outer(let a, let b, _): [a, b]
    }
  }

  /// The terms of a sum that has outer products in it; else the value itself.
  static func terms(of id: NodeID, offset: Int, _ program: Program) -> [ReductionTerm] {
    let node = program[id]
    guard containsOuter(id, program) else { return [.rows(id, offset: offset)] }
    switch node.kind {
    case .outer: return [.outer(node.operands[0], node.operands[1], offset: offset)]
    case .stack:
      var first = offset
      return node.operands.flatMap { operand in
        defer { first += program[operand].rows }
        return terms(of: operand, offset: first, program)
      }
    default: return node.operands.flatMap { terms(of: $0, offset: offset, program) }
    }
  }

  private static func containsOuter(_ id: NodeID, _ program: Program) -> Bool {
    let node = program[id]
    switch node.kind {
    case .outer: return true
    case .stack: return node.operands.contains { containsOuter($0, program) }
    case .binary(.add):
      return node.operands.allSatisfy { program[$0].rows == node.rows }
        && node.operands.contains { containsOuter($0, program) }
    default: return false
    }
  }
}
