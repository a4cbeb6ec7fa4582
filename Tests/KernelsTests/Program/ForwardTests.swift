import Kernels
import Testing

@Suite struct ForwardTests {
  /// d/dx of a function of one input "x" at a point.
  private func slope(
    at x: Double, _ body: (Expression) -> Expression
  ) throws -> Double {
    let b = ProgramBuilder()
    let program = try b.finish([("y", body(b.inputExpression("x", variation: .lane)).id)])
    return try program.jvp(inputs: ["x"]).evaluate(["x": [x], "d.x": [1]])["d.y"]![0]
  }

  // MARK: Rules

  @Test(arguments: UnaryFunction.allCases)
  func unaryRules(function: UnaryFunction) throws {
    try expectRule(of: function) { x in try slope(at: x) { $0.apply(function) } }
  }

  @Test(arguments: BinaryFunction.allCases)
  func binaryRules(function: BinaryFunction) throws {
    var compared = 0
    for x in rulePoints {
      for y in [-2.1, -0.6, 0.45, 1.7, 3.0] {
        guard Double.evaluate(function, x, y).isFinite else { continue }
        let b = ProgramBuilder()
        let (a, c) = (b.input("a", variation: .lane), b.input("b", variation: .lane))
        let program = try b.finish([("y", b.binary(function, a, c))])
        for direction in [["a": [1.0], "b": [0.0]], ["a": [0.0], "b": [1.0]], ["a": [0.3], "b": [-0.7]]] {
          guard let wanted = directional(program, at: ["a": [x], "b": [y]], along: direction)["y"]![0] else {
            continue
          }
          let inputs = direction.filter { $0.value != [0] }.map(\.key)
          var values = ["a": [x], "b": [y]]
          for name in inputs { values["d." + name] = direction[name] }
          let got = try program.jvp(inputs: inputs).evaluate(values)["d.y"]![0]
          compared += 1
          #expect(
            (got - wanted.value).magnitude <= 1e-7 * max(1, wanted.value.magnitude),
            "\(x) \(function.name) \(y) along \(direction): \(got), not \(wanted)")
        }
      }
    }
    #expect(compared >= 80)
  }

  /// Random Programs over all kinds of nodes, along random directions in random inputs.
  ///
  /// A row is left out where differences say nothing: where the line crosses an edge within ±0.02 of the
  /// point (``branches(_:_:)``) or they do not settle. The derivative must then agree to 10⁻⁶ of its size,
  /// or ten times the differences' own error.
  @Test(arguments: [0, 1, 2, 3])
  func randomProgramsAgreeWithDifferences(part: Int) throws {
    var compared = 0
    var rows = 0
    var sizeable = 0
    var noticed = 0
    for index in 0..<600 {
      let seed = 200_000 + 10_000 * part + index
      let generated = try ProgramGenerator.make(seed: seed, tame: true)
      var random = SplitMix(seed)
      var direction: [String: [Double]] = [:]
      for name in generated.values.keys.sorted() where random.chance(0.7) || name == "x" {
        direction[name] = generated.values[name]!.map { _ in random.uniform(-1, 1) }
      }
      let wanted = directional(generated.program, at: generated.values, along: direction)
      let derivative = try generated.program.jvp(inputs: direction.keys.sorted())
      var values = generated.values
      for (name, vector) in direction { values["d." + name] = vector }
      let got = try derivative.evaluate(values)
      for name in direction.keys { values["d." + name] = values["d." + name]!.map { $0 * 1.0001 } }
      let wrong = try derivative.evaluate(values)
      for output in generated.program.outputs {
        let derivatives = got["d." + output.name]!
        #expect(derivatives.count == generated.program[output.node].rows, "Program \(seed)")
        guard derivatives.count == wanted[output.name]!.count else { continue }
        #expect(same(got[output.name]!, try generated.program.evaluate(generated.values)[output.name]!))
        for (row, estimate) in wanted[output.name]!.enumerated() {
          rows += 1
          guard let estimate else { continue }
          compared += 1
          let tolerance = max(1e-6 * max(1, estimate.value.magnitude), 10 * estimate.error)
          let error = (derivatives[row] - estimate.value).magnitude
          if !(error <= tolerance) {
            Issue.record(
              "Program \(seed), \(output.name)[\(row)]: \(derivatives[row]), by differences \(estimate)\n\(generated.program)"
            )
            return
          }
          if estimate.value.magnitude > 0.1 {
            sizeable += 1
            if (wrong["d." + output.name]![row] - estimate.value).magnitude > tolerance { noticed += 1 }
          }
        }
      }
    }
    #expect(compared * 2 > rows, "\(compared) of \(rows) rows compared")
    // Negative control: a derivative that is wrong by one part in ten thousand is noticed.
    #expect(sizeable > 500 && noticed * 10 > sizeable * 9, "\(noticed) of \(sizeable) noticed")
  }

  // MARK: Second derivatives

  /// D²f(u, v) is symmetric, and is the derivative of Df·u along v.
  @Test func secondDerivativesAreSymmetric() throws {
    var compared = 0
    for index in 0..<500 {
      let seed = 300_000 + index
      let generated = try ProgramGenerator.make(seed: seed, tame: true, operations: 4...20)
      var random = SplitMix(seed)
      let first = try generated.program.jvp(inputs: ["x"], prefix: "u.")
      let second = try first.jvp(inputs: ["x"], prefix: "v.")
      let u = generated.values["x"]!.map { _ in random.uniform(-1, 1) }
      let v = generated.values["x"]!.map { _ in random.uniform(-1, 1) }
      var values = generated.values
      (values["u.x"], values["v.x"]) = (u, v)
      let uv = try second.evaluate(values)
      let byDifferences = directional(first, at: values, along: ["x": v])
      (values["u.x"], values["v.x"]) = (v, u)
      let vu = try second.evaluate(values)
      for output in generated.program.outputs {
        let (a, b) = (uv["v.u." + output.name]!, vu["v.u." + output.name]!)
        for row in a.indices {
          guard let estimate = byDifferences["u." + output.name]![row] else { continue }
          compared += 1
          let scale = max(1, estimate.value.magnitude)
          #expect((a[row] - b[row]).magnitude <= 1e-6 * scale, "Program \(seed): \(a[row]), \(b[row])")
          #expect(
            (a[row] - estimate.value).magnitude <= max(1e-5 * scale, 10 * estimate.error), "Program \(seed)")
        }
      }
    }
    #expect(compared > 500)
  }

  @Test func aSecondDerivativeNeedsItsOwnPrefix() throws {
    let b = ProgramBuilder()
    let program = try b.finish([("y", b.unary(.exp, b.input("x", variation: .lane)))])
    let first = try program.jvp(inputs: ["x"])
    #expect(throws: ProgramError.self) { try first.jvp(inputs: ["x"]) }
    #expect(throws: ProgramError("'z' is not an input of this Program")) { try program.jvp(inputs: ["z"]) }
  }

  // MARK: Edges

  @Test func branchesThatAreNotTakenLeaveNoNaN() throws {
    typealias Function = (Expression) -> Expression
    func positive(_ x: Expression, _ then: Expression, _ otherwise: Expression) -> Expression {
      .select(.less, x.constant(0), x, then: then, else: otherwise)
    }
    let zero: [(String, Function)] = [
      ("x > 0 ? sqrt(x) : 0", { positive($0, $0.apply(.sqrt), $0.constant(0)) }),
      ("sqrt(max(x, 0))", { .apply(.maximum, $0, $0.constant(0)).apply(.sqrt) }),
      ("sqrt(max(0, x))", { .apply(.maximum, $0.constant(0), $0).apply(.sqrt) }),
      ("sqrt(-min(-x, 0))", { (-.apply(.minimum, -$0, $0.constant(0))).apply(.sqrt) }),
      ("sqrt(0 - min(-x, 0))", { (0 - .apply(.minimum, -$0, $0.constant(0))).apply(.sqrt) }),
      (
        "sqrt(max(x, 0)²)",
        { .apply(.power, .apply(.maximum, $0, $0.constant(0)), $0.constant(2)).apply(.sqrt) }
      ),
      (
        "sqrt(max(x, 0) + max(2x, 0))",
        {
          (.apply(.maximum, $0, $0.constant(0)) + .apply(.maximum, $0 * 2, $0.constant(0))).apply(.sqrt)
        }
      ),
      (
        "1/(x > 0 ? x : 0)·0 kept out", { x in positive(x, 1 / positive(x, x, x.constant(0)), x.constant(3)) }
      ),
      ("max(x, 0)^0.3", { .apply(.power, .apply(.maximum, $0, $0.constant(0)), $0.constant(0.3)) }),
      (
        "log(max(x, 0)) if x > 0",
        { x in
          positive(x, .apply(.maximum, x, x.constant(0)).apply(.log), x.constant(-5))
        }
      ),
      (
        "nested",
        { x in
          positive(
            x, .select(.less, x.constant(1), x, then: (x - 1).apply(.sqrt), else: x.constant(0)),
            x.constant(0)
          )
          .apply(.sqrt)
        }
      ),
      (
        "nested the other way",
        { x in
          let inner = Expression.select(
            .less, x, x.constant(-3), then: (-x).apply(.sqrt), else: x.constant(0))
          return positive(x, x, inner).apply(.sqrt)
        }
      ),
      (
        "a vector",
        { x in
          let vector = Expression.stack([x, x * 2])
          let clamped = Expression.apply(.maximum, vector, x.constant(0))
          return (clamped[0] + clamped[1]).apply(.sqrt)
        }
      ),
      ("asin(1 + relu-like)", { x in (.apply(.maximum, x, x.constant(0)) + 1).apply(.asin) }),
    ]
    for (name, function) in zero {
      #expect(try slope(at: -1, function) == 0, "\(name)")
    }
    #expect(try slope(at: 4) { .apply(.maximum, $0, $0.constant(0)).apply(.sqrt) } == 0.25)
    #expect(try slope(at: 4) { positive($0, $0.apply(.sqrt), $0.constant(0)) } == 0.25)
    #expect(try slope(at: -4) { positive($0, $0.constant(0), (-$0).apply(.sqrt)) } == -0.25)
    // A NaN that is computed is not hidden.
    #expect(try slope(at: -1) { $0.apply(.sqrt) }.isNaN)
    // The second derivative too.
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let root = Expression.apply(.maximum, x, x.constant(0)).apply(.sqrt)
    let second = try b.finish([("y", (root * x).id)]).jvp(inputs: ["x"], prefix: "u.").jvp(
      inputs: ["x"], prefix: "v.")
    #expect(try second.evaluate(["x": [-1], "u.x": [1], "v.x": [1]])["v.u.y"] == [0])
    #expect(try second.evaluate(["x": [4], "u.x": [1], "v.x": [1]])["v.u.y"] == [0.375])
  }

  /// A masked derivative is exact at a point where a factor happens to vanish: the mask is of the branches,
  /// not of values that are 0.
  @Test func aZeroThatIsNoBranchKeepsItsSecondDerivative() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let square = Expression.select(.less, x, x.constant(-1), then: x.constant(0), else: x * x)
    let program = try b.finish([("y", (square * x.apply(.exp)).id)])
    let second = try program.jvp(inputs: ["x"], prefix: "u.").jvp(inputs: ["x"], prefix: "v.")
    #expect(try second.evaluate(["x": [0], "u.x": [1], "v.x": [1]])["v.u.y"] == [2])
  }

  @Test func powersAtTheirEdges() throws {
    func power(_ a: Double, _ b: Double, by seed: String, constantExponent: Bool = false) throws -> Double {
      let builder = ProgramBuilder()
      let base = builder.input("a", variation: .lane)
      let exponent = constantExponent ? builder.constant(b) : builder.input("b", variation: .run)
      let program = try builder.finish([("y", builder.binary(.power, base, exponent))])
      return try program.jvp(inputs: [seed]).evaluate(["a": [a], "b": [b], "d." + seed: [1]])["d.y"]![0]
    }
    for constant in [true, false] {
      #expect(try power(-3, 2, by: "a", constantExponent: constant) == -6)
      #expect(try power(0, 1, by: "a", constantExponent: constant) == 1)
      #expect(try power(0, 2, by: "a", constantExponent: constant) == 0)
      #expect(try power(0, 3, by: "a", constantExponent: constant) == 0)
      #expect(try power(0, 0.5, by: "a", constantExponent: constant) == .infinity)
      #expect(try power(2, 0, by: "a", constantExponent: constant) == 0)
      #expect(try power(-2, -1, by: "a", constantExponent: constant) == -0.25)
    }
    #expect(try power(0, 0, by: "a", constantExponent: true) == 0)
    #expect(try power(0, 1.5, by: "b") == 0)
    #expect(try power(0, 0, by: "b") == 0)
    #expect(try power(1, 7, by: "b") == 0)
    #expect(try (power(2, 3, by: "b") - 5.545177444479562).magnitude < 1e-14)
    #expect(try power(-2, 2, by: "b").isNaN, "(−2)^b has no derivative in b")
  }

  @Test func absentTangentsAreExactZeros() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let v = b.inputExpression("v", rows: 3, variation: .lane)
    let program = try b.finish([
      ("floor", x.apply(.floor).id), ("other", v.apply(.exp).id), ("compare", b.compare(.less, x.id, v.id)),
      ("draw", b.draw(.normal)), ("broadcast", (x + v).id),
      ("minimum", Expression.apply(.minimum, x * 2, v).id),
      ("stack", Expression.stack([x * 3, v[1], x.constant(1)]).id),
    ])
    let derivative = try program.jvp(inputs: ["x"])
    let got = try derivative.evaluate(["x": [1], "d.x": [1], "v": [1, 5, 9]], draws: [0.5])
    #expect(got["d.floor"] == [0] && got["d.other"] == [0, 0, 0] && got["d.compare"] == [0, 0, 0])
    #expect(got["d.draw"] == [0])
    #expect(got["d.broadcast"] == [1, 1, 1], "the tangent has all the rows")
    #expect(got["d.minimum"] == [0, 2, 2])
    #expect(got["d.stack"] == [3, 0, 0])
    let node = derivative[derivative.output("d.other")!]
    #expect(node.constants == [0, 0, 0], "and costs nothing")
  }

  /// A clamp in every step of an unrolled loop: the derivative stays in proportion to the Program.
  @Test func clampsInALoopDoNotMultiply() throws {
    let b = ProgramBuilder()
    var x = b.inputExpression("x", variation: .lane)
    let p = b.inputExpression("p", variation: .lane)
    x = .apply(.maximum, x, x.constant(0))
    for _ in 0..<60 { x = .apply(.maximum, x * p, x * (p + 1)) }
    let program = try b.finish([("y", x.id)])
    let derivative = try program.jvp(inputs: ["x"])
    #expect(derivative.liveNodes().count < 20 * program.liveNodes().count)
    let at = { (x: Double) in try derivative.evaluate(["x": [x], "p": [0.25], "d.x": [1]])["d.y"]![0] }
    let expected = (0..<60).reduce(1.0) { product, _ in product * 1.25 }
    #expect(try (at(0.5) / expected - 1).magnitude < 1e-14)
    #expect(try at(-0.5) == 0)
  }
}
