import Kernels
import Testing

@Suite struct BuilderTests {
  private static let values = ProgramGenerator.specialValues + [3, -7.25, 1e-200, 123_456.789]

  private func program(_ body: (ProgramBuilder) -> NodeID) throws -> Program {
    let builder = ProgramBuilder()
    let result = body(builder)
    return try builder.finish([("y", result)])
  }

  // MARK: Folding

  /// A folded constant has the bits that the lane kernels give for the same operands.
  @Test func constantsFoldToTheBitsOfTheKernels() {
    let b = ProgramBuilder()
    var checked = 0
    func check(_ id: NodeID, _ expected: Double, _ what: @autoclosure () -> String) {
      checked += 1
      #expect(b[id].constants.map { same($0, [expected]) } ?? false, "\(what())")
    }
    for x in Self.values {
      for f in UnaryFunction.allCases {
        check(b.unary(f, b.constant(x)), Double.evaluate(f, x), "\(f.name)(\(x))")
      }
      for y in Self.values {
        for f in BinaryFunction.allCases {
          // x² is x·x by definition, see below.
          let expected = f == .power && y == 2 ? x * x : Double.evaluate(f, x, y)
          check(b.binary(f, b.constant(x), b.constant(y)), expected, "\(x) \(f.name) \(y)")
        }
        for f in Comparison.allCases {
          check(b.compare(f, b.constant(x), b.constant(y)), Double.evaluate(f, x, y), "\(x) \(f) \(y)")
        }
        check(
          b.multiplyAdd(b.constant(x), b.constant(y), b.constant(0.1)), 0.1.addingProduct(x, y),
          "fma \(x) \(y)")
        check(b.select(b.constant(x), b.constant(1), b.constant(y)), x != 0 ? 1 : y, "select \(x) \(y)")
      }
    }
    #expect(checked > 4000)
  }

  /// Every identity the builder uses: it gives the operand itself, and computing it would give its bits.
  @Test(arguments: Self.values)
  func identitiesHoldForEveryBit(x: Double) throws {
    let b = ProgramBuilder()
    let v = b.input("x", variation: .lane)
    let one = b.constant(1)
    #expect(b.binary(.multiply, v, one) == v && b.binary(.multiply, one, v) == v)
    #expect(same(Double.evaluate(.multiply, x, 1), x) && same(Double.evaluate(.multiply, 1, x), x))
    #expect(b.binary(.divide, v, one) == v)
    #expect(same(Double.evaluate(.divide, x, 1), x))
    #expect(b.binary(.subtract, v, b.constant(0)) == v)
    #expect(same(Double.evaluate(.subtract, x, 0), x))
    #expect(b.binary(.add, v, b.constant(-0.0)) == v && b.binary(.add, b.constant(-0.0), v) == v)
    #expect(same(Double.evaluate(.add, x, -0.0), x))
    #expect(b.binary(.power, v, one) == v)
    #expect(same(Double.evaluate(.power, x, 1), x))
    #expect(b.unary(.negate, b.unary(.negate, v)) == v)
    #expect(same(Double.evaluate(.negate, Double.evaluate(.negate, x)), x))
    #expect(b.binary(.power, v, b.constant(2)) == b.binary(.multiply, v, v))
  }

  /// What holds for most numbers but not for −0, NaN or ∞ is not used.
  @Test func temptingButWrongIdentitiesAreNotUsed() {
    let b = ProgramBuilder()
    let x = b.input("x", variation: .lane)
    let zero = b.constant(0)
    let (minusZero, one) = (b.constant(-0.0), b.constant(1))
    let wrong: [(String, NodeID)] = [
      ("x + 0", b.binary(.add, x, zero)), ("0 + x", b.binary(.add, zero, x)),
      ("x − −0", b.binary(.subtract, x, minusZero)), ("x·0", b.binary(.multiply, x, zero)),
      ("x − x", b.binary(.subtract, x, x)), ("x / x", b.binary(.divide, x, x)),
      ("0 − x", b.binary(.subtract, zero, x)), ("0 / x", b.binary(.divide, zero, x)),
      ("x == x", b.compare(.equal, x, x)), ("x <= x", b.compare(.lessOrEqual, x, x)),
      ("1^x", b.binary(.power, one, x)), ("sqrt(x²)", b.unary(.sqrt, b.binary(.multiply, x, x))),
      ("log(exp(x))", b.unary(.log, b.unary(.exp, x))), ("x·−1", b.binary(.multiply, x, b.constant(-1))),
    ]
    for (name, id) in wrong {
      #expect(id != x && id != zero && b[id].constants == nil, "\(name)")
    }
  }

