import Lanes

/// Random numbers for a block of lanes, in one precision.
///
/// One Philox call a lane gives ``numbersPerCall`` numbers, which go to as many rows.
public protocol RandomScalar: LaneScalar {
  /// How many numbers the 128 bits of one call make.
  static var numbersPerCall: Int { get }

  /// Independent normals with mean 0 and standard deviation `scale`: row r, lane i at `out[r][i]`.
  ///
  /// Box–Muller: r = scale·√(−2 log u), z = (r sin 2πv, r cos 2πv), by polynomials that are accurate to
  /// the last few bits; see the conformances for the resolution of u and v.
  static func fillNormals(
    _ out: UnsafePointer<UnsafeMutablePointer<Self>>, count: Int, base: CounterBase, scale: Self)

  /// Independent uniforms in the open interval (0, 1).
  static func fillUniforms(
    _ out: UnsafePointer<UnsafeMutablePointer<Self>>, count: Int, base: CounterBase)
}

extension Float: RandomScalar {
  public static var numbersPerCall: Int { 4 }

  /// u has 31 bits, so that |z| reaches 6.6; v has 24.
  public static func fillNormals(
    _ out: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, base: CounterBase, scale: Float
  ) {
    let (z0, z1, z2, z3) = (out[0], out[1], out[2], out[3])
    let factor = -2 * scale * scale
    let (first, c1, c2, c3) = base.words
    let key = base.key
    for i in 0..<count {
      let word = philox4x32((first &+ UInt32(truncatingIfNeeded: i), c1, c2, c3), key: key)
      let (s0, k0) = sinCosTurn(angle(word.1))
      let (s1, k1) = sinCosTurn(angle(word.3))
      let r0 = (factor * naturalLog(open(word.0))).squareRoot()
      let r1 = (factor * naturalLog(open(word.2))).squareRoot()
      z0[i] = r0 * s0
      z1[i] = r0 * k0
      z2[i] = r1 * s1
      z3[i] = r1 * k1
    }
  }

  public static func fillUniforms(
    _ out: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, base: CounterBase
  ) {
    let (u0, u1, u2, u3) = (out[0], out[1], out[2], out[3])
    let (first, c1, c2, c3) = base.words
    let key = base.key
    for i in 0..<count {
      let word = philox4x32((first &+ UInt32(truncatingIfNeeded: i), c1, c2, c3), key: key)
      u0[i] = centred(word.0)
      u1[i] = centred(word.1)
      u2[i] = centred(word.2)
      u3[i] = centred(word.3)
    }
  }
}

extension Double: RandomScalar {
  public static var numbersPerCall: Int { 2 }

  /// u and v have 52 bits, so that |z| reaches 8.5.
  public static func fillNormals(
    _ out: UnsafePointer<UnsafeMutablePointer<Double>>, count: Int, base: CounterBase, scale: Double
  ) {
    let (z0, z1) = (out[0], out[1])
    let factor = -2 * scale * scale
    let (first, c1, c2, c3) = base.words
    let key = base.key
    for i in 0..<count {
      let word = philox4x32((first &+ UInt32(truncatingIfNeeded: i), c1, c2, c3), key: key)
      let (s, k) = sinCosTurn(open(word.2, word.3))
      let r = (factor * naturalLog(open(word.0, word.1))).squareRoot()
      z0[i] = r * s
      z1[i] = r * k
    }
  }

  public static func fillUniforms(
    _ out: UnsafePointer<UnsafeMutablePointer<Double>>, count: Int, base: CounterBase
  ) {
    let (u0, u1) = (out[0], out[1])
    let (first, c1, c2, c3) = base.words
    let key = base.key
    for i in 0..<count {
      let word = philox4x32((first &+ UInt32(truncatingIfNeeded: i), c1, c2, c3), key: key)
      u0[i] = open(word.0, word.1)
      u1[i] = open(word.2, word.3)
    }
  }
}

// MARK: Single precision

/// (word/2 + ½)·2⁻³¹ in (0, 1], dense near 0 where the logarithm needs it.
@inline(__always)
private func open(_ word: UInt32) -> Float {
  (Float(Int32(bitPattern: word &>> 1)) + 0.5) * 0x1p-31
}

/// 24 bits in [0, 1).
@inline(__always)
private func angle(_ word: UInt32) -> Float { Float(Int32(bitPattern: word &>> 8)) * 0x1p-24 }

/// 23 bits and a half in (0, 1): symmetric about ½, never 0 or 1.
@inline(__always)
private func centred(_ word: UInt32) -> Float {
  (Float(Int32(bitPattern: word &>> 9)) + 0.5) * 0x1p-23
}

/// log x for normal x > 0, to 2 ulp. Coefficients: Cephes `logf` (Moshier).
@inline(__always)
private func naturalLog(_ x: Float) -> Float {
  let bits = Int32(bitPattern: x.bitPattern)
  let exponent = (bits &- 0x3F35_04F3) &>> 23
  let mantissa = Float(bitPattern: UInt32(bitPattern: bits &- (exponent &<< 23)))
  let f = mantissa - 1
  var p: Float = 7.0376836292E-2
  p = (-1.1514610310E-1 as Float).addingProduct(p, f)
  p = (1.1676998740E-1 as Float).addingProduct(p, f)
  p = (-1.2420140846E-1 as Float).addingProduct(p, f)
  p = (1.4249322787E-1 as Float).addingProduct(p, f)
  p = (-1.6668057665E-1 as Float).addingProduct(p, f)
  p = (2.0000714765E-1 as Float).addingProduct(p, f)
  p = (-2.4999993993E-1 as Float).addingProduct(p, f)
  p = (3.3333331174E-1 as Float).addingProduct(p, f)
  let square = f * f
  let series = f.addingProduct(-0.5, square).addingProduct(f * square, p)
  return series.addingProduct(Float(exponent), 0.69314718056)
}

