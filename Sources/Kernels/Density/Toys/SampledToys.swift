import Glibc

// Toy sets that are only sampled: their densities have no simple form.

/// Two spiral arms: ±(−n cos n + a, n sin n + b)/3 + σε, n = 3π√u, with u, 2a and 2b uniform on (0, 1).
public struct Spirals: Law {
  public let noise: Double
  public var dimension: Int { 2 }
  public var family: String { "spirals" }
  public var description: String { "two spirals with noise \(shortText(noise))" }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let u = draws.uniforms(4)
    let z = draws.normals(2)
    let out = LaneRows(rows: 2, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      let n = 3 * .pi * u[0][lane].squareRoot()
      let sign = u[3][lane] < 0.5 ? 1.0 : -1
      out[0][lane] = sign * (0.5 * u[1][lane] - n * cos(n)) / 3 + noise * z[0][lane]
      out[1][lane] = sign * (0.5 * u[2][lane] + n * sin(n)) / 3 + noise * z[1][lane]
    }
    return out
  }
}

/// Five bent blades: 2 R(θ)(r, τ), r ~ N(1, 0.3²), τ ~ N(0, 0.1²), turned by θ = 2πk/5 + e^r/4 for blade k.
public struct Pinwheel: Law {
  public var dimension: Int { 2 }
  public var family: String { "pinwheel" }
  public var description: String { "pinwheel of 5 blades" }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let u = draws.uniforms(1)
    let z = draws.normals(2)
    let out = LaneRows(rows: 2, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      let blade = (5 * u[0][lane]).rounded(.down)
      let r = 1 + 0.3 * z[0][lane]
      let across = 0.1 * z[1][lane]
      let angle = 2 * .pi * blade / 5 + 0.25 * exp(r)
      out[0][lane] = 2 * (r * cos(angle) + across * sin(angle))
      out[1][lane] = 2 * (across * cos(angle) - r * sin(angle))
    }
    return out
  }
}
