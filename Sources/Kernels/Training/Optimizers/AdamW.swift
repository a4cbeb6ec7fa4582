/// Adam with decoupled weight decay as PyTorch's `AdamW`: p ← (1 − η λ) p before Adam's step, which does not see λ.
package let adamW = OptimizerSpecification(
  name: "adamw", title: "AdamW",
  doc: "Adam, and parameters shrink by lr*weight_decay of themselves each step, apart from the gradient.",
  source: "Loshchilov & Hutter, ICLR 2019; as PyTorch's AdamW",
  options: AdamRule.options(weightDecay: 0.01, "parameters shrink by lr times this each step")
) { AdamRule($0, name: "adamw", decoupled: true) }
