import Program

/// EDM's process: time is the noise level,
///
///     α = 1,   σ = t,   g² = 2t,   γ = 2 ln t.
///
/// Source: Karras et al. 2022, table 1.
let edm = ProcessKind(
  name: "edm", title: "EDM", formula: "α = 1, σ = t", source: "Karras et al. 2022",
  options: [
    .init(name: "sigma_min", value: 0.002, text: "the least noise level"),
    .init(name: "sigma_max", value: 80, text: "the greatest noise level"),
  ]
) {
  let (low, high) = ($0["sigma_min"] ?? .nan, $0["sigma_max"] ?? .nan)
  try ordered(low, high, ("sigma_min", "sigma_max"))
  return EDMProcess(times: low...high)
}

private struct EDMProcess: DiffusionProcess {
  let kind = "edm"
  let times: ClosedRange<Double>

  func alpha(_ t: Expression) -> Expression { t.constant(1) }
  func sigma(_ t: Expression) -> Expression { t }
  func gamma(_ t: Expression) -> Expression { t.logarithm * 2 }
  func squaredDiffusion(_ t: Expression) -> Expression { t * 2 }
  func time(gamma: Expression) -> Expression { (gamma * 0.5).exponential }
}
