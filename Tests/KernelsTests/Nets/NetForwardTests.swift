import Kernels
import Nets
import Testing

/// Forward passes against loops written out by hand.
@Suite struct NetForwardTests {
  /// `W·x + b` of a store's layer.
  func linear(_ store: ParameterStore, _ name: String, _ x: [Double]) throws -> [Double] {
    let weight = try #require(store[name + "weight"])
    let bias = store[name + "bias"]
    return (0..<weight.count / x.count).map { i in
      var sum = 0.0
      for (k, value) in x.enumerated() { sum += weight[i * x.count + k] * value }
      return sum + (bias?[i] ?? 0)
    }
  }

  func silu(_ x: Double) -> Double { x * (1 / (1 + Double.evaluate(.exp, -x))) }

  func evaluate(_ net: Net, _ x: [Double], _ time: Double? = nil) throws -> [Double] {
    var values = net.store.inputs(prefix: net.prefix)
    values["x"] = x
    if let time { values["t"] = [time] }
    return try #require(try net.program().evaluate(values)["y"])
  }

  func expectClose(
    _ a: [Double], _ b: [Double], _ tolerance: Double = 1e-13,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(a.count == b.count, sourceLocation: sourceLocation)
    for (u, v) in zip(a, b) {
      #expect(abs(u - v) <= tolerance * max(1, abs(v)), "\(u) against \(v)", sourceLocation: sourceLocation)
    }
  }

  @Test func linearMap() throws {
    let net = try Net(LinearMap(inputs: 3, outputs: 2))
    try net.store.set("weight", [1, 2, 3, 4, 5, 6])
    try net.store.set("bias", [0.5, -1])
    #expect(try evaluate(net, [1, 0, -1]) == [-1.5, -3])
    let plain = try Net(LinearMap(inputs: 3, outputs: 2, hasBias: false))
    #expect(plain.store.parameters.map(\.name) == ["weight"])
  }

  @Test func plainPerceptron() throws {
    let net = try Net(MultilayerPerceptron(inputs: 2, hidden: [5, 4], outputs: 3), seed: 7)
    #expect(net.store.parameters.map(\.shape) == [[5, 2], [5], [4, 5], [4], [3, 4], [3]])
    let x = [0.7, -1.2]
    let h0 = try linear(net.store, "layers.0.", x).map(silu)
    let h1 = try linear(net.store, "layers.1.", h0).map(silu)
    expectClose(try evaluate(net, x), try linear(net.store, "layers.2.", h1))
  }

  @Test func timeAsAnInput() throws {
    let net = try Net(
      MultilayerPerceptron(inputs: 2, hidden: [4], outputs: 2) {
        $0.time = .concat
        $0.activation = .tanh
      }, seed: 1)
    let h = try linear(net.store, "layers.0.", [0.3, 0.4, 0.9]).map { Double.evaluate(.tanh, $0) }
    expectClose(try evaluate(net, [0.3, 0.4], 0.9), try linear(net.store, "layers.1.", h))
  }

