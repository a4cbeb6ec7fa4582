/// What a model's value stands for. Conversions: ``Parameterisation``.
public enum Prediction: String, Sendable, CaseIterable {
  /// The score ∇ log p of the (noised) data.
  case score
  /// The noise e in z = αx + σe.
  case noise
  /// The clean data x.
  case data
  /// The velocity v = αe − σx.
  case velocity
  /// The raw output F of a preconditioned network (EDM).
  case network
}
