import Glibc

/// Lua's `x % y`: C's `fmod`, which is exact, moved by y where the signs differ.
///
/// With q = x/y rounded and truncated, `x − qy` is exact and at most one y away from fmod, as long as q is
/// an integer well within the precision; larger quotients go to libm.
enum Modulo64: BinaryRareRangeKernel {
  @inline(__always) static func isRare(_ x: Double, _ y: Double) -> Bool { (x / y).magnitude >= 0x1p52 }

  static func rare(_ x: Double, _ y: Double) -> Double { withSignOfDivisor(fmod(x, y), y) }

  @inline(__always) static func common(_ x: Double, _ y: Double) -> Double {
    let (a, b) = (x.magnitude, y.magnitude)
    let q = (a / b).rounded(.towardZero)
    let difference = a.addingProduct(-q, b)
    let corrected = difference < 0 ? difference + b : difference
    // Also where b is infinite; a NaN in y is kept by the comparison.
    let remainder = a < b ? a : corrected
    let signBit = x.bitPattern & Double(-0.0).bitPattern
    return withSignOfDivisor(Double(bitPattern: remainder.bitPattern ^ signBit), y)
  }

  @inline(__always)
  private static func withSignOfDivisor(_ m: Double, _ y: Double) -> Double {
    let wrongIfNegative = y < 0
    let wrongIfPositive = y > 0
    let below = m < 0 ? (wrongIfPositive ? m + y : m) : m
    return m > 0 ? (wrongIfNegative ? m + y : m) : below
  }
}
