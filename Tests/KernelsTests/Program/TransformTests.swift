import Kernels
import Testing

@Suite struct SimplifyTests {
  private func build(_ body: (Expression, Expression, Expression, Expression) -> Expression) throws -> Program
  {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let y = b.inputExpression("y", variation: .lane)
    let z = b.inputExpression("z", variation: .lane)
    let p = b.inputExpression("p", variation: .run)
    return try b.finish([("r", body(x, y, z, p).id)])
  }

  private func fused(_ program: Program) -> Int {
    program.simplified().nodes.filter { $0.kind == .multiplyAdd }.count
  }

  @Test func productsThatAreAddedAreContracted() throws {
    #expect(fused(try build { x, y, z, _ in x * y + z }) == 1)
    #expect(fused(try build { x, y, z, _ in z + x * y }) == 1)
    #expect(fused(try build { x, y, z, _ in z - x * y }) == 1)
    #expect(fused(try build { x, y, z, _ in -(x * y) + z }) == 1)
    #expect(fused(try build { x, y, z, _ in z + -(x * y) }) == 1)
    #expect(fused(try build { x, y, z, p in z - p * y }) == 1)
    #expect(fused(try build { x, y, z, p in z - y * p }) == 1)
    #expect(fused(try build { x, y, _, p in x * y - p }) == 1)
    #expect(fused(try build { x, y, z, p in x * y + z * p }) == 1)
    #expect(fused(try build { x, y, z, p in x * y + 1 }) == 1)
  }

  @Test func nothingElseIsContracted() throws {
    #expect(fused(try build { x, y, z, _ in x * y - z }) == 0)
    #expect(fused(try build { x, y, z, _ in x * y + x * y }) == 0, "the product has two uses")
    #expect(fused(try build { x, y, z, _ in (x * y).apply(.exp) * (x * y + z) }) == 0)
    #expect(fused(try build { x, y, z, p in p * 3 + x }) == 0, "a shared product is done once")
    #expect(fused(try build { x, y, z, p in x / y + z }) == 0)
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let product = x * x
    let program = try b.finish([("product", product.id), ("sum", (product + x).id)])
    #expect(fused(program) == 0, "the product is an output itself")
  }

  /// One exponential does for silu and its slope; alone, silu stays as it is.
  @Test func siluSharesTheSigmoidOfItsSlope() throws {
    func exponentials(_ program: Program) -> [UnaryFunction] {
      program.nodes.compactMap { node in
        if case .unary(let function) = node.kind, [.silu, .sigmoid].contains(function) {
          function
        } else {
          nil
        }
      }
    }
    let alone = try build { x, _, _, _ in x.apply(.silu) }
    #expect(exponentials(alone.simplified()) == [.silu])
    let both = try alone.vjp(inputs: ["x"], outputs: ["r"])
    #expect(exponentials(both.simplified(contract: false)).count == 2)
    #expect(exponentials(both.simplified()) == [.sigmoid])
    let values = ["x": [0.7], "d.r": [1.0]]
    let (found, expected) = (try both.simplified().evaluate(values), try both.evaluate(values))
    for name in ["r", "d.x"] { #expect(abs(found[name]![0] - expected[name]![0]) < 1e-15) }
  }

  /// silu″ = σ(1 − σ)(2 + x(1 − 2σ)), in forward over forward and in reverse over forward mode, in few operations.
  @Test func theSecondDerivativeOfSiluIsShort() throws {
    func operations(_ program: Program) -> Int {
      program.liveNodes().filter { program[$0].kind.isComputed }.count
    }
    // By the chain rule it is longer.
    let formula = try build { x, _, _, _ in
      let s = x.apply(.sigmoid)
      return s * (1 + x * (1 - s))
    }
    #expect(operations(try formula.jvp(inputs: ["x"], prefix: "dd.").simplified()) > 8)
    let slope = try build { x, _, _, _ in x.apply(.silu) }.jvp(inputs: ["x"])
    for second in [
      try slope.jvp(inputs: ["x"], prefix: "dd.").simplified(),
      try slope.vjp(inputs: ["x"], outputs: ["d.r"], prefix: "dd.").simplified(),
    ] {
      let name = second.outputs.contains { $0.name == "dd.d.r" } ? "dd.d.r" : "dd.x"
      for x in [-40.0, -3, -1.278, -0.5, 0, 0.25, 2, 30] {
        let s = 1 / (1 + Double.evaluate(.exp, -x))
        let found = try second.evaluate(["x": [x], "d.x": [1], "dd.x": [1], "dd.d.r": [1]])[name]![0]
        #expect(abs(found - s * (1 - s) * (2 + x * (1 - 2 * s))) < 1e-14, "\(x)")
      }
      #expect(operations(second) <= 10)
    }
  }

  @Test func aContractedProgramRoundsOnce() throws {
    let values = ["x": [1 + 0x1p-30], "y": [1 - 0x1p-30], "z": [-1.0], "p": [1 - 0x1p-30]]
    for program in [
      try build { x, y, z, _ in x * y + z }, try build { x, y, z, p in z + x * p },
      try build { x, y, _, p in x * y - (p + 0x1p-30) },
    ] {
      #expect(try program.evaluate(values)["r"] == [0])
      #expect(try program.simplified(contract: false).evaluate(values)["r"] == [0])
      #expect(try program.simplified(contract: true).evaluate(values)["r"] == [-0x1p-60])
    }
    let lanes = try build { x, y, z, _ in z + 2 - x * y }
    #expect(try lanes.evaluate(values)["r"] == [0])
    #expect(try lanes.simplified().evaluate(values)["r"] == [0x1p-60])
    let difference = try build { x, y, z, p in (z + 2) - x * p }
    #expect(try difference.evaluate(values)["r"] == [0])
    #expect(try difference.simplified().evaluate(values)["r"] == [0x1p-60])
  }

  /// Without contraction no bit changes; with it none does either in a Program that has nothing to contract;
  /// and one contraction after the other changes nothing more.
  @Test func simplifyingKeepsTheValuesOfRandomPrograms() throws {
    var withoutProduct = 0
    for seed in 0..<1500 {
      let generated = try ProgramGenerator.make(seed: 55_000 + seed, tame: false)
      let program = generated.program
      let draws = [0.25, 1.75, -0.6, 2]
      let value = try program.evaluate(generated.values, draws: draws)
      let plain = program.simplified(contract: false)
      let contracted = program.simplified(contract: true)
      #expect(same(value, try plain.evaluate(generated.values, draws: draws)), "Program \(seed)")
      #expect(
        plain.nodes.count == plain.liveNodes().count && contracted.nodes.count == contracted.liveNodes().count
      )
      #expect(plain.inputs == program.inputs && contracted.inputs == program.inputs)
      let count = { (program: Program) in program.nodes.filter { $0.kind == .multiplyAdd }.count }
      let added = count(contracted) - count(plain)
      let fusedValue = try contracted.evaluate(generated.values, draws: draws)
      if added <= 0 {
        withoutProduct += 1
        #expect(same(value, fusedValue), "Program \(seed)")
      }
      #expect(
        same(fusedValue, try contracted.simplified(contract: true).evaluate(generated.values, draws: draws)))
    }
    #expect(withoutProduct > 100 && withoutProduct < 1400, "both kinds occur: \(withoutProduct)")
  }

  @Test func deadNodesGo() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    _ = x.apply(.exp) * x
    let program = try b.finish([("y", x.apply(.sin).id)])
    #expect(program.nodes.count == 4)
    #expect(program.simplified().nodes.count == 2)
    #expect(program.liveNodes().count == 2)
  }
}

