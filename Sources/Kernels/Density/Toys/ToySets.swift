import Glibc

/// A two-dimensional set that generative models are tried on.
///
/// Shapes and scales are those of the generators of FFJORD (Grathwohl et al., ICLR 2019, lib/toy_data.py, MIT
/// licence) and scikit-learn, as independent samples: where those lay points out on a grid of angles, the angle is
/// uniform here.
public struct ToySet: Sendable {
  public let name: String
  public let title: String
  /// The standard deviation of the noise, in the units of the result; nil where there is no such number.
  public let noise: Double?
  /// The law for this noise.
  fileprivate let make: @Sendable (_ noise: Double) throws -> any Law

  /// - Throws: ``LawError`` for a noise that is negative or not finite.
  public func law(noise: Double? = nil) throws -> any Law {
    let noise = noise ?? self.noise ?? 0
    guard noise >= 0, noise.isFinite else {
      throw LawError("noise must be a number of at least 0, got \(noise)")
    }
    return try make(noise)
  }

  /// Whether its density is known.
  public var hasDensity: Bool { name != "spirals" && name != "pinwheel" }

  /// The law with its density; nil where none is known.
  ///
  /// - Throws: ``LawError`` for a noise that leaves no density.
  public func density(noise: Double? = nil) throws -> (any DensityLaw)? {
    let law = try law(noise: noise)
    if let curve = law as? NoisyCurve { return try curve.withDensity() }
    return law as? any DensityLaw
  }
}

/// All toy sets, by name.
public let toySets: [ToySet] = [
  ToySet(name: "two_moons", title: "two half circles, one in the other", noise: 0.2) { noise in
    // scikit-learn's make_moons, times 2, less (1, 0.2).
    NoisyCurve(
      name: "two moons",
      arcs: [
        .init(weight: 0.5, interval: 0 ... .pi, speed: 2) { (2 * cos($0) - 1, 2 * sin($0) - 0.2) },
        .init(weight: 0.5, interval: 0 ... .pi, speed: 2) { (1 - 2 * cos($0), 0.8 - 2 * sin($0)) },
      ], noise: noise)
  },
  ToySet(name: "swissroll", title: "one spiral arm", noise: 0.2) { noise in
    // scikit-learn's make_swiss_roll seen along its axis, over 5.
    NoisyCurve(
      name: "swiss roll",
      arcs: [
        .init(weight: 1, interval: 1.5 * .pi...4.5 * .pi, speed: hypot(1, 4.5 * .pi) / 5) {
          ($0 * cos($0) / 5, $0 * sin($0) / 5)
        }
      ], noise: noise)
  },
  ToySet(name: "checkerboard", title: "eight squares of a checkerboard", noise: nil) { _ in Checkerboard() },
  ToySet(
    name: "eight_gaussians", title: "eight Gaussians on a circle of radius 2.83", noise: 0.5 / 1.414
  ) { noise in
    try GaussianMixture(
      weights: Array(repeating: 0.125, count: 8),
      components: (0..<8).map { k in
        let angle = Double(k) * .pi / 4
        return try Gaussian(
          mean: [4 * cos(angle) / 1.414, 4 * sin(angle) / 1.414], standardDeviations: [noise])
      }, title: "eight Gaussians with noise \(shortText(noise))")
  },
  ToySet(name: "spirals", title: "two spiral arms", noise: 0.1) { Spirals(noise: $0) },
  ToySet(name: "pinwheel", title: "five bent blades", noise: nil) { _ in Pinwheel() },
  ToySet(name: "circles", title: "circles of radius 3 and 1.5", noise: 0.24) { noise in
    rings("circles", [3, 1.5], noise)
  },
  ToySet(name: "rings", title: "circles of radius 3, 2.25, 1.5 and 0.75", noise: 0.08) { noise in
    rings("rings", [3, 2.25, 1.5, 0.75], noise)
  },
]

private func rings(_ name: String, _ radii: [Double], _ noise: Double) -> NoisyCurve {
  NoisyCurve(
    name: name,
    arcs: radii.map { radius in
      .init(weight: 1 / Double(radii.count), interval: 0...2 * .pi, speed: radius, isClosed: true) {
        (radius * cos($0), radius * sin($0))
      }
    }, noise: noise, isRadial: true)
}
