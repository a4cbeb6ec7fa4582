import Lanes

/// Where an instruction finds an operand: a row of lanes, or a slot of values that all lanes share.
package enum Address: Hashable, Sendable {
  case row(Int)
  case slot(Int)

  func advanced(by rows: Int) -> Address {
    switch self {
    case .row(let row): .row(row + rows)
    case .slot(let slot): .slot(slot + rows)
    }
  }
}

/// One pass over a block, for one row or for several that follow each other: `out = operation(a, b, c)`.
package struct LaneInstruction: Sendable {
  package enum Operation: Hashable, Sendable {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    case multiplyAdd
    /// `out = c − a·b`, rounded once.
    case negativeMultiplyAdd
    case compare(Comparison)
    case select
    case copy
    /// `out = A·b` or `Aᵀ·b`, plus c if it `adds`: a is the first of the matrix's slots, b and out are the first of
    /// their rows, c is the first of the slots with a number a row.
    case matrixProduct(rows: Int, columns: Int, transposed: Bool, adds: Bool)
    /// Adds the lanes of each row a to the accumulator from `out` on.
    case reduceRows
    /// Adds `Σ a·bᵀ` over the lanes to the accumulator from `out` on; b has `columns` rows.
    case reduceOuter(columns: Int)
  }
  package let operation: Operation
  package let out: Int
  /// How many rows `out` has; for an outer product those of a.
  package let rows: Int
  package let a: Address
  package let b: Address
  package let c: Address
  /// How far an operand moves from one row to the next: 1, or 0 for one that all rows share.
  package let strides: SIMD4<Int8>
  /// Whether its rows are one run of memory, so that many can be done in one call: all operands are vectors
  /// of the plan's own rows or one value.
  private(set) var isFlat = false
  let isElementwise: Bool

  init(
    _ operation: Operation, out: Int, rows: Int = 1, a: Address, b: Address? = nil, c: Address? = nil,
    strides: SIMD4<Int8> = SIMD4(0, 0, 0, 0)
  ) {
    self.operation = operation
    self.out = out
    self.rows = rows
    self.a = a
    self.b = b ?? a
    self.c = c ?? a
    self.strides = strides
    switch operation {
    case .unary, .binary, .multiplyAdd, .negativeMultiplyAdd, .compare, .select, .copy: isElementwise = true
    case .matrixProduct, .reduceRows, .reduceOuter: isElementwise = false
    }
  }

  /// - Parameter externalRows: rows below this are the caller's, and may lie anywhere.
  mutating func findWhetherFlat(externalRows: Int) {
    isFlat =
      out >= externalRows
      && operands.allSatisfy { address, stride in
        switch address {
        case .row(let row): stride == 1 && row >= externalRows
        case .slot: stride == 0
        }
      }
  }

  /// The operands that an elementwise instruction reads, with their strides.
  var operands: [(address: Address, stride: Int)] {
    let all = [(a, Int(strides[0])), (b, Int(strides[1])), (c, Int(strides[2]))]
    switch operation {
    case .unary, .copy, .reduceRows: return Array(all.prefix(1))
    case .binary, .compare: return Array(all.prefix(2))
    default: return all
    }
  }
}

/// One operation on values that all lanes share, done in Double once a run or once a step.
struct UniformInstruction: Sendable {
  enum Operation: Sendable {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    case multiplyAdd
    case compare(Comparison)
    case select
    case copy
    /// a and b are the first slots of the matrix and the vector, out that of the result.
    case matrixProduct(rows: Int, columns: Int, transposed: Bool)
  }
  let operation: Operation
  let out: Int
  let a: Int
  let b: Int
  let c: Int

  /// How many slots the result has.
  var rows: Int {
    if case .matrixProduct(let rows, let columns, let transposed) = operation {
      return transposed ? columns : rows
    }
    return 1
  }
}

/// Instructions that are run together: over all their rows at once, or, where they are elementwise and
/// have the same rows, one tile of rows after the other, so that what one has written is still in the
/// first-level cache when the next one reads it.
package struct InstructionTile: Sendable {
  package fileprivate(set) var instructions: Range<Int>
  /// 1: not tiled.
  package let rows: Int

  static func tiles(of instructions: [LaneInstruction]) -> [InstructionTile] {
    var tiles: [InstructionTile] = []
    var written: [Int: Int] = [:]
    var read: [(first: Int, stride: Int, rows: Int)] = []
    for (index, instruction) in instructions.enumerated() {
      let isVector = instruction.rows > 1 && instruction.isElementwise
      if isVector, let last = tiles.last, last.rows == instruction.rows,
        fits(instruction, written: written, read: read)
      {
        tiles[tiles.count - 1].instructions = last.instructions.lowerBound..<index + 1
      } else if !isVector, let last = tiles.last, last.rows == 1 {
        tiles[tiles.count - 1].instructions = last.instructions.lowerBound..<index + 1
        continue
      } else {
        tiles.append(InstructionTile(instructions: index..<index + 1, rows: isVector ? instruction.rows : 1))
        written = [:]
        read = []
      }
      guard isVector else { continue }
      written[instruction.out] = instruction.rows
      for (address, stride) in instruction.operands {
        if case .row(let row) = address { read.append((row, stride, instruction.rows)) }
      }
    }
    return tiles
  }

  /// Whether a tile of the instruction needs nothing but the same tile of those before it, and overwrites
  /// nothing that later tiles of those read.
  private static func fits(
    _ instruction: LaneInstruction, written: [Int: Int], read: [(first: Int, stride: Int, rows: Int)]
  ) -> Bool {
    let rows = instruction.rows
    for (address, stride) in instruction.operands {
      guard case .row(let row) = address else { continue }
      let length = stride == 0 ? 1 : rows
      for (first, count) in written where row < first + count && first < row + length {
        guard stride == 1, row == first, count == rows else { return false }
      }
    }
    let out = instruction.out
    for (first, stride, count) in read {
      let length = stride == 0 ? 1 : count
      guard first < out + rows, out < first + length else { continue }
      guard stride == 1, first == out else { return false }
    }
    for (first, count) in written where out < first + count && first < out + rows {
      guard first == out, count == rows else { return false }
    }
    return true
  }
}