/// (sin 2πu, cos 2πu) for 0 ≤ u < 1: u is split into quarter turns and a rest in [−⅛, ⅛] turn.
/// Coefficients: Cephes `sinf`, `cosf` (Moshier).
@inline(__always)
private func sinCosTurn(_ u: Float) -> (Float, Float) {
  let quarters = u * 4
  let nearest = (quarters + 0.5).rounded(.down)
  let quadrant = UInt32(bitPattern: Int32(bitPattern: (nearest + 12_582_912).bitPattern))
  let r = (quarters - nearest) * 1.5707963267949
  let r2 = r * r
  let sine = r.addingProduct(
    r * r2,
    (-1.6666654611E-1 as Float).addingProduct(
      r2, (8.3321608736E-3 as Float).addingProduct(r2, -1.9515295891E-4)))
  let cosine = (1 as Float).addingProduct(-0.5, r2).addingProduct(
    r2 * r2,
    (4.166664568298827E-2 as Float).addingProduct(
      r2, (-1.388731625493765E-3 as Float).addingProduct(r2, 2.443315711809948E-5)))
  let swap = quadrant & 1 != 0
  let s = swap ? cosine : sine
  let c = swap ? sine : cosine
  let sineSign = (quadrant & 2) &<< 30
  let cosineSign = ((quadrant &+ 1) & 2) &<< 30
  return (Float(bitPattern: s.bitPattern ^ sineSign), Float(bitPattern: c.bitPattern ^ cosineSign))
}

// MARK: Double precision

/// 52 bits and a half in (0, 1).
@inline(__always)
private func open(_ high: UInt32, _ low: UInt32) -> Double {
  let mantissa = (UInt64(high) &<< 32 | UInt64(low)) &>> 12
  return Double(bitPattern: 0x3FF0_0000_0000_0000 | mantissa) - (1 - 0x1p-53)
}

/// log x for normal x > 0, to 2 ulp: 2 artanh((m−1)/(m+1)) with a minimax series.
@inline(__always)
private func naturalLog(_ x: Double) -> Double {
  let bits = x.bitPattern
  let exponent = Int64(bitPattern: bits &- 0x3FE6_A09E_667F_3BCD) &>> 52
  let mantissa = Double(bitPattern: bits &- (UInt64(bitPattern: exponent) &<< 52))
  // 1.5·2⁵² + exponent: an integer-to-double conversion that every vector unit has.
  let e =
    Double(bitPattern: UInt64(bitPattern: exponent &+ 0x4338_0000_0000_0000)) - 6_755_399_441_055_744.0
  let s = (mantissa - 1) / (mantissa + 1)
  let z = s * s
  var p: Double = 0.14798198605116586
  p = 0.1531383769920937.addingProduct(p, z)
  p = 0.18183571621688126.addingProduct(p, z)
  p = 0.22222198432149792.addingProduct(p, z)
  p = 0.2857142874366239.addingProduct(p, z)
  p = 0.39999999999940941.addingProduct(p, z)
  p = 0.66666666666666735.addingProduct(p, z)
  return (2 * s).addingProduct(s * z, p).addingProduct(e, 0.6931471805599453)
}

/// (sin 2πu, cos 2πu) for 0 ≤ u < 1. Coefficients: fdlibm `k_sin`, `k_cos` (Sun Microsystems).
@inline(__always)
private func sinCosTurn(_ u: Double) -> (Double, Double) {
  let quarters = u * 4
  let shifted = quarters + 6_755_399_441_055_744.0
  let quadrant = shifted.bitPattern
  let r = (quarters - (shifted - 6_755_399_441_055_744.0)) * 1.5707963267948966
  let z = r * r
  var p: Double = 1.58962301576546568060e-10
  p = (-2.50507477628578072866e-8).addingProduct(p, z)
  p = 2.75573136213857245213e-6.addingProduct(p, z)
  p = (-1.98412698295895385996e-4).addingProduct(p, z)
  p = 8.33333333332211858878e-3.addingProduct(p, z)
  p = (-1.66666666666666307295e-1).addingProduct(p, z)
  let sine = r.addingProduct(r * z, p)
  var q: Double = -1.13585365213876817300e-11
  q = 2.08757008419747316778e-9.addingProduct(q, z)
  q = (-2.75573141792967388112e-7).addingProduct(q, z)
  q = 2.48015872888517045348e-5.addingProduct(q, z)
  q = (-1.38888888888730564116e-3).addingProduct(q, z)
  q = 4.16666666666665929218e-2.addingProduct(q, z)
  let cosine = 1.0.addingProduct(-0.5, z).addingProduct(z * z, q)
  let swap = quadrant & 1 != 0
  let s = swap ? cosine : sine
  let c = swap ? sine : cosine
  let sineSign = (quadrant & 2) &<< 62
  let cosineSign = ((quadrant &+ 1) & 2) &<< 62
  return (Double(bitPattern: s.bitPattern ^ sineSign), Double(bitPattern: c.bitPattern ^ cosineSign))
}
