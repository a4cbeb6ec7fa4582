import Glibc

/// η_end + (η − η_end)(1 + cos(π t/T))/2, the closed form of PyTorch's `CosineAnnealingLR` with T the number of steps.
func cosineDecay(from base: Double, to end: Double, _ progress: Double) -> Double {
  end + (base - end) * (1 + cos(.pi * min(max(progress, 0), 1))) / 2
}

private let final = TrainingOption("final", .fraction, default: 0, "the last rate, as a share of lr")

let cosineRate = ScheduleSpecification(
  name: "cosine", title: "Cosine", doc: "From lr to final*lr along half a cosine over all steps.",
  source: "Loshchilov & Hutter, ICLR 2017; as PyTorch's CosineAnnealingLR", options: [final]
) { base, steps, options in
  let end = base * options["final"]
  return { step in cosineDecay(from: base, to: end, Double(step) / Double(steps)) }
}

/// η (t + 1)/W during the first W steps: the first step counts, and step W − 1 has the whole rate.
private func warmUp(_ base: Double, _ step: Int, _ length: Int) -> Double {
  base * Double(min(max(step, 0) + 1, length)) / Double(length)
}

let warmUpRate = ScheduleSpecification(
  name: "warmup", title: "Linear warm-up", doc: "rate = lr*(step + 1)/warmup up to lr, and lr from then on.",
  source: "Goyal et al., arXiv 1706.02677, §2.2",
  options: [TrainingOption("warmup", .count, default: nil, "steps until the rate is lr")]
) { base, _, options in
  let length = options.count("warmup")
  return { step in warmUp(base, step, length) }
}

let warmUpCosineRate = ScheduleSpecification(
  name: "warmup_cosine", title: "Warm-up and cosine",
  doc: "Linear warm-up to lr, then half a cosine over the steps that are left.",
  source: "Loshchilov & Hutter, ICLR 2017, after a linear warm-up",
  options: [TrainingOption("warmup", .count, default: nil, "steps until the rate is lr"), final]
) { base, steps, options throws(TrainingError) in
  let length = options.count("warmup"), end = base * options["final"]
  guard length < steps else {
    throw TrainingError(
      "warmup_cosine: warmup must be smaller than the number of steps, got \(length) of \(steps)")
  }
  return { step in
    step < length
      ? warmUp(base, step, length)
      : cosineDecay(from: base, to: end, Double(step - length) / Double(steps - length))
  }
}
