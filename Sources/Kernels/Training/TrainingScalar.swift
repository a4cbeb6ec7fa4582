import Lanes

/// A precision that nets are trained in. What is generic over it comes through here to concrete code, so that its
/// loops are vector code whoever calls.
package protocol TrainingScalar: LaneScalar {
  static func apply(_ optimizer: any Optimizer, _ block: ParameterBlock<Self>, _ step: OptimizerStep)

  /// a ← a + share · (b − a).
  static func blend(
    _ a: UnsafeMutablePointer<Self>, towards b: UnsafePointer<Self>, _ share: Self, count: Int)
  /// The sum of squares, in blocks and lanes of fixed extents.
  static func sumOfSquares(_ a: UnsafePointer<Self>, count: Int) -> Double
  /// a ← factor · a.
  static func scale(_ a: UnsafeMutablePointer<Self>, by factor: Self, count: Int)
  /// b ← b + factor · a.
  static func add(
    _ a: UnsafePointer<Self>, times factor: Self, to b: UnsafeMutablePointer<Self>, count: Int)
  /// Each element into [−limit, limit]; NaN stays.
  static func clamp(_ a: UnsafeMutablePointer<Self>, to limit: Self, count: Int)
}

extension Float: TrainingScalar {
  package static func apply(
    _ optimizer: any Optimizer, _ block: ParameterBlock<Float>, _ step: OptimizerStep
  ) { optimizer.update(block, step) }

  package static func blend(
    _ a: UnsafeMutablePointer<Float>, towards b: UnsafePointer<Float>, _ share: Float, count: Int
  ) { Loops.blend(a, b, share, count) }

  package static func sumOfSquares(_ a: UnsafePointer<Float>, count: Int) -> Double {
    Loops.sumOfSquares(a, count)
  }

  package static func scale(_ a: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    Loops.scale(a, factor, count)
  }

  package static func add(
    _ a: UnsafePointer<Float>, times factor: Float, to b: UnsafeMutablePointer<Float>, count: Int
  ) { Loops.add(a, factor, b, count) }

  package static func clamp(_ a: UnsafeMutablePointer<Float>, to limit: Float, count: Int) {
    Loops.clamp(a, limit, count)
  }
}

extension Double: TrainingScalar {
  package static func apply(
    _ optimizer: any Optimizer, _ block: ParameterBlock<Double>, _ step: OptimizerStep
  ) { optimizer.update(block, step) }

  package static func blend(
    _ a: UnsafeMutablePointer<Double>, towards b: UnsafePointer<Double>, _ share: Double, count: Int
  ) { Loops.blend(a, b, share, count) }

  package static func sumOfSquares(_ a: UnsafePointer<Double>, count: Int) -> Double {
    Loops.sumOfSquares(a, count)
  }

  package static func scale(_ a: UnsafeMutablePointer<Double>, by factor: Double, count: Int) {
    Loops.scale(a, factor, count)
  }

  package static func add(
    _ a: UnsafePointer<Double>, times factor: Double, to b: UnsafeMutablePointer<Double>, count: Int
  ) { Loops.add(a, factor, b, count) }

  package static func clamp(_ a: UnsafeMutablePointer<Double>, to limit: Double, count: Int) {
    Loops.clamp(a, limit, count)
  }
}

private enum Loops {
  @inline(__always)
  static func blend<Scalar: LaneScalar>(
    _ a: UnsafeMutablePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ share: Scalar, _ count: Int
  ) {
    for i in 0..<count { a[i] = a[i].addingProduct(share, b[i] - a[i]) }
  }

  @inline(__always)
  static func scale<Scalar: LaneScalar>(
    _ a: UnsafeMutablePointer<Scalar>, _ factor: Scalar, _ count: Int
  ) {
    for i in 0..<count { a[i] *= factor }
  }

  @inline(__always)
  static func add<Scalar: LaneScalar>(
    _ a: UnsafePointer<Scalar>, _ factor: Scalar, _ b: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    for i in 0..<count { b[i] = b[i].addingProduct(factor, a[i]) }
  }

  @inline(__always)
  static func clamp<Scalar: LaneScalar>(_ a: UnsafeMutablePointer<Scalar>, _ limit: Scalar, _ count: Int) {
    for i in 0..<count {
      let x = a[i]
      a[i] = x > limit ? limit : x < -limit ? -limit : x
    }
  }

  @inline(__always)
  static func sumOfSquares<Scalar: LaneScalar>(_ a: UnsafePointer<Scalar>, _ count: Int) -> Double {
    var total = 0.0
    // So few that single precision loses nothing that matters within a block.
    let block = 1024
    for start in stride(from: 0, to: count, by: block) {
      let end = min(start + block, count)
      var lanes = SIMD16<Scalar>.zero
      var i = start
      while i + 16 <= end {
        let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD16<Scalar>.self)
        lanes = lanes.addingProduct(x, x)
        i += 16
      }
      var sum = Double(lanes.sum())
      while i < end {
        sum += Double(a[i]) * Double(a[i])
        i += 1
      }
      if !sum.isFinite {
        // Squares beyond single precision, or values that are not finite.
        sum = 0
        for i in start..<end { sum += Double(a[i]) * Double(a[i]) }
      }
      total += sum
    }
    return total
  }
}
