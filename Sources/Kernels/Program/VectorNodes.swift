// Nodes of several rows: their components, and sums and products of vectors and matrices.

extension ProgramBuilder {
  // MARK: Rows

  /// Row `row` (from 0) of `a`.
  public func pick(_ a: NodeID, _ row: Int) -> NodeID {
    let node = nodes[a.index]
    guard row >= 0, row < node.rows else {
      return fail("component \(row + 1) was asked of a value with \(node.rows)")
    }
    if node.rows == 1 { return a }
    if let values = node.constants { return constant(values[row]) }
    switch node.kind {
    case .stack:
      var first = 0
      for operand in node.operands {
        let rows = nodes[operand.index].rows
        if row < first + rows { return pick(operand, row - first) }
        first += rows
      }
    case .slice(let first): return pick(node.operands[0], first + row)
    case .broadcast: return node.operands[0]
    default: break
    }
    return insert(Node(kind: .pick(row), operands: [a], rows: 1, variation: node.variation))
  }

  public func stack(_ parts: [NodeID]) -> NodeID {
    if parts.count == 1 { return parts[0] }
    guard !parts.isEmpty else { return fail("a vector needs at least one component") }
    let values = parts.compactMap { nodes[$0.index].constants }
    if values.count == parts.count { return constant(values.flatMap { $0 }) }
    if let whole = stackedWhole(parts) { return whole }
    let rows = parts.reduce(0) { $0 + nodes[$1.index].rows }
    let variation = parts.map { nodes[$0.index].variation }.max()!
    return insert(Node(kind: .stack, operands: parts, rows: rows, variation: variation))
  }

  /// Rows `first ..< first + count` of `a`.
  public func slice(_ a: NodeID, _ first: Int, _ count: Int) -> NodeID {
    let node = nodes[a.index]
    guard first >= 0, count >= 1, first + count <= node.rows else {
      return fail(
        "components \(first + 1) to \(first + count) were asked of a value with \(node.rows)")
    }
    if count == node.rows { return a }
    if count == 1 { return pick(a, first) }
    if let values = node.constants { return constant(Array(values[first..<first + count])) }
    switch node.kind {
    case .slice(let start): return slice(node.operands[0], start + first, count)
    case .broadcast: return broadcast(node.operands[0], count)
    case .stack:
      // The parts that the slice covers, the first and the last one cut.
      var parts: [NodeID] = []
      var start = 0
      for operand in node.operands {
        let end = start + nodes[operand.index].rows
        let (low, high) = (max(first, start), min(first + count, end))
        if low < high { parts.append(slice(operand, low - start, high - low)) }
        start = end
      }
      return stack(parts)
    default:
      return insert(Node(kind: .slice(first), operands: [a], rows: count, variation: node.variation))
    }
  }

  /// `a`, which has one row, repeated in `rows` rows.
  public func broadcast(_ a: NodeID, _ rows: Int) -> NodeID {
    let node = nodes[a.index]
    guard node.rows == 1 else { return fail("a value with \(node.rows) components cannot be repeated") }
    guard rows > 1 else { return a }
    if let values = node.constants { return constant([Double](repeating: values[0], count: rows)) }
    return insert(Node(kind: .broadcast, operands: [a], rows: rows, variation: node.variation))
  }

  /// The components of `a`, one node each.
  public func components(_ a: NodeID) -> [NodeID] { (0..<nodes[a.index].rows).map { pick(a, $0) } }

  /// `pick(v, 0), pick(v, 1), …` of all rows of v is v.
  private func stackedWhole(_ parts: [NodeID]) -> NodeID? {
    guard case .pick(0) = nodes[parts[0].index].kind else { return nil }
    let whole = nodes[parts[0].index].operands[0]
    guard nodes[whole.index].rows == parts.count else { return nil }
    for (row, part) in parts.enumerated() {
      guard nodes[part.index].kind == .pick(row), nodes[part.index].operands[0] == whole else { return nil }
    }
    return whole
  }

  // MARK: Sums and products of vectors

  /// `Σ aᵢ` over the rows of a, added in order.
  public func sum(_ a: NodeID) -> NodeID {
    let node = nodes[a.index]
    if node.rows == 1 { return a }
    if let values = node.constants { return constant(values.dropFirst().reduce(values[0], +)) }
    return insert(Node(kind: .sum, operands: [a], rows: 1, variation: node.variation))
  }

  /// `Σ aᵢ bᵢ`.
  public func dot(_ a: NodeID, _ b: NodeID) -> NodeID {
    let (m, n) = (nodes[a.index].rows, nodes[b.index].rows)
    guard m == n else {
      return fail("a dot product needs vectors of one length, got \(m) and \(n) components")
    }
    return sum(binary(.multiply, a, b))
  }

  /// `A·x`, or `Aᵀ·x`, for a matrix A of `rows` × `columns`, given row by row.
  public func matrixVector(
    _ matrix: NodeID, _ x: NodeID, rows: Int, columns: Int, transposed: Bool = false
  ) -> NodeID {
    let (entries, length) = (nodes[matrix.index].rows, nodes[x.index].rows)
    guard rows >= 1, columns >= 1, entries == rows * columns else {
      return fail("a \(rows) × \(columns) matrix has \(rows * columns) entries, got \(entries)")
    }
    guard length == (transposed ? rows : columns) else {
      return fail(
        "a \(rows) × \(columns) matrix\(transposed ? ", transposed," : "") multiplies a vector of "
          + "\(transposed ? rows : columns) components, got \(length)")
    }
    // One a lane: no block of lanes shares it, so its entries are values like others.
    if nodes[matrix.index].variation == .lane {
      return stack(
        (0..<(transposed ? columns : rows)).map { i in
          let line = (0..<length).map { transposed ? $0 * columns + i : i * columns + $0 }
          return dot(stack(line.map { pick(matrix, $0) }), x)
        })
    }
    return insert(
      Node(
        kind: .matrixVector(rows: rows, columns: columns, transposed: transposed), operands: [matrix, x],
        rows: transposed ? columns : rows,
        variation: max(nodes[matrix.index].variation, nodes[x.index].variation)))
  }

  /// `a·bᵀ`, row by row.
  public func outer(_ a: NodeID, _ b: NodeID) -> NodeID {
    let (first, second) = (nodes[a.index], nodes[b.index])
    if second.rows == 1 { return binary(.multiply, a, b) }
    if first.rows == 1 { return binary(.multiply, a, b) }
    return insert(
      Node(
        kind: .outer, operands: [a, b], rows: first.rows * second.rows,
        variation: max(first.variation, second.variation)))
  }
}
