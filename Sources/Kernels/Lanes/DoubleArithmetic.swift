// Arithmetic in double precision. Every function rounds once (error ≤ ½ ulp) or is exact.

enum Add64: VectorKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x + y }
  @inline(__always) static func value(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> { x + y }
}

enum Subtract64: VectorKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x - y }
  @inline(__always) static func value(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> { x - y }
}

enum Multiply64: VectorKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x * y }
  @inline(__always) static func value(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> { x * y }
}

enum Divide64: VectorKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x / y }
  @inline(__always) static func value(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> { x / y }
}

/// `y < x ? y : x`, Lua's `math.min`: a NaN in the first place stays, one in the second is passed over.
enum Minimum64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { y < x ? y : x }
}

/// `x < y ? y : x`, Lua's `math.max`.
enum Maximum64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x < y ? y : x }
}

/// `⌊x / y⌋`, Lua's `//`.
enum FloorDivide64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { (x / y).rounded(.down) }
}

/// `−x`, also of zeros and NaN.
enum Negate64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { -x }
}

enum Absolute64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { x.magnitude }
}

/// −1, 0 or 1; ±0 and NaN are returned as they are.
enum Sign64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double {
    let negativeOrSame: Double = x < 0 ? -1 : x
    return x > 0 ? 1 : negativeOrSame
  }
}

enum Floor64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { x.rounded(.down) }
}

enum Ceil64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { x.rounded(.up) }
}

/// To the nearest integer, halves to the even one.
enum Round64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { x.rounded(.toNearestOrEven) }
}

enum SquareRoot64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { x.squareRoot() }
}

/// `max(x, 0)`; a NaN stays.
enum Relu64: UnaryKernel {
  @inline(__always) static func value(_ x: Double) -> Double { x < 0 ? 0 : x }
}

// Comparisons: 1 where they hold, 0 elsewhere, also where an operand is NaN.

enum Less64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x < y ? 1 : 0 }
}

enum LessOrEqual64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x <= y ? 1 : 0 }
}

enum Equal64: BinaryKernel {
  @inline(__always) static func value(_ x: Double, _ y: Double) -> Double { x == y ? 1 : 0 }
}
