import Lanes

/// Random numbers for a block of lanes, in one precision.
///
/// One Philox call a lane gives ``numbersPerCall`` numbers, which go to as many rows.
public protocol RandomScalar: LaneScalar {
  /// How many numbers the 128 bits of one call make.
  static var numbersPerCall: Int { get }

  /// Independent normals with mean 0 and standard deviation `scale`: row r, lane i at `out[r][i]`.
  ///
  /// Box–Muller: r = scale·√(−2 log u), z = (r sin 2πv, r cos 2πv), by polynomials; see the conformances
  /// for the resolution of u and v and for the error. The rows must not overlap.
  static func fillNormals(
    _ out: UnsafePointer<UnsafeMutablePointer<Self>>, count: Int, base: CounterBase, scale: Self)

  /// Independent uniforms in the open interval (0, 1).
  static func fillUniforms(
    _ out: UnsafePointer<UnsafeMutablePointer<Self>>, count: Int, base: CounterBase)
}

// Each function first fills the rows with random words and then turns them into numbers in place, in one short
// loop for the radius and one for the angle: together they would be a chain of operations too long for the
// processor to overlap with the next lanes' chain.

extension Float: RandomScalar {
  public static var numbersPerCall: Int { 4 }

  /// u has 30 bits, so that |z| reaches 6.5; v has 32. Both are rounded to 24 bits; from these, the relative
  /// error of a normal is below 3e-7 (measured).
  public static func fillNormals(
    _ out: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, base: CounterBase, scale: Float
  ) {
    fillFloatWords(out, count: count, base: base)
    let factor = -2 * scale * scale
    polarPairs(out[0], out[1], count: count, factor: factor)
    polarPairs(out[2], out[3], count: count, factor: factor)
  }

  /// 23 bits and a half: symmetric about ½, never 0 or 1.
  public static func fillUniforms(
    _ out: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, base: CounterBase
  ) {
    fillFloatWords(out, count: count, base: base)
    for row in 0..<4 {
      let u = out[row]
      for i in 0..<count { u[i] = (Float(Int32(bitPattern: u[i].bitPattern &>> 9)) + 0.5) * 0x1p-23 }
    }
  }
}

extension Double: RandomScalar {
  public static var numbersPerCall: Int { 2 }

  /// u has 52 bits, so that |z| reaches 8.5; v has 54. The relative error of a normal is below
  /// 1e-14 (measured).
  public static func fillNormals(
    _ out: UnsafePointer<UnsafeMutablePointer<Double>>, count: Int, base: CounterBase, scale: Double
  ) {
    fillDoubleWords(out, count: count, base: base)
    polarPairs(out[0], out[1], count: count, factor: 2 * scale * scale)
  }

  /// 52 bits and a half: symmetric about ½, never 0 or 1.
  public static func fillUniforms(
    _ out: UnsafePointer<UnsafeMutablePointer<Double>>, count: Int, base: CounterBase
  ) {
    fillDoubleWords(out, count: count, base: base)
    for row in 0..<2 {
      let u = out[row]
      for i in 0..<count { u[i] = fraction(u[i].bitPattern) - (1 - 0x1p-53) }
    }
  }
}

// MARK: Single precision

@inline(__always)
private func fillFloatWords(
  _ out: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, base: CounterBase
) {
  @inline(__always)
  func words(_ row: Int) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(out[row]).assumingMemoryBound(to: UInt32.self)
  }
  fillWords((words(0), words(1), words(2), words(3)), count: count, base: base)
}

/// Turns two rows of random words into two rows of normals.
@inline(never)
private func polarPairs(
  _ z0: UnsafeMutablePointer<Float>, _ z1: UnsafeMutablePointer<Float>, count: Int, factor: Float
) {
  for i in 0..<count { z0[i] = signedRadius(z0[i].bitPattern, factor) }
  for i in 0..<count { (z0[i], z1[i]) = onCircle(z0[i], z1[i].bitPattern) }
}

