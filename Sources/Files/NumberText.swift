/// Powers of ten that doubles hold exactly.
private let exactPowers: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
  1e19, 1e20,
  1e21, 1e22,
]

/// The decimal number that begins at `start`, correctly rounded, and where it ends; `nil` if none does.
///
/// Digits with an optional sign, point and exponent; or `nan`, `inf`, `infinity` in any case. A number of at most 53
/// bits with a power of ten up to 10²² takes one exact multiplication or division (Clinger 1990); others go through
/// the standard library.
@inline(__always)
func parseNumber(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (value: Double, end: Int)? {
  let count = bytes.count
  var i = start
  guard i < count else { return nil }
  let isNegative = bytes[i] == UInt8(ascii: "-")
  if isNegative || bytes[i] == UInt8(ascii: "+") { i += 1 }
  var mantissa: UInt64 = 0, digits = 0, exponent = 0
  let whole = i
  while i < count, bytes[i] &- 48 < 10 {
    mantissa = mantissa &* 10 &+ UInt64(bytes[i] &- 48)
    i += 1
  }
  digits = i - whole
  if i < count, bytes[i] == UInt8(ascii: ".") {
    i += 1
    let fraction = i
    while i < count, bytes[i] &- 48 < 10 {
      mantissa = mantissa &* 10 &+ UInt64(bytes[i] &- 48)
      i += 1
    }
    digits += i - fraction
    exponent = fraction - i
  }
  guard digits > 0 else { return parseNonFinite(bytes, whole, isNegative) }
  if i < count, bytes[i] | 0x20 == UInt8(ascii: "e") {
    var j = i + 1
    let isDown = j < count && bytes[j] == UInt8(ascii: "-")
    if isDown || (j < count && bytes[j] == UInt8(ascii: "+")) { j += 1 }
    let first = j
    var power = 0
    while j < count, bytes[j] &- 48 < 10 {
      // Beyond this every power gives zero or infinity.
      power = min(power * 10 + Int(bytes[j] &- 48), 1_000_000)
      j += 1
    }
    guard j > first else { return nil }
    exponent += isDown ? -power : power
    i = j
  }
  // Up to 19 digits the mantissa cannot have overflowed.
  if digits <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
    let exact = Double(mantissa)
    let value = exponent < 0 ? exact / exactPowers[-exponent] : exact * exactPowers[exponent]
    return (isNegative ? -value : value, i)
  }
  return parseSlowly(bytes, start, i)
}

@inline(never)
private func parseSlowly(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> (
  value: Double, end: Int
)? {
  Double(String(decoding: bytes[start..<end], as: UTF8.self)).map { ($0, end) }
}

@inline(never)
private func parseNonFinite(
  _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ isNegative: Bool
) -> (value: Double, end: Int)? {
  for (word, value) in [("nan", Double.nan), ("infinity", .infinity), ("inf", .infinity)] {
    let end = start + word.utf8.count
    guard end <= bytes.count, zip(bytes[start..<end], word.utf8).allSatisfy({ $0 | 0x20 == $1 }) else {
      continue
    }
    return (isNegative ? -value : value, end)
  }
  return nil
}
