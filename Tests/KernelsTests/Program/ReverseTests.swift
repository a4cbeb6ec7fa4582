import Kernels
import Testing

@Suite struct ReverseTests {
  /// d/dx of a function of one input "x" at a point, backwards.
  private func slope(at x: Double, _ body: (Expression) -> Expression) throws -> Double {
    let b = ProgramBuilder()
    let program = try b.finish([("y", body(b.inputExpression("x", variation: .lane)).id)])
    return try program.vjp(inputs: ["x"], outputs: ["y"]).evaluate(["x": [x], "d.y": [1]])["d.x"]![0]
  }

  // MARK: Rules

  @Test(arguments: UnaryFunction.allCases)
  func unaryRules(function: UnaryFunction) throws {
    try expectRule(of: function) { x in try slope(at: x) { $0.apply(function) } }
  }

  // MARK: Random Programs

  /// `ū·(J v) = (Jᵀ ū)·v` for random Programs over all kinds of nodes, where J v is forward mode's; and forward
  /// mode's agrees with differences.
  ///
  /// Negative control: with one component of v off by one part in a thousand it fails.
  @Test(arguments: [0, 1, 2, 3, 4])
  func bothModesAgreeOnRandomPrograms(part: Int) throws {
    var compared = 0
    var noticed = 0
    var sizeable = 0
    var kinds: Set<String> = []
    for index in 0..<800 {
      let seed = 700_000 + 10_000 * part + index
      let generated = try ProgramGenerator.make(seed: seed, tame: true, vectors: true)
      let program = generated.program
      for id in program.liveNodes() { kinds.insert(program[id].kindName) }
      var random = SplitMix(seed)
      let names = program.inputs.map(\.name).filter { _ in random.chance(0.8) }
      let outputs = program.outputs.map(\.name)
      let forward = try program.jvp(inputs: names)
      let reverse = try program.vjp(inputs: names, outputs: outputs)
      var (along, against) = (generated.values, generated.values)
      for name in names { along["d." + name] = along[name]!.map { _ in random.uniform(-1, 1) } }
      for name in outputs {
        against["d." + name] = (0..<program.rows(of: name)!).map { _ in random.uniform(-1, 1) }
      }
      let (jv, ju) = (try forward.evaluate(along), try reverse.evaluate(against))
      for name in outputs { #expect(same(jv[name]!, ju[name]!), "Program \(seed)") }
      var (left, right, size, off) = (0.0, 0.0, 1e-3, 0.0)
      for name in outputs {
        for (u, d) in zip(against["d." + name]!, jv["d." + name]!) {
          left += u * d
          size += (u * d).magnitude
        }
      }
      for name in names {
        #expect(ju["d." + name]!.count == along[name]!.count, "Program \(seed), \(name)")
        for (g, v) in zip(ju["d." + name]!, along["d." + name]!) {
          right += g * v
          size += (g * v).magnitude
          if (g * v).magnitude > off.magnitude { off = g * v }
        }
      }
      guard left.isFinite, right.isFinite else {
        // Only where the value itself has no derivative: both ways.
        #expect(left.isFinite == right.isFinite, "Program \(seed): \(left), \(right)\n\(program)")
        continue
      }
      compared += 1
      if !((left - right).magnitude <= 1e-11 * size) {
        Issue.record("Program \(seed): ū·Jv = \(left), Jᵀū·v = \(right)\n\(program)")
        return
      }
      if off.magnitude > 0.1 {
        sizeable += 1
        if (left - right - 1e-3 * off).magnitude > 1e-11 * size { noticed += 1 }
      }
    }
    #expect(compared > 700, "\(compared)")
    #expect(sizeable > 300 && noticed * 50 > sizeable * 49, "\(noticed) of \(sizeable) noticed")
    for kind in ["pick", "slice", "stack", "broadcast", "sum", "matrixVector", "outer", "select", "variable"]
    {
      #expect(kinds.contains(kind))
    }
  }

  /// Both modes could be wrong in the same rule: forward mode against differences on the new kinds of nodes.
  @Test func forwardModeAgreesWithDifferences() throws {
    var compared = 0
    for index in 0..<800 {
      let seed = 760_000 + index
      let generated = try ProgramGenerator.make(seed: seed, tame: true, vectors: true)
      // Differences go through stop.
      guard !generated.program.nodes.contains(where: { $0.kind == .stop }) else { continue }
      var random = SplitMix(seed)
      var direction: [String: [Double]] = [:]
      for name in generated.values.keys.sorted() {
        direction[name] = generated.values[name]!.map { _ in random.uniform(-1, 1) }
      }
      let wanted = directional(generated.program, at: generated.values, along: direction)
      var values = generated.values
      for (name, vector) in direction { values["d." + name] = vector }
      let got = try generated.program.jvp(inputs: direction.keys.sorted()).evaluate(values)
      for output in generated.program.outputs {
        for (row, estimate) in wanted[output.name]!.enumerated() {
          guard let estimate else { continue }
          compared += 1
          let error = (got["d." + output.name]![row] - estimate.value).magnitude
          #expect(
            error <= max(1e-6 * max(1, estimate.value.magnitude), 10 * estimate.error), "Program \(seed)")
        }
      }
    }
    #expect(compared > 800, "\(compared)")
  }