  @Test func selectsWithOneOutcomeAreThatOutcome() {
    let b = ProgramBuilder()
    let x = b.input("x", variation: .lane)
    let y = b.input("y", variation: .lane)
    let v = b.input("v", rows: 3, variation: .lane)
    let c = b.compare(.less, x, y)
    #expect(b.select(c, x, x) == x)
    #expect(b.select(b.constant(1), x, y) == x)
    #expect(b.select(b.constant(0), x, y) == y)
    #expect(b.select(b.constant(-0.0), x, y) == y)
    #expect(b.select(b.constant(.nan), x, y) == x, "NaN is not 0")
    #expect(b[b.select(b.compare(.less, v, x), y, y)].rows == 3, "no row is lost")
    #expect(b[b.select(b.constant(0), v, x)].rows == 3)
    #expect(b.select(b.constant(1), v, x) == v)
    #expect(b.failure == nil)
    _ = b.select(b.constant(1), v, b.input("w", rows: 2, variation: .lane))
    #expect(b.failure != nil, "3 and 2 components")
  }

  // MARK: Sharing and rows

  @Test func equalNodesAreOneNode() {
    let b = ProgramBuilder()
    let x = b.input("x", variation: .lane)
    let y = b.input("y", variation: .lane)
    #expect(b.input("x", variation: .lane) == x)
    #expect(b.binary(.add, x, y) == b.binary(.add, x, y))
    #expect(b.binary(.add, x, y) != b.binary(.add, y, x), "min and NaN know the order")
    #expect(b.constant(0.5) == b.constant(0.5) && b.constant(.nan) == b.constant(.nan))
    #expect(b.constant(0) != b.constant(-0.0))
    let count = b.count
    _ = b.unary(.exp, b.binary(.add, x, y))
    _ = b.unary(.exp, b.binary(.add, x, y))
    #expect(b.count == count + 1)
  }

  @Test func drawsAreNeverShared() throws {
    let inner = ProgramBuilder()
    let used = [inner.draw(.normal), inner.draw(.normal), inner.draw(.uniform)]
    let program = try inner.finish([("x", inner.stack(used))])
    let b = ProgramBuilder()
    let called = b.components(b.call(program)["x"]!)
    let new = b.draw(.normal)
    #expect(Set(called + [new]).count == 4, "a new draw is none of the called Program's")
    #expect(b[new].kind == .draw(.normal, index: 3))
  }

  @Test func picksAndStacksUndoEachOther() {
    let b = ProgramBuilder()
    let v = b.input("v", rows: 3, variation: .lane)
    let x = b.input("x", variation: .lane)
    #expect(b.stack(b.components(v)) == v)
    #expect(b.stack([x]) == x)
    #expect(b.pick(x, 0) == x)
    let s = b.stack([x, v, x])
    #expect(b[s].rows == 5)
    #expect(b.components(s) == [x] + b.components(v) + [x])
    #expect(b.stack([b.pick(v, 1), b.pick(v, 0), b.pick(v, 2)]) != v, "not in order")
    #expect(b.stack([b.pick(v, 0), b.pick(v, 1)]) != v, "not all")
    #expect(b[b.stack([b.constant(1), b.constant([2, 3])])].constants == [1, 2, 3])
    #expect(b[b.pick(b.constant([2, 3]), 1)].constants == [3])
  }

  @Test func stacksAreComputedByComponents() {
    let b = ProgramBuilder()
    let x = b.input("x", variation: .lane)
    let y = b.input("y", variation: .lane)
    let sum = b.binary(.add, b.stack([x, b.constant(1)]), b.stack([y, b.constant(2)]))
    #expect(b.pick(sum, 0) == b.binary(.add, x, y))
    #expect(b[b.pick(sum, 1)].constants == [3])
    let scaled = b.binary(.multiply, b.stack([x, y]), x)
    #expect(b.pick(scaled, 1) == b.binary(.multiply, y, x))
  }

  @Test func variationIsTheMostVariableOperands() {
    let b = ProgramBuilder()
    let (p, t) = (b.input("p", variation: .run), b.input("t", variation: .step))
    let x = b.input("x", variation: .lane)
    #expect(b[b.constant(1)].variation == .constant)
    #expect(b[b.binary(.add, p, b.constant(1))].variation == .run)
    #expect(b[b.binary(.add, p, t)].variation == .step)
    #expect(b[b.stack([p, t, x])].variation == .lane)
    #expect(b[b.draw(.normal)].variation == .lane)
  }

  // MARK: Failures

