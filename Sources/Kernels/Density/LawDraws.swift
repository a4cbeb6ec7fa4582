import Lanes
import Random

/// Rows of numbers, one a lane.
public final class LaneRows {
  public let rows: Int
  public let lanes: Int
  private let storage: UnsafeMutablePointer<Double>

  public init(rows: Int, lanes: Int) {
    self.rows = rows
    self.lanes = lanes
    storage = allocateLanes(max(1, rows * lanes))
    storage.initialize(repeating: 0, count: max(1, rows * lanes))
  }

  deinit { storage.deallocate() }

  public subscript(_ row: Int) -> UnsafeMutablePointer<Double> { storage + row * lanes }
}

/// The random numbers of a block of samples: each call gives numbers that none before gave.
///
/// The k-th number of sample i is a function of (seed, i, k) alone. They share no bits with the noise of
/// solvers and losses, so that data and noise made from one seed are independent.
public final class LawDraws {
  /// Lanes of a full block.
  public static let blockLength = 1024

  public let lanes: Int
  private let seed: UInt64
  private let first: Int
  private var group = 0
  private var rejections = 0

  /// - Parameters:
  ///   - first: index of the first lane's sample, a multiple of ``blockLength``.
  ///   - lanes: a multiple of ``laneGroup``, at most ``blockLength``.
  public init(seed: UInt64, first: Int, lanes: Int) {
    self.seed = seed
    self.first = first
    self.lanes = lanes
  }

  /// Independent standard normals.
  public func normals(_ rows: Int) -> LaneRows {
    fill(rows, group: &group, dimension: 0) { out, base in
      Double.fillNormals(out, count: lanes, base: base, scale: 1)
    }
  }

  /// Independent uniforms in (0, 1).
  public func uniforms(_ rows: Int) -> LaneRows {
    fill(rows, group: &group, dimension: 0) { out, base in
      Double.fillUniforms(out, count: lanes, base: base)
    }
  }

  private func fill(
    _ rows: Int, group: inout Int, dimension: Int,
    _ numbers: (UnsafePointer<UnsafeMutablePointer<Double>>, CounterBase) -> Void
  ) -> LaneRows {
    let each = Double.numbersPerCall
    let calls = (rows + each - 1) / each
    let result = LaneRows(rows: calls * each, lanes: lanes)
    for call in 0..<calls {
      let base = CounterBase(
        seed: seed, stream: .samples, firstPath: first, level: 0, group: group, dimension: dimension)
      group += 1
      let targets = (0..<each).map { result[call * each + $0] }
      targets.withUnsafeBufferPointer { numbers($0.baseAddress!, base) }
    }
    return result
  }

  /// χ² variables of `freedom` degrees, which may be any positive number.
  ///
  /// Twice a gamma variable of shape a = freedom/2, by rejection: v = (1 + cz)³ with z normal, kept where
  /// log u < ½z² + d(1 − v + log v), d = a − ⅓, c = 1/√(9d); for a < 1 from shape a + 1 times u^(1/a).
  /// Source: Marsaglia and Tsang, ACM Trans. Math. Softw. 26(3), 2000.
  public func chiSquares(_ freedom: Double) -> LaneRows {
    let result = LaneRows(rows: 1, lanes: lanes)
    let shape = freedom / 2
    let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    let boost = shape < 1 ? uniforms(1) : nil
    // Numbers apart: how many tries a block needs must not shift what is drawn after.
    rejections += 1
    var tries = 0
    var open = Array(0..<lanes)
    while !open.isEmpty {
      let z = fill(1, group: &tries, dimension: rejections) { out, base in
        Double.fillNormals(out, count: lanes, base: base, scale: 1)
      }
      let u = fill(1, group: &tries, dimension: rejections) { out, base in
        Double.fillUniforms(out, count: lanes, base: base)
      }
      open.removeAll { lane in
        let root = 1 + c * z[0][lane]
        guard root > 0 else { return false }
        let v = root * root * root
        let log = Double.evaluate(.log, v)
        guard Double.evaluate(.log, u[0][lane]) < 0.5 * z[0][lane] * z[0][lane] + d * (1 - v + log) else {
          return false
        }
        var gamma = d * v
        if let boost { gamma *= Double.evaluate(.power, boost[0][lane], 1 / shape) }
        result[0][lane] = 2 * gamma
        return true
      }
    }
    return result
  }
}
