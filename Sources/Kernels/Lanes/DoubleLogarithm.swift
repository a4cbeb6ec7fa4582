// Logarithms in double precision: x = 2ᵏ m, s = (m−1)/(m+1), log m = 2s + s³ R(s²), arranged as in
// Ng's log in Sun's freely distributable library so that m − 1, which is exact, carries the result where it is small.

/// `k ln 2 + log(m) + correction`
@inline(__always)
private func assembleLog(_ k: Double, _ m: Double, _ correction: Double) -> Double {
  let f = m - 1
  let s = f / (2 + f)
  let z = s * s
  let half = 0.5 * f * f
  let low = mulAdd(k, Constant.ln2Low, correction)
  let inner = mulAdd(s, mulAdd(z, DoublePolynomial.log(z), half), low)
  return mulAdd(k, Constant.ln2, f - (half - inner))
}

/// `log(1 + x + xLow)` for x > −1; finite x only.
@inline(__always)
func reducedLogOnePlus(_ x: Double, _ xLow: Double) -> Double {
  let u = 1 + x
  let lost = x < 1 ? x - (u - 1) : 1 - (u - x)
  let (k, m) = splitExponent(u)
  return assembleLog(k, m, (lost + xLow) / u)
}

/// `k ln 2 + 2s + s³ R(s²)`.
///
/// Domain: x ≥ 0 (−∞ at 0); NaN below. Error ≤ 2 ulp (greatest measured: 0.74).
enum Log64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let isSubnormal = x < 0x1p-1022
    let (k, m) = splitExponent(isSubnormal ? x * 0x1p54 : x)
    let y = assembleLog(isSubnormal ? k - 54 : k, m, 0)
    let finite = x < .infinity ? y : x
    let atZero = x == 0 ? -Double.infinity : finite
    return x < 0 ? .nan : atZero
  }
}

/// `log u + (x − (u − 1))/u` with u = 1 + x rounded.
///
/// Domain: x ≥ −1 (−∞ at −1); NaN below. Error ≤ 2 ulp (greatest measured: 0.74).
enum LogOnePlus64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let y = reducedLogOnePlus(x, 0)
    let finite = x < .infinity ? y : x
    let atPole = x == -1 ? -Double.infinity : finite
    let inDomain = x < -1 ? .nan : atPole
    return x.magnitude < 0x1p-54 ? x : inDomain
  }
}
