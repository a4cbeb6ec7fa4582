import Arrays
import Lanes

/// Elementwise functions over whole arrays by the kernels that compiled programs use, so that an array gets the
/// same bits as a lane.
package enum ArrayMath {
  /// Elements a kernel call: the scratch blocks stay in the first-level cache.
  private static let block = 1024

  package static func apply(_ function: UnaryFunction, _ a: NDArray) throws -> NDArray {
    let result = try NDArray(shape: a.shape) { out in
      let (source, target) = (scratch(), scratch())
      defer {
        source.deallocate()
        target.deallocate()
      }
      a.withUnsafeBufferPointer { a in
        forEachBlock(a.count) { start, lanes, rounded in
          fill(source, from: a, start, lanes, rounded)
          Double.apply(function, LaneOperand(lanes: source), to: target, count: rounded)
          store(target, to: out, start, lanes)
        }
      }
    }
    return try result.named(a.columnNames)
  }

  package static func apply(_ function: BinaryFunction, _ a: NDArray, _ b: NDArray) throws -> NDArray {
    // Plain arithmetic is vector code already, broadcasting included.
    switch function {
    case .add: return try NDArray.apply(.add, a, b)
    case .subtract: return try NDArray.apply(.subtract, a, b)
    case .multiply: return try NDArray.apply(.multiply, a, b)
    case .divide: return try NDArray.apply(.divide, a, b)
    case .minimum: return try NDArray.apply(.minimum, a, b)
    case .maximum: return try NDArray.apply(.maximum, a, b)
    case .power, .atan2, .modulo, .floorDivide: break
    }
    let shape = try NDArray.broadcastShape(a.shape, b.shape, operation: function.name)
    let (a, b) = (try spread(a, to: shape), try spread(b, to: shape))
    let result = try NDArray(shape: shape) { out in
      let (first, second, target) = (scratch(), scratch(), scratch())
      defer {
        first.deallocate()
        second.deallocate()
        target.deallocate()
      }
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          forEachBlock(out.count) { start, lanes, rounded in
            let left = operand(first, a, start, lanes, rounded)
            let right = operand(second, b, start, lanes, rounded)
            Double.apply(function, left, right, to: target, count: rounded)
            store(target, to: out, start, lanes)
          }
        }
      }
    }
    let named = [a, b].first { $0.columnNames != nil && $0.shape.last == shape.last }
    return try result.named(named?.columnNames)
  }

  /// a·b + c, rounded once.
  package static func multiplyAdd(_ a: NDArray, _ b: NDArray, _ c: NDArray) throws -> NDArray {
    let shape = try NDArray.broadcastShape(
      try NDArray.broadcastShape(a.shape, b.shape, operation: "fma"), c.shape, operation: "fma")
    let (a, b, c) = (try spread(a, to: shape), try spread(b, to: shape), try spread(c, to: shape))
    let (i, j, k) = (a.count == 1 ? 0 : 1, b.count == 1 ? 0 : 1, c.count == 1 ? 0 : 1)
    return try NDArray(shape: shape) { out in
      for n in 0..<out.count { out[n] = c.values[n * k].addingProduct(a.values[n * i], b.values[n * j]) }
    }
  }

  /// The array under a broadcast shape; one that has a single value stays as it is.
  private static func spread(_ a: NDArray, to shape: [Int]) throws -> NDArray {
    if a.shape == shape || a.count == 1 { return a }
    let names = a.columnNames
    return try NDArray.zip(a, try NDArray.zeros(shape)) { a, _ in a }.named(names)
  }

  private static func scratch() -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer.allocate(byteCount: block * MemoryLayout<Double>.stride, alignment: 64)
      .bindMemory(to: Double.self, capacity: block)
  }

  private static func forEachBlock(_ count: Int, _ body: (_ start: Int, _ lanes: Int, _ rounded: Int) -> Void)
  {
    var start = 0
    while start < count {
      let lanes = min(block, count - start)
      body(start, lanes, (lanes + laneGroup - 1) / laneGroup * laneGroup)
      start += lanes
    }
  }

  private static func operand(
    _ scratch: UnsafeMutablePointer<Double>, _ a: UnsafeBufferPointer<Double>, _ start: Int, _ lanes: Int,
    _ rounded: Int
  ) -> LaneOperand<Double> {
    if a.count == 1 {
      scratch.initialize(to: a[0])
      return LaneOperand(uniform: scratch)
    }
    fill(scratch, from: a, start, lanes, rounded)
    return LaneOperand(lanes: scratch)
  }

  /// Lanes past the end are 1, which every function takes.
  private static func fill(
    _ scratch: UnsafeMutablePointer<Double>, from a: UnsafeBufferPointer<Double>, _ start: Int, _ lanes: Int,
    _ rounded: Int
  ) {
    guard let base = a.baseAddress else { return }
    scratch.update(from: base + start, count: lanes)
    (scratch + lanes).update(repeating: 1, count: rounded - lanes)
  }

  private static func store(
    _ scratch: UnsafeMutablePointer<Double>, to out: UnsafeMutableBufferPointer<Double>, _ start: Int,
    _ lanes: Int
  ) {
    guard let base = out.baseAddress else { return }
    (base + start).update(from: scratch, count: lanes)
  }
}
