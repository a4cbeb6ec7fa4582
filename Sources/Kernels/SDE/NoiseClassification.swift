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
    diffusion: Program, dimension: Int, shape: SDEProblem.DiffusionShape, parameters: [Parameter]
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
      diffusion, dimension: dimension, noises: noises, shape: shape, parameters: parameters)
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
    parameters: [Parameter]
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
    var pairs: [(NodeID, NodeID)] = []
    for j in 0..<noises {
      for k in 0..<j {
        for row in 0..<dimension {
          let (a, b) = (entry(row, k, derivatives[j]), entry(row, j, derivatives[k]))
          if a != b { pairs.append((a, b)) }
        }
      }
    }
    if pairs.isEmpty { return (.commutative, .symbolic) }
    let test = try builder.finish(
      pairs.enumerated().flatMap { [("a\($0.offset)", $0.element.0), ("b\($0.offset)", $0.element.1)] })
    var values = Dictionary(
      parameters.map { ($0.input, $0.values) }, uniquingKeysWith: { first, _ in first })
    var random = SequentialRandom(seed: 0x5EED, stream: .auxiliary)
    var tested = 0
    for _ in 0..<4 * points where tested < points {
      values["x"] = (0..<dimension).map { _ in random.normal() * 2 + 0.5 }
      values["t"] = [random.uniform()]
      let result = try test.evaluate(values)
      var finite = true
      for pair in pairs.indices {
        let (a, b) = (result["a\(pair)"]![0], result["b\(pair)"]![0])
        guard a.isFinite, b.isFinite else {
          finite = false
          continue
        }
        if (a - b).magnitude > 1e-9 * max(a.magnitude, b.magnitude, 1e-6) {
          return (.general, .symbolic)
        }
      }
      if finite { tested += 1 }
    }
    // Points where everything is defined are what commutativity is claimed from; without any, claim less.
    return tested >= points / 4
      ? (.commutative, .sampled(points: tested)) : (.general, .sampled(points: tested))
  }
}
