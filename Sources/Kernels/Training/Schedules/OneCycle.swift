/// Up from η/div along half a cosine until step rise·T − 1, and down to η/(div·final_div) at step T − 1, as PyTorch's
/// `OneCycleLR` with its two phases; η is the largest rate.
let oneCycleRate = ScheduleSpecification(
  name: "one_cycle", title: "One cycle",
  doc: "Up from lr/div to lr, then down to lr/(div*final_div), along half cosines.",
  source: "Smith & Topin, arXiv 1708.07120; as PyTorch's OneCycleLR",
  options: [
    TrainingOption("rise", .fraction, default: 0.3, "the share of the steps in which the rate rises"),
    TrainingOption("div", .positive, default: 25, "lr over the first rate"),
    TrainingOption("final_div", .positive, default: 1e4, "the first rate over the last"),
  ]
) { base, steps, options in
  let first = base / options["div"], last = first / options["final_div"]
  let top = options["rise"] * Double(steps) - 1, end = Double(steps - 1)
  return { step in
    let t = Double(max(step, 0))
    // A rise of one step or less is none.
    if t <= top, top > 0 { return cosineDecay(from: first, to: base, t / top) }
    guard end > top else { return base }
    return cosineDecay(from: base, to: last, (t - top) / (end - top))
  }
}
