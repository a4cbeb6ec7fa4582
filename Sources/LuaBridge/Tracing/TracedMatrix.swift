import Lanes
import Program

/// A matrix of a function that is being traced, a parameter of a net: `w[i]` is a row, `wb.matmul(w, x)` a product.
final class TracedMatrix: LuaObject {
  /// The entries, row by row, as a vector.
  let entries: TracedVector
  let rows: Int
  let columns: Int

  init(_ entries: TracedVector, rows: Int, columns: Int) {
    self.entries = entries
    self.rows = rows
    self.columns = columns
  }
}

extension Tracer {
  func makeMatrixType() -> AnyObjectType {
    let type = ObjectType(
      "matrix", TracedMatrix.self,
      "A matrix of values: w[i] is row i, #w the number of rows, wb.matmul(w, x) a product; arithmetic with numbers and "
        + "matrices of the same shape, entry by entry.")
    type.metamethod(.len, "#w", "The number of rows.") { try $0.object(1, TracedMatrix.self).rows }
    type.indexed { [self] matrix, key, _ in
      guard let index = key.int else { throw refusal("a row of a matrix is asked for by an integer, from 1") }
      if index == matrix.rows + 1 { return LuaValue.nil }
      guard index >= 1, index <= matrix.rows else {
        throw refusal("there is no row \(index) in a matrix with \(matrix.rows)")
      }
      return try row(index - 1, of: matrix)
    }
    type.metamethod(.newindex, "w[i] = v", "An error: matrices are read-only.") { [self] _ in
      throw refusal("a matrix is read-only: keep a changed value in a local variable")
    }
    addMatrixArithmetic(to: type)
    type.described { "<\($0.rows) × \($0.columns) matrix>" }
    register(mathFor: TracedMatrix.self) { [unowned self] function, values in
      try entrywise(values, "wb.\(function.name)") { [unowned self] in
        try callMath(function, "wb.\(function.name)", $0, count: 0...Int.max)
      }
    }
    return type
  }

  private func row(_ row: Int, of matrix: TracedMatrix) throws -> any LuaConvertible {
    value(try part(try operand(matrix.entries), row * matrix.columns, matrix.columns))
  }

  private func addMatrixArithmetic(to type: ObjectType<TracedMatrix>) {
    for (metamethod, function, symbol) in Tracer.arithmetic {
      type.metamethod(metamethod, "a \(symbol) b", "Recorded, entry by entry.") { [self] arguments in
        try matrixArithmetic(function, try arguments.all(), "`\(symbol)`")
      }
    }
    type.metamethod(.unm, "-a", "Recorded.") { [self] arguments in
      try entrywise([try arguments[1]], "`-`") { [self] in
        value(try apply(.negate, try operand($0[0], "`-`"), "`-`"))
      }
    }
  }

  func matrixArithmetic(
    _ function: BinaryFunction, _ values: [LuaValue], _ context: String
  ) throws -> any LuaConvertible {
    try entrywise(Array(values.prefix(2)), context) { [self] in
      value(try apply(function, try operand($0[0], context), try operand($0[1], context), context))
    }
  }

  /// `body` of the entries, and the result with the shape of the matrices, which must be the same for all.
  private func entrywise(
    _ values: [LuaValue], _ context: String, _ body: ([LuaValue]) throws -> any LuaConvertible
  ) throws -> any LuaConvertible {
    guard let first = values.lazy.compactMap({ $0.object(TracedMatrix.self) }).first else {
      return try body(values)
    }
    let parts = try values.map { value -> LuaValue in
      if let matrix = value.object(TracedMatrix.self) {
        guard matrix.rows == first.rows, matrix.columns == first.columns else {
          throw refusal(
            "\(context): a \(first.rows) × \(first.columns) and a \(matrix.rows) × \(matrix.columns) matrix cannot be "
              + "combined entry by entry: wb.matmul(a, b) is their product")
        }
        return .object(matrix.entries)
      }
      if value.double == nil, value.object(TracedValue.self) == nil {
        throw refusal(
          "\(context): a matrix is combined with numbers and matrices entry by entry; its product with a vector is "
            + "wb.matmul(a, x)")
      }
      return value
    }
    let result = try body(parts)
    guard let entries = result as? TracedVector, entries.count == first.rows * first.columns else {
      return result
    }
    return TracedMatrix(entries, rows: first.rows, columns: first.columns)
  }

