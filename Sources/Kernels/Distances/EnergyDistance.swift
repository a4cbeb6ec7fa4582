import Arrays
import Lanes
import Random

extension SampleDistance {
  /// The energy distance of two samples,
  ///
  ///     2/(n m) Σᵢⱼ |aᵢ − bⱼ| − 1/n² Σᵢⱼ |aᵢ − aⱼ| − 1/m² Σᵢⱼ |bᵢ − bⱼ|,
  ///
  /// with Euclidean norms. It is at least 0; of the laws themselves it is 0 only where they are equal.
  ///
  /// Source: Székely & Rizzo, J. Statist. Plann. Inference 143 (2013) 1249.
  ///
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func energy(
    _ a: NDArray, _ b: NDArray, options: DistanceOptions = DistanceOptions()
  ) throws -> SampleDistance {
    try options.check()
    let samples = try TwoSamples(a, b)
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let forms = try PairForms(PooledPoints(samples), resampling, options.run, euclideanDistances)
    let values = forms.sums().map { s in
      let n = Double(s.na), m = Double(s.nb)
      return max(0, 2 * s.ab / (n * m) - s.aa / (n * n) - s.bb / (m * m))
    }
    return try SampleDistance("energy distance", values, resampling, scale: forms.scale)
  }
}

/// Writes |xᵢ − xⱼ|.
let euclideanDistances: PairFunction = { points, rows, first, out, spare in
  let tile = PooledPoints.tile
  for (k, i) in rows.enumerated() {
    points.squaredDistances(from: i, first: first, count: tile, to: out + k * tile)
  }
  Double.apply(.sqrt, LaneOperand(lanes: out), to: out, count: rows.count * tile)
}