/// √(factor·log u), with a random sign: bit 31. Bits 1–30 make u = (k + ½)·2⁻³⁰, dense near 0 where the
/// logarithm needs it.
@inline(__always)
private func signedRadius(_ word: UInt32, _ factor: Float) -> Float {
  // 2³¹u, which is never 0. Its logarithm: 2³¹u = 2ᵏ·m, m in [√½, √2), k ≤ 31.
  let scaled = Float(Int32(bitPattern: word & 0x7FFF_FFFF | 1))
  let bits = Int32(bitPattern: scaled.bitPattern)
  // (k − 31)·2²³
  let exponent = (bits &- (0x3F35_04F3 + 31 << 23)) & ~0x7F_FFFF
  let f = Float(bitPattern: UInt32(bitPattern: bits &- exponent)) * 0x1p-31 - 1
  // log(1 + f)/f, Chebyshev interpolation, error 3.4e-8.
  var p: Float = 0.08533313083
  p = (-0.142692582062 as Float).addingProduct(p, f)
  p = (0.149774012801 as Float).addingProduct(p, f)
  p = (-0.165779928968 as Float).addingProduct(p, f)
  p = (0.199559333584 as Float).addingProduct(p, f)
  p = (-0.250013521855 as Float).addingProduct(p, f)
  p = (0.333341932861 as Float).addingProduct(p, f)
  p = (-0.499999963821 as Float).addingProduct(p, f)
  p = (0.999999974131 as Float).addingProduct(p, f)
  // ln 2 · 2⁻²³
  let log = (f * p).addingProduct(Float(exponent), 8.262958294867817e-8)
  let radius = (factor * log).squareRoot()
  return Float(bitPattern: radius.bitPattern | word & 0x8000_0000)
}

/// A point on the circle of radius |r|: the word's value as a signed integer is the angle within ±⅛ turn of
/// one of four directions, right or left by the sign of r, turned to up or down by bit 0.
@inline(__always)
private func onCircle(_ r: Float, _ word: UInt32) -> (Float, Float) {
  let x = Float(Int32(bitPattern: word)) * 0x1p-32
  let y = x * x
  // sin(πx/2)/x, Chebyshev interpolation in y, error 4.8e-9.
  var sine: Float = -0.00460214921281
  sine = (0.0796802176478 as Float).addingProduct(sine, y)
  sine = (-0.645963477665 as Float).addingProduct(sine, y)
  sine = (1.57079632195 as Float).addingProduct(sine, y)
  // cos(πx/2), error 2.8e-8.
  var cosine: Float = -0.020408158393
  cosine = (0.253598571303 as Float).addingProduct(cosine, y)
  cosine = (-1.23369700742 as Float).addingProduct(cosine, y)
  cosine = (0.999999972328 as Float).addingProduct(cosine, y)
  let (s, c) = (r * x * sine, r * cosine)
  let turned = word & 1 != 0
  return (turned ? c : s, turned ? s : c)
}

// MARK: Double precision

@inline(__always)
private func fillDoubleWords(
  _ out: UnsafePointer<UnsafeMutablePointer<Double>>, count: Int, base: CounterBase
) {
  fillWordPairs(
    UnsafeMutableRawPointer(out[0]).assumingMemoryBound(to: UInt64.self),
    UnsafeMutableRawPointer(out[1]).assumingMemoryBound(to: UInt64.self), count: count, base: base)
}

