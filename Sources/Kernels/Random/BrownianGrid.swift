import Lanes

/// The Brownian paths of one seed on a grid of N = m·2ᵏ equal steps, m odd.
///
/// The time span is cut into m root cells; a cell's increment is split k times by the Brownian bridge
/// (Lévy's construction): an increment D over a length L becomes
///
///     left = D/2 + (√L/2)·z,   right = D/2 − (√L/2)·z,   z ~ N(0, 1).
///
/// A node's normal depends on (seed, path, level, position, dimension) and on nothing else, so a finer
/// grid with the same m refines the same paths: the sum of the fine increments over a coarse step is the
/// coarse increment, to rounding. A cell's 2ᵏ increments cost 2ᵏ normals.
///
/// The two precisions have their own paths: Float makes four normals of a Philox call, Double two.
public struct BrownianGrid: Sendable, Equatable {
  public let seed: UInt64
  public let stream: RandomStream
  public let steps: Int
  /// k, the number of times a root cell is halved.
  public let levels: Int
  /// m, the number of root cells.
  public let cells: Int
  /// The length of the time span.
  public let span: Double
  /// The number of independent Brownian motions.
  public let dimension: Int

  /// - Parameters:
  ///   - steps: N ≥ 1.
  ///   - span: the whole length of time, > 0.
  ///   - dimension: independent Brownian motions, up to 65 535.
  public init(
    seed: UInt64, steps: Int, span: Double, dimension: Int, stream: RandomStream = .brownian
  ) {
    precondition(steps >= 1 && dimension >= 0 && dimension <= 0xFFFF)
    self.seed = seed
    self.stream = stream
    self.steps = steps
    self.span = span
    self.dimension = dimension
    levels = steps.trailingZeroBitCount
    cells = steps >> levels
  }

  /// The length of a step.
  public var step: Double { span / Double(steps) }

  /// The length of the intervals of a level: 0 is a root cell.
  package func length(ofLevel level: Int) -> Double { span / Double(cells) / Double(1 << level) }
}

