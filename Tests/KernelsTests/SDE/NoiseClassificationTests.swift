import Kernels
import Testing

@Suite struct NoiseClassificationTests {
  private func noise(
    _ dimension: Int, _ shape: SDEProblem.DiffusionShape, parameters: [(String, Double)] = [],
    _ diffusion: Models.Coefficient
  ) throws -> NoiseClassification {
    try Models.sde(
      "test", dimension: dimension, shape: shape, parameters: parameters, drift: { x, _, _ in x },
      diffusion: diffusion
    ).noise
  }

  private func isSymbolic(_ noise: NoiseClassification, _ expected: NoiseClass) -> Bool {
    noise.noiseClass == expected && noise.evidence == .symbolic
  }

  @Test func additiveNoise() throws {
    for problem in [try Models.sineDrift(), try Models.timeDependent()] {
      #expect(isSymbolic(problem.noise, .additive))
    }
    // Additive whatever the shape.
    for shape in [SDEProblem.DiffusionShape.diagonal, .matrix(noises: 2)] {
      let entries = shape == .diagonal ? 2 : 4
      let additive = try noise(2, shape) { _, t, _ in
        (0..<entries).map { t.constant(Double($0)) + t.apply(.sin) }
      }
      #expect(isSymbolic(additive, .additive))
    }
  }

  @Test func scalarNoise() throws {
    #expect(try isSymbolic(Models.gbm().noise, .scalar))
    #expect(try isSymbolic(noise(1, .diagonal) { x, _, _ in [x[0]] }, .scalar))
    // One noise in three components.
    let driven = try noise(3, .matrix(noises: 1)) { x, _, _ in [x[1], x[2] * x[0], x[0].apply(.sin)] }
    #expect(isSymbolic(driven, .scalar))
  }

  @Test func diagonalNoise() throws {
    #expect(try isSymbolic(Models.twoGBMs().noise, .diagonal))
    #expect(try isSymbolic(Models.twoGBMs(matrix: true).noise, .diagonal))
    // One of the components may be additive.
    let mixed = try noise(2, .diagonal) { x, t, _ in [t, x[1] * x[1]] }
    #expect(isSymbolic(mixed, .diagonal))
  }

  /// G = diag(g) whose entries depend on the other component is not diagonal noise: L¹G·₂ = (0, g₁ ∂₁g₂) and
  /// L²G·₁ = (g₂ ∂₂g₁, 0) agree only if both are 0.
  @Test func diagonalWithCrossDependenceIsGeneral() throws {
    #expect(try noise(2, .diagonal) { x, _, _ in [x[1], x[0]] }.noiseClass == .general)
    #expect(try noise(2, .diagonal) { x, _, _ in [x[0], x[0] * x[1]] }.noiseClass == .general)
    let asMatrix = try noise(2, .matrix(noises: 2)) { x, t, _ in
      [x[1], t.constant(0), t.constant(0), x[1]]
    }
    #expect(asMatrix.noiseClass == .general)
    // A matrix that is not diagonal although each entry depends on its own row only.
    let full = try noise(2, .matrix(noises: 2)) { x, t, _ in
      [x[0], t.constant(1), t.constant(1), x[1]]
    }
    #expect(full.noiseClass == .general)
  }

  @Test func equalColumnsCommuteBySymbols() throws {
    let four = try Models.commutative([0.87, 0.87, 0.87, 0.87])
    #expect(isSymbolic(four.noise, .commutative))
    // Rößler (2010), (7.4): ten noises with the same matrix B in four components.
    let identical = try noise(4, .matrix(noises: 10)) { x, _, _ in
      (0..<4).flatMap { row in
        let entry = Expression.sum((0..<4).map { x[$0] * ($0 == row ? 0.2 : 0.01) })!
        return Array(repeating: entry, count: 10)
      }
    }
    #expect(isSymbolic(identical, .commutative))
  }

