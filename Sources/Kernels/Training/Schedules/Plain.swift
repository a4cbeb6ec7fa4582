import Glibc

let constantRate = ScheduleSpecification(
  name: "constant", title: "Constant", doc: "rate = lr.", source: "", options: []
) { base, _, _ in { _ in base } }

/// η · factorᵏ after k·every steps, as PyTorch's `StepLR`.
let stepRate = ScheduleSpecification(
  name: "step", title: "Step", doc: "rate = lr*factor^floor(step/every).", source: "as PyTorch's StepLR",
  options: [
    TrainingOption("every", .count, default: nil, "steps from one drop to the next"),
    TrainingOption("factor", .positive, default: 0.1, "what the rate is multiplied by"),
  ]
) { base, _, options in
  let every = options.count("every"), factor = options["factor"]
  return { step in base * pow(factor, Double(max(step, 0) / every)) }
}
