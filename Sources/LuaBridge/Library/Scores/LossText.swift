import Kernels

/// What a loss is, as wb.loss and wb.train print it: "ssm_vr (full) = -7.98 ± 0.03, floor -7.99957 (oracle)".
///
/// - Parameter form: nil for a loss written in Lua.
func lossLine(_ name: String, form: LossForm?, _ value: Double, error: Double, floor: Double?) -> String {
  name + (form.map { " (\($0.rawValue))" } ?? "") + " = \(measured(value, error)), floor "
    + (floor.map { "\(sixDigits($0)) (oracle)" } ?? "unknown")
}

/// The error with two digits, the value to the same place; without an error the value with six digits.
func measured(_ value: Double, _ error: Double) -> String {
  error.isFinite && error > 0 ? Measured(value, error: error).description : sixDigits(value)
}
