import Glibc
import Kernels
import Synchronization
import Testing

@Suite struct ParallelTests {
  /// Blocks arrive in order, once each, whatever the threads' delays; nobody runs more than 8 blocks a
  /// thread ahead of the slowest; a worker is used by one thread at a time.
  @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 3, 7])
  func resultsArriveInOrder(threads: Int) throws {
    final class Worker {
      let busy = Atomic<Bool>(false)
    }
    let consumed = Atomic<Int>(0)
    let errors = Atomic<Int>(0)
    let workers = Atomic<Int>(0)
    let blocks = 200
    var seen: [Int] = []
    try forEachBlock(
      count: blocks, options: RunOptions(threads: threads),
      makeWorker: {
        workers.add(1, ordering: .relaxed)
        return Worker()
      },
      process: { worker, block in
        if worker.busy.exchange(true, ordering: .relaxed) { errors.add(1, ordering: .relaxed) }
        // The first and some others take long.
        var random = SplitMix(block)
        usleep(block == 0 ? 30_000 : random.chance(0.05) ? 3000 : UInt32(random.below(50)))
        if block >= consumed.load(ordering: .sequentiallyConsistent) + 8 * threads {
          errors.add(1, ordering: .relaxed)
        }
        worker.busy.store(false, ordering: .relaxed)
        return block
      },
      consume: { (block: Int) in
        seen.append(block)
        consumed.add(1, ordering: .sequentiallyConsistent)
      })
    #expect(seen == Array(0..<blocks))
    #expect(errors.load(ordering: .relaxed) == 0)
    #expect(workers.load(ordering: .relaxed) <= threads)
  }

  /// While the first block is not done, the others wait: results in waiting stay few.
  @Test(.timeLimit(.minutes(1))) func nobodyRunsFarAhead() throws {
    let furthest = Atomic<Int>(0)
    let furthestAtFirst = Atomic<Int>(0)
    try forEachBlock(
      count: 1000, options: RunOptions(threads: 3), makeWorker: {},
      process: { _, block in
        if block == 0 {
          usleep(100_000)
          furthestAtFirst.store(furthest.load(ordering: .relaxed), ordering: .relaxed)
        } else {
          furthest.max(block, ordering: .relaxed)
        }
        return block
      }, consume: { (_: Int) in })
    #expect(furthestAtFirst.load(ordering: .relaxed) < 24)
    #expect(furthest.load(ordering: .relaxed) == 999)
  }

  /// Many short runs, with and without an end in the middle: a lost wake-up would leave one hanging.
  @Test(.timeLimit(.minutes(1))) func noRunHangs() {
    var random = SplitMix(8)
    var stopped = 0
    for _ in 0..<3000 {
      let blocks = random.below(60)
      let threads = 1 + random.below(6)
      let last = random.chance(0.5) ? random.below(60) : Int.max
      var seen: [Int] = []
      do {
        try forEachBlock(
          count: blocks, options: RunOptions(threads: threads), makeWorker: {},
          process: { _, block in
            if block % 5 == 0 { sched_yield() }
            return block == last ? nil : block
          },
          consume: { (block: Int) in seen.append(block) })
        #expect(seen == Array(0..<blocks))
        #expect(last >= blocks)
      } catch {
        stopped += 1
        #expect(error is Cancelled)
        #expect(last < blocks)
        #expect(seen == Array(0..<seen.count), "what came before is in order")
        #expect(seen.count <= last)
      }
    }
    #expect(stopped > 200)
  }

  @Test func cancellingBeforeTheStartDoesNothing() {
    let processed = Atomic<Int>(0)
    #expect(throws: Cancelled.self) {
      try forEachBlock(
        count: 50, options: RunOptions(threads: 2, cancellation: Cancellation { true }), makeWorker: {},
        process: { _, block in
          processed.add(1, ordering: .relaxed)
          return block
        }, consume: { (_: Int) in })
    }
    #expect(processed.load(ordering: .relaxed) == 0)
    #expect(RunOptions(threads: -3).threads == 1)
  }
}
