/// The floating-point type a computation runs in.
public enum Precision: String, Sendable, CaseIterable {
  case single, double

  package var scalarSize: Int { self == .single ? 4 : 8 }
}
