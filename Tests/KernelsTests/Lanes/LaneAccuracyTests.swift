import Lanes
import Testing

/// Errors against values computed with 200 bits, over the whole range of each precision.
@Suite struct LaneAccuracyTests {
  static let unary = [
    "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
    "tanh",
    "erf", "sigmoid", "softplus", "silu",
  ]
  static let binary = ["power", "atan2"]

  /// The stated bounds, in ulp.
  static func bound(_ name: String) -> Double {
    switch name {
    case "sqrt": 0.5
    case "power", "tan", "erf", "asin", "acos", "atan", "atan2": 4
    default: 2
    }
  }

  @Test func everyFunctionHasReferenceValues() throws {
    for precision in ["single", "double"] {
      let tables = try LaneReference.load(precision)
      #expect(tables.map(\.name) == Self.unary + Self.binary)
      for table in tables { #expect(table.results.count >= 2000, "\(table.name)") }
    }
  }

  @Test func single() throws { try check(Float.self) }
  @Test func double() throws { try check(Double.self) }

  private func check<Scalar: UlpMeasured>(_ type: Scalar.Type) throws {
    for table in try LaneReference.load(Scalar.precisionName) {
      let worst = worstError(table, type)
      let bound = Self.bound(table.name)
      #expect(
        worst.error <= bound,
        "\(table.name): \(worst.error) ulp at \(worst.arguments), got \(worst.value), exact \(worst.exact)")
    }
  }

  /// The measure itself: a value one unit off is found one unit off.
  @Test func ulpErrorsAreMeasured() {
    #expect(Double.ulpError(1.0.nextUp, exact: 1, residue: 0) == 1)
    #expect(Double.ulpError(1, exact: 1, residue: 0.25) == 0.25)
    #expect(Float.ulpError(Float(1).nextUp, exact: 1, residue: 0) == 1)
    #expect(Float.ulpError(Float.leastNonzeroMagnitude, exact: 0, residue: 0) == 1)
    #expect(Double.ulpError(.infinity, exact: 1, residue: 0) == .infinity)
  }
}

func worstError<Scalar: UlpMeasured>(
  _ table: LaneReference, _ type: Scalar.Type
) -> (error: Double, arguments: [Double], value: Scalar, exact: Double) {
  let blocks = table.arguments.map { Block($0.map { Scalar($0) }) }
  let out = Block<Scalar>(count: table.results.count)
  if table.arity == 1, let function = UnaryFunction.allCases.first(where: { "\($0)" == table.name }) {
    Scalar.apply(function, blocks[0].lanes, to: out.pointer, count: out.count)
  } else if let function = BinaryFunction.allCases.first(where: { "\($0)" == table.name }) {
    Scalar.apply(function, blocks[0].lanes, blocks[1].lanes, to: out.pointer, count: out.count)
  }
  var worst = (error: -1.0, lane: 0)
  for i in table.results.indices {
    let error = Scalar.ulpError(out[i], exact: table.results[i], residue: table.residues[i])
    if error > worst.error { worst = (error, i) }
  }
  let i = worst.lane
  return (worst.error, table.arguments.map { $0[i] }, out[i], table.results[i])
}
