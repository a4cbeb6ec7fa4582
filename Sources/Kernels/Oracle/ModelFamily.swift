import Program
import Random

/// The models `a·m*(x) + σ₀(b + Σ cₖ hₖ(x))` around a best model m*, in which a loss is scanned.
///
/// hₖ(x) = tanh(Wₖ(x − μ)/w + uₖ), with Wₖ and uₖ drawn once: smooth, bounded, with a Jacobian that is neither symmetric
/// nor diagonal.
public struct ModelFamily: Sendable {
  public static let fields = 3

  public let dimension: Int
  /// σ₀, the size of m*.
  public let unit: Double
  /// μ and w: where the data are.
  public let center: [Double]
  public let width: Double

  public init(dimension: Int, unit: Double, center: [Double], width: Double) {
    self.dimension = dimension
    self.unit = unit
    self.center = center
    self.width = width
  }

  /// How many coefficients there are.
  public var coefficients: Int { 1 + dimension + Self.fields }

  /// The family as a Program of "x", "theta" (a, b, c), and maybe "t", with the output "y".
  ///
  /// - Parameter best: m*.
  /// - Throws: ``ProgramError``, and what `best` throws.
  public func program(
    takesTime: Bool = false, best: (_ x: Expression, _ t: Expression?) throws -> Expression
  ) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = 4_000_000
    let d = dimension
    let x = builder.inputExpression("x", rows: d, variation: .lane)
    let theta = builder.inputExpression("theta", rows: coefficients, variation: .run)
    let t = takesTime ? builder.inputExpression("t", variation: .lane) : nil
    let shift = Expression(builder, builder.slice(theta.id, 1, d))
    let extra = fieldValues(x).enumerated().map { $0.element * theta[1 + d + $0.offset] }
    let around = extra.reduce(shift, +) * unit
    let y = try theta[0] * best(x, t) + around
    return try builder.finish([("y", y.id)])
  }

  private func fieldValues(_ x: Expression) -> [Expression] {
    let d = dimension
    let builder = x.builder
    let offset = Expression(builder, builder.constant(center))
    let z = (x - offset) / width
    var random = SequentialRandom(seed: 7, stream: .auxiliary)
    return (0..<Self.fields).map { _ in
      // Uniform numbers of variance 1/d do as well as normal ones.
      let bound = (3 / Double(d)).squareRoot()
      let rows = (0..<d).map { _ in
        let weights = (0..<d).map { _ in bound * (2 * random.uniform() - 1) }
        let bias = random.uniform() - 0.5
        return Expression(builder, builder.dot(builder.constant(weights), z.id)) + bias
      }
      return Expression.stack(rows).apply(.tanh)
    }
  }
}
