/// Stops long computations from outside: polled by every thread once a step of a block.
public struct Cancellation: Sendable {
  private let poll: @Sendable () -> Bool

  public init(_ poll: @escaping @Sendable () -> Bool) { self.poll = poll }
  public static let never = Cancellation { false }
  public var isRequested: Bool { poll() }
}

/// The computation was stopped by the user.
public struct Cancelled: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "interrupted" }
}

/// How a computation is run. None of it changes a result.
public struct RunOptions: Sendable {
  public var threads: Int
  public var cancellation: Cancellation
  /// Told the share of the work that is done, from any thread.
  public var progress: (@Sendable (Double) -> Void)?

  public init(
    threads: Int = 1, cancellation: Cancellation = .never, progress: (@Sendable (Double) -> Void)? = nil
  ) {
    self.threads = max(1, threads)
    self.cancellation = cancellation
    self.progress = progress
  }
}

/// Runs blocks 0..<count on several threads and hands their results on in the order of the blocks.
///
/// Each thread makes a worker of its own and takes blocks from a counter. `consume` sees one result at a
/// time, block after block, whatever thread made it and whenever: sums over blocks therefore have the
/// same rounding for any number of threads. A thread that is far ahead of the slowest block waits, so
/// that results in waiting stay few.
///
/// - Throws: ``Cancelled`` if the cancellation was requested, after all threads have stopped.
package func forEachBlock<Worker, Result>(
  count: Int, options: RunOptions,
  makeWorker: @escaping @Sendable () -> Worker,
  process: @escaping @Sendable (Worker, Int) -> Result?,
  consume: @escaping (Result) -> Void
) throws {
  let threads = max(1, min(options.threads, count))
  let queue = BlockQueue<Result>(count: count, consume: consume)
  let run: @Sendable () -> Void = {
    let worker = makeWorker()
    while let block = queue.take(ahead: 8 * threads) {
      guard !options.cancellation.isRequested, let result = process(worker, block) else {
        queue.stop()
        return
      }
      queue.deliver(result, of: block)
    }
  }
  runOnThreads(threads, run)
  if queue.wasStopped { throw Cancelled() }
}

/// Gives out block numbers and puts results back in order.
private final class BlockQueue<Result>: @unchecked Sendable {
  // All fields are touched only while `condition` is held.
  private let condition = Condition()
  private let count: Int
  private let consume: (Result) -> Void
  private var nextToTake = 0
  private var nextToConsume = 0
  private var waiting: [Int: Result] = [:]
  private var stopped = false

  init(count: Int, consume: @escaping (Result) -> Void) {
    self.count = count
    self.consume = consume
  }

  var wasStopped: Bool { condition.locked { stopped } }

  func stop() {
    condition.locked {
      stopped = true
      condition.wakeAll()
    }
  }

  func take(ahead limit: Int) -> Int? {
    condition.locked {
      while !stopped, nextToTake < count, nextToTake >= nextToConsume + limit { condition.wait() }
      guard !stopped, nextToTake < count else { return nil }
      defer { nextToTake += 1 }
      return nextToTake
    }
  }

  func deliver(_ result: Result, of block: Int) {
    condition.locked {
      waiting[block] = result
      while let next = waiting.removeValue(forKey: nextToConsume) {
        consume(next)
        nextToConsume += 1
      }
      condition.wakeAll()
    }
  }
}
