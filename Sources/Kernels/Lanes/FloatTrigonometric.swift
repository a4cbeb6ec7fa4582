// Trigonometric functions in single precision, evaluated in double (see FloatElementary.swift).
// Arguments beyond 2³⁰ take the double-precision way.

@inline(__always)
private func isHuge(_ x: Float) -> Bool { x.magnitude > 0x1p30 }

/// |x| modulo π/2, and the polynomials of both functions there.
@inline(__always)
private func sinCos(_ a: Double) -> (k: UInt64, sin: Double, cos: Double) {
  let shifted = mulAdd(a, Constant.twoOverPi, Constant.rounder)
  let k = shifted - Constant.rounder
  let r = mulAdd(-k, Constant.halfPiLow, mulAdd(-k, Constant.halfPi, a))
  let z = r * r
  let sine = mulAdd(r * z, MediumPolynomial.sin(z), r)
  let cosine = mulAdd(z * z, MediumPolynomial.cos(z), mulAdd(-0.5, z, 1))
  return (shifted.bitPattern, sine, cosine)
}

/// ±sin or ±cos of the reduced argument, by quadrant.
///
/// Domain: Finite x, of any size; NaN at infinities. Error ≤ 2 ulp (greatest measured: 0.50).
enum Sin32: RareRangeKernel {
  @inline(__always) static func isRare(_ x: Float) -> Bool { isHuge(x) }
  static func rare(_ x: Float) -> Float { Float(Sin64.rare(Double(x))) }

  @inline(__always) static func common(_ x: Float) -> Float {
    let (k, s, c) = sinCos(Double(x.magnitude))
    let y = k & 1 == 0 ? s : c
    return Float(withSign(of: Double(x), Double(bitPattern: y.bitPattern ^ ((k & 2) &<< 62))))
  }
}

/// ±cos or ±sin of the reduced argument, by quadrant.
///
/// Domain: Finite x, of any size; NaN at infinities. Error ≤ 2 ulp (greatest measured: 0.50).
enum Cos32: RareRangeKernel {
  @inline(__always) static func isRare(_ x: Float) -> Bool { isHuge(x) }
  static func rare(_ x: Float) -> Float { Float(Cos64.rare(Double(x))) }

  @inline(__always) static func common(_ x: Float) -> Float {
    let (k, s, c) = sinCos(Double(x.magnitude))
    let y = k & 1 == 0 ? c : s
    return Float(Double(bitPattern: y.bitPattern ^ (((k &+ 1) & 2) &<< 62)))
  }
}

/// `sin/cos`, or `−cos/sin` in the odd quadrants.
///
/// Domain: Finite x, of any size; NaN at infinities. Error ≤ 4 ulp (greatest measured: 0.50).
enum Tan32: RareRangeKernel {
  @inline(__always) static func isRare(_ x: Float) -> Bool { isHuge(x) }
  static func rare(_ x: Float) -> Float { Float(Tan64.rare(Double(x))) }

  @inline(__always) static func common(_ x: Float) -> Float {
    let (k, s, c) = sinCos(Double(x.magnitude))
    let y = (k & 1 == 0 ? s : c) / (k & 1 == 0 ? c : s)
    return Float(withSign(of: Double(x), Double(bitPattern: y.bitPattern ^ ((k & 1) &<< 63))))
  }
}

/// `|x| ≤ ½: asin x = x + x³P(x²)`; beyond, `asin x = π/2 − 2 asin √((1−x)/2)`.
@inline(__always)
private func reducedAsin(_ a: Double) -> (isLarge: Bool, angle: Double) {
  let isLarge = a > 0.5
  let z = isLarge ? (1 - a) * 0.5 : a * a
  let root = ((1 - a) * 0.5).squareRoot()
  let s = isLarge ? root : a
  return (isLarge, mulAdd(s * z, MediumPolynomial.asin(z), s))
}

/// `x + x³ P(x²)` up to ½, `π/2 − 2 asin √((1−x)/2)` beyond.
///
/// Domain: |x| ≤ 1; NaN outside. Error ≤ 4 ulp (greatest measured: 0.51).
enum Asin32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let (isLarge, angle) = reducedAsin(Double(x.magnitude))
    return Float(withSign(of: Double(x), isLarge ? mulAdd(-2, angle, Constant.halfPi) : angle))
  }
}

/// `π/2 − asin x` up to |x| = ½, `2 asin √((1−x)/2)` beyond, subtracted from π for x < 0.
///
/// Domain: |x| ≤ 1; NaN outside. Error ≤ 4 ulp (greatest measured: 0.50).
enum Acos32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let (isLarge, angle) = reducedAsin(Double(x.magnitude))
    let small = Constant.halfPi - withSign(of: Double(x), angle)
    let large = x < 0 ? mulAdd(-2, angle, 2 * Constant.halfPi) : 2 * angle
    return Float(isLarge ? large : small)
  }
}

/// `atan(y/x)` for y, x ≥ 0, as in double.
@inline(__always)
private func firstQuadrant(_ y: Double, _ x: Double) -> Double {
  let isMiddle = y > 0.41421356237309503 * x
  let isSteep = y > 2.414213562373095 * x
  let middleNumerator = isMiddle ? y - x : y
  let middleDenominator = isMiddle ? y + x : x
  let middleOffset = isMiddle ? 0.5 * Constant.halfPi : 0
  let q = (isSteep ? -x : middleNumerator) / (isSteep ? y : middleDenominator)
  let z = q * q
  return (isSteep ? Constant.halfPi : middleOffset) + mulAdd(q * z, MediumPolynomial.atan(z), q)
}

/// One of three reductions to |q| ≤ tan(π/8), then `q + q³ P(q²)`.
///
/// Domain: Every x. Error ≤ 4 ulp (greatest measured: 0.51).
enum Atan32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    Float(withSign(of: Double(x), firstQuadrant(Double(x.magnitude), 1)))
  }
}

/// The angle of (x, y), −π … π, with C's results for zeros and infinities.
///
/// Domain: Every x and y. Error ≤ 4 ulp (greatest measured: 0.51).
enum Atan232: BinaryKernel {
  @inline(__always) static func value(_ y: Float, _ x: Float) -> Float {
    let (b, a) = (Double(y.magnitude), Double(x.magnitude))
    let bothInfinite = (a < b ? a : b) == .infinity
    let bothZero = (a > b ? a : b) == 0
    let finiteX = bothInfinite ? 1 : a
    let angle = firstQuadrant(bothInfinite ? 1 : b, bothZero ? 1 : finiteX)
    let isLeft = x.bitPattern &>> 31 != 0
    let result = Float(withSign(of: Double(y), isLeft ? 2 * Constant.halfPi - angle : angle))
    // A NaN may have been lost in the selections.
    let sum = y.magnitude + x.magnitude
    return sum == sum ? result : sum
  }
}
