import Execution
import Program

/// Independent parts, one after the other: p(x) = ∏ₖ pₖ(xₖ). The parts may have any dimension.
public struct ProductLaw: DensityLaw {
  public let parts: [any DensityLaw]
  public let dimension: Int
  public var family: String { "product" }

  /// - Throws: ``LawError`` if there is no part.
  public init(_ parts: [any DensityLaw]) throws {
    guard !parts.isEmpty else { throw LawError("a product needs at least one part") }
    self.parts = parts
    dimension = parts.reduce(0) { $0 + $1.dimension }
  }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let out = LaneRows(rows: dimension, lanes: draws.lanes)
    var row = 0
    for part in parts {
      let rows = part.sample(draws)
      for i in 0..<part.dimension {
        out[row].update(from: rows[i], count: draws.lanes)
        row += 1
      }
    }
    return out
  }

  /// The rows of x that each part reads.
  private func split(_ x: Expression) -> [(part: any DensityLaw, x: Expression)] {
    var first = 0
    return parts.map { part in
      defer { first += part.dimension }
      return (part, x.builder.expression(x.builder.slice(x.id, first, part.dimension)))
    }
  }

  public func logDensity(_ x: Expression) -> Expression {
    let terms = split(x).map { $0.part.logDensity($0.x) }
    return terms.dropFirst().reduce(terms[0], +)
  }

  public func score(_ x: Expression) -> Expression { .stack(split(x).map { $0.part.score($0.x) }) }

  /// The sum of the parts'.
  public func entropy(_ options: RunOptions = RunOptions()) throws -> Estimate {
    .sum(try parts.map { try $0.entropy(options) })
  }

  public func squaredScore(_ options: RunOptions = RunOptions()) throws -> Estimate {
    .sum(try parts.map { try $0.squaredScore(options) })
  }

  /// The product of the perturbed parts, if all have a closed form.
  public func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    try ProductLaw(try parts.map { try $0.perturbed(alpha: alpha, sigma: sigma) })
  }

  public var description: String {
    let names = parts.count <= 4 ? ": " + parts.map(\.description).joined(separator: "; ") : ""
    return "product of \(parts.count) independent laws in \(dimensionsText(dimension))\(names)"
  }
}
