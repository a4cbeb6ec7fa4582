// What the elementary functions share. Everything is inlined into a block's loop.

/// `a·b + c`, rounded once.
@inline(__always)
func mulAdd(_ a: Double, _ b: Double, _ c: Double) -> Double { c.addingProduct(a, b) }

@inline(__always)
func mulAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

/// `x` within `lower ... upper`; a NaN stays.
@inline(__always)
func clamp(_ x: Double, _ lower: Double, _ upper: Double) -> Double {
  let atLeast = x < lower ? lower : x
  return atLeast > upper ? upper : atLeast
}

/// `magnitude` (not negative) with the sign of `x`.
@inline(__always)
func withSign(of x: Double, _ magnitude: Double) -> Double {
  Double(bitPattern: magnitude.bitPattern ^ (x.bitPattern & 0x8000_0000_0000_0000))
}

/// Constants in as many doubles as their users need; each part is the rounding of what is left.
enum Constant {
  @inline(__always) static var ln2: Double { 0x1.62e42fefa39efp-1 }
  @inline(__always) static var ln2Low: Double { 0x1.abc9e3b39803fp-56 }
  /// ln 2 in 33 bits, so that its product with an exponent is exact, and the rest.
  @inline(__always) static var ln2Short: Double { 0x1.62e42feep-1 }
  @inline(__always) static var ln2Rest: Double { 0x1.a39ef35793c76p-33 }
  @inline(__always) static var log2e: Double { 0x1.71547652b82fep+0 }
  @inline(__always) static var halfPi: Double { 0x1.921fb54442d18p+0 }
  @inline(__always) static var halfPiLow: Double { 0x1.1a62633145c07p-54 }
  @inline(__always) static var halfPiLowest: Double { -0x1.f1976b7ed8fbcp-110 }
  @inline(__always) static var twoOverPi: Double { 0x1.45f306dc9c883p-1 }
  /// Added to and taken from a number below 2⁵¹, it rounds it to an integer; in between, the integer is
  /// in the low bits.
  @inline(__always) static var rounder: Double { 0x1.8p52 }
}

/// 2ᵏ for an integer −1022 ≤ k ≤ 1023.
@inline(__always)
func powerOfTwo(_ k: Double) -> Double {
  Double(bitPattern: (k + (Constant.rounder + 1023)).bitPattern &<< 52)
}

/// `x·2ᵏ` for −2044 ≤ k ≤ 2046, rounded once however small or large the result.
@inline(__always)
func scale(_ x: Double, by k: Double) -> Double {
  let half = (k * 0.5).rounded(.down)
  return x * powerOfTwo(half) * powerOfTwo(k - half)
}

/// `x = k·ln 2 + r + low` with an integer k, |r| ≤ ½ ln 2; r is exact (Cody and Waite, with fma).
@inline(__always)
func reduceByLn2(_ x: Double) -> (k: Double, r: Double, low: Double) {
  let k = mulAdd(x, Constant.log2e, Constant.rounder) - Constant.rounder
  return (k, mulAdd(-k, Constant.ln2, x), -k * Constant.ln2Low)
}

/// `x = 2ᵏ·m` with √½ ≤ m < √2, for a normal positive x.
@inline(__always)
func splitExponent(_ x: Double) -> (k: Double, m: Double) {
  let rootHalf: UInt64 = 0x3fe6_a09e_667f_3bcd
  let shifted = x.bitPattern &- rootHalf
  let m = (shifted & 0x000f_ffff_ffff_ffff) &+ rootHalf
  // The exponent, made positive, as the mantissa of a number near 2⁵².
  let biased = (shifted &+ 0x3ff0_0000_0000_0000) &>> 52
  let k = Double(bitPattern: biased | 0x4330_0000_0000_0000) - (0x1p52 + 1023)
  return (k, Double(bitPattern: m))
}
