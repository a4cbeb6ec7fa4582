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

  package var description: String {
    lossLine(
      result.loss, form: result.form, result.value, error: result.standardError, floor: result.floor)
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