/// Walks the Brownian grid for one block of paths, step after step, with a few buffers a level.
///
/// A cell is walked depth first: going from one step to the next, the level above which the path turns
/// right already has its right half in a buffer, and the levels below are split anew.
package final class BrownianWalker<Scalar: RandomScalar> {
  private let grid: BrownianGrid
  private let count: Int
  private let storage: UnsafeMutablePointer<Scalar>
  /// Normals of each (dimension, level): `numbersPerCall` rows.
  private let normals: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>
  /// Left and right increments of each (dimension, level ≥ 1): two rows.
  private let halves: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>
  /// The group of normals that is in the buffers of (dimension, level); −1 for none.
  private var groups: [Int]
  private let scales: [Scalar]
  private var firstPath = 0

  /// The increments of the current step, a pointer for each dimension.
  package let increments: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>

  /// - Parameter count: lanes of a block.
  package init(_ grid: BrownianGrid, count: Int) {
    self.grid = grid
    self.count = count
    let per = Scalar.numbersPerCall
    let pairs = grid.dimension * (grid.levels + 1)
    storage = allocateLanes(max(1, pairs * (per + 2) * count))
    normals = .allocate(capacity: max(1, pairs * per))
    halves = .allocate(capacity: max(1, pairs * 2))
    increments = .allocate(capacity: max(1, grid.dimension))
    for row in 0..<pairs * per { (normals + row).initialize(to: storage + row * count) }
    let rest = storage + pairs * per * count
    for row in 0..<pairs * 2 { (halves + row).initialize(to: rest + row * count) }
    for d in 0..<grid.dimension { (increments + d).initialize(to: storage) }
    groups = Array(repeating: -1, count: pairs)
    scales = (0...grid.levels).map { level in
      let deviation =
        level == 0 ? grid.length(ofLevel: 0).squareRoot() : grid.length(ofLevel: level - 1).squareRoot() / 2
      return Scalar(deviation)
    }
  }

  deinit {
    storage.deallocate()
    normals.deallocate()
    halves.deallocate()
    increments.deallocate()
  }

  /// Starts at the beginning of the paths firstPath, firstPath + 1, …
  package func start(firstPath: Int) {
    self.firstPath = firstPath
    for index in groups.indices { groups[index] = -1 }
  }

  /// Makes ``increments`` those of a step. Steps are asked for in order from 0.
  package func advance(to step: Int) {
    let levels = grid.levels
    let cell = step >> levels
    let position = step & ((1 << levels) - 1)
    // The level whose right half starts here; a new cell starts from its root.
    let turning = position == 0 ? 0 : levels - position.trailingZeroBitCount
    for d in 0..<grid.dimension {
      var current =
        turning == 0 ? normalRow(d, level: 0, node: cell) : halves[2 * pair(d, turning) + 1]
      var level = turning
      while level < levels {
        level += 1
        // The parent's index in its level, which is the index of this bridge in its own.
        let node = (cell << (level - 1)) + (position >> (levels - level + 1))
        let bridge = normalRow(d, level: level, node: node)
        let left = halves[2 * pair(d, level)]
        splitIncrement(current, bridge, left: left, right: halves[2 * pair(d, level) + 1], count: count)
        current = left
      }
      increments[d] = current
    }
  }

  /// Makes ``increments`` those of any step, the same bits as in a walk from the start; from there the steps
  /// are asked for in order.
  ///
  /// The way down from the root cell takes one split a level; normals that are still in a buffer are not made
  /// again.
  package func seek(to step: Int) {
    let levels = grid.levels
    let cell = step >> levels
    let position = step & ((1 << levels) - 1)
    for d in 0..<grid.dimension {
      var current = normalRow(d, level: 0, node: cell)
      for level in stride(from: 1, through: levels, by: 1) {
        let node = (cell << (level - 1)) + (position >> (levels - level + 1))
        let bridge = normalRow(d, level: level, node: node)
        let left = halves[2 * pair(d, level)]
        let right = halves[2 * pair(d, level) + 1]
        splitIncrement(current, bridge, left: left, right: right, count: count)
        current = position >> (levels - level) & 1 == 0 ? left : right
      }
      increments[d] = current
    }
  }

  @inline(__always)
  private func pair(_ dimension: Int, _ level: Int) -> Int { dimension * (grid.levels + 1) + level }

  /// The scaled normals of a node, made with the others of its Philox call when the first is asked for.
  private func normalRow(_ dimension: Int, level: Int, node: Int) -> UnsafeMutablePointer<Scalar> {
    let per = Scalar.numbersPerCall
    let index = pair(dimension, level)
    let group = node / per
    if groups[index] != group {
      groups[index] = group
      let base = CounterBase(
        seed: grid.seed, stream: grid.stream, firstPath: firstPath, level: level, group: group,
        dimension: dimension)
      Scalar.fillNormals(normals + index * per, count: count, base: base, scale: scales[level])
    }
    return normals[index * per + node % per]
  }
}

/// `left = parent/2 + bridge`, `right = parent/2 − bridge`.
private func splitIncrement<Scalar: RandomScalar>(
  _ parent: UnsafeMutablePointer<Scalar>, _ bridge: UnsafeMutablePointer<Scalar>,
  left: UnsafeMutablePointer<Scalar>, right: UnsafeMutablePointer<Scalar>, count: Int
) {
  if Scalar.self == Float.self {
    splitLanes(
      UnsafeMutableRawPointer(parent), UnsafeMutableRawPointer(bridge), UnsafeMutableRawPointer(left),
      UnsafeMutableRawPointer(right), groups: count / 16, as: SIMD16<Float>.self)
  } else {
    splitLanes(
      UnsafeMutableRawPointer(parent), UnsafeMutableRawPointer(bridge), UnsafeMutableRawPointer(left),
      UnsafeMutableRawPointer(right), groups: count / 8, as: SIMD8<Double>.self)
  }
}

@inline(__always)
private func splitLanes<Vector: SIMD>(
  _ parent: UnsafeMutableRawPointer, _ bridge: UnsafeMutableRawPointer, _ left: UnsafeMutableRawPointer,
  _ right: UnsafeMutableRawPointer, groups: Int, as type: Vector.Type
) where Vector.Scalar: BinaryFloatingPoint {
  let d = parent.assumingMemoryBound(to: type)
  let z = bridge.assumingMemoryBound(to: type)
  let l = left.assumingMemoryBound(to: type)
  let r = right.assumingMemoryBound(to: type)
  for i in 0..<groups {
    let half = d[i] * 0.5
    l[i] = half + z[i]
    r[i] = half - z[i]
  }
}

/// 64-byte aligned, zeroed lanes.
package func allocateLanes<Scalar>(_ count: Int) -> UnsafeMutablePointer<Scalar> {
  let bytes = max(64, count * MemoryLayout<Scalar>.stride)
  let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  return raw.assumingMemoryBound(to: Scalar.self)
}
