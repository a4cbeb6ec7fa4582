import Execution
import Random

/// The nearest neighbours of every point among the others, by Euclidean distance. Of equally near ones those of a
/// lower place come first: places are dealt at random, so that ties favour neither sample.
struct NearestNeighbours: Sendable {
  let kept: Int
  /// Of the point at each place, nearest first, the places of its neighbours.
  let places: [Int32]

  /// - Throws: ``Cancelled``.
  init(_ points: PooledPoints, keep: Int, _ run: RunOptions) throws {
    kept = min(keep, points.count - 1)
    let kept = kept, block = 64
    let blocks = (points.count + block - 1) / block
    var places: [Int32] = []
    places.reserveCapacity(points.count * kept)
    try forEachBlock(
      count: blocks, options: run,
      makeWorker: { Nearest(row: points.paddedCount, keep: kept) },
      process: { worker, index -> [Int32]? in
        var found: [Int32] = []
        found.reserveCapacity(block * kept)
        for i in index * block..<min(points.count, (index + 1) * block) {
          if i % 8 == 0, run.cancellation.isRequested { return nil }
          points.squaredDistances(from: i, first: 0, count: points.paddedCount, to: worker.row)
          worker.append(except: i, of: points.count, to: &found)
        }
        return found
      },
      consume: { found in
        places += found
        run.progress?(Double(places.count) / Double(points.count * kept))
      })
    self.places = places
  }
}

/// Finds the least of a row of numbers: a heap whose root is the greatest of those kept.
private final class Nearest: @unchecked Sendable {
  // Used by one thread.
  let row: UnsafeMutablePointer<Double>
  private let keep: Int
  private var heap: [(distance: Double, place: Int32)] = []

  init(row count: Int, keep: Int) {
    row = allocateLanes(count)
    self.keep = keep
    heap.reserveCapacity(keep)
  }

  deinit { row.deallocate() }

  func append(except own: Int, of count: Int, to found: inout [Int32]) {
    heap.removeAll(keepingCapacity: true)
    var limit = Double.infinity
    for j in 0..<count where row[j] < limit || heap.count < keep {
      guard j != own else { continue }
      if heap.count < keep {
        heap.append((row[j], Int32(j)))
        if heap.count == keep {
          for k in stride(from: keep / 2, through: 0, by: -1) { sink(k) }
          limit = heap[0].distance
        }
      } else {
        heap[0] = (row[j], Int32(j))
        sink(0)
        limit = heap[0].distance
      }
    }
    heap.sort { ($0.distance, $0.place) < ($1.distance, $1.place) }
    for entry in heap { found.append(entry.place) }
  }

  private func sink(_ start: Int) {
    var k = start
    while true {
      var child = 2 * k + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, isFarther(child + 1, child) { child += 1 }
      guard isFarther(child, k) else { return }
      heap.swapAt(child, k)
      k = child
    }
  }

  private func isFarther(_ a: Int, _ b: Int) -> Bool {
    (heap[a].distance, heap[a].place) > (heap[b].distance, heap[b].place)
  }
}