@Suite struct DependenceTests {
  @Test func rowsAreFollowedThroughPicksStacksAndBroadcasts() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", rows: 3, variation: .lane)
    let p = b.inputExpression("p", rows: 2, variation: .run)
    let diagonal = (x.apply(.exp) * p[1]).id
    let mixed = Expression.stack([
      x[1] * x[2], p[0], Expression.select(.less, x[0], p[0], then: p[1], else: x[2]),
    ]).id
    _ = b.input("unread", variation: .lane)
    let program = try b.finish([
      ("d", diagonal), ("m", mixed), ("broadcast", (x[1] + x).id), ("r", b.draw(.normal)),
    ])
    #expect(program.dependence(of: "d", on: "x") == [[0], [1], [2]])
    #expect(program.dependence(of: "d", on: "p") == [[1], [1], [1]])
    #expect(program.dependence(of: "m", on: "x") == [[1, 2], [], [0, 2]])
    #expect(program.dependence(of: "m", on: "p") == [[], [0], [0, 1]])
    #expect(program.dependence(of: "broadcast", on: "x") == [[0, 1], [1], [1, 2]])
    #expect(program.dependence(of: "r", on: "x") == [[]])
    #expect(program.dependence(of: "d", on: "unread") == [[], [], []])
    #expect(program.dependence(of: "d", on: "nothing") == nil)
    #expect(program.dependence(of: "nothing", on: "x") == nil)
  }

  /// Changing a row that an output is said not to depend on changes no bit of it; many of the others do.
  @Test func randomProgramsDependOnNothingElse() throws {
    var changed = 0
    var pairs = 0
    for seed in 0..<400 {
      let generated = try ProgramGenerator.make(seed: 91_000 + seed, tame: true)
      let before = try generated.program.evaluate(generated.values)
      for input in generated.program.inputs {
        for row in 0..<input.rows {
          var values = generated.values
          values[input.name]![row] += 0.37
          let after = try generated.program.evaluate(values)
          for output in generated.program.outputs {
            let sets = generated.program.dependence(of: output.name, on: input.name)!
            for (part, set) in sets.enumerated() {
              let isSame = same(before[output.name]![part], after[output.name]![part])
              if set.contains(row) {
                pairs += 1
                if !isSame { changed += 1 }
              } else {
                #expect(isSame, "Program \(seed): \(output.name)[\(part)] depends on \(input.name)[\(row)]")
              }
            }
          }
        }
      }
    }
    #expect(pairs > 500 && changed > 1000, "\(changed) of \(pairs)")
  }
}
