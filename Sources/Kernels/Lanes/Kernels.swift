/// One elementwise function of one argument: the scalar formula, and with it the block kernel.
///
/// `value` is straight-line code (selects, no branches, no calls), inlined into the block's loop.
protocol UnaryKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func value(_ x: Scalar) -> Scalar
}

/// One elementwise function of two arguments.
protocol BinaryKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func value(_ x: Scalar, _ y: Scalar) -> Scalar
}

/// Arithmetic that a SIMD vector does as well as a scalar.
protocol VectorKernel: BinaryKernel {
  associatedtype Vector: SIMD where Vector.Scalar == Scalar
  static func value(_ x: Vector, _ y: Vector) -> Vector
}

/// A function whose common range is straight-line code and whose rare arguments need something slower.
///
/// Which of the two computes a lane depends on that lane's argument alone; a run of lanes is asked once
/// whether it has any rare one.
protocol RareRangeKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func common(_ x: Scalar) -> Scalar
  static func isRare(_ x: Scalar) -> Bool
  static func rare(_ x: Scalar) -> Scalar
}

/// The same for two arguments.
protocol BinaryRareRangeKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func common(_ x: Scalar, _ y: Scalar) -> Scalar
  static func isRare(_ x: Scalar, _ y: Scalar) -> Bool
  static func rare(_ x: Scalar, _ y: Scalar) -> Scalar
}
