// The elementary functions in single precision. Those not written in single below are evaluated in double
// with short polynomials: an error of 2⁻³⁰ before the one rounding to Float, hence at most 0.52 ulp, no
// overflow or underflow on the way and no loss in the subnormals.

/// `x = k ln 2 + r`, as `2ᵏ` and `eʳ − 1`.
@inline(__always)
private func exponentialParts(_ x: Double) -> (power: Double, minusOne: Double) {
  let shifted = mulAdd(x, Constant.log2e, Constant.rounder)
  let k = shifted - Constant.rounder
  let r = mulAdd(-k, Constant.ln2, x)
  return (powerOfTwo(k), mulAdd(r * r, MediumPolynomial.exp(r), r))
}

@inline(__always)
private func mediumExp(_ x: Double) -> Double {
  let (power, minusOne) = exponentialParts(clamp(x, -120, 120))
  return mulAdd(power, minusOne, power)
}

@inline(__always)
private func mediumExpMinusOne(_ x: Double) -> Double {
  let (power, minusOne) = exponentialParts(clamp(x, -120, 120))
  return mulAdd(power, minusOne, power - 1)
}

/// `log x + correction` for a normal positive x.
@inline(__always)
private func mediumLog(_ x: Double, _ correction: Double = 0) -> Double {
  let (k, m) = splitExponent(x)
  let f = m - 1
  let s = f / (2 + f)
  let z = s * s
  return mulAdd(k, Constant.ln2, mulAdd(s * z, MediumPolynomial.log(z), mulAdd(2, s, correction)))
}

/// `log(1 + x)` for x > −1: what 1 + x loses matters only where x is its own logarithm.
@inline(__always)
private func mediumLogOnePlus(_ x: Double) -> Double {
  let u = 1 + x
  return mediumLog(u, x - (u - 1))
}

/// `eˣ − 1 = 2ᵏ(eʳ − 1) + (2ᵏ − 1)`.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.51).
enum ExpMinusOne32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let y = Float(mediumExpMinusOne(Double(x)))
    return x == 0 ? x : y
  }
}

/// `log u + (x − (u − 1))` with u = 1 + x rounded.
///
/// Domain: x ≥ −1 (−∞ at −1); NaN below. Error ≤ 2 ulp (greatest measured: 0.50).
enum LogOnePlus32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let y = Float(mediumLogOnePlus(Double(x)))
    let finite = x < .infinity ? y : x
    let atPole = x == -1 ? -Float.infinity : finite
    let inDomain = x < -1 ? .nan : atPole
    return x == 0 ? x : inDomain
  }
}

/// `(E + E/(E + 1))/2` with E = e^|x| − 1.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.51).
enum Sinh32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let e = mediumExpMinusOne(Double(x.magnitude))
    return Float(withSign(of: Double(x), 0.5 * (e + e / (e + 1))))
  }
}

/// `(E + 1/E)/2` with E = e^|x|.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.51).
enum Cosh32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let e = mediumExp(Double(x.magnitude))
    return Float(0.5 * (e + 1 / e))
  }
}

/// `E/(E + 2)` with E = e^2|x| − 1.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.51).
enum Tanh32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let e = mediumExpMinusOne(2 * Double(x.magnitude))
    return Float(withSign(of: Double(x), e / (e + 2)))
  }
}

/// The logistic function, `1/(1 + e⁻ˣ)`: with `z = e^−|x|`, which does not overflow, `1/(1 + z)` or `z/(1 + z)`.
///
/// The rounding of 1 + z is known exactly (Dekker's fast two-sum) and taken back to first order.
///
/// Domain: Every x. Error ≤ 2 ulp.
enum Sigmoid32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let z = Exp32.value(-x.magnitude)
    let sum = 1 + z
    let lost = z - (sum - 1)
    let inverse = 1 / sum
    let rest = mulAdd(-lost, inverse, mulAdd(-sum, inverse, 1))
    let quotient = (x < 0 ? z : 1) * inverse
    return mulAdd(quotient, rest, quotient)
  }
}

/// `x/(1 + e⁻ˣ)`.
///
/// Domain: Every x; −0 at −∞. Error ≤ 2 ulp (greatest measured: 0.51).
enum Silu32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let above = x < -120 ? -120 : Double(x)
    return Float(above / (1 + mediumExp(-above)))
  }
}

/// `log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)`.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.51).
enum Softplus32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let positive = Double(x < 0 ? 0 : x)
    return Float(positive + mediumLogOnePlus(mediumExp(-Double(x.magnitude))))
  }
}

/// `x P(x²)` below 1; above, `1 − exp(−x²) g(1/(x+2))` with g(1/(x+2)) = exp(x²) erfc(x).
///
/// Domain: Every x. Error ≤ 4 ulp (greatest measured: 0.53).
enum Erf32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let a = Double(x.magnitude)
    let small = a * MediumPolynomial.erf(a * a)
    let b = a > 5 ? 5 : a
    let large = 1 - mediumExp(-b * b) * MediumPolynomial.erfcx(1 / (b + 2))
    return Float(withSign(of: Double(x), a < 1 ? small : large))
  }
}

/// `xʸ = e^(y log x)`; `x²` is `x·x`, as in Lua.
///
/// Domain: C99's: every x ≥ 0, and negative x with integer y; NaN otherwise. Error ≤ 4 ulp (greatest
/// measured: 0.51).
enum Power32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float {
    let a = x.magnitude
    let general = Float(mediumExp(Double(y) * preciseLog(Double(a))))
    let atZero = y < 0 ? Float.infinity : 0
    let atInfinity = y < 0 ? 0 : Float.infinity
    let finite = a == .infinity ? atInfinity : general
    let nonzero = a == 0 ? atZero : finite
    let magnitude = a == 1 ? 1 : nonzero

    let isInteger = y.rounded(.down) == y
    let half = 0.5 * y
    let isOdd = (half.rounded(.down) != half ? 1 : 0) & (isInteger ? 1 : 0) as UInt32
    let signed = Float(bitPattern: magnitude.bitPattern ^ (isOdd &<< 31 & x.bitPattern))
    let fractional = a < .infinity ? Float.nan : signed
    let ofNegative = isInteger ? signed : fractional
    let result = x < 0 ? ofNegative : signed

    let sum = a + y.magnitude
    let orNaN = sum == sum ? result : sum
    let ofOne = x == 1 ? 1 : orNaN
    let toZero = y == 0 ? 1 : ofOne
    return y == 2 ? x * x : toZero
  }

  /// The exponent multiplies the logarithm's error by up to 104, hence the longer polynomial.
  @inline(__always)
  private static func preciseLog(_ x: Double) -> Double {
    let (k, m) = splitExponent(x)
    let f = m - 1
    let s = f / (2 + f)
    let z = s * s
    return mulAdd(k, Constant.ln2, mulAdd(s * z, DoublePolynomial.log(z), 2 * s))
  }
}
