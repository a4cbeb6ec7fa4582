// Inverse trigonometric functions in double precision, by the half-angle and quotient reductions of Cody and
// Waite, Software Manual for the Elementary Functions, §10 and §11.

/// `|x| ≤ ½: asin x = x + x³P(x²)`; beyond, `asin x = π/2 − 2 asin √((1−x)/2)`. s + tail is that asin.
@inline(__always)
private func asinParts(_ a: Double) -> (isLarge: Bool, s: Double, tail: Double) {
  let isLarge = a > 0.5
  let z = isLarge ? (1 - a) * 0.5 : a * a
  let root = ((1 - a) * 0.5).squareRoot()
  let s = isLarge ? root : a
  return (isLarge, s, s * z * DoublePolynomial.asin(z))
}

/// `x + x³ P(x²)` up to ½, `π/2 − 2 asin √((1−x)/2)` beyond.
///
/// Domain: |x| ≤ 1; NaN outside. Error ≤ 4 ulp (greatest measured: 1.84).
enum Asin64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let (isLarge, s, tail) = asinParts(x.magnitude)
    let large = mulAdd(-2, s, Constant.halfPi) - mulAdd(2, tail, -Constant.halfPiLow)
    return withSign(of: x, isLarge ? large : s + tail)
  }
}

/// `π/2 − asin x` up to |x| = ½, `2 asin √((1−x)/2)` beyond, subtracted from π for x < 0.
///
/// Domain: |x| ≤ 1; NaN outside. Error ≤ 4 ulp (greatest measured: 1.12).
enum Acos64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let (isLarge, s, tail) = asinParts(x.magnitude)
    let signedS = withSign(of: x, s)
    let signedTail = withSign(of: x, tail)
    let small = Constant.halfPi - (signedS + (signedTail - Constant.halfPiLow))
    let nearOne = 2 * (s + tail)
    let nearMinusOne = mulAdd(-2, s, 2 * Constant.halfPi) - mulAdd(2, tail, -2 * Constant.halfPiLow)
    let large = x < 0 ? nearMinusOne : nearOne
    return isLarge ? large : small
  }
}

/// `atan(y/x)` for y, x ≥ 0 in [0, π/2]: one division, by tan(π/8) and tan(3π/8) into
/// `atan(y/x)`, `π/4 + atan((y−x)/(y+x))` or `π/2 − atan(x/y)`.
@inline(__always)
private func firstQuadrant(_ y: Double, _ x: Double) -> Double {
  let isMiddle = y > 0.41421356237309503 * x
  let isSteep = y > 2.414213562373095 * x
  let middleNumerator = isMiddle ? y - x : y
  let middleDenominator = isMiddle ? y + x : x
  let numerator = isSteep ? -x : middleNumerator
  let denominator = isSteep ? y : middleDenominator
  let middleOffset = isMiddle ? 0.5 * Constant.halfPi : 0
  let middleLow = isMiddle ? 0.5 * Constant.halfPiLow : 0
  let offset = isSteep ? Constant.halfPi : middleOffset
  let low = isSteep ? Constant.halfPiLow : middleLow
  let q = numerator / denominator
  let z = q * q
  return offset + (q + mulAdd(q * z, DoublePolynomial.atan(z), low))
}

/// One of three reductions to |q| ≤ tan(π/8), then `q + q³ P(q²)`.
///
/// Domain: Every x. Error ≤ 4 ulp (greatest measured: 1.62).
enum Atan64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    withSign(of: x, firstQuadrant(x.magnitude, 1))
  }
}

/// The angle of (x, y), −π … π, with C's results for zeros and infinities.
///
/// Domain: Every x and y. Error ≤ 4 ulp (greatest measured: 1.35).
enum Atan264: BinaryKernel {
  @inline(__always) static func value(_ y: Double, _ x: Double) -> Double {
    // Quarters where a sum could overflow, ones for two infinities and for two zeros' quotient.
    let (b, a) = (y.magnitude, x.magnitude)
    let larger = a > b ? a : b
    let smaller = a < b ? a : b
    let factor = larger > 0x1p1000 ? 0.25 : 1
    let scaledY = smaller == .infinity ? 1 : b * factor
    let infiniteX = smaller == .infinity ? 1 : a * factor
    let scaledX = larger == 0 ? 1 : infiniteX
    let angle = firstQuadrant(scaledY, scaledX)
    let isLeft = x.bitPattern &>> 63 != 0
    let left = 2 * Constant.halfPi - (angle - 2 * Constant.halfPiLow)
    let result = withSign(of: y, isLeft ? left : angle)
    // A NaN may have been lost in the selections.
    let sum = b + a
    return sum == sum ? result : sum
  }
}
