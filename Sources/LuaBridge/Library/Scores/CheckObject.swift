import Kernels

/// What `wb.check` answers, as scripts hold it.
package final class CheckObject: LuaObject, CustomStringConvertible {
  package let report: CheckReport
  init(_ report: CheckReport) { self.report = report }
  package var description: String { report.description }
}

extension CheckObject {
  static func type() -> ObjectType<CheckObject> {
    let type = ObjectType(
      "check", CheckObject.self,
      "What wb.check found. It prints as sentences; what a check of its kind does not tell is nil.")
    type.described(\.description)
    type.property("ok", "boolean", "Whether nothing is wrong.") { $0.report.isRight }
    type.property(
      "finding", "string",
      CheckReport.Finding.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "."
    ) { $0.report.finding.rawValue }
    type.property("verdict", "string", "The first sentence.") { $0.report.verdict }
    type.property("sentences", "list of strings", "All of them.") { LuaList($0.report.sentences) }
    type.property("subject", "string", "What was checked: \"score\", \"loss\" or \"samples\".") {
      $0.report.subject
    }
    let numbers: [(String, String, (CheckReport) -> Measured?)] = [
      (
        "scale",
        "The factor by which the true score is multiplied: in the score, or in the loss's minimiser.", \.scale
      ),
      ("relative_error", "Of a score: the root of its Fisher divergence over E|s*|².", \.relativeError),
      ("fisher", "Of a score: the Fisher divergence E|s - s*|².", \.fisher),
      ("value", "Of a loss: its value at the true score.", \.value),
      ("form_factor", "Of a loss: its size over that of the full form.", \.formFactor),
      ("temperature", "Of samples: the T of p^(1/T) that they are like; 1 is right.", \.temperature),
    ]
    for (name, doc, number) in numbers {
      type.property(name, "number | nil", doc) { number($0.report).map { .number($0.value) } ?? LuaValue.nil }
      type.property("\(name)_stderr", "number | nil", "The standard error of `\(name)`.") {
        number($0.report).map { .number($0.error) } ?? LuaValue.nil
      }
    }
    type.property("bias", "array", "The shift of each component.") { NDArray($0.report.bias.map(\.value)) }
    type.property("bias_stderr", "array", "Their standard errors.") { NDArray($0.report.bias.map(\.error)) }
    let plain: [(String, String, (CheckReport) -> Double?)] = [
      ("floor", "Of a loss of wb.loss: its least value.", \.floor),
      ("spread", "Of a loss: the standard deviation of one sample's loss at the true score.", \.spread),
      ("p_value", "Of samples: of the energy distance.", \.pValue),
      ("distance", "Of samples: the energy distance.", \.distance),
    ]
    for (name, doc, number) in plain {
      type.property(name, "number | nil", doc) { number($0.report).map { .number($0) } ?? LuaValue.nil }
    }
    type.property("level", "number", "The probability that something right is blamed, at most.") {
      $0.report.level
    }
    return type
  }
}
