/// All losses, in the order they are listed to users. A new loss is a file and an entry here.
package let losses: [LossKind] = [
  LossKind(
    name: "esm", title: "Explicit score matching", formula: "E‖s(x) − s*(x)‖²", source: "Hyvärinen 2005",
    options: [.init("score", .score, "the known score s*")]
  ) {
    guard let score = $0.score else {
      throw ScoreError("esm compares with a known score: give it as score=")
    }
    return ExplicitScoreMatching(form: $0.form, score: score)
  },
  LossKind(
    name: "ism", title: "Implicit score matching", formula: "E[‖s‖² + 2 tr ∂s/∂x]", source: "Hyvärinen 2005",
    options: []
  ) { ImplicitScoreMatching(form: $0.form) },
  LossKind(
    name: "ssm", title: "Sliced score matching", formula: "E[2 v'(∂s/∂x)v + (v's)²]",
    source: "Song et al. 2019",
    options: slices + [
      .init("variance_reduced", .flag, default: "false", "the form with ‖s‖² for (v's)²: ssm_vr")
    ]
  ) { try sliced($0, isVarianceReduced: $0.flags["variance_reduced"] ?? false) },
  LossKind(
    name: "ssm_vr", title: "Sliced score matching, variance reduced",
    formula: "E[2 v'(∂s/∂x)v + ‖s‖²]", source: "Song et al. 2019", options: slices
  ) { try sliced($0, isVarianceReduced: true) },
  LossKind(
    name: "fd_ssm", title: "Sliced score matching by finite differences",
    formula: "E[¼‖s(x + h) + s(x − h)‖² + (d/ε²)(s(x + h) − s(x − h))·h], h = εv/√d",
    source: "Pang et al. 2020",
    options: [
      .init("epsilon", .number, default: "0.05 × the data's standard deviation", "the length ε of the step")
    ] + slices
  ) {
    try FiniteDifferenceSSM(
      form: $0.form, projection: $0.projection(), projections: $0.count("projections", default: 1),
      epsilon: $0.number("epsilon"))
  },
  LossKind(
    name: "dsm", title: "Denoising score matching", formula: "E w‖s(z) + e/σ‖², z = αx + σe",
    source: "Vincent 2011; Song & Ermon 2019; Song et al. 2021",
    options: [
      .init("sigma", .number, "one noise level σ (with α = 1)"),
      .init(
        "sigmas", .numbers, "or a ladder of noise levels, one drawn for each sample and given to the model"),
      .init("process", .process, "or a process: a time is drawn for each sample and given to the model"),
    ] + [
      .init(
        "weighting", .word(Weighting.allCases.map(\.rawValue)),
        default: "\"uniform\" for sigma, \"sigma2\" otherwise", weightingText)
    ] + times,
    make: denoising),
  processLoss("ddpm", "Noise prediction", "E w‖e − ê(z, t)‖²", .noise, .sigma2, "Ho et al. 2020"),
  processLoss("x0", "Data prediction", "E w‖x − x̂(z, t)‖²", .data, .x0, "Ho et al. 2020; Karras et al. 2022"),
  processLoss(
    "v", "Velocity prediction", "E w‖αe − σx − v̂(z, t)‖²", .velocity, .v, "Salimans & Ho 2022"),
  LossKind(
    name: "edm", title: "EDM's preconditioned denoiser",
    formula: "E λ‖D(z, σ) − x‖² = E‖F − F*‖², ln σ ~ N(p_mean, p_std²)", source: "Karras et al. 2022",
    options: [
      .init(
        "sigma_data", .number, default: "the data's standard deviation",
        "σ_d of the preconditioning; sampling needs the same"),
      .init("p_mean", .number, default: "-1.2", "the mean of ln σ"),
      .init("p_std", .number, default: "1.2", "the standard deviation of ln σ"),
    ]
  ) {
    try EDMLoss(
      form: $0.form, dataDeviation: $0.number("sigma_data"), meanLog: $0.number("p_mean") ?? -1.2,
      deviationLog: $0.number("p_std") ?? 1.2)
  },
  LossKind(
    name: "bounded", title: "Implicit score matching on a box",
    formula: "E Σ hᵢsᵢ² + 2 ∂ᵢ(hᵢsᵢ), or E[‖s‖² + 2 div s] − 2∮ p s·n",
    source: "Hyvärinen 2007; Yu, Drton & Shojaie 2022",
    options: [
      .init("lower", .numbers, default: "0", "the lower bounds, one number or one a component"),
      .init("upper", .numbers, default: "1", "the upper bounds"),
      .init(
        "boundary", .word(BoundedScoreMatching.Boundary.allCases.map(\.rawValue)), default: "\"weighted\"",
        "what is done about the surface: weights h that vanish there; the surface term of data uniform along "
          + "each axis; or a torus"),
      .init("cap", .number, "the greatest weight: h = min(distance to the boundary, cap)"),
    ]
  ) {
    try BoundedScoreMatching(
      form: $0.form, boundary: $0.words["boundary"] ?? "weighted", lower: $0.numbers["lower"] ?? [0],
      upper: $0.numbers["upper"] ?? [1], cap: $0.number("cap"))
  },
]

