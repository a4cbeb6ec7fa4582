// Powers in double precision. Sums and products that need more than 53 bits are carried as two doubles (Muller
// et al., Handbook of Floating-Point Arithmetic).

/// `xʸ = e^(y log x)` with the logarithm in two doubles (relative error about 2⁻⁶⁵), so that the product is
/// good to 2⁻⁵⁵ absolutely; `x²` is `x·x`, as in Lua.
///
/// Domain: C99's: every x ≥ 0, and negative x with integer y; NaN otherwise. Error ≤ 4 ulp (greatest
/// measured: 1.03).
enum Power64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double {
    let a = x.magnitude
    let (h, l) = doubledLog(a)
    let exact = y * h
    let exactLow = mulAdd(y, h, -exact) + y * l
    let low = exact.magnitude < 800 ? exactLow : 0
    let (high, rest, k) = doubledExp(clamp(exact, -800, 800), low)
    let general = scale(high + rest, by: k)

    // |x| of 0, 1 or infinity.
    let atZero = y < 0 ? Double.infinity : 0
    let atInfinity = y < 0 ? 0 : Double.infinity
    let finite = a == .infinity ? atInfinity : general
    let nonzero = a == 0 ? atZero : finite
    let magnitude = a == 1 ? 1 : nonzero

    // The sign: a negative x needs an integer y.
    let isInteger = y.rounded(.down) == y
    let half = 0.5 * y
    let isOdd = (half.rounded(.down) != half ? 1 : 0) & (isInteger ? 1 : 0) as UInt64
    let signed = Double(bitPattern: magnitude.bitPattern ^ (isOdd &<< 63 & x.bitPattern))
    let fractional = a < .infinity ? Double.nan : signed
    let ofNegative = isInteger ? signed : fractional
    let result = x < 0 ? ofNegative : signed

    // A NaN may have been lost in the selections.
    let sum = a + y.magnitude
    let orNaN = sum == sum ? result : sum
    let ofOne = x == 1 ? 1 : orNaN
    let toZero = y == 0 ? 1 : ofOne
    return y == 2 ? x * x : toZero
  }

  /// `log x` as a sum of two doubles, for x > 0 finite.
  @inline(__always)
  private static func doubledLog(_ x: Double) -> (high: Double, low: Double) {
    let isSubnormal = x < 0x1p-1022
    let (scaledK, m) = splitExponent(isSubnormal ? x * 0x1p54 : x)
    let k = isSubnormal ? scaledK - 54 : scaledK
    // s = (m − 1)/(m + 1); m − 1 is exact, m + 1 = d + dLow.
    let f = m - 1
    let d = m + 1
    let dLow = m - (d - 1)
    let inverse = 1 / d
    let s = f * inverse
    let sLow = (mulAdd(-s, d, f) - s * dLow) * inverse
    // s² and s³
    let z = s * s
    let zLow = mulAdd(s, s, -z) + 2 * s * sLow
    let t = s * z
    let tLow = mulAdd(s, z, -t) + mulAdd(s, zLow, sLow * z)
    // c = ⅔ + ⅖ z + …
    let w = z * DoublePolynomial.logTail(z)
    let twoThirds = 0x1.5555555555555p-1
    let c = twoThirds + w
    let cLow = ((twoThirds - c) + w) + 0x1.5555555555555p-55
    // 2s + s³c
    let v = t * c
    let vLow = mulAdd(t, c, -v) + mulAdd(t, cLow, tLow * c)
    let logM = 2 * s + v
    let logMLow = ((2 * s - logM) + v) + mulAdd(2, sLow, vLow)
    // + k ln 2
    let whole = k * Constant.ln2Short
    let high = whole + logM
    let low = ((whole - high) + logM) + mulAdd(k, Constant.ln2Rest, logMLow)
    return (high, low)
  }
}
