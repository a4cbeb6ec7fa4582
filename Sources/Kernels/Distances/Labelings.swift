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
  /// - Parameter statistic: of the labels of the pooled rows; nil stops all.
  /// - Throws: ``Cancelled``.
  func evaluate<Space>(
    _ run: RunOptions, space: @escaping @Sendable () -> Space,
    _ statistic: @escaping @Sendable (UnsafePointer<UInt8>, inout Space) -> Double?
  ) throws -> [Double] {
    var values: [Double] = []
    let total = labelings
    try forEachBlock(
      count: total, options: run,
      makeWorker: { LabelWorker(count: count, space()) },
      process: { worker, labeling -> Double? in
        write(labeling, to: worker.labels)
        return statistic(worker.labels, &worker.space)
      },
      consume: { value in
        values.append(value)
        run.progress?(Double(values.count) / Double(total))
      })
    return values
  }
}
