import Kernels
import Nets
import Testing

/// Architectures as metadata.
@Suite struct CheckpointTests {
  static func nets() throws -> [Net] {
    [
      try Net(LinearMap(inputs: 3, outputs: 2, hasBias: false), seed: 1),
      try Net(MultilayerPerceptron(inputs: 2, hidden: [], outputs: 2), seed: 2, precision: .double),
      try Net(
        MultilayerPerceptron(inputs: 2, hidden: [5, 5, 4], outputs: 3) {
          $0.activation = .leakyRelu
          $0.isResidual = true
          $0.hasLayerNorm = true
          $0.time = .fourier
          $0.timeFeatures = 6
          $0.timeScale = 0.1
          $0.timeWidth = 3
          $0.conditioning = .scaleShift
          $0.outputScale = .geometric(smallest: 0.01, largest: 50)
          $0.initialization = .orthogonal
          $0.outputInitialization = .xavierNormal
        }, seed: 3),
      try Net(
        EnergyNet(MultilayerPerceptron(inputs: 2, hidden: [5], outputs: 1) { $0.time = .sinusoidal }), seed: 4
      ),
      try Net(MonotoneNet(width: 4, smallest: -1, largest: 0.1, learnsEnds: true), seed: 5),
    ]
  }

  @Test(arguments: 0..<5)
  func metadataRebuildTheNet(index: Int) throws {
    let net = try CheckpointTests.nets()[index]
    var metadata = net.metadata
    metadata["note"] = "other keys are left alone"
    let rebuilt = try Net(metadata: metadata, tensors: net.store.tensors)
    #expect(rebuilt.metadata == net.metadata)
    #expect(rebuilt.architecture.summary == net.architecture.summary)
    #expect(rebuilt.store.precision == net.store.precision)
    #expect(rebuilt.store.tensors.map(\.name) == net.store.tensors.map(\.name))
    #expect(rebuilt.store.values == net.store.values)
    #expect(rebuilt.store.parameters.map(\.isFrozen) == net.store.parameters.map(\.isFrozen))
    let x = (0..<net.architecture.inputs).map { 0.3 + Double($0) }
    func value(_ net: Net) throws -> [Double]? {
      var values = net.store.inputs(prefix: net.prefix)
      values["x"] = x
      values["t"] = [0.7]
      return try net.program().evaluate(values)["y"]
    }
    #expect(try value(rebuilt) == value(net))
  }

  @Test func tamperedMetadataAreRefused() throws {
    let net = try CheckpointTests.nets()[2]
    for (key, value) in [
      ("net.kind", "transformer"), ("net.inputs", "two"), ("net.inputs", "0"), ("net.hidden", "5,,4"),
      ("net.hidden", "5,99999999999999999999"), ("net.hidden", "65536,65536"),
      ("net.activation", "silly"),
      ("net.time_features", "3"), ("net.time_scale", "nan"), ("net.residual", "1"), ("net.output_scale", "x"),
      ("net.largest_sigma", "0.001"), ("net.precision", "half"),
    ] {
      var metadata = net.metadata
      metadata[key] = value
      #expect(throws: NetError.self, "\(key) = \(value)") {
        try Net(metadata: metadata, tensors: net.store.tensors)
      }
      metadata[key] = nil
      #expect(throws: NetError.self, "\(key) missing") {
        try Net(metadata: metadata, tensors: net.store.tensors)
      }
    }
    #expect(
      throws: NetError("the metadata's 'net.inputs' is 'two': expected a whole number")
    ) {
      var metadata = net.metadata
      metadata["net.inputs"] = "two"
      _ = try Net(metadata: metadata, tensors: net.store.tensors)
    }
  }

  @Test func impossibleNetsAreRefused() {
    #expect(throws: NetError("a layer may have 1 to 65536 components, got 0")) {
      try MultilayerPerceptron(inputs: 2, hidden: [4, 0], outputs: 1)
    }
    #expect(throws: NetError("an output scaled by a function of the time needs a net that takes a time")) {
      try MultilayerPerceptron(inputs: 2, hidden: [4], outputs: 1) { $0.outputScale = .inverseTime }
    }
    #expect(throws: NetError("the values at 0 and 1 must be finite and grow, got 2.0 and 1.0")) {
      try MonotoneNet(smallest: 2, largest: 1)
    }
  }
}
