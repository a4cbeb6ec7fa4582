import Lanes

/// The kernel k(x, y) of a maximum mean discrepancy. r = |x − y| is the Euclidean norm; of several bandwidths σ the
/// kernel is the mean, so that k(x, x) = 1 for all but the polynomial one.
public enum SampleKernel: Sendable, Equatable {
  /// exp(−r²/(2σ²))
  case gaussian
  /// exp(−r/σ)
  case laplace
  /// (1 + r²/(2 α σ²))^−α
  case rationalQuadratic(alpha: Double)
  /// (x·y/d + 1)^degree for d columns; degree 3 is the kernel inception distance's (Bińkowski et al. 2018).
  case polynomial(degree: Int)

  public var name: String {
    switch self {
    case .gaussian: "Gaussian"
    case .laplace: "Laplace"
    case .rationalQuadratic: "rational quadratic"
    case .polynomial: "polynomial"
    }
  }

  var hasBandwidth: Bool {
    if case .polynomial = self { false } else { true }
  }

  func check(_ bandwidths: [Double]?) throws {
    switch self {
    case .gaussian, .laplace: break
    case .rationalQuadratic(let alpha):
      guard alpha > 0, alpha.isFinite else {
        throw DistanceError("alpha of the rational quadratic kernel must be above 0, got \(alpha)")
      }
    case .polynomial(let degree):
      guard (1...10).contains(degree) else {
        throw DistanceError("the degree of the polynomial kernel must be from 1 to 10, got \(degree)")
      }
      guard bandwidths == nil else { throw DistanceError("the polynomial kernel has no bandwidth") }
    }
    guard let bandwidths else { return }
    guard !bandwidths.isEmpty, bandwidths.count <= 100, bandwidths.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw DistanceError("bandwidths must be finite numbers above 0, from 1 to 100 of them")
    }
  }

  func pairs(_ bandwidths: [Double]) -> PairFunction {
    switch self {
    case .gaussian:
      return SampleKernel.radial(bandwidths) { squares, out, width, count in
        scale(squares, by: -0.5 / (width * width), to: out, count)
        Double.apply(.exp, LaneOperand(lanes: out), to: out, count: count)
      }
    case .laplace:
      return SampleKernel.radial(bandwidths) { squares, out, width, count in
        Double.apply(.sqrt, LaneOperand(lanes: squares), to: out, count: count)
        scale(out, by: -1 / width, to: out, count)
        Double.apply(.exp, LaneOperand(lanes: out), to: out, count: count)
      }
    case .rationalQuadratic(let alpha):
      return SampleKernel.radial(bandwidths) { squares, out, width, count in
        scale(squares, by: 0.5 / (alpha * width * width), to: out, count)
        Double.apply(.log1p, LaneOperand(lanes: out), to: out, count: count)
        scale(out, by: -alpha, to: out, count)
        Double.apply(.exp, LaneOperand(lanes: out), to: out, count: count)
      }
    case .polynomial(let degree):
      return { points, rows, first, out, _ in
        let tile = PooledPoints.tile, inverse = 1 / Double(points.dimension)
        for (k, i) in rows.enumerated() {
          points.products(from: i, first: first, count: tile, to: out + k * tile)
        }
        let vectors = UnsafeMutableRawPointer(out).assumingMemoryBound(to: SIMD8<Double>.self)
        let one = SIMD8<Double>(repeating: 1), factor = SIMD8<Double>(repeating: inverse)
        for j in 0..<rows.count * tile / 8 {
          let base = one.addingProduct(vectors[j], factor)
          var power = base
          for _ in 1..<degree { power *= base }
          vectors[j] = power
        }
      }
    }
  }

  /// The mean over bandwidths of a function of the squared distances.
  private static func radial(
    _ bandwidths: [Double],
    _ value:
      @escaping @Sendable (
        _ squares: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ width: Double, _ count: Int
      ) -> Void
  ) -> PairFunction {
    { points, rows, first, out, spare in
      let tile = PooledPoints.tile, count = rows.count * tile
      let one = spare + tile * tile
      for (k, i) in rows.enumerated() {
        points.squaredDistances(from: i, first: first, count: tile, to: spare + k * tile)
      }
      if bandwidths.count == 1 { return value(spare, out, bandwidths[0], count) }
      let share = SIMD8<Double>(repeating: 1 / Double(bandwidths.count))
      let sums = UnsafeMutableRawPointer(out).assumingMemoryBound(to: SIMD8<Double>.self)
      let terms = UnsafeMutableRawPointer(one).assumingMemoryBound(to: SIMD8<Double>.self)
      for (index, width) in bandwidths.enumerated() {
        value(spare, one, width, count)
        for j in 0..<count / 8 {
          sums[j] = (index == 0 ? .zero : sums[j]).addingProduct(terms[j], share)
        }
      }
    }
  }
}

/// out = x · factor, also in place; count is a multiple of 8.
private func scale(
  _ x: UnsafePointer<Double>, by factor: Double, to out: UnsafeMutablePointer<Double>, _ count: Int
) {
  let from = UnsafeRawPointer(x).assumingMemoryBound(to: SIMD8<Double>.self)
  let to = UnsafeMutableRawPointer(out).assumingMemoryBound(to: SIMD8<Double>.self)
  let factor = SIMD8<Double>(repeating: factor)
  for j in 0..<count / 8 { to[j] = from[j] * factor }
}
