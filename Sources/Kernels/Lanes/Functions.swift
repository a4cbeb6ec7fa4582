/// The elementwise functions of one argument that a Program may apply to a block of lanes.
///
/// Results are within 2 units in the last place of the exact value over the whole range, subnormals
/// included (tan, asin, acos, atan and erf: 4); negate, absolute, sign, floor, ceil, round (halves to even),
/// relu and sqrt are correctly rounded. Infinities, zeros and NaN give what C99's Annex F says.
/// `sigmoid(x)` is `1/(1 + e⁻ˣ)`, `softplus(x)` is `log(1 + eˣ)`, `silu(x)` is `x·sigmoid(x)` and `relu(x)` is
/// `max(x, 0)`; none overflows before its value does. The kernels' own comments give formulas and
/// measured errors.
///
/// Raw values are stable: plans store them.
public enum UnaryFunction: UInt8, CaseIterable, Sendable {
  case negate, absolute, sign
  case floor, ceil, round
  case exp, expm1, log, log1p, sqrt
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh
  case erf, sigmoid, softplus, silu, relu
}

/// The elementwise functions of two arguments.
///
/// Correctly rounded, but `power` and `atan2`, which are within 4 units in the last place and follow C99 in
/// their special cases; `power(x, 2)` is `x·x`, as in Lua.
public enum BinaryFunction: UInt8, CaseIterable, Sendable {
  case add, subtract, multiply, divide
  /// `minimum(a, b)` is `b < a ? b : a` and `maximum(a, b)` is `a < b ? b : a`: what Lua's `math.min`
  /// and `math.max` do, so that a NaN in the first place stays and one in the second is passed over.
  case minimum, maximum
  case power, atan2
  /// Lua's `a % b` (the sign of the divisor) and `a // b` (`floor(a / b)`).
  case modulo, floorDivide
}

/// The comparisons; `a > b` is `b < a`, as in Lua.
public enum Comparison: UInt8, CaseIterable, Sendable {
  case less, lessOrEqual, equal
}

/// One operand of a lane kernel: a block of lanes, or one value that every lane shares.
public struct LaneOperand<Scalar> {
  public let pointer: UnsafePointer<Scalar>
  public let isUniform: Bool

  @inlinable
  public init(lanes pointer: UnsafePointer<Scalar>) {
    self.pointer = pointer
    self.isUniform = false
  }

  @inlinable
  public init(uniform pointer: UnsafePointer<Scalar>) {
    self.pointer = pointer
    self.isUniform = true
  }
}

/// A floating-point type that the executor can run a Program in: `Float` and `Double`.
///
/// The `to:` kernels work on blocks: `count` is a multiple of ``laneGroup``, lane pointers are 64-byte
/// aligned, and `out` is either disjoint from every operand or, where ``UnaryFunction/worksInPlace`` and
/// ``BinaryFunction/worksInPlace`` say so (and always for `multiplyAdd`, `negativeMultiplyAdd` and `select`), the very pointer
/// of one. The `evaluate` functions give the same bits for one value, so that what is computed once for
/// all lanes, folded at build time or computed lane by lane never differs.
public protocol LaneScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
  static func apply(
    _ function: UnaryFunction, _ a: LaneOperand<Self>, to out: UnsafeMutablePointer<Self>, count: Int)
  static func apply(
    _ function: BinaryFunction, _ a: LaneOperand<Self>, _ b: LaneOperand<Self>,
    to out: UnsafeMutablePointer<Self>, count: Int)
  /// `out = a·b + c`, rounded once.
  static func multiplyAdd(
    _ a: LaneOperand<Self>, _ b: LaneOperand<Self>, _ c: LaneOperand<Self>,
    to out: UnsafeMutablePointer<Self>, count: Int)
  /// `out = c − a·b`, rounded once.
  static func negativeMultiplyAdd(
    _ a: LaneOperand<Self>, _ b: LaneOperand<Self>, _ c: LaneOperand<Self>,
    to out: UnsafeMutablePointer<Self>, count: Int)
  /// `out = 1` where the comparison holds, `0` elsewhere (also where an operand is NaN).
  static func compare(
    _ comparison: Comparison, _ a: LaneOperand<Self>, _ b: LaneOperand<Self>,
    to out: UnsafeMutablePointer<Self>, count: Int)
  /// `out = condition ≠ 0 ? a : b`.
  static func select(
    _ condition: LaneOperand<Self>, _ a: LaneOperand<Self>, _ b: LaneOperand<Self>,
    to out: UnsafeMutablePointer<Self>, count: Int)

  static func evaluate(_ function: UnaryFunction, _ a: Self) -> Self
  static func evaluate(_ function: BinaryFunction, _ a: Self, _ b: Self) -> Self
  static func evaluate(_ comparison: Comparison, _ a: Self, _ b: Self) -> Self

  /// The name users know: "single" or "double".
  static var precisionName: String { get }
}

/// Block lengths are multiples of this many lanes.
public let laneGroup = 16
