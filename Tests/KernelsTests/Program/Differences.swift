import Kernels
import Testing

/// A derivative of order one by central differences with step h, h/2, h/4, …, extrapolated to step 0
/// (Neville's scheme in h²; Ridders 1982), with an estimate of its error.
///
/// - Parameter f: the function along the line; nil where a difference across that point would not be one of
///   a smooth function, which makes the result nil.
func differentiate(step: Double = 0.02, _ f: (Double) -> Double?) -> (value: Double, error: Double)? {
  var previous: [Double] = []
  var best = (value: Double.nan, error: Double.infinity)
  var h = step
  for order in 0..<7 {
    guard let right = f(h), let left = f(-h) else { return nil }
    var row = [(right - left) / (2 * h)]
    var factor = 4.0
    for column in 0..<order {
      let finer = row[column]
      let next = finer + (finer - previous[column]) / (factor - 1)
      let error = max((next - finer).magnitude, (next - previous[column]).magnitude)
      if error < best.error { best = (next, error) }
      row.append(next)
      factor *= 4
    }
    previous = row
    h /= 2
  }
  return best
}

/// On which side of every edge a Program is at a point: comparisons, selections, signs, integer parts,
/// branch cuts. Where two points differ in it, a difference between them is none of a smooth function.
func branches(_ program: Program, _ values: [[Double]]) -> [Double] {
  var signature: [Double] = []
  for id in program.liveNodes() {
    let node = program[id]
    func operand(_ index: Int, _ row: Int) -> Double {
      let value = values[node.operands[index].index]
      return value.count == 1 ? value[0] : value[row]
    }
    for row in 0..<node.rows {
      switch node.kind {
      case .compare, .unary(.sign), .unary(.floor), .unary(.ceil), .unary(.round), .binary(.floorDivide):
        signature.append(values[id.index][row])
      case .unary(.absolute), .unary(.relu): signature.append(operand(0, row) < 0 ? 0 : 1)
      case .unary(.tan): signature.append((operand(0, row) / Double.pi).rounded())
      case .binary(.minimum), .binary(.maximum): signature.append(operand(0, row) < operand(1, row) ? 0 : 1)
      case .binary(.modulo): signature.append((operand(0, row) / operand(1, row)).rounded(.down))
      case .binary(.divide): signature.append(operand(1, row) < 0 ? 0 : 1)
      case .binary(.power): signature.append(operand(0, row) < 0 ? 0 : 1)
      case .binary(.atan2): signature.append(operand(1, row) < 0 ? (operand(0, row) < 0 ? 0 : 1) : 2)
      case .select: signature.append(operand(0, row) != 0 ? 1 : 0)
      default: break
      }
    }
  }
  return signature
}

/// The derivative of each output's rows along a direction, by differences; nil for a row where the line
/// crosses an edge near the point or the differences do not settle (relative error above 10⁻⁵).
func directional(
  _ program: Program, at point: [String: [Double]], along direction: [String: [Double]]
) -> [String: [(value: Double, error: Double)?]] {
  let center = branches(program, referenceValues(program, as: Double.self, inputs: point))
  var cache: [Double: [[Double]]?] = [:]
  func values(_ s: Double) -> [[Double]]? {
    if let known = cache[s] { return known }
    var moved = point
    for (name, vector) in direction { moved[name] = zip(point[name]!, vector).map { $0 + s * $1 } }
    let found = referenceValues(program, as: Double.self, inputs: moved)
    let result: [[Double]]? = branches(program, found) == center ? found : nil
    cache[s] = .some(result)
    return result
  }
  var result: [String: [(value: Double, error: Double)?]] = [:]
  for output in program.outputs {
    result[output.name] = (0..<program[output.node].rows).map { row in
      let estimate = differentiate { s in values(s).map { $0[output.node.index][row] } }
      guard let estimate, estimate.error <= 1e-5 * max(1, estimate.value.magnitude) else { return nil }
      return estimate
    }
  }
  return result
}

/// A function's rule of differentiation against differences, to nine digits, wherever the function is defined.
///
/// - Parameter slope: the derivative by the rule, at a point.
func expectRule(of function: UnaryFunction, slope: (Double) throws -> Double) throws {
  var compared = 0
  for x in rulePoints where Double.evaluate(function, x).isFinite {
    let got = try slope(x)
    let step = min(
      0.02, x.magnitude / 4, (1 - x.magnitude).magnitude / 4, (0.5 - x.magnitude).magnitude / 4)
    guard let wanted = differentiate(step: step, { Double.evaluate(function, x + $0) }) else { continue }
    compared += 1
    #expect(
      (got - wanted.value).magnitude <= 1e-9 * max(1, wanted.value.magnitude), "\(function.name)'(\(x))")
  }
  #expect(compared >= 6)
}

/// Arguments on both sides of 0, ½ and 1, where functions have their edges.
let rulePoints: [Double] = [-2.7, -1.3, -0.9, -0.41, -0.03, 0.02, 0.3, 0.77, 0.97, 1.4, 2.2, 3.9]