  @Test func shapeErrorsAreKeptAndThrown() {
    let b = ProgramBuilder()
    let v = b.input("v", rows: 3, variation: .lane)
    let w = b.input("w", rows: 2, variation: .lane)
    let bad = b.binary(.add, v, w)
    #expect(b[bad].constants.map { $0[0].isNaN } ?? false)
    #expect(b.failure == ProgramError("values with 3 and 2 components cannot be combined"))
    _ = b.pick(v, 7)
    #expect(b.failure?.description.contains("3 and 2") == true, "the first failure stays")
    #expect(throws: ProgramError.self) { try b.finish([("y", bad)]) }
    b.clearFailure()
    _ = b.pick(v, 3)
    #expect(b.failure == ProgramError("component 4 was asked of a value with 3"))
    for body: (ProgramBuilder) -> NodeID in [
      { $0.pick(v, -1) }, { $0.stack([]) }, { $0.input("v", rows: 2, variation: .lane) },
      { $0.input("v", rows: 3, variation: .run) }, { $0.input("less", rows: -1, variation: .lane) },
      { $0.multiplyAdd(v, v, w) },
      { $0.compare(.less, v, w) }, { $0.select(v, w, w) },
    ] {
      b.clearFailure()
      _ = body(b)
      #expect(b.failure != nil)
    }
  }

  @Test func twoOutputsOfOneNameAreRefused() {
    let b = ProgramBuilder()
    #expect(throws: ProgramError.self) { try b.finish([("y", b.constant(1)), ("y", b.constant(2))]) }
  }

  @Test func anUnrolledLoopWithoutEndIsRefused() {
    let b = ProgramBuilder()
    b.nodeLimit = 50
    var x = b.input("x", variation: .lane)
    for _ in 0..<49 { x = b.unary(.sin, x) }
    #expect(b.failure == nil)
    x = b.unary(.sin, x)
    #expect(b.failure?.description.contains("50 operations") == true)
    #expect(throws: ProgramError.self) { try b.finish([("y", x)]) }
  }

  // MARK: Calls and evaluation

  @Test func aCallReplacesInputsAndSharesTheRest() throws {
    let inner = ProgramBuilder()
    let x = inner.inputExpression("x", rows: 2, variation: .lane)
    let p = inner.inputExpression("p", variation: .run)
    let program = try inner.finish([("y", (x * p).id), ("z", p.id)])

    let b = ProgramBuilder()
    let u = b.input("u", variation: .lane)
    let vector = b.stack([u, b.constant(2)])
    let first = b.call(program, ["x": vector])
    let count = b.count
    let second = b.call(program, ["x": vector])
    #expect(first == second && b.count == count, "nothing is made twice")
    #expect(first["z"] == b.input("p", variation: .run), "an input without argument keeps its name")
    #expect(b.pick(first["y"]!, 1) == b.binary(.multiply, b.constant(2), first["z"]!))
    let whole = try b.finish([("y", first["y"]!)])
    #expect(try whole.evaluate(["u": [5], "p": [3]]) == ["y": [15, 6]])
    _ = b.call(program, ["x": u])
    #expect(b.failure == ProgramError("the input 'x' has 2 components, but was given 1"))
  }

  /// Calling a Program with inputs of the same names gives the same values, whatever it is.
  @Test func callingARandomProgramChangesNoBit() throws {
    for seed in 0..<300 {
      let generated = try ProgramGenerator.make(seed: 31_000 + seed, tame: false)
      let b = ProgramBuilder()
      let outputs = b.call(generated.program)
      let copy = try b.finish(generated.program.outputs.map { ($0.name, outputs[$0.name]!) })
      let draws = [0.3, -1.5, 0.9, 2.5]
      #expect(
        same(
          try copy.evaluate(generated.values, draws: draws),
          try generated.program.evaluate(generated.values, draws: draws)), "Program \(seed)")
    }
  }

  @Test func evaluateSaysWhatIsMissing() throws {
    let b = ProgramBuilder()
    let program = try b.finish([
      ("y", b.binary(.add, b.input("v", rows: 2, variation: .lane), b.draw(.normal)))
    ])
    #expect(throws: ProgramError("no value was given for the input 'v'")) { try program.evaluate([:]) }
    #expect(throws: ProgramError("the input 'v' has 2 components, but 1 values were given")) {
      try program.evaluate(["v": [1]])
    }
    #expect(throws: ProgramError("no random number was given for draw 0")) {
      try program.evaluate(["v": [1, 2]])
    }
    #expect(try program.evaluate(["v": [1, 2]], draws: [0.5]) == ["y": [1.5, 2.5]])
  }
}
