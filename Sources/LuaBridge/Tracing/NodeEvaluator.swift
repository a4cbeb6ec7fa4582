import Lanes
import Program

/// Evaluates nodes of a builder for one lane, in Double, and bounds how far that may be from plain Lua.
///
/// Both compute the same operations in the same order, so they differ only by what their `exp`, `sin`, …
/// give: a few units in the last place each. That difference is carried along to first order. It is zero
/// where only arithmetic, square roots and comparisons are used, and then the results must be equal bit for
/// bit. It is infinite where a comparison or a `floor` is too close to call.
struct NodeEvaluator {
  private struct Operation {
    let kind: NodeKind
    let offset: Int
    let rows: Int
    let a: Int
    let b: Int
    let c: Int
    let aRows: Int
    let bRows: Int
    let cRows: Int
    /// For a stack.
    let parts: [(offset: Int, rows: Int)]
  }

  private let operations: [Operation]
  private let offsets: [NodeID: Int]
  private let givenOffsets: Set<Int>
  /// Whether the plain function may add in another order, as derivatives do.
  private let reorders: Bool
  private var values: [Double]
  private var errors: [Double]

  /// - Parameters:
  ///   - nodes: all that is to be evaluated, with all operands.
  ///   - given: nodes whose values the plain function is given, so that they are free of error.
  init(_ builder: ProgramBuilder, nodes: Set<NodeID>, given: Set<NodeID>, reorders: Bool = false) {
    self.reorders = reorders
    var operations: [Operation] = []
    var offsets: [NodeID: Int] = [:]
    var values: [Double] = []
    for id in nodes.sorted() {
      let node = builder[id]
      offsets[id] = values.count
      if let constants = node.constants {
        values += constants
        continue
      }
      let offset = values.count
      values += [Double](repeating: 0, count: node.rows)
      let operands = node.operands.map { (offset: offsets[$0] ?? 0, rows: builder[$0].rows) }
      switch node.kind {
      case .constant, .input, .draw: continue
      case .stack:
        operations.append(
          Operation(
            kind: node.kind, offset: offset, rows: node.rows, a: 0, b: 0, c: 0, aRows: 1, bRows: 1, cRows: 1,
            parts: operands))
      default:
        let none = (offset: 0, rows: 1)
        let (a, b, c) = (
          operands[0], operands.count > 1 ? operands[1] : none, operands.count > 2 ? operands[2] : none
        )
        operations.append(
          Operation(
            kind: node.kind, offset: offset, rows: node.rows, a: a.offset, b: b.offset, c: c.offset,
            aRows: a.rows,
            bRows: b.rows, cRows: c.rows, parts: []))
      }
    }
    self.operations = operations
    self.offsets = offsets
    self.values = values
    errors = [Double](repeating: 0, count: values.count)
    givenOffsets = given.reduce(into: []) { result, id in
      if let offset = offsets[id] { for row in 0..<builder[id].rows { result.insert(offset + row) } }
    }
  }

  mutating func set(_ node: NodeID, row: Int, _ value: Double) {
    if let offset = offsets[node] { values[offset + row] = value }
  }

  func value(_ node: NodeID, row: Int = 0) -> Double { offsets[node].map { values[$0 + row] } ?? .nan }
  func error(_ node: NodeID, row: Int = 0) -> Double { offsets[node].map { errors[$0 + row] } ?? 0 }

  /// Whether a plain number is what the node is, up to the error.
  func agrees(_ number: Double, with node: NodeID, row: Int) -> Bool {
    let (compiled, error) = (value(node, row: row), error(node, row: row))
    // Zeros of both signs are taken as equal: Lua itself computes `x - 0` as `x + 0`.
    if number == compiled || (number.isNaN && compiled.isNaN) || error == .infinity || error.isNaN {
      return true
    }
    return error > 0 && (number - compiled).magnitude <= error
  }

  mutating func run() {
    for operation in operations { run(operation) }
  }

  private mutating func run(_ operation: Operation) {
    switch operation.kind {
    case .slice(let first):
      for row in 0..<operation.rows {
        values[operation.offset + row] = values[operation.a + first + row]
        errors[operation.offset + row] = errors[operation.a + first + row]
      }
      return
    case .stack:
      var offset = operation.offset
      for part in operation.parts {
        for row in 0..<part.rows {
          values[offset] = values[part.offset + row]
          errors[offset] = errors[part.offset + row]
          offset += 1
        }
      }
      return
    case .sum: return addRows(operation)
    case .matrixVector(let rows, let columns, let transposed):
      return multiply(operation, rows, columns, transposed)
    case .outer:
      let columns = operation.bRows
      for row in 0..<operation.rows {
        let result = evaluate(
          .binary(.multiply), operation.a + row / columns, operation.b + row % columns, operation.c)
        (values[operation.offset + row], errors[operation.offset + row]) = result
      }
      return
    default: break
    }
    for row in 0..<operation.rows {
      let a = operation.a + (operation.aRows == 1 ? 0 : row)
      let b = operation.b + (operation.bRows == 1 ? 0 : row)
      let c = operation.c + (operation.cRows == 1 ? 0 : row)
      let result = evaluate(operation.kind, a, b, c)
      let target = operation.offset + row
      values[target] = result.value
      errors[target] = givenOffsets.contains(target) ? 0 : result.error
    }
  }

