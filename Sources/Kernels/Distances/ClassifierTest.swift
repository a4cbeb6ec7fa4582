import Arrays
import Random

extension SampleDistance {
  /// The classifier two-sample test by nearest neighbours: how well a row's sample is told by its k nearest
  /// neighbours, leaving the row itself out.
  ///
  /// A row counts as a's where of a's rows a greater share is among its neighbours than of b's rows, and half where
  /// the shares are equal; the value is the mean of the shares of rows told right in a and in b (the balanced
  /// accuracy): about ½ for samples of one law, 1 where they are apart.
  ///
  /// The test is Lopez-Paz & Oquab's (ICLR 2017) with their k-NN classifier, k = ⌊√(n + m)⌋, but leaving one out
  /// instead of splitting, so that all rows train and test; p-value and floor are from permutations, since rows
  /// left out one by one are not independent.
  ///
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func classifier(
    _ a: NDArray, _ b: NDArray, neighbours: Int? = nil, options: DistanceOptions = DistanceOptions()
  ) throws -> SampleDistance {
    try options.check()
    let samples = try TwoSamples(a, b)
    let k = neighbours ?? Int(Double(samples.count).squareRoot())
    guard k >= 1, k < samples.count else {
      throw DistanceError(
        "\(k) neighbours: expected from 1 to \(samples.count - 1), one less than there are rows in both samples"
      )
    }
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    var order = Array(0..<samples.count)
    order.shuffle(samples.count, &random)
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    // A group left out takes a tenth at most of most rows' neighbours with it: some more stand by.
    let search = try NearestNeighbours(
      PooledPoints(samples, order: order), keep: k + k / 2 + 10, options.run.part(0, of: 2))
    let rowOfPlace = order.map(Int32.init)
    let values = try resampling.evaluate(options.run.part(1, of: 2), space: { () }) { _, labels, _ in
      balancedAccuracy(search, rowOfPlace, labels, k)
    }
    var result = try SampleDistance(
      "classifier two-sample accuracy (\(k) nearest neighbours)", values, resampling, range: 0...1)
    result.details = [("neighbours", Double(k))]
    return result
  }
}

private func balancedAccuracy(
  _ search: NearestNeighbours, _ rowOfPlace: [Int32], _ labelOfRow: UnsafePointer<UInt8>, _ k: Int
) -> Double {
  let labels = rowOfPlace.map { labelOfRow[Int($0)] }
  var sizes = (a: 0, b: 0)
  for label in labels {
    sizes.a += label == Resampling.inA ? 1 : 0
    sizes.b += label == Resampling.inB ? 1 : 0
  }
  // Twice the rows told right: those that cannot be told count one.
  var right = (a: 0, b: 0)
  search.places.withUnsafeBufferPointer { places in
    labels.withUnsafeBufferPointer { labels in
      for place in 0..<labels.count where labels[place] != Resampling.leftOut {
        var (nearA, seen) = (0, 0)
        var next = place &* search.kept
        let end = next &+ search.kept
        while next < end, seen < k {
          let label = labels[Int(places[next])]
          nearA &+= label == Resampling.inA ? 1 : 0
          seen &+= label == Resampling.leftOut ? 0 : 1
          next &+= 1
        }
        // The shares nearA / a's rows and (seen − nearA) / b's rows, in integers.
        let difference = nearA &* sizes.b &- (seen &- nearA) &* sizes.a
        if labels[place] == Resampling.inA {
          right.a &+= 1 &+ difference.signum()
        } else {
          right.b &+= 1 &- difference.signum()
        }
      }
    }
  }
  return 0.25 * (Double(right.a) / Double(sizes.a) + Double(right.b) / Double(sizes.b))
}