  /// uᵀHv by forward over reverse, reverse over forward and reverse over reverse, and its symmetry.
  @Test func secondDerivativesAgreeInEveryOrder() throws {
    var compared = 0
    for index in 0..<1000 {
      let seed = 780_000 + index
      let generated = try ProgramGenerator.make(seed: seed, tame: true, operations: 4...20, vectors: true)
      let b = ProgramBuilder()
      let outputs = b.call(generated.program)
      let scalar = outputs.keys.sorted().map { b.sum(outputs[$0]!) }.reduce(b.constant(0)) {
        b.binary(.add, $0, $1)
      }
      let program = try b.finish([("y", scalar)])
      guard let x = program.inputs.first(where: { $0.variation == .lane }) else { continue }
      var random = SplitMix(seed)
      let u = (0..<x.rows).map { _ in random.uniform(-1, 1) }
      let v = (0..<x.rows).map { _ in random.uniform(-1, 1) }
      let gradient = try program.vjp(inputs: [x.name], outputs: ["y"], prefix: "g.")
      let forward = try gradient.jvp(inputs: [x.name], prefix: "v.")
      let backward = try program.jvp(inputs: [x.name], prefix: "v.").vjp(
        inputs: [x.name], outputs: ["v.y"], prefix: "g.")
      let twice = try gradient.vjp(inputs: [x.name], outputs: ["g." + x.name], prefix: "h.")
      var values = generated.values
      values["g.y"] = [1]
      values["g.v.y"] = [1]
      values["h.g." + x.name] = v
      values["v." + x.name] = v
      let hv = try forward.evaluate(values)["v.g." + x.name]!
      let other = try backward.evaluate(values)["g." + x.name]!
      let third = try twice.evaluate(values)["h." + x.name]!
      values["v." + x.name] = u
      let hu = try forward.evaluate(values)["v.g." + x.name]!
      guard (hv + hu + other + third).allSatisfy(\.isFinite) else { continue }
      let scale = 1e-3 + (hv + hu).map(\.magnitude).reduce(0, +)
      compared += 1
      for row in hv.indices {
        #expect((hv[row] - other[row]).magnitude <= 1e-9 * scale, "Program \(seed)\n\(program)")
        #expect((hv[row] - third[row]).magnitude <= 1e-9 * scale, "Program \(seed)\n\(program)")
      }
      let (uHv, vHu) = (zip(u, hv).map(*).reduce(0, +), zip(v, hu).map(*).reduce(0, +))
      #expect((uHv - vHu).magnitude <= 1e-9 * scale, "Program \(seed)")
    }
    #expect(compared > 500, "\(compared)")
  }

  // MARK: Edges

