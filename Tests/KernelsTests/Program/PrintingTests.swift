import Kernels
import Testing

@Suite struct PrintingTests {
  private func text(_ body: (ProgramBuilder, Expression, Expression) -> Expression) throws -> String {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let y = b.inputExpression("y", variation: .lane)
    return try b.finish([("r", body(b, x, y).id)]).description
  }

  @Test func formulasReadAsMathematics() throws {
    #expect(try text { _, x, y in x * y + 1 } == "r = x*y + 1")
    #expect(try text { _, x, y in x * (y + 1) } == "r = x*(y + 1)")
    #expect(try text { _, x, y in x + -y } == "r = x - y")
    #expect(try text { _, x, y in x + -y * 3 } == "r = x - y*3")
    #expect(try text { _, x, y in x - (y - x) } == "r = x - (y - x)")
    #expect(try text { _, x, y in x - y - x } == "r = x - y - x")
    #expect(try text { _, x, y in x / (y * x) } == "r = x/(y*x)")
    #expect(try text { _, x, y in -(x + y) } == "r = -(x + y)")
    #expect(try text { _, x, y in .apply(.power, -x, y + 0.5) } == "r = (-x)^(y + 0.5)")
    #expect(try text { _, x, y in -.apply(.power, x, y) } == "r = -x^y")
    #expect(try text { _, x, y in x.apply(.absolute).apply(.sqrt) } == "r = sqrt(abs(x))")
    #expect(try text { _, x, y in .apply(.maximum, x, y * 2) } == "r = max(x, y*2)")
    #expect(
      try text { _, x, y in .select(.less, x, y, then: x + 1, else: -y) } == "r = if x < y then x + 1 else -y"
    )
    #expect(
      try text { _, x, y in .select(.less, x, y, then: x, else: y) * 2 } == "r = (if x < y then x else y)*2")
    #expect(try text { _, x, y in x * 0.1 - 1e-7 } == "r = x*0.1 - 1e-07")
    #expect(try text { b, x, y in b.expression(b.draw(.normal)) * x } == "r = normal#0*x")
  }

  /// These once lost their parentheses, which made other numbers of them.
  @Test func remaindersKeepTheirParentheses() throws {
    #expect(try text { _, x, y in x * .apply(.modulo, x, y) } == "r = x*(x % y)")
    #expect(try text { _, x, y in x * .apply(.floorDivide, x, y) } == "r = x*(x // y)")
    #expect(try text { _, x, y in x + .apply(.modulo, -x, y) } == "r = x + (-x) % y")
    #expect(try text { _, x, y in .apply(.modulo, x * y, y) } == "r = (x*y) % y")
  }

  @Test func sharedPartsGetANameAndVectorsALineARow() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", rows: 2, variation: .lane, rowNames: ["S", "v"])
    let p = b.inputExpression("p", rows: 2, variation: .run)
    let shared = (x[0] * p[1]).apply(.exp)
    let program = try b.finish([
      ("dx", Expression.stack([shared * x[1], shared + 1]).id), ("z", (x[0] + x[0]).id),
    ])
    #expect(
      program.description == """
        a1 = exp(S*p[2])
        dx[1] = a1*v
        dx[2] = a1 + 1
        z = S + S
        """)
    let formulas = program.formulas()
    #expect(formulas.definitions.map(\.name) == ["a1"])
    #expect(formulas.outputs["dx"] == ["a1*v", "a1 + 1"])
  }

  /// What is printed, read back and computed as it stands, has the Program's value to the last bit.
  @Test func printedProgramsComputeTheSameBits() throws {
    var read = 0
    for seed in 0..<1500 {
      let generated = try ProgramGenerator.make(seed: 44_000 + seed, tame: true)
      guard !generated.program.nodes.contains(where: { $0.kind == .multiplyAdd }) else { continue }
      var names: [String: Double] = [:]
      for (name, values) in generated.values {
        for (row, value) in values.enumerated() {
          names[values.count == 1 ? name : "\(name)[\(row + 1)]"] = value
        }
      }
      let text = generated.program.description
      guard let got = FormulaReader.evaluate(text, names) else {
        Issue.record("Program \(seed) cannot be read:\n\(text)")
        return
      }
      for (name, values) in try generated.program.evaluate(generated.values) {
        for (row, value) in values.enumerated() {
          let printed = got[values.count == 1 ? name : "\(name)[\(row + 1)]"]
          guard let printed, same(printed, value) else {
            Issue.record("Program \(seed): \(name)[\(row)] reads \(printed ?? .nan), is \(value)\n\(text)")
            return
          }
        }
      }
      read += 1
    }
    #expect(read > 400, "\(read)")
  }

  /// A loop unrolled twenty thousand times, and a vector used twice in each of sixty steps, print in
  /// little time and text.
  @Test func largeProgramsPrintInProportion() throws {
    let b = ProgramBuilder()
    var x = b.inputExpression("x", variation: .lane)
    for step in 0..<20_000 { x = (x + Double(step)).apply(.sin) }
    let long = try b.finish([("y", x.id)]).description
    #expect(long.utf8.count < 2_000_000)
    #expect(long.hasPrefix("a1 = "))
    var v = b.inputExpression("v", rows: 2, variation: .lane)
    for _ in 0..<60 { v = v * v + v }
    let wide = try b.finish([("v", v.id)]).description
    #expect(wide.utf8.count < 20_000)
  }

  @Test func numbersAreShortAndReadBack() {
    let texts: [(Double, String)] = [
      (1, "1"), (-3, "-3"), (0, "0"), (-0.0, "-0"), (0.1, "0.1"), (1e16, "1e+16"), (123_456, "123456"),
      (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"), (1e300, "1e+300"), (-2.5e-8, "-2.5e-08"),
    ]
    for (value, text) in texts { #expect(shortNumber(value) == text) }
  }
}
