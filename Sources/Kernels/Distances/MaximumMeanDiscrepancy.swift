import Arrays
import Random

extension SampleDistance {
  /// The squared maximum mean discrepancy by its unbiased estimator,
  ///
  ///     1/(n(n−1)) Σ_{i≠j} k(aᵢ, aⱼ) + 1/(m(m−1)) Σ_{i≠j} k(bᵢ, bⱼ) − 2/(n m) Σᵢⱼ k(aᵢ, bⱼ).
  ///
  /// Its mean is 0 for samples of one law: it may be negative, and its floor is about 0. With the polynomial kernel
  /// of degree 3 it is the kernel inception distance.
  ///
  /// Source: Gretton et al., J. Mach. Learn. Res. 13 (2012) 723, eq. (3); Bińkowski et al., ICLR 2018.
  ///
  /// - Parameter bandwidths: the σ of the kernel, averaged over; nil for the median distance between the pooled rows.
  /// - Throws: ``DistanceError``, ``Cancelled``.
  public static func mmd(
    _ a: NDArray, _ b: NDArray, kernel: SampleKernel = .gaussian, bandwidths: [Double]? = nil,
    options: DistanceOptions = DistanceOptions()
  ) throws -> SampleDistance {
    try options.check()
    try kernel.check(bandwidths)
    let samples = try TwoSamples(a, b)
    var random = SequentialRandom(seed: options.seed, stream: .auxiliary)
    var widths = bandwidths ?? []
    if kernel.hasBandwidth, bandwidths == nil {
      let median = try medianSquaredDistance(samples, &random).squareRoot()
      guard median > 0, median.isFinite else {
        throw DistanceError(
          "the median distance between rows is \(significant(median, digits: 3)), which is no bandwidth: give one"
        )
      }
      widths = [median]
    }
    let resampling = try Resampling(samples, permutations: options.permutations, &random)
    let forms = try PairForms(PooledPoints(samples), resampling, options.run, kernel.pairs(widths))
    let values = forms.sums().map { s in
      let n = Double(s.na), m = Double(s.nb)
      return s.aa / (n * (n - 1)) + s.bb / (m * (m - 1)) - 2 * s.ab / (n * m)
    }
    var result = try SampleDistance(
      "MMD² (\(kernel.text(widths)))", values, resampling, range: -Double.infinity...(.infinity),
      scale: forms.scale)
    result.details = widths.map { ("bandwidth", $0) }
    return result
  }
}

extension SampleKernel {
  fileprivate func text(_ widths: [Double]) -> String {
    let numbers = widths.map { significant($0, digits: 4) }.joined(separator: ", ")
    let about =
      switch self {
      case .polynomial(let degree): "degree \(degree)"
      case .rationalQuadratic(let alpha):
        "alpha \(significant(alpha, digits: 4)), bandwidth\(widths.count == 1 ? "" : "s") \(numbers)"
      default: "bandwidth\(widths.count == 1 ? "" : "s") \(numbers)"
      }
    return "\(name) kernel, \(about)"
  }
}