/// 1 + k·2⁻⁵² of the lower 52 bits.
@inline(__always)
private func fraction(_ words: UInt64) -> Double {
  Double(bitPattern: words & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
}

/// Turns two rows of pairs of random words into two rows of normals.
@inline(never)
private func polarPairs(
  _ z0: UnsafeMutablePointer<Double>, _ z1: UnsafeMutablePointer<Double>, count: Int, factor: Double
) {
  for i in 0..<count { z0[i] = signedRadius(z0[i].bitPattern, factor) }
  for i in 0..<count { (z0[i], z1[i]) = onCircle(z0[i], z1[i].bitPattern) }
}

/// √(factor·(−log u)), with a random sign: bit 63. The lower 52 bits make u = (k + ½)·2⁻⁵².
@inline(__always)
private func signedRadius(_ words: UInt64, _ factor: Double) -> Double {
  let u = fraction(words) - (1 - 0x1p-53)
  // u = 2⁻ᵏ·m, m in [√½, √2); the exponent field of `shift` is k ≥ 0.
  let shift = (0x3FF6_A09E_667F_3BCC &- u.bitPattern) & 0xFFF0_0000_0000_0000
  let f = Double(bitPattern: u.bitPattern &+ shift) - 1
  // 2⁵² + k: an integer-to-double conversion that every vector unit has.
  let k = Double(bitPattern: shift &>> 52 | 0x4330_0000_0000_0000) - 0x1p52
  // log(1 + f)/f, Chebyshev interpolation, error 2.4e-15. Without a division, which would take as long as the
  // square root, in the same unit.
  var p: Double = -0.032538553328371622
  p = (0.0699918889051222091).addingProduct(p, f)
  p = (-0.0742774141525568992).addingProduct(p, f)
  p = (0.0672671996026464056).addingProduct(p, f)
  p = (-0.0696242286095464103).addingProduct(p, f)
  p = (0.0766026993384815237).addingProduct(p, f)
  p = (-0.0834679232258851827).addingProduct(p, f)
  p = (0.0909424564311899404).addingProduct(p, f)
  p = (-0.0999946125109401682).addingProduct(p, f)
  p = (0.111109467325649244).addingProduct(p, f)
  p = (-0.125000114713410653).addingProduct(p, f)
  p = (0.142857184516010997).addingProduct(p, f)
  p = (-0.166666665477168032).addingProduct(p, f)
  p = (0.199999999492749303).addingProduct(p, f)
  p = (-0.250000000004906029).addingProduct(p, f)
  p = (0.33333333333566511).addingProduct(p, f)
  p = (-0.499999999999994905).addingProduct(p, f)
  p = (0.999999999999998249).addingProduct(p, f)
  let minusLog = (k * 0.6931471805599453).addingProduct(-f, p)
  let radius = (factor * minusLog).squareRoot()
  return Double(bitPattern: radius.bitPattern | words & 0x8000_0000_0000_0000)
}

/// A point on the circle of radius |r|: the lower 52 bits are the angle within ±⅛ turn of one of four
/// directions, right or left by the sign of r, turned to up or down by bit 63.
@inline(__always)
private func onCircle(_ r: Double, _ words: UInt64) -> (Double, Double) {
  let x = fraction(words) - 1.5
  let y = x * x
  // sin(πx/2)/x, Chebyshev interpolation in y, error 6.8e-15.
  var sine: Double = -3.5563862607047840034e-6
  sine = 0.00016042926504495615863.addingProduct(sine, y)
  sine = (-0.0046817525914582083288).addingProduct(sine, y)
  sine = 0.079692626155746035458.addingProduct(sine, y)
  sine = (-0.64596409750430907012).addingProduct(sine, y)
  sine = 1.5707963267948898932.addingProduct(sine, y)
  // cos(πx/2), error 4.8e-17.
  var cosine: Double = 4.6552961874867621506e-7
  cosine = (-0.000025200135264284791372).addingProduct(cosine, y)
  cosine = 0.00091925995004166091679.addingProduct(cosine, y)
  cosine = (-0.020863480734946568947).addingProduct(cosine, y)
  cosine = 0.2536695078998647314.addingProduct(cosine, y)
  cosine = (-1.2337005501361513411).addingProduct(cosine, y)
  cosine = 1.0.addingProduct(cosine, y)
  let (s, c) = (r * x * sine, r * cosine)
  let turned = words & 0x8000_0000_0000_0000 != 0
  return (turned ? c : s, turned ? s : c)
}
