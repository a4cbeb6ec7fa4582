import Arrays
import Random

extension SampleDistance {
  /// The classifier two-sample test by nearest neighbours: how well a row's sample is told by its k nearest
  /// neighbours, leaving the row itself out.
  ///
  /// A row counts as a's where the share of a's other rows among its neighbours is greater than that of b's, and
  /// half where they are equal; the value is the mean of the shares of rows told right in a and in b (the balanced
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
  _ search: NearestNeighbours, _ rowOfPlace: [Int32], _ labels: UnsafePointer<UInt8>, _ k: Int
) -> Double {
  var sizes = (a: 0, b: 0)
  for row in 0..<rowOfPlace.count {
    sizes.a += labels[row] == Resampling.inA ? 1 : 0
    sizes.b += labels[row] == Resampling.inB ? 1 : 0
  }
  var right = (a: 0.0, b: 0.0)
  search.places.withUnsafeBufferPointer { places in
    rowOfPlace.withUnsafeBufferPointer { rows in
      for place in 0..<rows.count {
        let own = labels[Int(rows[place])]
        guard own != Resampling.leftOut else { continue }
        var (near, seen) = ((a: 0, b: 0), 0)
        var next = place &* search.kept
        let end = next &+ search.kept
        while next < end, seen < k {
          switch labels[Int(rows[Int(places[next])])] {
          case Resampling.inA: near.a &+= 1; seen &+= 1
          case Resampling.inB: near.b &+= 1; seen &+= 1
          default: break
          }
          next &+= 1
        }
        // near.a / others in a against near.b / others in b, in integers.
        let isA = own == Resampling.inA
        let forA = near.a &* (isA ? sizes.b : sizes.b &- 1)
        let forB = near.b &* (isA ? sizes.a &- 1 : sizes.a)
        let score = forA == forB ? 0.5 : (forA > forB) == isA ? 1 : 0
        if isA { right.a += score } else { right.b += score }
      }
    }
  }
  return 0.5 * (right.a / Double(sizes.a) + right.b / Double(sizes.b))
}
