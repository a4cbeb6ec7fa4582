// Arithmetic in single precision. Every function rounds once (error ≤ ½ ulp) or is exact.

enum Add32: VectorKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x + y }
  @inline(__always) static func value(_ x: SIMD16<Float>, _ y: SIMD16<Float>) -> SIMD16<Float> { x + y }
}

enum Subtract32: VectorKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x - y }
  @inline(__always) static func value(_ x: SIMD16<Float>, _ y: SIMD16<Float>) -> SIMD16<Float> { x - y }
}

enum Multiply32: VectorKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x * y }
  @inline(__always) static func value(_ x: SIMD16<Float>, _ y: SIMD16<Float>) -> SIMD16<Float> { x * y }
}

enum Divide32: VectorKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x / y }
  @inline(__always) static func value(_ x: SIMD16<Float>, _ y: SIMD16<Float>) -> SIMD16<Float> { x / y }
}

/// `y < x ? y : x`, Lua's `math.min`: a NaN in the first place stays, one in the second is passed over.
enum Minimum32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { y < x ? y : x }
}

/// `x < y ? y : x`, Lua's `math.max`.
enum Maximum32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x < y ? y : x }
}

/// `⌊x / y⌋`, Lua's `//`.
enum FloorDivide32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { (x / y).rounded(.down) }
}

/// `−x`, also of zeros and NaN.
enum Negate32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { -x }
}

enum Absolute32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { x.magnitude }
}

/// −1, 0 or 1; ±0 and NaN are returned as they are.
enum Sign32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float {
    let negativeOrSame: Float = x < 0 ? -1 : x
    return x > 0 ? 1 : negativeOrSame
  }
}

enum Floor32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { x.rounded(.down) }
}

enum Ceil32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { x.rounded(.up) }
}

/// To the nearest integer, halves to the even one.
enum Round32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { x.rounded(.toNearestOrEven) }
}

enum SquareRoot32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { x.squareRoot() }
}

/// `max(x, 0)`; a NaN stays.
enum Relu32: UnaryKernel {
  @inline(__always) static func value(_ x: Float) -> Float { x < 0 ? 0 : x }
}

// Comparisons: 1 where they hold, 0 elsewhere, also where an operand is NaN.

enum Less32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x < y ? 1 : 0 }
}

enum LessOrEqual32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x <= y ? 1 : 0 }
}

enum Equal32: BinaryKernel {
  @inline(__always) static func value(_ x: Float, _ y: Float) -> Float { x == y ? 1 : 0 }
}
