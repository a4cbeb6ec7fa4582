import Lanes

/// The index of a node in its Program: operands always come before their users.
public struct NodeID: Hashable, Comparable, Sendable {
  public let index: Int
  public init(_ index: Int) { self.index = index }
  public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// How often a value changes: what does not depend on the lane is computed once, not per lane.
public enum Variation: Int, Comparable, Sendable, CaseIterable {
  /// Known when the Program is built.
  case constant
  /// The same in a whole run: parameters.
  case run
  /// The same for every lane, new every step: time.
  case step
  /// One value a lane: state, noise, data.
  case lane

  public static func < (a: Variation, b: Variation) -> Bool { a.rawValue < b.rawValue }
}

/// The law of a random draw made by a Program itself (initial states, projections of a loss).
public enum Distribution: UInt8, Hashable, Sendable {
  case normal, uniform
}

/// What a node computes from its operands.
public enum NodeKind: Hashable, Sendable {
  /// One value a row, by bit pattern, so that 0 and −0 differ and NaN equals itself.
  case constant([UInt64])
  /// The input with this index.
  case input(Int)
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  /// `a·b + c`, rounded once.
  case multiplyAdd
  /// 1 where the comparison holds, else 0.
  case compare(Comparison)
  /// `select(condition, a, b)`: a where the condition is not 0.
  case select
  /// One row of the operand.
  case pick(Int)
  /// The operand's rows from this one on, as many as the node has (more than one).
  case slice(Int)
  /// The operands' rows, one after the other.
  case stack
  /// The one row of the operand, repeated.
  case broadcast
  /// The sum of the operand's rows, added in order.
  case sum
  /// `A·x`, or `Aᵀ·x` if transposed, for the operands A and x. A has `rows · columns` rows, the matrix row
  /// by row, and is the same for every lane.
  case matrixVector(rows: Int, columns: Int, transposed: Bool)
  /// `a·bᵀ` for the operands a and b, row by row.
  case outer
  /// The operand, as the independent variable of a derivative: nothing is simplified through it, so that
  /// what depends on the operand by this way can be told from what depends on it otherwise.
  case variable(Int)
  /// The operand, taken as constant by every derivative.
  case stop
  /// A random number of its own for every lane, the `index`-th of its stream.
  case draw(Distribution, index: Int)

  /// Whether it computes something, and is not a leaf or an arrangement of its operand's rows.
  package var isComputed: Bool {
    switch self {
    case .constant, .input, .draw, .pick, .slice, .stack, .broadcast, .variable, .stop: false
    case .unary, .binary, .multiplyAdd, .compare, .select, .sum, .matrixVector, .outer: true
    }
  }
}

/// One value of a Program: `rows` components, each uniform or one per lane.
public struct Node: Hashable, Sendable {
  public let kind: NodeKind
  public let operands: [NodeID]
  public let rows: Int
  public let variation: Variation

  public init(kind: NodeKind, operands: [NodeID], rows: Int, variation: Variation) {
    self.kind = kind
    self.operands = operands
    self.rows = rows
    self.variation = variation
  }

  /// The values of a constant node.
  public var constants: [Double]? {
    if case .constant(let bits) = kind { return bits.map(Double.init(bitPattern:)) }
    return nil
  }
}

/// A named input of a Program.
public struct ProgramInput: Hashable, Sendable {
  public let name: String
  public let rows: Int
  public let variation: Variation
  /// Names of the rows, for printing ("S", "v"); empty: `name[1]`, `name[2]`, …
  public let rowNames: [String]

  public init(name: String, rows: Int, variation: Variation, rowNames: [String] = []) {
    self.name = name
    self.rows = rows
    self.variation = variation
    self.rowNames = rowNames
  }
}

/// Why a Program could not be built or evaluated.
public struct ProgramError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}
