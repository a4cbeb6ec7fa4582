import Lanes

/// A precision that nets are trained in: loops over flat vectors, each compiled for both precisions, so that they are
/// vector code whoever calls.
package protocol TrainingScalar: LaneScalar {
  static func apply(_ optimizer: any Optimizer, _ block: ParameterBlock<Self>, _ step: OptimizerStep)
}

extension Float: TrainingScalar {
  package static func apply(
    _ optimizer: any Optimizer, _ block: ParameterBlock<Float>, _ step: OptimizerStep
  ) { optimizer.update(block, step) }
}

extension Double: TrainingScalar {
  package static func apply(
    _ optimizer: any Optimizer, _ block: ParameterBlock<Double>, _ step: OptimizerStep
  ) { optimizer.update(block, step) }
}

extension TrainingScalar {
  /// a ← a + share · (b − a).
  @_specialize(where Self == Float)
  @_specialize(where Self == Double)
  package static func blend(
    _ a: UnsafeMutablePointer<Self>, towards b: UnsafePointer<Self>, _ share: Self, count: Int
  ) {
    for i in 0..<count { a[i] = a[i].addingProduct(share, b[i] - a[i]) }
  }

  /// a ← factor · a.
  @_specialize(where Self == Float)
  @_specialize(where Self == Double)
  package static func scale(_ a: UnsafeMutablePointer<Self>, by factor: Self, count: Int) {
    for i in 0..<count { a[i] *= factor }
  }

  /// b ← b + factor · a.
  @_specialize(where Self == Float)
  @_specialize(where Self == Double)
  package static func add(
    _ a: UnsafePointer<Self>, times factor: Self, to b: UnsafeMutablePointer<Self>, count: Int
  ) {
    for i in 0..<count { b[i] = b[i].addingProduct(factor, a[i]) }
  }

  /// Each element into [−limit, limit]; NaN stays.
  @_specialize(where Self == Float)
  @_specialize(where Self == Double)
  package static func clamp(_ a: UnsafeMutablePointer<Self>, to limit: Self, count: Int) {
    for i in 0..<count {
      let x = a[i]
      a[i] = x > limit ? limit : x < -limit ? -limit : x
    }
  }

  /// The sum of squares, in blocks and lanes of fixed extents.
  @_specialize(where Self == Float)
  @_specialize(where Self == Double)
  package static func sumOfSquares(_ a: UnsafePointer<Self>, count: Int) -> Double {
    var total = 0.0
    // So few that single precision loses nothing that matters within a block.
    let block = 1024
    for start in stride(from: 0, to: count, by: block) {
      let end = min(start + block, count)
      var lanes = SIMD16<Self>.zero
      var i = start
      while i + 16 <= end {
        let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD16<Self>.self)
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
