/// Which of the two scales a score-matching loss is stated in.
///
/// The literature writes both, sometimes in one theorem: "full" has no factor, `E‖s − s*‖²`; "half" is ½ of
/// it, `½E‖s − s*‖²`. The minimiser is the same, and the value differs by exactly 2.
public enum LossForm: String, Sendable, CaseIterable {
  case full, half

  /// What the full form is multiplied by.
  public var factor: Double { self == .full ? 1 : 0.5 }
}