  /// Matrices aI + bJ commute with each other, which only numbers show.
  @Test func commutingMatricesCommuteByNumbers() throws {
    let b = [(0.2, 0.01), (0.5, -0.03), (-0.1, 0.3)]
    let commuting = try noise(4, .matrix(noises: 3)) { x, _, _ in
      (0..<4).flatMap { row in
        b.map { b in Expression.sum((0..<4).map { x[$0] * ($0 == row ? b.0 : b.1) })! }
      }
    }
    #expect(commuting.noiseClass == .commutative)
    guard case .sampled(let points) = commuting.evidence else {
      Issue.record("the evidence is \(commuting.evidence)")
      return
    }
    #expect(points >= 16)
    // One entry of one matrix changed by 10⁻⁷ is found.
    let spoiled = try noise(4, .matrix(noises: 3)) { x, _, _ in
      (0..<4).flatMap { row in
        b.indices.map { k in
          let extra = k == 2 && row == 1 ? 1e-7 : 0
          return Expression.sum(
            (0..<4).map { x[$0] * (($0 == row ? b[k].0 : b[k].1) + ($0 == 3 ? extra : 0)) })!
        }
      }
    }
    #expect(spoiled.noiseClass == .general)
  }

  @Test func severalNoisesInOneComponent() throws {
    // b₁x and b₂x commute; 1 and x do not: L¹(x) = 1, L²(1) = 0.
    #expect(try Models.twoNoises(-0.02, [0.1, 0.2]).noise.noiseClass == .commutative)
    #expect(
      try noise(1, .matrix(noises: 2)) { x, t, _ in [t.constant(1), x[0]] }.noiseClass == .general)
  }

  @Test func generalNoise() throws {
    #expect(try Models.heston().noise.noiseClass == .general)
    #expect(try Models.heisenberg().noise.noiseClass == .general)
    let waves = try noise(2, .matrix(noises: 2)) { x, _, _ in
      [x[0].apply(.sin), x[1].apply(.cos), x[1].apply(.cos), x[0].apply(.sin)]
    }
    #expect(waves.noiseClass == .general)
  }

  /// Noise in metres is as small as 10⁻⁹; what commutes does not depend on the units.
  @Test(arguments: [1e-12, 1e-9, 1, 1e9])
  func unitsDoNotMatter(unit: Double) throws {
    let general = try noise(3, .matrix(noises: 2)) { x, t, _ in
      let (zero, one) = (t.constant(0), t.constant(unit))
      return [one, zero, zero, one, zero, x[0] * unit]
    }
    #expect(general.noiseClass == .general)
    // Terms that cancel: the matrices B₁ = c(1 −1; −1 1) and B₂ = (0.3 0.3; 0.3 0.3) have the product 0.
    let commuting = try noise(2, .matrix(noises: 2)) { x, _, _ in
      let (a, b) = (x[0] * unit - x[1] * unit, (x[0] * 0.3 + x[1] * 0.3) * unit)
      return [a * 0.7, b, -a * 0.7, b]
    }
    #expect(commuting.noiseClass == .commutative)
    // The same in coordinates that are not flat, X = sinh of those above: terms cancel to rounding only.
    let curved = try noise(2, .matrix(noises: 2)) { x, _, _ in
      let s = x.map { ($0 * $0 + 1).apply(.sqrt) }
      let y = x.indices.map { (x[$0] + s[$0]).apply(.log) }
      let (a, b) = ((y[0] - y[1]) * (0.7 * unit), (y[0] + y[1]) * (0.3 * unit))
      return [a * s[0], b * s[0], -a * s[1], b * s[1]]
    }
    #expect(curved.noiseClass == .commutative)
  }

  /// Nothing is claimed from points at which the coefficients are not defined.
  @Test func undefinedEverywhereIsGeneral() throws {
    let undefined = try noise(2, .matrix(noises: 2)) { x, _, _ in
      let bad = (-(x[0] * x[0]) - 1).apply(.sqrt)
      return [bad * x[0], x[1], x[1] * bad, x[0]]
    }
    #expect(undefined.noiseClass == .general)
  }

  /// The noise of dX₁ = dW₁, dX₂ = c X₁ dW₂ commutes at c = 0 only: other values are classified anew.
  @Test func otherParametersAreClassifiedAnew() throws {
    let problem = try Models.sde(
      "switched", dimension: 2, shape: .matrix(noises: 2), parameters: [("c", 0)],
      drift: { x, _, _ in x },
      diffusion: { x, t, p in [t.constant(1), t.constant(0), t.constant(0), p[0] * x[0]] })
    #expect(problem.noise.noiseClass == .commutative)
    let changed = try problem.with(["c": [1]])
    #expect(changed.noise.noiseClass == .general)
    #expect(throws: SDEError.self) { try changed.method(named: "milstein") }
    #expect(try changed.with(["c": [0]]).noise == problem.noise)
  }
}
