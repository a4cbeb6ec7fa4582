/// One elementwise function of one argument: the scalar formula, and with it the block kernel.
///
/// `value` is straight-line code (selects, no branches, no calls), inlined into the block's loop.
protocol UnaryKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func value(_ x: Scalar) -> Scalar
}

/// One elementwise function of two arguments.
protocol BinaryKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func value(_ x: Scalar, _ y: Scalar) -> Scalar
}

/// Arithmetic that a SIMD vector does as well as a scalar.
protocol VectorKernel: BinaryKernel {
  associatedtype Vector: SIMD where Vector.Scalar == Scalar
  static func value(_ x: Vector, _ y: Vector) -> Vector
}

/// A function whose common range is straight-line code and whose rare arguments need something slower.
///
/// Which of the two computes a lane depends on that lane's argument alone; a run of lanes is asked once
/// whether it has any rare one.
protocol RareRangeKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func common(_ x: Scalar) -> Scalar
  static func isRare(_ x: Scalar) -> Bool
  static func rare(_ x: Scalar) -> Scalar
}

/// The same for two arguments.
protocol BinaryRareRangeKernel {
  associatedtype Scalar: SIMDScalar & BinaryFloatingPoint
  static func common(_ x: Scalar, _ y: Scalar) -> Scalar
  static func isRare(_ x: Scalar, _ y: Scalar) -> Bool
  static func rare(_ x: Scalar, _ y: Scalar) -> Scalar
}

// The functions below are not inlined, so that each kernel is one symbol whose assembly can be checked
// (Benchmarks/check-vector-code.sh). A kernel whose operands are all uniform fills the block with one
// value, which is also how `evaluate` comes to use the very same formula.

@inline(never)
func run<K: UnaryKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform {
    out.update(repeating: K.value(a.pointer.pointee), count: count)
  } else {
    let lanes = a.pointer
    storeLanes(to: out, count: count) { K.value(lanes[$0]) }
  }
}

@inline(never)
func run<K: BinaryKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, _ b: LaneOperand<K.Scalar>,
  to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform && b.isUniform {
    out.update(repeating: K.value(a.pointer.pointee, b.pointer.pointee), count: count)
    return
  }
  a.withLanes { x in
    b.withLanes { y in
      storeLanes(to: out, count: count) { K.value(x($0), y($0)) }
    }
  }
}

@inline(never)
func runVectors<K: VectorKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, _ b: LaneOperand<K.Scalar>,
  to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform && b.isUniform {
    out.update(repeating: K.value(a.pointer.pointee, b.pointer.pointee), count: count)
    return
  }
  a.withVectors(K.Vector.self) { x in
    b.withVectors(K.Vector.self) { y in
      storeVectors(to: out, count: count) { K.value(x($0), y($0)) }
    }
  }
}

@inline(never)
func run<K: RareRangeKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform {
    let x = a.pointer.pointee
    out.update(repeating: K.isRare(x) ? K.rare(x) : K.common(x), count: count)
    return
  }
  let lanes = a.pointer
  storeLanes(to: out, count: count) {
    K.common(lanes[$0])
  } repair: { staged, start, length in
    var rareLanes = 0
    for i in 0..<length { rareLanes &+= K.isRare(lanes[start &+ i]) ? 1 : 0 }
    if rareLanes == 0 { return }
    for i in 0..<length where K.isRare(lanes[start &+ i]) { staged[i] = K.rare(lanes[start &+ i]) }
  }
}

@inline(never)
func run<K: BinaryRareRangeKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, _ b: LaneOperand<K.Scalar>,
  to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform && b.isUniform {
    let (x, y) = (a.pointer.pointee, b.pointer.pointee)
    out.update(repeating: K.isRare(x, y) ? K.rare(x, y) : K.common(x, y), count: count)
    return
  }
  a.withLanes { x in
    b.withLanes { y in
      storeLanes(to: out, count: count) {
        K.common(x($0), y($0))
      } repair: { staged, start, length in
        var rareLanes = 0
        for i in start..<start &+ length { rareLanes &+= K.isRare(x(i), y(i)) ? 1 : 0 }
        if rareLanes == 0 { return }
        for i in 0..<length where K.isRare(x(start &+ i), y(start &+ i)) {
          staged[i] = K.rare(x(start &+ i), y(start &+ i))
        }
      }
    }
  }
}

/// `condition ≠ 0 ? a : b`
@inline(never)
func runSelect<Scalar: SIMDScalar & BinaryFloatingPoint>(
  _ condition: LaneOperand<Scalar>, _ a: LaneOperand<Scalar>, _ b: LaneOperand<Scalar>,
  to out: UnsafeMutablePointer<Scalar>, count: Int
) {
  condition.withLanes { test in
    a.withLanes { x in
      b.withLanes { y in
        storeLanes(to: out, count: count) { i in
          let (ifTrue, ifFalse) = (x(i), y(i))
          return test(i) != 0 ? ifTrue : ifFalse
        }
      }
    }
  }
}
