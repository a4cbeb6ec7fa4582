import CTarget

/// The vector instructions that the kernels were compiled for: what the compiler was told, not what the
/// machine has.
public struct VectorUnit: Sendable {
  public let bits: Int
  /// Without it `a·b + c` in one rounding is a library call.
  public let hasFMA: Bool

  public static let compiled = VectorUnit(
    bits: Int(ctarget_vector_bits), hasFMA: ctarget_has_fma != 0)
}
