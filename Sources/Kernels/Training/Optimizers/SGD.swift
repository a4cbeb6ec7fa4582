/// Gradient descent with momentum as PyTorch's `SGD`, whose first velocity is the gradient itself:
///
///     g ← g + λ p;   v ← g at the first step, else μ v + (1 − τ) g;   p ← p − η v, or with Nesterov p − η (g + μ v)
package let sgd = OptimizerSpecification(
  name: "sgd", title: "Stochastic gradient descent",
  doc: "v = momentum*v + (1 - dampening)*g, p = p - lr*v; nesterov takes g + momentum*v instead of v.",
  source: "Sutskever, Martens, Dahl & Hinton, ICML 2013; as PyTorch's SGD",
  options: [
    TrainingOption("lr", .nonNegative, default: 1e-3, "learning rate"),
    TrainingOption("momentum", .nonNegative, default: 0, "how much of the last velocity is kept"),
    TrainingOption("dampening", .fraction, default: 0, "how much less of the gradient enters the velocity"),
    TrainingOption("weight_decay", .nonNegative, default: 0, "added to the gradient, times the parameter"),
    TrainingOption("nesterov", .flag, default: 0, "look ahead along the velocity"),
  ]
) { SGD($0) }

private struct SGD: Optimizer {
  let name = "sgd"
  let rate, momentum, dampening, weightDecay: Double
  let nesterov: Bool

  init(_ options: TrainingOptions) {
    rate = options["lr"]
    momentum = options["momentum"]
    dampening = options["dampening"]
    weightDecay = options["weight_decay"]
    nesterov = options.flag("nesterov")
  }

  var stateNames: [String] { momentum == 0 ? [] : ["velocity"] }

  @inline(__always)
  private func move<Scalar: TrainingScalar>(_ block: ParameterBlock<Scalar>, _ step: OptimizerStep) {
    let (p, g, v) = (block.parameters, block.gradient, block.first)
    let rate = Scalar(-step.rate), decay = Scalar(step.decays ? weightDecay : 0)
    guard momentum != 0 else {
      for i in 0..<block.count { p[i] = p[i].addingProduct(rate, g[i].addingProduct(decay, p[i])) }
      return
    }
    let kept = Scalar(step.number == 1 ? 0 : momentum), taken = Scalar(step.number == 1 ? 1 : 1 - dampening)
    // p − η v is p − η (0 g + 1 v).
    let ofGradient: Scalar = nesterov ? 1 : 0, ofVelocity: Scalar = nesterov ? Scalar(momentum) : 1
    for i in 0..<block.count {
      let gradient = g[i].addingProduct(decay, p[i])
      let velocity = (kept * v[i]).addingProduct(taken, gradient)
      v[i] = velocity
      p[i] = p[i].addingProduct(rate, (ofVelocity * velocity).addingProduct(ofGradient, gradient))
    }
  }

  func update(_ block: ParameterBlock<Float>, _ step: OptimizerStep) { move(block, step) }
  func update(_ block: ParameterBlock<Double>, _ step: OptimizerStep) { move(block, step) }
}
