/// Visits a broadcast result row by row: `inner` consecutive elements of the result, for which each operand
/// either also advances by one or stays fixed.
struct BroadcastWalk {
  /// The shape of the result.
  let shape: [Int]
  /// The length of a row.
  let inner: Int
  /// Whether an operand has a single value along a row.
  let isFixed: [Bool]
  private let outer: [Int]
  private let strides: [[Int]]

  init(shape: [Int], operands: [[Int]]) {
    self.shape = shape
    var fullStrides = operands.map { operand -> [Int] in
      var strides = [Int](repeating: 0, count: shape.count)
      var step = 1
      for i in 0..<operand.count {
        let axis = operand.count - 1 - i
        if operand[axis] != 1 { strides[shape.count - 1 - i] = step }
        step *= operand[axis]
      }
      return strides
    }
    // Neighbouring axes that every operand steps through evenly are one axis: whole arrays become one row.
    var extents = shape
    var axis = extents.count - 2
    while axis >= 0 {
      let below = extents[axis + 1]
      if extents[axis] == 1 || below == 1
        || fullStrides.allSatisfy({ $0[axis] == $0[axis + 1] * below })
      {
        for k in fullStrides.indices {
          let stride = below == 1 ? fullStrides[k][axis] : fullStrides[k][axis + 1]
          fullStrides[k].replaceSubrange(axis...(axis + 1), with: [stride])
        }
        extents.replaceSubrange(axis...(axis + 1), with: [extents[axis] * below])
      }
      axis -= 1
    }
    inner = extents.last ?? 1
    isFixed = fullStrides.map { $0.last ?? 0 == 0 }
    outer = extents.dropLast()
    strides = fullStrides.map { $0.dropLast() }
  }

  /// Calls `body` with the operands' offsets for each row, in the result's order.
  @inline(__always)
  func forEachRow(_ body: ([Int]) -> Void) {
    if outer.contains(0) || inner == 0 { return }
    var offsets = [Int](repeating: 0, count: strides.count)
    var index = [Int](repeating: 0, count: outer.count)
    while true {
      body(offsets)
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        for k in offsets.indices { offsets[k] += strides[k][axis] }
        if index[axis] < outer[axis] { break }
        for k in offsets.indices { offsets[k] -= strides[k][axis] * outer[axis] }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