  @Test(arguments: [TimeConditioning.add, .scaleShift])
  func conditionedResidualNormalised(conditioning: TimeConditioning) throws {
    let net = try Net(
      MultilayerPerceptron(inputs: 2, hidden: [6, 6], outputs: 2) {
        $0.time = .fourier
        $0.timeFeatures = 8
        $0.timeWidth = 3
        $0.timeScale = 2
        $0.isResidual = true
        $0.hasLayerNorm = true
        $0.conditioning = conditioning
        $0.outputScale = .learnedInTime
      }, seed: 3)
    let store = net.store
    try store.set("layers.0.norm.weight", [1, 2, 3, 4, 5, 6])
    try store.set("layers.1.norm.bias", [6, 5, 4, 3, 2, 1])
    try store.set("scale.weight", [0.5, -0.25, 0.125])
    try store.set("scale.bias", [0.3])

    let t = 0.37
    let angles = try #require(store["time.frequencies"]).map { 2 * Double.pi * $0 * t }
    let features = angles.map { Double.evaluate(.sin, $0) } + angles.map { Double.evaluate(.cos, $0) }
    let e = try linear(store, "time.", features).map(silu)
    var h = [0.2, -0.9]
    for layer in 0..<2 {
      var a = try linear(store, "layers.\(layer).", h)
      let mean = a.reduce(0, +) / 6
      let variance = a.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 6
      let weight = try #require(store["layers.\(layer).norm.weight"])
      let bias = try #require(store["layers.\(layer).norm.bias"])
      a = (0..<6).map { (a[$0] - mean) / (variance + 1e-5).squareRoot() * weight[$0] + bias[$0] }
      let shift = try linear(store, "layers.\(layer).time.", e)
      #expect(shift.count == (conditioning == .add ? 6 : 12))
      a = (0..<6).map { (i: Int) -> Double in
        if conditioning == .add { return a[i] + shift[i] }
        return a[i] * (1 + shift[i]) + shift[6 + i]
      }
      let active = a.map(silu)
      h = layer == 0 ? active : (0..<6).map { h[$0] + active[$0] }
    }
    let scale = Double.evaluate(.exp, try linear(store, "scale.", e)[0])
    let expected = try linear(store, "layers.2.", h).map { $0 * scale }
    expectClose(try evaluate(net, [0.2, -0.9], t), expected)
  }

  @Test func sinusoidalFeatures() throws {
    let builder = ProgramBuilder()
    let features = TimeFeatures(encoding: .sinusoidal, count: 6, scale: 1000)
    let t = builder.input("t", variation: .lane)
    let program = try builder.finish([("y", features.apply(LayerScope(builder, prefix: ""), t))])
    // Frequencies 1, 1/100, 1/10000 of 1000·t = 500.
    let angles = [500, 5, 0.05]
    expectClose(
      try #require(program.evaluate(["t": [0.5]])["y"]),
      angles.map { Double.evaluate(.sin, $0) } + angles.map { Double.evaluate(.cos, $0) }, 1e-12)
  }

  @Test func logSpacedFrequencies() throws {
    let builder = ProgramBuilder()
    let features = TimeFeatures(encoding: .logFourier, count: 6, scale: 2)
    let t = builder.input("t", variation: .lane)
    let program = try builder.finish([("y", features.apply(LayerScope(builder, prefix: ""), t))])
    let angles = [0.125, 2, 32].map { 2 * Double.pi * $0 * 0.3 }
    expectClose(
      try #require(program.evaluate(["t": [0.3]])["y"]),
      angles.map { Double.evaluate(.sin, $0) } + angles.map { Double.evaluate(.cos, $0) }, 1e-12)
  }

  @Test func outputScales() throws {
    func net(_ scale: OutputScale) throws -> Net {
      try Net(
        MultilayerPerceptron(inputs: 1, hidden: [3], outputs: 2) {
          $0.time = .concat
          $0.outputScale = scale
        }, seed: 5)
    }
    let plain = try evaluate(net(.none), [0.4], 0.25)
    expectClose(try evaluate(net(.inverseTime), [0.4], 0.25), plain.map { $0 / 0.25 })
    let sigma = 0.01 * Double.evaluate(.power, 5000, 0.25)
    expectClose(
      try evaluate(net(.geometric(smallest: 0.01, largest: 50)), [0.4], 0.25), plain.map { $0 / sigma })
    let learned = try net(.learned)
    expectClose(try evaluate(learned, [0.4], 0.25), plain)
    try learned.store.set("scale", [0.5, -0.5])
    expectClose(
      try evaluate(learned, [0.4], 0.25),
      [plain[0] * Double.evaluate(.exp, 0.5), plain[1] * Double.evaluate(.exp, -0.5)])
  }

