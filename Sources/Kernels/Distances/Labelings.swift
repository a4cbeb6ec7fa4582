import Execution

/// A thread's labels and whatever else a statistic needs.
final class LabelWorker<Space>: @unchecked Sendable {
  // Used by one thread.
  let labels: UnsafeMutablePointer<UInt8>
  var space: Space

  init(count: Int, _ space: Space) {
    labels = .allocate(capacity: max(1, count))
    labels.initialize(repeating: 0, count: max(1, count))
    self.space = space
  }

  deinit { labels.deallocate() }
}

extension Resampling {
  /// The statistic of every labeling, computed on several threads.
  ///
  /// - Parameter statistic: of the labeling's number and the labels of the pooled rows; nil stops all.
  /// - Throws: ``Cancelled``.
  func evaluate<Space>(
    _ run: RunOptions, space: @escaping @Sendable () -> Space,
    _ statistic: @escaping @Sendable (Int, UnsafePointer<UInt8>, inout Space) -> Double?
  ) throws -> [Double] {
    var values: [Double] = []
    let total = labelings
    try forEachBlock(
      count: total, options: run,
      makeWorker: { LabelWorker(count: count, space()) },
      process: { worker, labeling -> Double? in
        write(labeling, to: worker.labels)
        return statistic(labeling, worker.labels, &worker.space)
      },
      consume: { value in
        values.append(value)
        run.progress?(Double(values.count) / Double(total))
      })
    return values
  }
}

/// The labels of every labeling, written once for several threads.
final class AllLabels: @unchecked Sendable {
  // Written once, by init.
  private let labels: UnsafeMutablePointer<UInt8>
  private let count: Int

  init(_ resampling: Resampling) {
    count = resampling.count
    labels = .allocate(capacity: count * resampling.labelings)
    labels.initialize(repeating: 0, count: count * resampling.labelings)
    for labeling in 0..<resampling.labelings { resampling.write(labeling, to: labels + labeling * count) }
  }

  /// Only the observed labels.
  init(observed resampling: Resampling) {
    count = resampling.count
    labels = .allocate(capacity: count)
    labels.initialize(repeating: 0, count: count)
    resampling.write(0, to: labels)
  }

  deinit { labels.deallocate() }

  subscript(labeling: Int) -> UnsafePointer<UInt8> { UnsafePointer(labels + labeling * count) }
}

extension RunOptions {
  /// The same for one of several parts of a computation, whose progress is that part's.
  func part(_ index: Int, of count: Int) -> RunOptions {
    var part = self
    if let progress {
      part.progress = { progress((Double(index) + $0) / Double(count)) }
    }
    return part
  }
}