private let slices: [LossKind.Option] = [
  .init("projections", .count, default: "1", "random directions a sample"),
  .init(
    "distribution", .word(Projection.allCases.map(\.rawValue)), default: "\"rademacher\"",
    "the law of the directions; the sphere has the radius √d"),
]

private func sliced(_ settings: LossSettings, isVarianceReduced: Bool) throws -> SlicedScoreMatching {
  SlicedScoreMatching(
    form: settings.form, projection: try settings.projection(),
    projections: try settings.count("projections", default: 1), isVarianceReduced: isVarianceReduced)
}

private let weightingText =
  "what the squared error is weighted to: sigma2 ‖e − ê‖², uniform ‖s − ŝ‖², likelihood g²‖s − ŝ‖², x0 "
  + "‖x − x̂‖², v ‖v − v̂‖²"

private let times: [LossKind.Option] = [
  .init(
    "importance", .flag, default: "true for the weighting \"likelihood\"",
    "draw t uniform in γ = ln(σ²/α²) and divide the weight by its density"),
  .init("stratified", .flag, default: "true", "spread the times evenly over the samples"),
]

/// A loss that predicts something other than the score, over a process.
private func processLoss(
  _ name: String, _ title: String, _ formula: String, _ prediction: Prediction, _ own: Weighting,
  _ source: String
) -> LossKind {
  LossKind(
    name: name, title: title, formula: formula, source: source,
    options: [
      .init("process", .process, "the forward process"),
      .init(
        "weighting", .word(Weighting.allCases.map(\.rawValue)), default: "\"\(own.rawValue)\"", weightingText),
    ] + times
  ) { try overProcess(name, $0, prediction, own) }
}

private func overProcess(
  _ name: String, _ settings: LossSettings, _ prediction: Prediction, _ own: Weighting
) throws -> ProcessScoreMatching {
  guard let process = settings.process else {
    let ways = name == "dsm" ? "sigma=, sigmas= or process=" : "process="
    throw ScoreError(
      "\(name) needs noise to remove: give \(ways), for example process = wb.diffusion.vp{}")
  }
  let weighting = try settings.words["weighting"].map(Weighting.init(named:)) ?? own
  return ProcessScoreMatching(
    name: name, form: settings.form, prediction: prediction, process: process, weighting: weighting,
    importance: settings.flags["importance"] ?? (weighting == .likelihood),
    stratified: settings.flags["stratified"] ?? true)
}

/// "dsm": by which of the three ways of giving noise was taken.
private func denoising(_ settings: LossSettings) throws -> any ScoreLoss {
  let given =
    ["sigma", "sigmas"].filter { settings.numbers[$0] != nil } + (settings.process == nil ? [] : ["process"])
  guard given.count <= 1 else {
    throw ScoreError("dsm takes one of sigma, sigmas and process, got \(given.joined(separator: " and "))")
  }
  guard let way = given.first, way != "process" else {
    return try overProcess("dsm", settings, .score, .sigma2)
  }
  for flag in settings.flags.keys.sorted() where way == "sigma" || flag == "importance" {
    throw ScoreError("dsm{\(way) = …} has no option \(flag): that is for a process")
  }
  let weighting = try settings.words["weighting"].map(Weighting.init(named:))
  guard weighting == nil || weighting == .sigma2 || weighting == .uniform else {
    throw ScoreError(
      "dsm{\(way) = …} has the weightings \"sigma2\" and \"uniform\"; \"\(weighting!.rawValue)\" needs a process"
    )
  }
  if way == "sigma" {
    return try DenoisingScoreMatching(
      form: settings.form, sigma: settings.number("sigma") ?? .nan, weighted: weighting == .sigma2)
  }
  return try NoiseLadder(
    form: settings.form, sigmas: settings.numbers["sigmas"] ?? [], weighted: weighting != .uniform,
    stratified: settings.flags["stratified"] ?? true)
}