  @Test(arguments: Activation.allCases)
  func activations(activation: Activation) throws {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 5, variation: .lane)
    let program = try builder.finish([("y", activation.apply(builder, x))])
    let points = [-30, -0.8, 0, 0.5, 40]
    let expected = points.map { (x: Double) -> Double in
      switch activation {
      case .silu: silu(x)
      case .relu: max(x, 0)
      case .tanh: 1 - 2 / (Double.evaluate(.exp, 2 * x) + 1)
      case .sigmoid: 1 / (1 + Double.evaluate(.exp, -x))
      case .softplus: x > 30 ? x : Double.evaluate(.log1p, Double.evaluate(.exp, x))
      case .gelu: x * 0.5 * (1 + Double.evaluate(.erf, x / 2.0.squareRoot()))
      case .elu: x > 0 ? x : Double.evaluate(.exp, x) - 1
      case .leakyRelu: x > 0 ? x : 0.01 * x
      case .sin: Double.evaluate(.sin, x)
      case .cos: Double.evaluate(.cos, x)
      case .atan: Double.evaluate(.atan, x)
      case .erf: Double.evaluate(.erf, x)
      case .exp: Double.evaluate(.exp, x)
      case .identity: x
      }
    }
    expectClose(try #require(program.evaluate(["x": points])["y"]), expected, 1e-14)
  }

  /// The executor multiplies by blocks, in another order than one lane does.
  @Test(arguments: [(Precision.double, 1e-13), (.single, 2e-5)])
  func blocksOfLanes(precision: Precision, tolerance: Double) throws {
    let nets = [
      try Net(
        MultilayerPerceptron(inputs: 3, hidden: [40, 40], outputs: 2) {
          $0.time = .fourier
          $0.isResidual = true
          $0.hasLayerNorm = true
          $0.conditioning = .scaleShift
        }, seed: 6),
      try Net(
        EnergyNet(MultilayerPerceptron(inputs: 3, hidden: [40, 7], outputs: 1) { $0.time = .concat }), seed: 7
      ),
    ]
    for net in nets {
      let count = 77
      let points = (0..<count).map { i in (0..<3).map { Double.evaluate(.sin, Double(i * 3 + $0)) } }
      let times = (0..<count).map { Double($0) / Double(count) }
      let columns = ["x": (0..<3).map { j in points.map { $0[j] } }, "t": [times]]
      let result = try LaneEvaluator(net.program(), precision: precision)
        .map(columns, shared: net.store.inputs(), count: count)
      let y = try #require(result["y"])
      for lane in 0..<count {
        expectClose(y.map { $0[lane] }, try evaluate(net, points[lane], times[lane]), tolerance)
      }
    }
  }

  @Test func wrongShapesAreRefused() throws {
    func message(_ net: Net, rows: Int, timeRows: Int?) -> String? {
      let builder = ProgramBuilder()
      let x = builder.input("x", rows: rows, variation: .lane)
      let time = timeRows.map { builder.input("t", rows: $0, variation: .lane) }
      _ = net.apply(builder, x: x, time: time)
      return builder.failure?.description
    }
    let plain = try Net(MultilayerPerceptron(inputs: 2, hidden: [3], outputs: 2))
    #expect(message(plain, rows: 3, timeRows: nil) == "the net takes 2 components, got 3")
    #expect(message(plain, rows: 2, timeRows: 1) == "the net takes no time: call it as net(x)")
    #expect(message(plain, rows: 2, timeRows: nil) == nil)
    let timed = try Net(MultilayerPerceptron(inputs: 1, hidden: [3], outputs: 2) { $0.time = .concat })
    #expect(message(timed, rows: 1, timeRows: nil) == "the net takes a time: call it as net(x, t)")
    #expect(message(timed, rows: 1, timeRows: 2) == "the net's time is one number, got 2")
    #expect(message(timed, rows: 2, timeRows: 1) == "the net takes 1 component, got 2")
  }
}
