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

/// `wb.normal_like` and the others.
enum RandomVectors {
  static let seedInTrace = "belongs outside of traced functions: in them each path or row has its own numbers"

  private static let seed = OptionSpec.optional(
    "seed", "integer",
    "outside of traced functions, where it is required: the same seed gives the same numbers")

  static func add(to module: Module, _ tracer: Tracer) {
    let laws: [(key: String, law: ProbeLaw, doc: String)] = [
      ("normal_like", .gaussian, "Independent standard normal numbers"),
      ("rademacher_like", .rademacher, "Independent numbers that are −1 or 1 with equal chances"),
      ("sphere_like", .sphere, "A point of the sphere of radius √d in d dimensions, uniformly"),
    ]
    for (key, law, doc) in laws {
      module.function(
        key, "\(key)(x, [{seed=}]) → vector",
        "\(doc), as many as x has components. In traced functions every path or row has its own, and every call gives "
          + "others. Elsewhere they are a function of seed, and an array with two axes gets one vector a row.",
        parameters: [ParameterSpec("x", "number, vector or array", "what it shall be like")], options: [seed],
        returns: "a number, a vector or an array, like x",
        example:
          "print(wb.trace(function(x) return wb.dot(x, wb.\(key)(x)) end, {inputs = 2}))\nprint(wb.\(key)({0, 0}, {seed = 3}))"
      ) { call in
        let context = "wb.\(key)"
        if let seed = try self.seed(call, 2, tracer) {
          return try numbers(law, like: try call[1], seed: seed, call)
        }
        return tracer.value(try tracer.probe(law, like: try tracer.operand(try call[1], context), context))
      }
    }
    module.function(
      "uniform", "uniform([{seed=}]) → number",
      "A random number between 0 and 1. In traced functions every path or row has its own, and every call gives another. "
        + "Elsewhere it is a function of seed.",
      options: [seed], returns: "a number",
      example: "print(wb.trace(function(x) return x * wb.uniform() end))\nprint(wb.uniform{seed = 3})"
    ) { call in
      guard let seed = try self.seed(call, 1, tracer) else {
        return tracer.value(try tracer.draw(.uniform, "wb.uniform"))
      }
      let builder = ProgramBuilder()
      return try draws(builder, builder.draw(.uniform), count: 1, seed: seed)[0]
    }
  }

  /// The seed that is given outside of traced functions; nil within them.
  private static func seed(_ call: Arguments, _ index: Int, _ tracer: Tracer) throws -> UInt64? {
    let options = try call.options(index)
    let given = try options.optional("seed", .seed)
    guard !tracer.isTracing else {
      if given != nil { throw options.error("seed", that: seedInTrace) }
      return nil
    }
    guard let given else {
      throw call.error(
        "outside of a traced function, where each path has its own numbers, it needs a seed, such as {seed = 1}; other "
          + "numbers need another seed")
    }
    return given
  }

  /// One vector for each row of an array with two axes, else one.
  private static func numbers(
    _ law: ProbeLaw, like x: LuaValue, seed: UInt64, _ call: Arguments
  ) throws -> any LuaConvertible {
    guard let x = try ArrayForm.read(x), x.rank <= 2 else {
      throw call.mismatch(1, "a number, a vector or an array with one point a row")
    }
    let (count, rows) = x.rank == 2 ? (x.shape[0], x.shape[1]) : (1, x.count)
    guard rows > 0 else { return x }
    let builder = ProgramBuilder()
    let vector = builder.probe(law, from: (0..<rows).map { _ in builder.draw(law.draws) })
    let values = try draws(builder, vector, count: count, seed: seed)
    return x.rank == 0 ? values[0] : try NDArray(values, shape: x.shape)
  }

  /// Row by row the values of a node of draws alone.
  private static func draws(
    _ builder: ProgramBuilder, _ node: NodeID, count: Int, seed: UInt64
  ) throws -> [Double] {
    let program = try builder.finish([("y", node)])
    let lanes = try LaneEvaluator(program).map([:], count: count, seed: seed)["y"] ?? []
    return (0..<count).flatMap { row in lanes.map { $0[row] } }
  }
}