  @Test func branchesThatAreNotTakenLeaveNoNaN() throws {
    typealias Function = (Expression) -> Expression
    func positive(_ x: Expression, _ then: Expression, _ otherwise: Expression) -> Expression {
      .select(.less, x.constant(0), x, then: then, else: otherwise)
    }
    func clamp(_ x: Expression) -> Expression { .apply(.maximum, x, x.constant(0)) }
    func total(_ x: Expression) -> Expression { x.builder.expression(x.builder.sum(x.id)) }
    func wide(_ x: Expression, _ rows: Int) -> Expression {
      let offsets = x.builder.constant((0..<rows).map { Double($0) * 1e-3 })
      return x.builder.expression(x.builder.input("wide", rows: rows, variation: .lane)) * 0
        + x.builder.expression(offsets) + x
    }
    let zero: [(String, Function)] = [
      ("x > 0 ? sqrt(x) : 0", { positive($0, $0.apply(.sqrt), $0.constant(0)) }),
      ("x > 0 ? 1/x : 0", { positive($0 + 1, 1 / ($0 + 1), $0.constant(0)) }),
      ("x > 0 ? log(x) : 0", { positive($0 + 1, ($0 + 1).apply(.log), $0.constant(0)) }),
      ("x > 0 ? x^0.3 : 0", { positive($0 + 1, .apply(.power, $0 + 1, $0.constant(0.3)), $0.constant(0)) }),
      (
        "x > 0 ? 2^(1/x) : 0",
        { positive($0 + 1, .apply(.power, $0.constant(2), 1 / ($0 + 1)), $0.constant(0)) }
      ),
      ("x > 0 ? sin(1/x)·x : 0", { positive($0 + 1, (1 / ($0 + 1)).apply(.sin), $0.constant(0)) }),
      ("sqrt(max(x, 0))", { clamp($0).apply(.sqrt) }),
      ("sqrt(max(0, x))", { .apply(.maximum, $0.constant(0), $0).apply(.sqrt) }),
      ("sqrt(-min(-x, 0))", { (-.apply(.minimum, -$0, $0.constant(0))).apply(.sqrt) }),
      ("sqrt(max(x, 0)²)", { .apply(.power, clamp($0), $0.constant(2)).apply(.sqrt) }),
      ("sqrt(max(x, 0) + max(2x, 0))", { (clamp($0) + clamp($0 * 2)).apply(.sqrt) }),
      ("max(x, 0)^0.3", { .apply(.power, clamp($0), $0.constant(0.3)) }),
      (
        "nested",
        { x in
          positive(
            x, .select(.less, x.constant(1), x, then: (x - 1).apply(.sqrt), else: x.constant(0)),
            x.constant(0)
          ).apply(.sqrt)
        }
      ),
      (
        "nested, used twice",
        { x in
          let root = (x + 1).apply(.sqrt)
          return positive(x, positive(x - 1, root, root * 2), x.constant(0))
            + positive(x, root, x.constant(1))
        }
      ),
      (
        "a vector",
        { x in
          let v = Expression.stack([x, x * 2]); return (clamp(v)[0] + clamp(v)[1]).apply(.sqrt)
        }
      ),
      ("a wide vector", { total(clamp(wide($0, 64))).apply(.sqrt) }),
      ("a wide vector's roots", { total(clamp(wide($0, 64)).apply(.sqrt)) }),
      ("one root of a wide vector", { x in (wide(x, 64) * (x + 2)).apply(.tan)[3] * 0 }),
      ("a wide select", { x in total(positive(wide(x, 64), wide(x, 64).apply(.log), x.constant(0))) }),
      (
        "a wide select by one condition",
        { x in total(positive(x, wide(x + 1, 64).apply(.sqrt), x.constant(0))) }
      ),
    ]
    for (name, function) in zero {
      let b = ProgramBuilder()
      let program = try b.finish([("y", function(b.inputExpression("x", variation: .lane)).id)])
      let backwards = try program.vjp(inputs: ["x"], outputs: ["y"])
      let values = ["x": [-1.0], "d.y": [1], "wide": [Double](repeating: 0, count: 64)]
      #expect(try backwards.evaluate(values)["d.x"] == [0], "\(name)")
      // And the second derivative, both ways.
      var second = values
      (second["e.d.x"], second["e.x"]) = ([1], [1])
      #expect(
        try backwards.vjp(inputs: ["x"], outputs: ["d.x"], prefix: "e.").evaluate(second)["e.x"] == [0],
        "\(name), twice")
      #expect(
        try backwards.jvp(inputs: ["x"], prefix: "e.").evaluate(second)["e.d.x"] == [0], "\(name), forward")
    }
    #expect(try slope(at: 4) { clamp($0).apply(.sqrt) } == 0.25)
    #expect(try slope(at: 4) { positive($0, $0.apply(.sqrt), $0.constant(0)) } == 0.25)
    #expect(try slope(at: -4) { positive($0, $0.constant(0), (-$0).apply(.sqrt)) } == -0.25)
    // A NaN that is computed is not hidden.
    #expect(try slope(at: -1) { $0.apply(.sqrt) }.isNaN)
  }

  /// A component that is used leaves those that are not without derivative, however many there are.
  @Test(arguments: [3, 64])
  func componentsThatAreNotUsedLeaveNoNaN(rows: Int) throws {
    let b = ProgramBuilder()
    let v = b.inputExpression("v", rows: rows, variation: .lane)
    let program = try b.finish([("y", (v.apply(.sqrt)[1] * 2).id)])
    var values = [Double](repeating: 0, count: rows)
    values[1] = 4
    let got = try program.vjp(inputs: ["v"], outputs: ["y"]).evaluate(["v": values, "d.y": [1]])["d.v"]!
    #expect(got == values.map { $0 == 4 ? 0.5 : 0 })
  }

  /// Conditions that are numbers, of either sign, still say where a derivative is.
  @Test func conditionsMayBeAnyNumber() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let c = b.input("c", rows: 40, variation: .lane)
    let root = b.expression(b.select(c, (x + b.expression(c) * 0).id, b.constant(0)))
    let program = try b.finish([("y", b.unary(.sqrt, b.sum(root.id)))])
    var conditions = [Double](repeating: 0, count: 40)
    (conditions[3], conditions[7]) = (1, -1)
    let values = ["x": [2.0], "c": conditions, "d.y": [1], "d.x": [1]]
    #expect(try program.vjp(inputs: ["x"], outputs: ["y"]).evaluate(values)["d.x"] == [0.5])
    #expect(try program.jvp(inputs: ["x"]).evaluate(values)["d.y"] == [0.5])
  }

  @Test func exactZerosCostNothing() throws {
    let b = ProgramBuilder()
    let x = b.input("x", rows: 2, variation: .lane)
    let y = b.input("y", variation: .lane)
    let floor = b.unary(.floor, b.sum(x))
    let stopped = b.binary(.multiply, b.stop(b.sum(x)), y)
    let got = ReverseMode.cotangents(
      b, of: [(floor, b.constant(1)), (stopped, b.constant(1))], to: [x, y])
    #expect(got[0] == nil)
    #expect(got[1] == b.stop(b.sum(x)))
  }

  /// A variable is independent, whatever it is computed from, and even if it is a variable's variable.
  @Test func variablesAreLeaves() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let inner = b.expression(b.variable((x * x).id))
    let y = inner * inner * x
    let got = ReverseMode.cotangents(b, of: [(y.id, b.constant(1))], to: [x.id, inner.id]).map { $0! }
    let program = try b.finish([("x", got[0]), ("inner", got[1])])
    let values = try program.evaluate(["x": [3]])
    #expect(values["inner"] == [54], "2·9·3")
    #expect(values["x"] == [81], "and not through x·x")
  }
}

extension Node {
  fileprivate var kindName: String {
    String("\(kind)".prefix { $0 != "(" })
  }
}
