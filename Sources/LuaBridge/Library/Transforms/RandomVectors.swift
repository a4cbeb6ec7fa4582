import Kernels

/// The law of a random vector with uncorrelated components of mean 0 and mean square 1.
enum ProbeLaw: String, CaseIterable {
  /// Every component −1 or 1.
  case rademacher
  case gaussian
  /// Uniform on the sphere of radius √d.
  case sphere

  var draws: Distribution { self == .rademacher ? .uniform : .normal }
}

extension ProgramBuilder {
  /// A vector of this law, made of as many draws of ``ProbeLaw/draws``.
  func probe(_ law: ProbeLaw, from draws: [NodeID]) -> NodeID {
    let z = expression(stack(draws))
    switch law {
    case .gaussian: return z.id
    case .rademacher:
      return Expression.select(
        .less, z, z.constant(0.5), then: z.constant(-1), else: z.constant(1)
      ).id
    case .sphere:
      return (z / expression(dot(z.id, z.id)).apply(.sqrt) * Double(draws.count).squareRoot()).id
    }
  }
}

extension Tracer {
  /// A random vector with as many components as x; numbers in a replay.
  func probe(_ law: ProbeLaw, like x: Operand, _ context: String) throws -> Operand {
    guard session != nil else {
      throw LuaError("\(context) can be used only in a traced function, where each path has its own numbers")
    }
    let rows = try rows(x)
    let draws = try (0..<rows).map { _ in try draw(law.draws, context) }
    let isPlain = draws.allSatisfy(\.isPlain)
    let builder = isPlain ? ProgramBuilder() : session?.builder ?? ProgramBuilder()
    let result = builder.probe(law, from: draws.map { node($0, builder) })
    if let numbers = builder[result].constants, isPlain {
      return x.isVector ? .numbers(numbers, names: x.names) : .number(numbers[0])
    }
    return x.isVector ? .vector(result, names: x.names) : .node(result)
  }

  func rows(_ x: Operand) throws -> Int {
    switch x {
    case .number, .node: return 1
    case .numbers(let values, _): return values.count
    case .vector(let node, _):
      guard let session else { throw staleValue() }
      return session.builder[node].rows
    }
  }
}
