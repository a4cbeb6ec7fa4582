/// Reduces an argument too large for the vector code modulo π/2, with as many bits of 2/π as it takes
/// (Payne and Hanek, Radian reduction for trigonometric functions, 1983).
enum HugeArgument {
  /// The binary fraction of 2/π, after a word of zeros.
  private static let twoOverPi: [UInt64] = [
    0,
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
    0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
  ]

  /// The quadrant and the remainder `r + low` of a finite |x| ≥ 2³⁰.
  ///
  /// With |x| = M·2ᵉ only the bits of 2/π from weight 2¹⁻ᵉ on matter modulo 4. 192 of them leave 137 good
  /// bits after the product with the 53 of M; no double comes closer to a multiple of π/2 than 2⁻⁶².
  static func reduce(_ x: Double) -> (k: UInt64, r: Double, low: Double) {
    let significand = (x.bitPattern & 0x000f_ffff_ffff_ffff) | 0x0010_0000_0000_0000
    let exponent = Int((x.bitPattern &>> 52) & 0x7ff) - 1075
    let first = exponent - 2 + 64
    let (p2, p1, p0) = product(significand, window(first), window(first + 64), window(first + 128))
    // Two integer bits and 190 of fraction, to the nearest integer.
    let roundsUp = p2 &>> 61 & 1
    let k = (p2 &>> 62) &+ roundsUp
    var high = UInt128(p2 &<< 2 | p1 &>> 62) &<< 64 | UInt128(p1 &<< 2 | p0 &>> 62)
    if roundsUp == 1 { high = ~high }
    let shift = high.leadingZeroBitCount
    // At least 66 of the 128 bits are left after the leading zeros; 53 make f, the next ones fLow.
    let normalized = high &<< UInt128(shift)
    let top = UInt64(truncatingIfNeeded: normalized &>> 75)
    let rest = UInt64(truncatingIfNeeded: normalized &>> 11)
    let unit = Double(sign: .plus, exponent: -shift - 53, significand: 1)
    let (f, fLow) = (Double(top) * unit, Double(rest) * 0x1p-64 * unit)
    let r = f * Constant.halfPi
    let low = mulAdd(f, Constant.halfPi, -r) + mulAdd(f, Constant.halfPiLow, fLow * Constant.halfPi)
    return roundsUp == 1 ? (k, -r, -low) : (k, r, low)
  }

  /// 64 bits of the table from a bit on.
  private static func window(_ bit: Int) -> UInt64 {
    let (word, offset) = (bit / 64, UInt64(bit % 64))
    if offset == 0 { return twoOverPi[word] }
    return twoOverPi[word] &<< offset | twoOverPi[word + 1] &>> (64 - offset)
  }

  /// The low 192 bits of `a·(w2, w1, w0)`.
  private static func product(
    _ a: UInt64, _ w2: UInt64, _ w1: UInt64, _ w0: UInt64
  ) -> (UInt64, UInt64, UInt64) {
    let low = a.multipliedFullWidth(by: w0)
    let middle = a.multipliedFullWidth(by: w1)
    let (p1, carry) = middle.low.addingReportingOverflow(low.high)
    let p2 = a &* w2 &+ middle.high &+ (carry ? 1 : 0)
    return (p2, p1, low.low)
  }
}
