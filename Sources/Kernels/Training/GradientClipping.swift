/// Limits on a gradient before a step.
package enum GradientClipping {
  /// ‖g‖₂. Its bits depend on the gradient alone.
  package static func norm<Scalar: TrainingScalar>(_ gradient: UnsafePointer<Scalar>, count: Int) -> Double {
    Scalar.sumOfSquares(gradient, count: count).squareRoot()
  }

  /// g ← g · min(1, limit / (‖g‖ + 10⁻⁶)), as PyTorch's `clip_grad_norm_`; returns ‖g‖ as it was. A gradient whose norm
  /// is not finite is left as it is: no factor makes it one to step along.
  @discardableResult
  package static func clip<Scalar: TrainingScalar>(
    _ gradient: UnsafeMutablePointer<Scalar>, count: Int, norm limit: Double
  ) -> Double {
    let norm = norm(gradient, count: count)
    let factor = limit / (norm + 1e-6)
    if norm.isFinite, factor < 1 { Scalar.scale(gradient, by: Scalar(factor), count: count) }
    return norm
  }

  /// Each element into [−limit, limit], as PyTorch's `clip_grad_value_`; NaN stays.
  package static func clip<Scalar: TrainingScalar>(
    _ gradient: UnsafeMutablePointer<Scalar>, count: Int, value limit: Double
  ) {
    Scalar.clamp(gradient, to: Scalar(limit), count: count)
  }
}
