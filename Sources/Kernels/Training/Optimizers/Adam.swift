import Glibc

/// Adam as PyTorch's `Adam`: running means of gradient and square, freed of their bias towards 0, ε outside the root:
///
///     g ← g + λ p;   m ← β₁ m + (1 − β₁) g;   v ← β₂ v + (1 − β₂) g²
///     p ← p − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
package let adam = OptimizerSpecification(
  name: "adam", title: "Adam",
  doc: "Steps by the running mean of the gradient over the root of that of its square, both bias-corrected.",
  source: "Kingma & Ba, ICLR 2015; as PyTorch's Adam",
  options: AdamRule.options(weightDecay: 0, "added to the gradient, times the parameter")
) { AdamRule($0, name: "adam", decoupled: false) }

/// The rule of Adam and AdamW, which differ in how weights decay.
struct AdamRule: Optimizer {
  let name: String
  let rate, beta1, beta2, epsilon, weightDecay: Double
  /// Whether the decay shrinks the parameter instead of entering the gradient.
  let decoupled: Bool

  init(_ options: TrainingOptions, name: String, decoupled: Bool) {
    self.name = name
    self.decoupled = decoupled
    rate = options["lr"]
    beta1 = options["beta1"]
    beta2 = options["beta2"]
    epsilon = options["eps"]
    weightDecay = options["weight_decay"]
  }

  static func options(weightDecay: Double, _ doc: String) -> [TrainingOption] {
    [
      TrainingOption("lr", .nonNegative, default: 1e-3, "learning rate"),
      TrainingOption("beta1", .decay, default: 0.9, "how much of the gradient's running mean is kept"),
      TrainingOption("beta2", .decay, default: 0.999, "how much of the square's running mean is kept"),
      TrainingOption("eps", .nonNegative, default: 1e-8, "added to the root, against division by 0"),
      TrainingOption("weight_decay", .nonNegative, default: weightDecay, doc),
    ]
  }

  let stateNames = ["mean", "square"]

  @inline(__always)
  private func move<Scalar: TrainingScalar>(_ block: ParameterBlock<Scalar>, _ step: OptimizerStep) {
    let (p, g, m, v) = (block.parameters, block.gradient, block.first, block.second)
    let t = Double(step.number), decay = step.decays ? weightDecay : 0
    let inGradient = Scalar(decoupled ? 0 : decay), shrink = Scalar(decoupled ? 1 - step.rate * decay : 1)
    let take1 = Scalar(1 - beta1), keep2 = Scalar(beta2), take2 = Scalar(1 - beta2)
    let stride = Scalar(-step.rate / (1 - pow(beta1, t)))
    let root = Scalar(1 / (1 - pow(beta2, t)).squareRoot()), epsilon = Scalar(epsilon)
    for i in 0..<block.count {
      let gradient = g[i].addingProduct(inGradient, p[i])
      let mean = m[i].addingProduct(take1, gradient - m[i])
      let square = (keep2 * v[i]).addingProduct(take2 * gradient, gradient)
      m[i] = mean
      v[i] = square
      p[i] = (p[i] * shrink).addingProduct(stride, mean / epsilon.addingProduct(square.squareRoot(), root))
    }
  }

  func update(_ block: ParameterBlock<Float>, _ step: OptimizerStep) { move(block, step) }
  func update(_ block: ParameterBlock<Double>, _ step: OptimizerStep) { move(block, step) }
}
