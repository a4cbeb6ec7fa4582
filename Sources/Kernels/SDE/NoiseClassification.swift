import Program
import Random

/// The classes of noise that decide which methods fit.
public enum NoiseClass: String, Sendable, CaseIterable {
  /// G does not depend on the state.
  case additive
  /// One noise, m = 1.
  case scalar
  /// G = diag(g) with each gᵢ a function of xᵢ (and t) alone.
  case diagonal
  /// Lʲ G·ₖ = Lᵏ G·ⱼ for all noises j, k, where Lʲ = Σᵢ Gᵢⱼ ∂/∂xᵢ: no Levy area is needed.
  case commutative
  case general
}

/// The noise class of an SDE and how it was decided.
public struct NoiseClassification: Sendable, Equatable {
  public enum Evidence: Sendable, Equatable {
    /// The class follows from the formulas.
    case symbolic
    /// The commutativity condition was tested with numbers at this many random points.
    case sampled(points: Int)
  }
  public let noiseClass: NoiseClass
  public let evidence: Evidence

  /// Source of the commutativity condition: Kloeden and Platen, Numerical Solution of Stochastic
  /// Differential Equations (1992), (10.3.13).
  init(
    diffusion: Program, dimension: Int, shape: SDEProblem.DiffusionShape, parameters: [Parameter],
    sharedValues: [String: [Double]] = [:]
  ) throws {
    let dependence = diffusion.dependence(of: "g", on: "x") ?? []
    if dependence.allSatisfy(\.isEmpty) {
      (noiseClass, evidence) = (.additive, .symbolic)
      return
    }
    switch shape {
    case .matrix(noises: 1):
      (noiseClass, evidence) = (.scalar, .symbolic)
      return
    case .diagonal where dimension == 1:
      (noiseClass, evidence) = (.scalar, .symbolic)
      return
    case .diagonal:
      if dependence.enumerated().allSatisfy({ $1.isSubset(of: [$0]) }) {
        (noiseClass, evidence) = (.diagonal, .symbolic)
        return
      }
    case .matrix: break
    }
    let noises: Int
    switch shape {
    case .diagonal: noises = dimension
    case .matrix(let m): noises = m
    }
    // A matrix whose off-diagonal entries are the constant 0 is diagonal noise as well.
    if case .matrix = shape, noises == dimension,
      NoiseClassification.isDiagonal(diffusion, dimension),
      (0..<dimension).allSatisfy({ dependence[$0 * dimension + $0].isSubset(of: [$0]) })
    {
      (noiseClass, evidence) = (.diagonal, .symbolic)
      return
    }
    (noiseClass, evidence) = try NoiseClassification.commutativity(
      diffusion, dimension: dimension, noises: noises, shape: shape, parameters: parameters,
      sharedValues: sharedValues)
  }

  private static func isDiagonal(_ diffusion: Program, _ dimension: Int) -> Bool {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    guard let g = builder.call(diffusion)["g"] else { return false }
    let entries = builder.expression(g).components
    return entries.indices.allSatisfy { $0 / dimension == $0 % dimension || entries[$0].isZero }
  }

  private static let points = 64

  private static func commutativity(
    _ diffusion: Program, dimension: Int, noises: Int, shape: SDEProblem.DiffusionShape,
    parameters: [Parameter], sharedValues: [String: [Double]]
  ) throws -> (NoiseClass, Evidence) {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let x = builder.input("x", rows: dimension, variation: .lane)
    guard let g = builder.call(diffusion)["g"] else { return (.general, .symbolic) }
    let entries = builder.components(g)
    func entry(_ row: Int, _ noise: Int, _ all: [NodeID]) -> NodeID {
      switch shape {
      case .matrix: all[row * noises + noise]
      case .diagonal: row == noise ? all[row] : builder.constant(0)
      }
    }
    let derivative = try builder.finish([("g", g)]).jvp(inputs: ["x"])
    // derivatives[j][row · m + k] = Lʲ G[row][k]
    let derivatives = (0..<noises).map { j -> [NodeID] in
      let column = builder.stack((0..<dimension).map { entry($0, j, entries) })
      return builder.components(builder.call(derivative, ["x": x, "d.x": column])["d.g"]!)
    }
    var differs = false
    for j in 0..<noises {
      for k in 0..<j {
        for row in 0..<dimension where entry(row, k, derivatives[j]) != entry(row, j, derivatives[k]) {
          differs = true
        }
      }
    }
    if !differs { return (.commutative, .symbolic) }
    var values = sharedValues.merging(
      parameters.map { ($0.input, $0.values) }, uniquingKeysWith: { $1 })
    var random = SequentialRandom(seed: 0x5EED, stream: .auxiliary)
    var tested = 0
    for _ in 0..<4 * points where tested < points {
      values["x"] = (0..<dimension).map { _ in random.normal() * 2 + 0.5 }
      values["t"] = [random.uniform()]
      let matrix = try diffusion.evaluate(values)["g"]!
      // slopes[i] = ∂G/∂xᵢ.
      let slopes = try (0..<dimension).map { i -> [Double] in
        values["d.x"] = (0..<dimension).map { $0 == i ? 1 : 0 }
        return try derivative.evaluate(values)["d.g"]!
      }
      guard (matrix + slopes.flatMap { $0 }).allSatisfy({ $0.isFinite }) else { continue }
      if !commutes(matrix, slopes, noises: noises, shape: shape) { return (.general, .symbolic) }
      tested += 1
    }
    // Points where everything is defined are what commutativity is claimed from; without any, claim less.
    return tested >= points / 4
      ? (.commutative, .sampled(points: tested)) : (.general, .sampled(points: tested))
  }

  /// Lʲ G·ₖ = Lᵏ G·ⱼ at one point, to rounding: a difference counts when it is not small beside the terms
  /// Gᵢⱼ ∂ᵢGₖ that it is made of, whatever their units.
  private static func commutes(
    _ matrix: [Double], _ slopes: [[Double]], noises: Int, shape: SDEProblem.DiffusionShape
  ) -> Bool {
    let dimension = slopes.count
    func entry(_ all: [Double], _ row: Int, _ noise: Int) -> Double {
      switch shape {
      case .matrix: all[row * noises + noise]
      case .diagonal: row == noise ? all[row] : 0
      }
    }
    for j in 0..<noises {
      for k in 0..<j {
        for row in 0..<dimension {
          var (difference, scale) = (0.0, 0.0)
          for i in 0..<dimension {
            let a = entry(matrix, i, j) * entry(slopes[i], row, k)
            let b = entry(matrix, i, k) * entry(slopes[i], row, j)
            difference += a - b
            scale += a.magnitude + b.magnitude
          }
          if difference.magnitude > 1e-9 * scale { return false }
        }
      }
    }
    return true
  }
}
