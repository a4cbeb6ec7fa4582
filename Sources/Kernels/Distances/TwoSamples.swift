import Arrays
import Random

/// Two samples, a row a draw, checked and put together: rows 0 ..< na are a's, the rest b's.
struct TwoSamples {
  let na: Int
  let nb: Int
  let dimension: Int
  /// The rows of both, row-major.
  let rows: [Double]

  var count: Int { na + nb }

  /// The fewest rows of a sample: with fewer there are not enough ways to split the pooled rows.
  static let fewestRows = 5

  /// Squares of greater numbers, and their sums, might overflow.
  private static let greatestMagnitude = 1e140

  /// - Throws: ``DistanceError`` if a sample is empty, short, not finite, or if their columns differ.
  init(_ a: NDArray, _ b: NDArray) throws {
    let (rowsA, columnsA) = try TwoSamples.extent(of: a, "first")
    let (rowsB, columnsB) = try TwoSamples.extent(of: b, "second")
    guard columnsA == columnsB else {
      throw DistanceError(
        "the samples have different columns: \(columnsA) in the first (shape \(shapeText(a.shape))), \(columnsB) "
          + "in the second (shape \(shapeText(b.shape)))")
    }
    if let names = a.columnNames, let others = b.columnNames, names != others {
      throw DistanceError(
        "the samples have different columns: \(names.joined(separator: ", ")) in the first, "
          + "\(others.joined(separator: ", ")) in the second")
    }
    try TwoSamples.check(a, rowsA, columnsA, "first")
    try TwoSamples.check(b, rowsB, columnsB, "second")
    (na, nb, dimension) = (rowsA, rowsB, columnsA)
    rows = a.values + b.values
  }

  private static func extent(of array: NDArray, _ which: String) throws -> (rows: Int, columns: Int) {
    guard array.rank == 1 || array.rank == 2 else {
      throw DistanceError(
        "the \(which) sample must have one row for each draw (n × d, or n numbers), got an array of shape "
          + shapeText(array.shape))
    }
    return (array.shape[0], array.rank == 2 ? array.shape[1] : 1)
  }

  private static func check(_ array: NDArray, _ rows: Int, _ columns: Int, _ which: String) throws {
    guard !array.isEmpty else {
      throw DistanceError("the \(which) sample is empty: its shape is \(shapeText(array.shape))")
    }
    guard rows >= fewestRows else {
      throw DistanceError(
        "the \(which) sample has \(rows) row\(rows == 1 ? "" : "s"): a distance with its floor needs at least "
          + "\(fewestRows) in each")
    }
    if let bad = array.values.firstIndex(where: { !($0.magnitude <= greatestMagnitude) }) {
      let number = array.values[bad]
      let value = number.isNaN ? "NaN" : number.isInfinite ? "infinite" : "beyond ±1e140"
      let column = columns > 1 ? ", column \(bad % columns + 1)" : ""
      throw DistanceError(
        "row \(bad / columns + 1)\(column) of the \(which) sample is \(value): leave such rows out or repair them"
      )
    }
  }
}

/// The rows of two samples as the loops over pairs read them: column-major, padded with zeros to whole tiles.
final class PooledPoints: @unchecked Sendable {
  // Written once, by init.
  let count: Int
  let dimension: Int
  /// `count`, rounded up to whole tiles.
  let paddedCount: Int
  /// Coordinate k of point i at k·paddedCount + i; aligned for the lane kernels.
  let columns: UnsafeMutablePointer<Double>

  /// Points in a tile's row.
  static let tile = 256

  /// - Parameter order: the place i of the points holds row order[i].
  init(_ samples: TwoSamples, order: [Int]? = nil) {
    count = samples.count
    dimension = samples.dimension
    paddedCount = (count + PooledPoints.tile - 1) / PooledPoints.tile * PooledPoints.tile
    columns = allocateLanes(paddedCount * dimension)
    for i in 0..<count {
      let row = (order?[i] ?? i) * dimension
      for k in 0..<dimension { columns[k * paddedCount + i] = samples.rows[row + k] }
    }
  }

  deinit { columns.deallocate() }
}

extension PooledPoints {
  /// Writes |xᵢ − xⱼ|² for j in first ..< first + count, a multiple of 32.
  ///
  /// Differences, not |x|² − 2xy + |y|²: near pairs of far points keep their digits.
  @inline(__always)
  func squaredDistances(
    from i: Int, first: Int, count: Int, to out: UnsafeMutablePointer<Double>
  ) {
    accumulate(i, first, count, out) { sum, x, y in
      let difference = y - x
      return sum.addingProduct(difference, difference)
    }
  }

  /// Writes xᵢ·xⱼ.
  @inline(__always)
  func products(from i: Int, first: Int, count: Int, to out: UnsafeMutablePointer<Double>) {
    accumulate(i, first, count, out) { sum, x, y in sum.addingProduct(x, y) }
  }

  @inline(__always)
  private func accumulate(
    _ i: Int, _ first: Int, _ count: Int, _ out: UnsafeMutablePointer<Double>,
    _ add: (SIMD8<Double>, SIMD8<Double>, SIMD8<Double>) -> SIMD8<Double>
  ) {
    let target = UnsafeMutableRawPointer(out)
    var j = 0
    while j < count {
      var (s0, s1, s2, s3) = (
        SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero
      )
      var column = UnsafeRawPointer(columns + first + j)
      var own = columns + i
      for _ in 0..<dimension {
        let x = SIMD8<Double>(repeating: own.pointee)
        s0 = add(s0, x, column.loadUnaligned(as: SIMD8<Double>.self))
        s1 = add(s1, x, column.loadUnaligned(fromByteOffset: 64, as: SIMD8<Double>.self))
        s2 = add(s2, x, column.loadUnaligned(fromByteOffset: 128, as: SIMD8<Double>.self))
        s3 = add(s3, x, column.loadUnaligned(fromByteOffset: 192, as: SIMD8<Double>.self))
        column += 8 &* paddedCount
        own += paddedCount
      }
      target.storeBytes(of: s0, toByteOffset: 8 &* j, as: SIMD8<Double>.self)
      target.storeBytes(of: s1, toByteOffset: 8 &* j &+ 64, as: SIMD8<Double>.self)
      target.storeBytes(of: s2, toByteOffset: 8 &* j &+ 128, as: SIMD8<Double>.self)
      target.storeBytes(of: s3, toByteOffset: 8 &* j &+ 192, as: SIMD8<Double>.self)
      j &+= 32
    }
  }
}
