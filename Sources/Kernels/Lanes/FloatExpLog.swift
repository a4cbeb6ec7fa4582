// Exponential and logarithm in single precision throughout: the two that simulations call most, at half the
// cost of a detour through double. The formulas are those of double precision.

/// Added to and taken from a number below 2²², it rounds it to an integer.
@inline(__always) private var rounder: Float { 0x1.8p23 }
@inline(__always) private var inverseLn2: Float { 0x1.715476p+0 }
/// ln 2 as the sum of two.
@inline(__always) private var ln2: Float { 0x1.62e43p-1 }
@inline(__always) private var ln2Low: Float { -0x1.05c61p-29 }

/// 2ᵏ for an integer −126 ≤ k ≤ 127.
@inline(__always)
private func powerOfTwo(_ k: Float) -> Float {
  Float(bitPattern: (k + (rounder + 127)).bitPattern &<< 23)
}

/// `eˣ = 2ᵏ(1 + r + r² q(r))`.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.84).
enum Exp32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let atLeast = x < -105 ? -105 : x
    let bounded = atLeast > 90 ? 90 : atLeast
    let k = mulAdd(bounded, inverseLn2, rounder) - rounder
    let half = (k * 0.5).rounded(.down)
    return reducedExp(bounded, k) * powerOfTwo(half) * powerOfTwo(k - half)
  }
}

/// `eˣ/2ᵏ` for the integer k next to x/ln 2.
@inline(__always)
private func reducedExp(_ x: Float, _ k: Float) -> Float {
  let r = mulAdd(-k, ln2, x)
  let low = -k * ln2Low
  let sum = r + low
  let tail = mulAdd(sum * sum, SinglePolynomial.exp(sum), low)
  return 1 + (r + tail)
}

/// `eˣ` for x ≤ 0, with the error of ``Exp32``: as 2ᵏ⁺⁶⁴ is a normal number, one scaling and a constant do.
@inline(__always)
func expOfNegative(_ x: Float) -> Float {
  let bounded = x < -105 ? -105 : x
  let shifted = mulAdd(bounded, inverseLn2, rounder + (127 + 64))
  let k = shifted - (rounder + (127 + 64))
  return reducedExp(bounded, k) * Float(bitPattern: shifted.bitPattern &<< 23) * 0x1p-64
}

/// `k ln 2 + 2s + s³ R(s²)`.
///
/// Domain: x ≥ 0 (−∞ at 0); NaN below. Error ≤ 2 ulp (greatest measured: 0.76).
enum Log32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let isSubnormal = x < 0x1p-126
    let scaled = isSubnormal ? x * 0x1p25 : x
    let shifted = Int32(bitPattern: scaled.bitPattern &- 0x3f35_04f3)
    let exponent = Float(shifted &>> 23)
    let k = isSubnormal ? exponent - 25 : exponent
    let m = Float(bitPattern: UInt32(bitPattern: (shifted & 0x007f_ffff) &+ 0x3f35_04f3))
    let f = m - 1
    let s = f / (2 + f)
    let z = s * s
    let half = 0.5 * f * f
    let inner = mulAdd(s, mulAdd(z, SinglePolynomial.log(z), half), k * ln2Low)
    let y = mulAdd(k, ln2, f - (half - inner))
    let finite = x < .infinity ? y : x
    let atZero = x == 0 ? -Float.infinity : finite
    return x < 0 ? .nan : atZero
  }
}
