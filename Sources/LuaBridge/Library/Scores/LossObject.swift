import Kernels

/// A loss, as scripts hold it: `wb.loss.ssm_vr{}`.
package final class LossObject: LuaObject, CustomStringConvertible {
  package let kind: LossKind
  package let loss: any ScoreLoss

  init(_ kind: LossKind, _ loss: any ScoreLoss) {
    self.kind = kind
    self.loss = loss
  }

  package var description: String {
    "\(kind.title) (\(loss.name), \(loss.form.rawValue) form)\n  \(loss.form == .half ? "½ × " : "")\(kind.formula)\n"
      + "  constant: \(loss.constant)\n  source: \(kind.source)"
  }
}

/// What a loss is over data: `loss(model, x)`.
package final class LossValueObject: LuaObject, CustomStringConvertible {
  package let result: LossValue

  init(_ result: LossValue) { self.result = result }

  /// "ssm_vr (full) = −7.98 ± 0.03, floor −7.99957 (oracle)"
  package var description: String {
    let head = "\(result.loss) (\(result.form.rawValue)) = "
    let spread = result.standardError
    // The error with two digits, the value to the same place.
    let places = spread.isFinite && spread > 0 ? max(0, 1 - exponent(of: spread)) : 5
    let value =
      head + fixed(result.value, places)
      + (spread.isFinite ? " ± \(fixed(spread, places))" : "")
    return value + (result.floor.map { ", floor \(fixed($0, 5)) (oracle)" } ?? "")
  }

  private func exponent(of x: Double) -> Int {
    var (exponent, value) = (0, x.magnitude)
    while value < 1, exponent > -12 { (value, exponent) = (value * 10, exponent - 1) }
    while value >= 10, exponent < 15 { (value, exponent) = (value / 10, exponent + 1) }
    return exponent
  }

  /// A number with so many digits after the point, without what only a locale would add.
  private func fixed(_ x: Double, _ places: Int) -> String {
    guard x.isFinite, x.magnitude < 1e15 else { return describe(x) }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let rounded = (x.magnitude * scale).rounded()
    guard rounded < 0x1p53 else { return describe(x) }
    let digits = String(Int(rounded))
    let sign = x < 0 && rounded > 0 ? "-" : ""
    if places == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
  }
}

/// A forward process, as scripts hold it: `wb.diffusion.vp{}`.
package final class ProcessObject: LuaObject, CustomStringConvertible {
  package let kind: ProcessKind
  package let process: any DiffusionProcess
  let settings: [(name: String, value: Double)]

  init(_ kind: ProcessKind, _ process: any DiffusionProcess, _ given: [String: Double]) {
    self.kind = kind
    self.process = process
    settings = kind.options.map { ($0.name, given[$0.name] ?? $0.value) }
  }

  package var description: String {
    let numbers = settings.map { "\($0.name) = \(describe($0.value))" }.joined(separator: ", ")
    return "\(kind.name){\(numbers)}: \(kind.title) process, z = αx + σe, \(kind.formula)"
  }
}
