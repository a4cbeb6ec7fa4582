extension NDArray {
  /// The sub-arrays `range` of axis 0, with all the axes kept.
  public func rows(_ range: Range<Int>) throws -> NDArray {
    try checkAxis(0)
    guard range.lowerBound >= 0, range.upperBound <= shape[0] else {
      throw ArrayError.rangeOutOfRange(range, axis: 0, extent: shape[0])
    }
    let width = shape[1...].reduce(1, *)
    var resultShape = shape
    resultShape[0] = range.count
    return NDArray(
      trusted: Array(values[(range.lowerBound * width)..<(range.upperBound * width)]), shape: resultShape,
      columnNames: rank == 1 ? nil : columnNames)
  }

  /// The sub-array at one index of axis 0, without that axis: an element of a one-axis array has shape `[]`.
  public func row(_ index: Int) throws -> NDArray {
    try checkAxis(0)
    guard index >= 0, index < shape[0] else {
      throw ArrayError.indexOutOfRange(index: index, axis: 0, extent: shape[0])
    }
    let width = shape[1...].reduce(1, *)
    return NDArray(
      trusted: Array(values[(index * width)..<((index + 1) * width)]), shape: Array(shape.dropFirst()),
      columnNames: rank == 1 ? nil : columnNames)
  }

  /// The elements at one index of the last axis, without that axis.
  public func column(_ index: Int) throws -> NDArray {
    guard let columns = shape.last else { throw ArrayError.axisOutOfRange(axis: 0, shape: shape) }
    guard index >= 0, index < columns else {
      throw ArrayError.indexOutOfRange(index: index, axis: rank - 1, extent: columns)
    }
    return try NDArray(shape: Array(shape.dropLast())) { out in
      values.withUnsafeBufferPointer { input in
        for i in 0..<out.count { out[i] = input[i * columns + index] }
      }
    }
  }

  /// The column with this name.
  public func column(_ name: String) throws -> NDArray {
    try column(try columnIndex(name))
  }

  /// The 0-based position of the column with this name.
  public func columnIndex(_ name: String) throws -> Int {
    guard let index = columnNames?.firstIndex(of: name) else {
      throw ArrayError.unknownColumn(name, available: columnNames)
    }
    return index
  }

  /// The same elements in the same order under another shape. One extent may be −1: it is then what is left over.
  public func reshaped(_ newShape: [Int]) throws -> NDArray {
    var resolved = newShape
    let open = newShape.indices.filter { newShape[$0] == -1 }
    guard open.count <= 1 else {
      throw ArrayError.invalidShape(newShape, reason: "only one extent may be -1")
    }
    if let open = open.first {
      resolved[open] = 1
      let rest = try NDArray.elementCount(resolved)
      guard rest > 0, count % rest == 0 else {
        throw ArrayError.invalidShape(newShape, reason: "\(count) elements do not divide into it")
      }
      resolved[open] = count / rest
    }
    let expected = try NDArray.elementCount(resolved)
    guard expected == count else {
      throw ArrayError.elementCount(operation: "reshape", expected: expected, shape: resolved, got: count)
    }
    return NDArray(
      trusted: values, shape: resolved, columnNames: resolved.last == shape.last ? columnNames : nil)
  }

  /// The array with its axes reversed: for two axes, rows become columns. Column names are dropped.
  public func transposed() throws -> NDArray {
    guard rank > 1 else { return self }
    let newShape = Array(shape.reversed())
    if rank == 2 {
      let rows = shape[0], columns = shape[1]
      return try NDArray(shape: newShape) { out in
        values.withUnsafeBufferPointer { input in
          // Tiles keep both the reads and the writes within a few cache lines.
          let tile = 32
          for r0 in stride(from: 0, to: rows, by: tile) {
            for c0 in stride(from: 0, to: columns, by: tile) {
              for c in c0..<min(c0 + tile, columns) {
                for r in r0..<min(r0 + tile, rows) { out[c * rows + r] = input[r * columns + c] }
              }
            }
          }
        }
      }
    }
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    strides.reverse()
    return try NDArray(shape: newShape) { out in
      var index = [Int](repeating: 0, count: newShape.count)
      var offset = 0
      for i in 0..<out.count {
        out[i] = values[offset]
        var axis = newShape.count - 1
        while axis >= 0 {
          index[axis] += 1
          offset += strides[axis]
          if index[axis] < newShape[axis] { break }
          offset -= strides[axis] * newShape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
    }
  }

  /// The arrays one after another along `axis`; all other extents must be equal. Concatenating along the last
  /// axis joins the column names when every part has some and they differ; along another axis the first names stay.
  public static func concatenate(_ parts: [NDArray], axis: Int = 0) throws -> NDArray {
    guard let first = parts.first else {
      throw ArrayError.invalidArgument("concat needs at least one array")
    }
    try first.checkAxis(axis)
    var total = 0
    for part in parts {
      let fits =
        part.rank == first.rank
        && (0..<first.rank).allSatisfy { $0 == axis || part.shape[$0] == first.shape[$0] }
      guard fits else {
        throw ArrayError.shapeMismatch(
          operation: "concat", first.shape, part.shape,
          rule: "all extents but that of axis \(axis) must be equal")
      }
      let (sum, overflow) = total.addingReportingOverflow(part.shape[axis])
      guard !overflow else {
        throw ArrayError.invalidShape(part.shape, reason: "more elements than can be addressed")
      }
      total = sum
    }
    var shape = first.shape
    shape[axis] = total
    let (outer, _, inner) = first.spans(around: axis)
    var result = try NDArray(shape: shape) { out in
      guard let base = out.baseAddress, !out.isEmpty else { return }
      var start = 0
      for part in parts {
        let width = part.shape[axis] * inner
        part.values.withUnsafeBufferPointer { input in
          guard let input = input.baseAddress, width > 0 else { return }
          for o in 0..<outer {
            (base + o * total * inner + start).update(from: input + o * width, count: width)
          }
        }
        start += width
      }
    }
    if axis == shape.count - 1 {
      let names = parts.compactMap(\.columnNames)
      let joined = Array(names.joined())
      if names.count == parts.count, Set(joined).count == joined.count { result.columnNames = joined }
    } else {
      result.columnNames = first.columnNames
    }
    return result
  }
}
