import Kernels
import Nets
import Testing

@Suite struct GradientNetTests {
  @Test func energyNetIsMinusTheGradient() throws {
    let energy = try MultilayerPerceptron(inputs: 3, hidden: [8, 8], outputs: 1) {
      $0.time = .fourier
      $0.timeFeatures = 4
      $0.activation = .softplus
      $0.isResidual = true
      $0.hasLayerNorm = true
    }
    let architecture = try EnergyNet(energy)
    let net = try Net(architecture, seed: 11, precision: .double)
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 3, variation: .lane)
    let t = builder.input("t", variation: .lane)
    let program = try builder.finish([
      ("score", net.apply(builder, x: x, time: t, prefix: "")),
      ("energy", architecture.energy(LayerScope(builder, prefix: ""), x: x, time: t)),
    ])
    func value(_ x: [Double]) throws -> (score: [Double], energy: Double) {
      var values = net.store.inputs(prefix: "")
      values["x"] = x
      values["t"] = [0.4]
      let result = try program.evaluate(values)
      return (try #require(result["score"]), try #require(result["energy"]?.first))
    }
    let point = [0.3, -1.1, 0.6]
    let score = try value(point).score
    #expect(score.contains { abs($0) > 1e-2 })
    for row in 0..<3 {
      // The five-point formula: its error is of order h⁴ and 10⁻¹⁶/h.
      let h = 1e-3
      func shifted(_ steps: Double) throws -> Double {
        var moved = point
        moved[row] += steps * h
        return try value(moved).energy
      }
      let slope = try (8 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12 * h)
      #expect(abs(score[row] + slope) < 1e-10)
    }
  }

  @Test func energyOfConstantsIsDifferentiatedToo() throws {
    let net = try Net(EnergyNet(MultilayerPerceptron(inputs: 2, hidden: [4], outputs: 1)), seed: 2)
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 2, variation: .lane)
    let program = try builder.finish([
      ("at", net.apply(builder, x: x, prefix: "")),
      ("fixed", net.apply(builder, x: builder.constant([0.5, -0.25]), prefix: "")),
    ])
    var values = net.store.inputs(prefix: "")
    values["x"] = [0.5, -0.25]
    let result = try program.evaluate(values)
    #expect(result["at"] == result["fixed"])
    #expect(result["at"]?.contains { $0 != 0 } == true)
  }

  @Test func energyNetsNeedASmoothScalar() throws {
    #expect(throws: NetError("an energy is one number: expected a net with 1 output, got 2")) {
      try EnergyNet(MultilayerPerceptron(inputs: 2, hidden: [4], outputs: 2))
    }
    #expect(throws: NetError.self) {
      try EnergyNet(MultilayerPerceptron(inputs: 2, hidden: [4], outputs: 1) { $0.activation = .relu })
    }
  }

  @Test(arguments: [1, 16, 1024])
  func monotoneNetGrowsBetweenItsEnds(width: Int) throws {
    let net = try Net(
      MonotoneNet(width: width, smallest: -6, largest: 7), seed: UInt64(width), precision: .double)
    // Any parameters give a schedule, also ones far from the initial.
    for scale in [1.0, 3.0] {
      let names = ["inner.weight", "inner.bias", "outer.weight", "slope"]
      for name in names { try net.store.set(name, try #require(net.store[name]).map { scale * $0 }) }
      let program = try net.program()
      let values = try (0...200).map { step -> Double in
        var inputs = net.store.inputs(prefix: net.prefix)
        inputs["x"] = [Double(step) / 200]
        return try #require(program.evaluate(inputs)["y"]?.first)
      }
      #expect(abs(values[0] + 6) < 1e-12)
      #expect(abs(values[200] - 7) < 1e-12)
      for (a, b) in zip(values, values.dropFirst()) { #expect(a < b) }
    }
  }

  @Test func monotoneNetByHand() throws {
    let net = try Net(MonotoneNet(width: 2, smallest: 0, largest: 1), precision: .double)
    try net.store.set("slope", [0.3])
    try net.store.set("inner.weight", [2, -1])
    try net.store.set("inner.bias", [-1, 0.5])
    try net.store.set("outer.weight", [1, 3])
    func softplus(_ x: Double) -> Double { Double.evaluate(.log1p, Double.evaluate(.exp, x)) }
    func sigmoid(_ x: Double) -> Double { 1 / (1 + Double.evaluate(.exp, -x)) }
    func f(_ t: Double) -> Double {
      let a = softplus(0.3)
      return a * t + softplus(1) * sigmoid(softplus(2) * a * t - 1)
        + softplus(3) * sigmoid(softplus(-1) * a * t + 0.5)
    }
    var inputs = net.store.inputs(prefix: net.prefix)
    inputs["x"] = [0.4]
    let value = try #require(net.program().evaluate(inputs)["y"]?.first)
    #expect(abs(value - (f(0.4) - f(0)) / (f(1) - f(0))) < 1e-14)
  }
}