  private mutating func addRows(_ operation: Operation) {
    var (sum, error) = (values[operation.a], errors[operation.a])
    for row in 1..<max(1, operation.aRows) {
      let term = values[operation.a + row]
      error += errors[operation.a + row] + reordering(sum, term)
      sum += term
      error = grown(sum, error)
    }
    (values[operation.offset], errors[operation.offset]) = (sum, error)
  }

  /// The plain function multiplies in the same order: what is inexact are the factors.
  private mutating func multiply(_ operation: Operation, _ rows: Int, _ columns: Int, _ transposed: Bool) {
    for row in 0..<operation.rows {
      var (sum, error) = (0.0, 0.0)
      for k in 0..<operation.bRows {
        let entry = operation.a + (transposed ? k * columns + row : row * columns + k)
        let (a, b) = (values[entry], values[operation.b + k])
        error += product(a, errors[entry], b, errors[operation.b + k]) + reordering(sum, a * b)
        sum += a * b
        error = grown(sum, error)
      }
      (values[operation.offset + row], errors[operation.offset + row]) = (sum, error)
    }
  }

  private func evaluate(_ kind: NodeKind, _ i: Int, _ j: Int, _ k: Int) -> (value: Double, error: Double) {
    let (a, ea) = (values[i], errors[i])
    switch kind {
    case .pick(let row): return (values[i + row], errors[i + row])
    case .unary(let function): return unary(function, a, ea)
    case .binary(let function): return binary(function, a, ea, values[j], errors[j])
    case .multiplyAdd:
      let (b, c) = (values[j], values[k])
      let value = c.addingProduct(a, b)
      return (value, grown(value, product(a, ea, b, errors[j]) + errors[k]))
    case .compare(let comparison):
      let (b, eb) = (values[j], errors[j])
      let value = Double.evaluate(comparison, a, b)
      let slack = ea + eb
      return (value, slack == 0 || (a - b).magnitude > slack ? 0 : .infinity)
    case .select:
      if ea > 0 { return (a != 0 ? values[j] : values[k], .infinity) }
      return a != 0 ? (values[j], errors[j]) : (values[k], errors[k])
    case .variable, .stop, .broadcast: return (a, ea)
    case .slice, .constant, .input, .draw, .stack, .sum, .matrixVector, .outer: return (a, 0)
    }
  }

  private func unary(_ function: UnaryFunction, _ a: Double, _ ea: Double) -> (Double, Double) {
    let value = Double.evaluate(function, a)
    var error = 0.0
    if ea > 0 {
      error = max(
        spread(value, Double.evaluate(function, a - ea)), spread(value, Double.evaluate(function, a + ea)))
      switch function {
      case .floor, .ceil, .round, .sign: if error > 0 { error = .infinity }
      case .negate, .absolute: break
      default: error = grown(value, error)
      }
    }
    let ulps = PlainMath.discrepancy(function)
    if ulps > 0 {
      // Beyond this both reduce the argument, each in its way.
      if [.sin, .cos, .tan].contains(function), a.magnitude > 1_000_000 { return (value, .infinity) }
      error += ulps * unit(value)
    }
    return (value, error)
  }

  private func binary(
    _ function: BinaryFunction, _ a: Double, _ ea: Double, _ b: Double, _ eb: Double
  ) -> (Double, Double) {
    let value = Double.evaluate(function, a, b)
    let own = PlainMath.discrepancy(function)
    let isSum = function == .add || function == .subtract
    if ea == 0, eb == 0, !(isSum && reorders) { return (value, own > 0 ? own * unit(value) : 0) }
    switch function {
    case .add, .subtract: return (value, grown(value, ea + eb + reordering(a, b)))
    case .multiply: return (value, grown(value, product(a, ea, b, eb)))
    case .minimum, .maximum: return (value, max(ea, eb))
    default:
      var error = 0.0
      for x in [a - ea, a + ea] {
        for y in [b - eb, b + eb] { error = max(error, spread(value, Double.evaluate(function, x, y))) }
      }
      if function == .divide, b.magnitude <= eb { error = .infinity }
      if function == .floorDivide, error > 0 { error = .infinity }
      if function == .modulo, error > 4 * (ea + eb * (value / b).magnitude + unit(a)) { error = .infinity }
      return (value, grown(value, error) + own * unit(value))
    }
  }

  private func product(_ a: Double, _ ea: Double, _ b: Double, _ eb: Double) -> Double {
    (ea == 0 ? 0 : b.magnitude * ea) + (eb == 0 ? 0 : a.magnitude * eb) + (ea == 0 || eb == 0 ? 0 : ea * eb)
  }

  private func reordering(_ a: Double, _ b: Double) -> Double { reorders ? max(unit(a), unit(b)) : 0 }

  /// An error that is there is also rounded.
  private func grown(_ value: Double, _ error: Double) -> Double { error == 0 ? 0 : error + unit(value) }

  private func unit(_ value: Double) -> Double {
    value.isFinite ? max(value.ulp, .leastNonzeroMagnitude) : 0
  }

  private func spread(_ a: Double, _ b: Double) -> Double {
    if a == b || (a.isNaN && b.isNaN) { return 0 }
    let difference = (a - b).magnitude
    return difference.isNaN ? .infinity : difference
  }
}
