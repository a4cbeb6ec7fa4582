import Arrays
import Execution
import Glibc
import Program

/// Points on arcs in the plane, with isotropic Gaussian noise: x = c(t) + σε, t uniform on the arc's interval.
public struct NoisyCurve: Law {
  struct Arc: Sendable {
    let weight: Double
    let interval: ClosedRange<Double>
    /// An upper bound of ‖c′‖.
    let speed: Double
    /// Whether the ends meet, smoothly.
    var isClosed = false
    let point: @Sendable (Double) -> (Double, Double)
  }

  let name: String
  let arcs: [Arc]
  public let noise: Double
  /// Whether the density depends on ‖x‖ alone.
  var isRadial = false

  public var dimension: Int { 2 }
  public var family: String { name }
  public var description: String { "\(name) with noise \(shortText(noise))" }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let u = draws.uniforms(2)
    let z = draws.normals(2)
    let out = LaneRows(rows: 2, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      var (index, left) = (0, u[0][lane])
      while index < arcs.count - 1, left >= arcs[index].weight {
        left -= arcs[index].weight
        index += 1
      }
      let interval = arcs[index].interval
      let t = interval.lowerBound + (interval.upperBound - interval.lowerBound) * u[1][lane]
      let (x, y) = arcs[index].point(t)
      out[0][lane] = x + noise * z[0][lane]
      out[1][lane] = y + noise * z[1][lane]
    }
    return out
  }

  /// The same law with its density.
  ///
  /// - Throws: ``LawError`` without noise, and where it is so small that the quadrature takes more than
  ///   `mostNodes` nodes.
  public func withDensity() throws -> any DensityLaw { try NoisyCurveDensity(self) }
}

/// A noisy curve and its density ∫ N(x; c(t), σ²I) dt.
///
/// The integral is a quadrature whose nodes lie at most σ apart on the curve, Gauss–Legendre or, on a closed arc, the
/// trapezoidal rule: relative error exp(−2π²) = 3e-9 (Trefethen and Weideman, SIAM Review 56(3), 2014). So the law
/// is, to that accuracy, a mixture of Gaussians.
struct NoisyCurveDensity: DensityLaw {
  private static let mostNodes = 4096

  let curve: NoisyCurve
  let mixture: GaussianMixture

  var dimension: Int { 2 }
  var family: String { curve.family }
  var description: String { curve.description }

  init(_ curve: NoisyCurve) throws {
    guard curve.noise > 0 else {
      throw LawError("\(curve.name) without noise has no density: the noise must be above 0")
    }
    self.curve = curve
    var weights: [Double] = []
    var components: [Gaussian] = []
    for arc in curve.arcs {
      let length = arc.interval.upperBound - arc.interval.lowerBound
      let steps = arc.speed * length / curve.noise * (arc.isClosed ? 1 : .pi / 2)
      guard steps + Double(weights.count) <= Double(NoisyCurveDensity.mostNodes) else {
        throw LawError(
          "\(curve.name) with noise \(curve.noise) is too sharp for its density: use more noise, or only samples"
        )
      }
      let count = Int(steps) + 12
      let nodes: [(place: Double, weight: Double)]
      if arc.isClosed {
        nodes = (0..<count).map { (Double($0) / Double(count), 1 / Double(count)) }
      } else {
        let rule = GaussLegendre(count)
        nodes = zip(rule.nodes, rule.weights).map { (0.5 * ($0 + 1), 0.5 * $1) }
      }
      for node in nodes {
        let (x, y) = arc.point(arc.interval.lowerBound + length * node.place)
        weights.append(arc.weight * node.weight)
        components.append(try Gaussian(mean: [x, y], standardDeviations: [curve.noise]))
      }
    }
    mixture = try GaussianMixture(weights: weights, components: components)
  }

  func sample(_ draws: LawDraws) -> LaneRows { curve.sample(draws) }
  func logDensity(_ x: Expression) -> Expression { mixture.logDensity(x) }
  func score(_ x: Expression) -> Expression { mixture.score(x) }

  func entropy(_ options: RunOptions) throws -> Estimate {
    curve.isRadial ? try radial(options).entropy : try mixture.entropy(options)
  }

  func squaredScore(_ options: RunOptions) throws -> Estimate {
    curve.isRadial ? try radial(options).squaredScore : try mixture.squaredScore(options)
  }

  /// Along one ray, times 2πr: panels of half the noise's width with ten Gauss–Legendre nodes each.
  private func radial(_ options: RunOptions) throws -> (entropy: Estimate, squaredScore: Estimate) {
    let reach = mixture.components.map { hypot($0.mean[0], $0.mean[1]) }.max()! + 8 * curve.noise
    let panels = Int(2 * reach / curve.noise) + 1
    let rule = GaussLegendre(10)
    var r: [Double] = []
    var weights: [Double] = []
    let half = 0.5 * reach / Double(panels)
    for panel in 0..<panels {
      for (node, weight) in zip(rule.nodes, rule.weights) {
        r.append(half * (Double(2 * panel + 1) + node))
        weights.append(weight * half * 2 * .pi * r[r.count - 1])
      }
    }
    let points = try NDArray(r.flatMap { [$0, 0] }, shape: [r.count, 2])
    let logs = try logDensity(points, options: options).values
    let s = try score(points, options: options).values
    var (entropy, squared) = (0.0, 0.0)
    for i in r.indices {
      let mass = weights[i] * exp(logs[i])
      entropy -= mass * logs[i]
      squared += mass * (s[2 * i] * s[2 * i] + s[2 * i + 1] * s[2 * i + 1])
    }
    return (Estimate(entropy, method: .quadrature), Estimate(squared, method: .quadrature))
  }

  func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    try mixture.perturbed(alpha: alpha, sigma: sigma)
  }
}