  // MARK: products

  /// One side of a product.
  private struct Factor {
    let operand: Operand
    /// Nil for a vector.
    let shape: (rows: Int, columns: Int)?
    let count: Int
  }

  private func factor(_ value: LuaValue, _ context: String) throws -> Factor {
    if let matrix = value.object(TracedMatrix.self) {
      return Factor(
        operand: try operand(matrix.entries), shape: (matrix.rows, matrix.columns),
        count: matrix.rows * matrix.columns)
    }
    if let (numbers, rows, columns) = try constantMatrix?(value) {
      return Factor(operand: .numbers(numbers, names: []), shape: (rows, columns), count: numbers.count)
    }
    let operand = try operand(value, context)
    let count =
      switch operand {
      case .number, .node: 1
      case .numbers(let values, _): values.count
      case .vector(let node, _): session?.builder[node].rows ?? 0
      }
    return Factor(operand: operand, shape: nil, count: count)
  }

  /// `wb.matmul(a, b)` of matrices and vectors of which one at least is traced.
  func product(_ a: LuaValue, _ b: LuaValue) throws -> any LuaConvertible {
    let context = "wb.matmul"
    let (x, y) = (try factor(a, context), try factor(b, context))
    func mismatch(_ rule: String) -> LuaError {
      func text(_ factor: Factor) -> String {
        factor.shape.map { "a \($0.rows) × \($0.columns) matrix" } ?? "a vector of \(factor.count)"
      }
      return refusal("\(context): \(text(x)) times \(text(y)): \(rule)")
    }
    let rule = "the columns of the first must be as many as the rows of the second"
    switch (x.shape, y.shape) {
    case (nil, nil):
      guard x.count == y.count else { throw mismatch("the vectors must have the same length") }
      return try callMath(.dot, context, [a, b], count: 2...2)
    case (let shape?, nil):
      guard shape.columns == y.count else { throw mismatch(rule) }
      return value(try multiplied(x.operand, y.operand, shape, transposed: false, context))
    case (nil, let shape?):
      guard shape.rows == x.count else { throw mismatch(rule) }
      return value(try multiplied(y.operand, x.operand, shape, transposed: true, context))
    case (let left?, let right?):
      guard left.columns == right.rows else { throw mismatch(rule) }
      // Row i of the product is row i of the first times the second.
      let rows = try (0..<left.rows).map { row in
        try multiplied(
          y.operand, part(x.operand, row * left.columns, left.columns), right, transposed: true, context)
      }
      guard let entries = value(try stacked(rows)) as? TracedVector else { throw staleValue() }
      return TracedMatrix(entries, rows: left.rows, columns: right.columns)
    }
  }

  private func multiplied(
    _ matrix: Operand, _ x: Operand, _ shape: (rows: Int, columns: Int), transposed: Bool, _ context: String
  ) throws -> Operand {
    if matrix.isPlain, x.isPlain {
      let values = Program.product(
        list(matrix), list(x), rows: shape.rows, columns: shape.columns, transposed: transposed)
      return values.count == 1 ? .number(values[0]) : .numbers(values, names: [])
    }
    guard let session else { throw staleValue() }
    let builder = session.builder
    let result = builder.matrixVector(
      node(matrix, builder), node(x, builder), rows: shape.rows, columns: shape.columns,
      transposed: transposed)
    try checkBuilder(session, context)
    return builder[result].rows == 1 ? .node(result) : .vector(result, names: [])
  }

  /// Components `first ..< first + count` of a vector.
  private func part(_ operand: Operand, _ first: Int, _ count: Int) throws -> Operand {
    switch operand {
    case .numbers(let values, _):
      return count == 1 ? .number(values[first]) : .numbers(Array(values[first..<first + count]), names: [])
    case .vector(let node, _):
      guard let session else { throw staleValue() }
      let part = session.builder.slice(node, first, count)
      return count == 1 ? .node(part) : .vector(part, names: [])
    case .number, .node: return operand
    }
  }

  private func stacked(_ rows: [Operand]) throws -> Operand {
    if rows.allSatisfy(\.isPlain) { return .numbers(rows.flatMap(list), names: []) }
    guard let session else { throw staleValue() }
    return .vector(session.builder.stack(rows.map { node($0, session.builder) }), names: [])
  }
}
