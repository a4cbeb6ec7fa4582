import Glibc

/// The elementwise operations of two arguments.
///
/// `minimum` is `b < a ? b : a`, `maximum` is `a < b ? b : a`, `modulo` takes the sign of the divisor and
/// `floorDivide` is `floor(a / b)`: what Lua's own numbers do, and what compiled programs do with lanes.
/// Comparisons give 1 where they hold and 0 elsewhere.
public enum ElementwiseOperation: String, CaseIterable, Sendable {
  case add, subtract, multiply, divide, power, atan2, minimum, maximum, modulo, floorDivide
  case less, lessOrEqual, greater, greaterOrEqual, equal, notEqual
}

extension NDArray {
  /// The shape two operands broadcast to by NumPy's rule: aligned from the last axis, extents are equal or one is 1.
  public static func broadcastShape(_ a: [Int], _ b: [Int], operation: String = "elementwise") throws -> [Int]
  {
    let rank = max(a.count, b.count)
    var result = [Int](repeating: 1, count: rank)
    for i in 1...max(rank, 1) where i <= rank {
      let x = i <= a.count ? a[a.count - i] : 1
      let y = i <= b.count ? b[b.count - i] : 1
      guard x == y || x == 1 || y == 1 else {
        throw ArrayError.shapeMismatch(
          operation: operation, a, b, rule: "aligned from the last axis, extents must be equal or 1")
      }
      result[rank - i] = x == 1 ? y : x
    }
    _ = try elementCount(result)
    return result
  }

  /// `f(self)` element by element; shape and column names stay.
  public func map(_ f: (Double) throws -> Double) throws -> NDArray {
    var result = try NDArray(shape: shape) { out in
      try values.withUnsafeBufferPointer { input in
        for i in 0..<input.count { out[i] = try f(input[i]) }
      }
    }
    result.columnNames = columnNames
    return result
  }

  /// `f(a, b)` element by element with broadcasting.
  @inline(__always)
  public static func zip(
    _ a: NDArray, _ b: NDArray, operation: String = "elementwise", _ f: (Double, Double) -> Double
  ) throws -> NDArray {
    let walk = BroadcastWalk(
      shape: try broadcastShape(a.shape, b.shape, operation: operation), operands: [a.shape, b.shape])
    var result = try NDArray(shape: walk.shape) { out in
      a.values.withUnsafeBufferPointer { a in
        b.values.withUnsafeBufferPointer { b in
          guard !out.isEmpty, let a = a.baseAddress, let b = b.baseAddress, var out = out.baseAddress else {
            return
          }
          let n = walk.inner
          walk.forEachRow { offsets in
            let a = a + offsets[0], b = b + offsets[1]
            switch (walk.isFixed[0], walk.isFixed[1]) {
            case (false, false): for i in 0..<n { out[i] = f(a[i], b[i]) }
            case (true, false):
              let value = a[0]
              for i in 0..<n { out[i] = f(value, b[i]) }
            case (false, true):
              let value = b[0]
              for i in 0..<n { out[i] = f(a[i], value) }
            case (true, true):
              let value = f(a[0], b[0])
              for i in 0..<n { out[i] = value }
            }
            out += n
          }
        }
      }
    }
    result.columnNames = names(of: [a, b], for: walk.shape)
    return result
  }

  /// The names a result of elementwise work keeps: those of the first operand that has the result's columns.
  static func names(of operands: [NDArray], for shape: [Int]) -> [String]? {
    operands.first { $0.columnNames != nil && $0.shape.last == shape.last }?.columnNames
  }

  public static func apply(_ operation: ElementwiseOperation, _ a: NDArray, _ b: NDArray) throws -> NDArray {
    let name = operation.rawValue
    switch operation {
    case .add: return try zip(a, b, operation: name) { $0 + $1 }
    case .subtract: return try zip(a, b, operation: name) { $0 - $1 }
    case .multiply: return try zip(a, b, operation: name) { $0 * $1 }
    case .divide: return try zip(a, b, operation: name) { $0 / $1 }
    case .power: return try zip(a, b, operation: name) { $1 == 2 ? $0 * $0 : Glibc.pow($0, $1) }
    case .atan2: return try zip(a, b, operation: name) { Glibc.atan2($0, $1) }
    case .minimum: return try zip(a, b, operation: name) { $1 < $0 ? $1 : $0 }
    case .maximum: return try zip(a, b, operation: name) { $0 < $1 ? $1 : $0 }
    case .modulo: return try zip(a, b, operation: name, luaModulo)
    case .floorDivide: return try zip(a, b, operation: name) { ($0 / $1).rounded(.down) }
    case .less: return try zip(a, b, operation: name) { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: return try zip(a, b, operation: name) { $0 <= $1 ? 1 : 0 }
    case .greater: return try zip(a, b, operation: name) { $0 > $1 ? 1 : 0 }
    case .greaterOrEqual: return try zip(a, b, operation: name) { $0 >= $1 ? 1 : 0 }
    case .equal: return try zip(a, b, operation: name) { $0 == $1 ? 1 : 0 }
    case .notEqual: return try zip(a, b, operation: name) { $0 != $1 ? 1 : 0 }
    }
  }

  public static func + (a: NDArray, b: NDArray) throws -> NDArray { try apply(.add, a, b) }
  public static func - (a: NDArray, b: NDArray) throws -> NDArray { try apply(.subtract, a, b) }
  public static func * (a: NDArray, b: NDArray) throws -> NDArray { try apply(.multiply, a, b) }
  public static func / (a: NDArray, b: NDArray) throws -> NDArray { try apply(.divide, a, b) }
  public static prefix func - (a: NDArray) throws -> NDArray { try a.map { -$0 } }

  /// `a` where `condition` is not zero, `b` elsewhere, all three broadcast together. A NaN condition counts as
  /// not zero, as in NumPy.
  public static func select(_ condition: NDArray, _ a: NDArray, _ b: NDArray) throws -> NDArray {
    let shape = try broadcastShape(
      try broadcastShape(condition.shape, a.shape, operation: "where"), b.shape, operation: "where")
    let walk = BroadcastWalk(shape: shape, operands: [condition.shape, a.shape, b.shape])
    let steps = walk.isFixed.map { $0 ? 0 : 1 }
    var result = try NDArray(shape: shape) { out in
      var position = 0
      walk.forEachRow { offsets in
        for i in 0..<walk.inner {
          out[position + i] =
            condition.values[offsets[0] + i * steps[0]] != 0
            ? a.values[offsets[1] + i * steps[1]] : b.values[offsets[2] + i * steps[2]]
        }
        position += walk.inner
      }
    }
    result.columnNames = names(of: [a, b], for: shape)
    return result
  }
}

/// Lua's `a % b`: the result has the sign of the divisor.
private func luaModulo(_ a: Double, _ b: Double) -> Double {
  let r = fmod(a, b)
  return r != 0 && (r < 0) != (b < 0) ? r + b : r
}
