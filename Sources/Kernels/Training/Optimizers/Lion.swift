/// Lion: steps of one size in every coordinate, in the direction of the sign of a momentum.
///
///     p ← (1 − η λ) p − η sign(β₁ m + (1 − β₁) g);   m ← β₂ m + (1 − β₂) g
package let lion = OptimizerSpecification(
  name: "lion", title: "Lion",
  doc: "p = (1 - lr*weight_decay)*p - lr*sign(beta1*m + (1 - beta1)*g), then m = beta2*m + (1 - beta2)*g.",
  source: "Chen et al., NeurIPS 2023, alg. 2",
  options: [
    TrainingOption(
      "lr", .nonNegative, default: 1e-4, "learning rate; three to ten times smaller than Adam's"),
    TrainingOption("beta1", .decay, default: 0.9, "how much of the momentum enters the step"),
    TrainingOption("beta2", .decay, default: 0.99, "how much of the momentum is kept"),
    TrainingOption("weight_decay", .nonNegative, default: 0, "parameters shrink by lr times this each step"),
  ]
) { Lion($0) }

private struct Lion: Optimizer {
  let name = "lion"
  let rate, beta1, beta2, weightDecay: Double

  init(_ options: TrainingOptions) {
    rate = options["lr"]
    beta1 = options["beta1"]
    beta2 = options["beta2"]
    weightDecay = options["weight_decay"]
  }

  let stateNames = ["momentum"]

  @inline(__always)
  private func move<Scalar: TrainingScalar>(_ block: ParameterBlock<Scalar>, _ step: OptimizerStep) {
    let (p, g, m) = (block.parameters, block.gradient, block.first)
    let shrink = Scalar(step.decays ? 1 - step.rate * weightDecay : 1), rate = Scalar(step.rate)
    let keep1 = Scalar(beta1), take1 = Scalar(1 - beta1), keep2 = Scalar(beta2), take2 = Scalar(1 - beta2)
    for i in 0..<block.count {
      let direction = (keep1 * m[i]).addingProduct(take1, g[i])
      // The sign of 0 is 0; a NaN stays one, so that it is seen in the parameters.
      let move: Scalar = direction > 0 ? rate : direction < 0 ? -rate : rate * direction
      m[i] = (keep2 * m[i]).addingProduct(take2, g[i])
      p[i] = p[i] * shrink - move
    }
  }

  func update(_ block: ParameterBlock<Float>, _ step: OptimizerStep) { move(block, step) }
  func update(_ block: ParameterBlock<Double>, _ step: OptimizerStep) { move(block, step) }
}
