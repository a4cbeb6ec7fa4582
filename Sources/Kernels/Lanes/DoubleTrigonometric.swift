// Sine, cosine and tangent in double precision: x = k π/2 + r + low with π/2 in three doubles, then
// polynomials on |r| ≤ π/4 (Cody and Waite). Arguments beyond 2⁴⁰, which need many more bits of π, are reduced one by one.

@inline(__always)
private func isHuge(_ x: Double) -> Bool { x.magnitude > 0x1p40 }

/// |x| modulo π/2: the quadrant in the low two bits of `k`.
///
/// `x − kπ₁` is exact. The worst double below 2⁴⁰ comes within about 2⁻⁶⁰ of a multiple of π/2 and the
/// three parts hold 160 bits.
@inline(__always)
private func reduceByHalfPi(_ a: Double) -> (k: UInt64, r: Double, low: Double) {
  let shifted = mulAdd(a, Constant.twoOverPi, Constant.rounder)
  let k = shifted - Constant.rounder
  let first = mulAdd(-k, Constant.halfPi, a)
  let product = k * Constant.halfPiLow
  let productLow = mulAdd(k, Constant.halfPiLow, -product)
  let r = first - product
  // The error of that difference (Knuth's two-sum).
  let back = r - first
  let error = (first - (r - back)) - (product + back)
  return (shifted.bitPattern, r, (error - productLow) - k * Constant.halfPiLowest)
}

@inline(__always)
private func reducedSin(_ r: Double, _ low: Double) -> Double {
  let z = r * r
  return r + mulAdd(r * z, DoublePolynomial.sin(z), mulAdd(-0.5 * z, low, low))
}

@inline(__always)
private func reducedCos(_ r: Double, _ low: Double) -> Double {
  let z = r * r
  let half = 0.5 * z
  let w = 1 - half
  return w + (((1 - w) - half) + mulAdd(z * z, DoublePolynomial.cos(z), -r * low))
}

/// The common range takes one reduction, huge arguments the other.
private typealias Reduced = (k: UInt64, r: Double, low: Double)

/// ±sin or ±cos of the reduced argument, by quadrant.
///
/// Domain: Finite x, of any size; NaN at infinities. Error ≤ 2 ulp (greatest measured: 0.77).
enum Sin64: RareRangeKernel {
  @inline(__always) static func isRare(_ x: Double) -> Bool { isHuge(x) }
  static func rare(_ x: Double) -> Double {
    x.isFinite ? value(HugeArgument.reduce(x), signOf: x) : .nan
  }
  @inline(__always) static func common(_ x: Double) -> Double {
    value(reduceByHalfPi(x.magnitude), signOf: x)
  }

  @inline(__always) private static func value(_ reduced: Reduced, signOf x: Double) -> Double {
    let (k, r, low) = reduced
    let y = k & 1 == 0 ? reducedSin(r, low) : reducedCos(r, low)
    return Double(bitPattern: y.bitPattern ^ ((k & 2) &<< 62) ^ (x.bitPattern & (1 &<< 63)))
  }
}

/// ±cos or ±sin of the reduced argument, by quadrant.
///
/// Domain: Finite x, of any size; NaN at infinities. Error ≤ 2 ulp (greatest measured: 0.77).
enum Cos64: RareRangeKernel {
  @inline(__always) static func isRare(_ x: Double) -> Bool { isHuge(x) }
  static func rare(_ x: Double) -> Double { x.isFinite ? value(HugeArgument.reduce(x)) : .nan }
  @inline(__always) static func common(_ x: Double) -> Double { value(reduceByHalfPi(x.magnitude)) }

  @inline(__always) private static func value(_ reduced: Reduced) -> Double {
    let (k, r, low) = reduced
    let y = k & 1 == 0 ? reducedCos(r, low) : reducedSin(r, low)
    return Double(bitPattern: y.bitPattern ^ (((k &+ 1) & 2) &<< 62))
  }
}

/// `sin/cos`, or `−cos/sin` in the odd quadrants.
///
/// Domain: Finite x, of any size; NaN at infinities. Error ≤ 4 ulp (greatest measured: 1.86).
enum Tan64: RareRangeKernel {
  @inline(__always) static func isRare(_ x: Double) -> Bool { isHuge(x) }
  static func rare(_ x: Double) -> Double {
    x.isFinite ? value(HugeArgument.reduce(x), signOf: x) : .nan
  }
  @inline(__always) static func common(_ x: Double) -> Double {
    value(reduceByHalfPi(x.magnitude), signOf: x)
  }

  @inline(__always) private static func value(_ reduced: Reduced, signOf x: Double) -> Double {
    let (k, r, low) = reduced
    let (s, c) = (reducedSin(r, low), reducedCos(r, low))
    let y = (k & 1 == 0 ? s : c) / (k & 1 == 0 ? c : s)
    return Double(bitPattern: y.bitPattern ^ ((k & 1) &<< 63) ^ (x.bitPattern & (1 &<< 63)))
  }
}
