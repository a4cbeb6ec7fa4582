import Testing
import Training

/// Runs an optimizer over given gradients.
private func run<Scalar: TrainingScalar>(
  _ optimizer: any Optimizer, _ start: [Scalar], _ gradients: [[Scalar]], groups: ParameterGroups? = nil
) throws -> [Scalar] {
  var p = start
  let state = OptimizerState<Scalar>(optimizer, try groups ?? ParameterGroups(count: start.count))
  for g in gradients { state.step(&p, gradient: g, rate: optimizer.rate) }
  return p
}

/// Gradients of all sizes, the same in each run.
private func someGradients<Scalar: TrainingScalar>(_: Scalar.Type, steps: Int, count: Int) -> [[Scalar]] {
  var word: UInt64 = 1
  return (0..<steps).map { _ in
    (0..<count).map { _ in
      word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Scalar(Double(Int64(bitPattern: word) >> 11) * 0x1p-52)
    }
  }
}

@Suite struct OptimizerTests {
  static let start = [1.0, -2.0, 0.5]
  static let gradients = [[0.5, -1, 2], [0.25, 0, -3], [-0.125, 4, 1], [1.5, -0.5, 0], [0.0625, 2, -1]]

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var options: [String: Double]
    var expected: [Double]
    var testDescription: String { "\(name) \(options)" }
  }

  /// After five steps: PyTorch 2.15 in double precision with the same settings; Lion by its formula in Python.
  static let references = [
    Case(name: "sgd", options: ["lr": 0.1], expected: [0.7812499999999999, -2.45, 0.6]),
    Case(
      name: "sgd", options: ["lr": 0.1, "weight_decay": 0.3],
      expected: [0.6516638102, -2.1567987704, 0.53202035085]),
    Case(
      name: "sgd", options: ["lr": 0.1, "momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1],
      expected: [0.4391954460718749, -2.2732321575734376, 0.2856406331365234]),
    Case(
      name: "sgd", options: ["lr": 0.1, "momentum": 0.9, "nesterov": 1, "weight_decay": 0.1],
      expected: [0.15227117112050603, -2.822726999636012, 0.5734356870202705]),
    Case(
      name: "adam", options: ["lr": 0.1],
      expected: [0.6177869174782116, -1.9645740326216066, 0.44227601219276474]),
    Case(
      name: "adam", options: ["lr": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 0.01, "weight_decay": 0.3],
      expected: [0.7820800977434823, -1.9428959577867597, 0.4630677267962573]),
    Case(
      name: "adamw", options: ["lr": 0.1],
      expected: [0.6136591088005595, -1.9550622314597972, 0.4401023198660674]),
    Case(
      name: "adamw", options: ["lr": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 0.01, "weight_decay": 0.3],
      expected: [0.7480496816325546, -1.8492408553454946, 0.44263620577961754]),
    Case(
      name: "lion", options: ["lr": 0.1, "weight_decay": 0.2],
      expected: [0.6156047807999999, -1.7195255775999998, 0.5558027823999999]),
  ]

  @Test(arguments: references) func asPyTorch(_ reference: Case) throws {
    let optimizer = try OptimizerSpecification.named(reference.name).make(reference.options)
    let double = try run(optimizer, Self.start, Self.gradients)
    let single = try run(optimizer, Self.start.map(Float.init), Self.gradients.map { $0.map(Float.init) })
    for i in 0..<3 {
      #expect(abs(double[i] - reference.expected[i]) < 1e-14)
      #expect(abs(Double(single[i]) - reference.expected[i]) < 1e-6)
    }
    // Any other setting is off by far more than the tolerance.
    for (name, value) in reference.options where name != "nesterov" {
      var other = reference.options
      other[name] = value * 0.99
      let changed = try run(
        try OptimizerSpecification.named(reference.name).make(other), Self.start, Self.gradients)
      #expect(zip(changed, reference.expected).contains { abs($0 - $1) > 1e-6 }, "\(name)")
    }
  }

  @Test func defaults() throws {
    let expected: [String: [String: Double?]] = [
      "sgd": ["lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": 0],
      "adam": ["lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0],
      "adamw": ["lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01],
      "lion": ["lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0],
      "adafactor": [
        "lr": 1e-2, "decay_power": 0.8, "eps1": 1e-30, "eps2": 1e-3, "clip": 1, "relative_step": 1,
        "scale_parameter": 1, "weight_decay": 0,
      ],
    ]
    #expect(optimizers.map(\.name) == ["sgd", "adam", "adamw", "lion", "adafactor"])
    for optimizer in optimizers {
      let found = Dictionary(uniqueKeysWithValues: optimizer.options.map { ($0.name, $0.standard) })
      #expect(found == expected[optimizer.name])
      #expect(try optimizer.make().rate == expected[optimizer.name]?["lr"])
      #expect(try optimizer.make().name == optimizer.name)
      #expect(optimizer.options.allSatisfy { !$0.doc.isEmpty } && !optimizer.doc.isEmpty)
    }
  }

  /// Under a constant gradient g Adam's corrected means are g and g²: every step is η g / (|g| + ε).
  @Test func adamUnderAConstantGradient() throws {
    let g = [3.0, -0.01, 1e-9], steps = 1000
    let p = try run(
      try adam.make(["lr": 0.01]), [0, 0, 0], [[Double]](repeating: g, count: steps))
    for i in 0..<3 {
      let expected = -0.01 * g[i] / (abs(g[i]) + 1e-8) * Double(steps)
      #expect(abs(p[i] - expected) < 1e-11 * abs(expected))
    }
  }

  /// On a x²/2 plain descent multiplies by 1 − η a; AdamW with gradient 0 by 1 − η λ.
  @Test func geometricDecay() throws {
    var p = [2.0]
    let state = OptimizerState<Double>(try sgd.make(["lr": 0.1]), try ParameterGroups(count: 1))
    for _ in 0..<50 { state.step(&p, gradient: [3 * p[0]], rate: 0.1) }
    #expect(abs(p[0] / (2 * (0..<50).reduce(1.0) { x, _ in x * 0.7 }) - 1) < 1e-13)
    for name in ["adamw", "lion"] {
      let optimizer = try OptimizerSpecification.named(name).make(["lr": 0.1, "weight_decay": 0.5])
      let q = try run(optimizer, [1.0], [[Double]](repeating: [0], count: 20))
      #expect(abs(q[0] / (0..<20).reduce(1.0) { x, _ in x * 0.95 } - 1) < 1e-14, "\(name)")
    }
  }

  @Test func decayingAndFrozenParameters() throws {
    let groups = try ParameterGroups(count: 10, decaying: [0..<3, 6..<8], frozen: [2..<4])
    #expect(groups.runs.map(\.range) == [0..<2, 4..<6, 6..<8, 8..<10])
    #expect(groups.runs.map(\.decays) == [true, false, true, false])
    for name in ["sgd", "adam", "adamw", "lion"] {
      let optimizer = try OptimizerSpecification.named(name).make(["lr": 0.1, "weight_decay": 0.5])
      let without = try OptimizerSpecification.named(name).make(["lr": 0.1, "weight_decay": 0])
      let start = (0..<10).map { Double($0) + 1 }
      let g = someGradients(Double.self, steps: 3, count: 10)
      let some = try run(optimizer, start, g, groups: groups)
      let all = try run(optimizer, start, g), none = try run(without, start, g)
      for i in 0..<10 {
        #expect(
          some[i] == ([2, 3].contains(i) ? start[i] : [0, 1, 6, 7].contains(i) ? all[i] : none[i]), "\(name)")
      }
      #expect(zip(all, none).allSatisfy { $0 != $1 } || name == "lion" || name == "adam")
    }
    for bad in [-1..<2, 5..<11] {
      #expect(throws: TrainingError.self) { try ParameterGroups(count: 10, decaying: [bad]) }
      #expect(throws: TrainingError.self) { try ParameterGroups(count: 10, frozen: [bad]) }
    }
    #expect(try ParameterGroups(count: 0).runs.isEmpty)
    #expect(try ParameterGroups(count: 4, frozen: [0..<4]).runs.isEmpty)
  }

  /// In ranges, as threads do it, the bits are those of one pass; lengths that fill no vector included.
  private func split<Scalar: TrainingScalar>(_: Scalar.Type) throws {
    let count = 1037
    let gradients = someGradients(Scalar.self, steps: 5, count: count)
    for specification in optimizers {
      let optimizer = try specification.make(specification.name == "sgd" ? ["momentum": 0.9] : [:])
      let groups = try ParameterGroups(count: count, decaying: [100..<513], frozen: [700..<703])
      let start = someGradients(Scalar.self, steps: 6, count: count)[5]
      let whole = try run(optimizer, start, gradients, groups: groups)
      var parts = start
      let state = OptimizerState<Scalar>(optimizer, groups)
      for g in gradients {
        state.advance()
        for range in [517..<1037, 0..<1, 1..<18, 18..<517] {
          state.update(&parts, gradient: g, rate: optimizer.rate, in: range)
        }
      }
      #expect(parts == whole, "\(specification.name)")
      #expect(whole != start)
    }
  }

  @Test func rangesDoNotMatter() throws {
    try split(Float.self)
    try split(Double.self)
  }

  /// A run that is saved and goes on in a new state has the bits of one that was not interrupted.
  private func resume<Scalar: TrainingScalar>(_: Scalar.Type) throws {
    let gradients = someGradients(Scalar.self, steps: 12, count: 77)
    for specification in optimizers {
      for options in specification.name == "sgd" ? [[:], ["momentum": 0.9, "nesterov": 1]] : [[:]] {
        let optimizer = try specification.make(options)
        let groups = try ParameterGroups(count: 77)
        let start = [Scalar](repeating: 0.5, count: 77)
        let whole = try run(optimizer, start, gradients)
        var p = start
        let first = OptimizerState<Scalar>(optimizer, groups)
        for g in gradients[..<5] { first.step(&p, gradient: g, rate: optimizer.rate) }
        let saved = first.snapshot
        #expect(saved.step == 5 && Set(saved.vectors.keys) == Set(optimizer.stateNames))
        let second = OptimizerState<Scalar>(optimizer, groups)
        try second.restore(saved)
        #expect(second.snapshot == saved)
        for g in gradients[5...] { second.step(&p, gradient: g, rate: optimizer.rate) }
        #expect(p == whole, "\(specification.name)")
        // Without its memory the run ends elsewhere, if there is a memory.
        guard !optimizer.stateNames.isEmpty else { continue }
        var q = try run(optimizer, start, Array(gradients[..<5]))
        let forgetful = OptimizerState<Scalar>(optimizer, groups)
        for g in gradients[5...] { forgetful.step(&q, gradient: g, rate: optimizer.rate) }
        #expect(q != whole, "\(specification.name)")
      }
    }
  }

  @Test func resuming() throws {
    try resume(Float.self)
    try resume(Double.self)
  }

  @Test func foreignStates() throws {
    let state = OptimizerState<Float>(try adam.make(), try ParameterGroups(count: 3))
    typealias Saved = OptimizerState<Float>.Snapshot
    let good: [String: [Float]] = ["mean": [1, 2, 3], "square": [1, 2, 3]]
    for (saved, reason) in [
      (
        Saved(optimizer: "lion", step: 1, vectors: ["momentum": [1, 2, 3]]),
        "is of the optimizer lion, and this is adam"
      ),
      (Saved(optimizer: "adam", step: 1, vectors: ["mean": [1, 2, 3]]), "lacks \"square\""),
      (
        Saved(optimizer: "adam", step: 1, vectors: ["mean": [1, 2, 3], "square": [1]]),
        "\"square\" has 1 numbers, and there are 3"
      ),
      (Saved(optimizer: "adam", step: -1, vectors: good), "-1 steps"),
    ] {
      let error = #expect(throws: TrainingError.self) { try state.restore(saved) }
      #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
    #expect(state.snapshot.vectors["mean"] == [0, 0, 0] && state.step == 0)
    try state.restore(Saved(optimizer: "adam", step: 9, vectors: good))
    #expect(state.step == 9 && state.snapshot.vectors == good)
  }

  @Test(
    arguments: [
      (
        "sdg", [:],
        "there is no optimizer \"sdg\"; there are \"sgd\", \"adam\", \"adamw\", \"lion\", \"adafactor\""
      ),
      (
        "adam", ["learning_rate": 1],
        "adam has no option \"learning_rate\"; there are lr, beta1, beta2, eps, weight_decay"
      ),
      ("adam", ["lr": -1], "adam: lr must be a number of at least 0, got -1.0"),
      ("adam", ["lr": .nan], "lr must be"), ("adam", ["lr": .infinity], "lr must be"),
      ("adamw", ["beta1": 1], "adamw: beta1 must be a number from 0 to below 1, got 1.0"),
      ("sgd", ["nesterov": 0.5], "sgd: nesterov must be true or false"),
      ("sgd", ["dampening": 2], "from 0 to 1"),
    ] as [(String, [String: Double], String)])
  func refusals(_ name: String, _ options: [String: Double], _ reason: String) {
    let error = #expect(throws: TrainingError.self) {
      try OptimizerSpecification.named(name).make(options)
    }
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
