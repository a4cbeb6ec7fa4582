// The exponential family in double precision: x = k ln 2 + r, a polynomial for eʳ, scaling by 2ᵏ in two
// steps so that subnormal results are rounded once (Muller, Elementary Functions).

/// `eˣ − 1` for reduced arguments: `r + low + r² q(r)`, small terms first.
@inline(__always)
private func reducedExpMinusOne(_ r: Double, _ low: Double) -> Double {
  let x = r + low
  return r + mulAdd(x * x, DoublePolynomial.exp(x), low)
}

/// `eˣ·2ˢ` for |x| < 1400.
@inline(__always)
func scaledExp(_ x: Double, shift: Double = 0) -> Double {
  let (k, r, low) = reduceByLn2(x)
  return scale(1 + reducedExpMinusOne(r, low), by: k + shift)
}

/// `e^(x + xLow) = (high + low)·2ᵏ`, good to about 2⁻⁶⁵.
@inline(__always)
func doubledExp(_ x: Double, _ xLow: Double = 0) -> (high: Double, low: Double, k: Double) {
  let (k, r, reducedLow) = reduceByLn2(x)
  let rLow = reducedLow + xLow
  let sum = r + rLow
  let tail = mulAdd(sum * sum, DoublePolynomial.exp(sum), rLow)
  let t = r + tail
  let tLow = (r - t) + tail
  let high = 1 + t
  return (high, ((1 - high) + t) + tLow, k)
}

/// `eˣ = 2ᵏ(1 + r + r² q(r))`.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.81).
enum Exp64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { scaledExp(clamp(x, -746, 710)) }
}

/// `eˣ − 1 = 2ᵏ(eʳ − 1) + (2ᵏ − 1)`, halved until the end so that 2ᵏ does not overflow before the result
/// does.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 1.45).
enum ExpMinusOne64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let (k, r, low) = reduceByLn2(clamp(x, -40, 710))
    let half = powerOfTwo(k - 1)
    let y = 2 * mulAdd(half, reducedExpMinusOne(r, low), half - 0.5)
    return x.magnitude < 0x1p-54 ? x : y
  }
}

/// `x + x³ P(x²)` below 1, `E − 1/(4E)` with E = eˣ/2 above.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 1.48).
enum Sinh64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let a = x.magnitude
    let z = a * a
    let small = mulAdd(a * z, DoublePolynomial.sinh(z), a)
    let half = scaledExp(a > 711 ? 711 : a, shift: -1)
    return withSign(of: x, a < 1 ? small : half - 0.25 / half)
  }
}

/// `E + 1/(4E)` with E = e^|x|/2.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 1.19).
enum Cosh64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let a = x.magnitude
    let half = scaledExp(a > 711 ? 711 : a, shift: -1)
    return half + 0.25 / half
  }
}

/// `x + x³ P(x²)` below 0.55, `1 − 2/(e²ˣ + 1)` above.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 1.28).
enum Tanh64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let a = x.magnitude
    let z = a * a
    let small = mulAdd(a * z, DoublePolynomial.tanh(z), a)
    let (k, r, low) = reduceByLn2(2 * (a > 20 ? 20 : a))
    let e = (1 + reducedExpMinusOne(r, low)) * powerOfTwo(k)
    return withSign(of: x, a < 0.55 ? small : 1 - 2 / (e + 1))
  }
}

/// The logistic function, `1/(1 + e)` for x ≥ 0 and `e/(1 + e)` below, with e = e^−|x| in two doubles:
/// nothing overflows.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 0.74).
enum Sigmoid64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { sigmoid(x).value }

  /// The logistic function, and for x < 0 the factors `e = high·2ᵏ` it is when x is very negative.
  @inline(__always)
  static func sigmoid(_ x: Double) -> (value: Double, high: Double, k: Double) {
    let a = x.magnitude
    let (high, low, k) = doubledExp(-(a > 760 ? 760 : a))
    let e = scale(high, by: k)
    let eLow = scale(low, by: k)
    let d = 1 + e
    let dLow = ((1 - d) + e) + eLow
    let numerator = x < 0 ? e : 1
    let numeratorLow = x < 0 ? eLow : 0
    let inverse = 1 / d
    let q = numerator * inverse
    let rest = (mulAdd(-q, d, numerator) + numeratorLow) - q * dLow
    return (mulAdd(rest, inverse, q), high, k)
  }
}

/// `x·sigmoid(x)`; where sigmoid(x) is subnormal, `x·eˣ` scaled last.
///
/// Domain: Every x; −0 at −∞. Error ≤ 2 ulp (greatest measured: 1.43).
enum Silu64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let (value, high, k) = Sigmoid64.sigmoid(x)
    let tail = scale((x < -760 ? -760 : x) * high, by: k)
    return x < -600 ? tail : x * value
  }
}

/// `log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)`, with the exponential in two doubles.
///
/// Domain: Every x. Error ≤ 2 ulp (greatest measured: 1.03).
enum Softplus64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let a = x.magnitude
    let (high, low, k) = doubledExp(-(a > 760 ? 760 : a))
    let e = scale(high, by: k)
    let tail = e < 0x1p-54 ? e : reducedLogOnePlus(e, scale(low, by: k))
    return (x < 0 ? 0 : x) + tail
  }
}
