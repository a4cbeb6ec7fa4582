import Kernels
import Testing

@Suite struct ParameterGradientTests {
  /// The gradients of the mean loss over the lanes, by the parts of the gradient.
  private func gradient(
    _ parts: ParameterGradient, lanes: [[String: [Double]]], shared: [String: [Double]]
  ) throws -> [String: [Double]] {
    var means: [String: [Double]] = [:]
    for lane in lanes {
      let values = try parts.lanes.evaluate(lane.merging(shared) { $1 })
      for name in parts.boundaries {
        let share = values[name]!.map { $0 / Double(lanes.count) }
        means[name] = means[name].map { zip($0, share).map(+) } ?? share
      }
    }
    guard let uniform = parts.uniform else { return means }
    return try uniform.evaluate(means.merging(shared) { $1 })
  }

  private func mean(_ program: Program, lanes: [[String: [Double]]], shared: [String: [Double]]) throws
    -> Double
  {
    try lanes.map { try program.evaluate($0.merging(shared) { $1 })["loss"]![0] }.reduce(0, +)
      / Double(lanes.count)
  }

  /// Every component of every parameter by differences of the mean loss.
  private func check(
    _ program: Program, parameters: [String], lanes: [[String: [Double]]], shared: [String: [Double]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let parts = try program.parameterGradient(of: "loss", parameters: parameters)
    let got = try gradient(parts, lanes: lanes, shared: shared)
    for name in parameters {
      #expect(got["grad." + name]?.count == shared[name]!.count, sourceLocation: sourceLocation)
      for row in shared[name]!.indices {
        let wanted = differentiate { step in
          var moved = shared
          moved[name]![row] += step
          return try? mean(program, lanes: lanes, shared: moved)
        }!
        let value = got["grad." + name]![row]
        #expect(
          (value - wanted.value).magnitude <= 1e-8 * max(1, wanted.value.magnitude),
          "\(name)[\(row)]: \(value), \(wanted)", sourceLocation: sourceLocation)
      }
    }
  }

  private func lanes(_ count: Int, _ inputs: [String: Int], seed: Int = 1) -> [[String: [Double]]] {
    var random = SplitMix(seed)
    return (0..<count).map { _ in
      Dictionary(
        uniqueKeysWithValues: inputs.keys.sorted().map { name in
          (name, (0..<inputs[name]!).map { _ in random.uniform(-1.5, 1.5) })
        })
    }
  }

  private func values(_ inputs: [String: Int], seed: Int = 2) -> [String: [Double]] {
    lanes(1, inputs, seed: seed)[0]
  }

  /// A net of layers W·x + b with a squared error; `wrap` makes of each parameter what is used.
  private func net(
    sizes: [Int], activation: UnaryFunction, wrap: (Expression) -> Expression = { $0 }
  ) throws -> (program: Program, parameters: [String: Int]) {
    let b = ProgramBuilder()
    var parameters: [String: Int] = [:]
    func parameter(_ name: String, _ rows: Int) -> NodeID {
      parameters[name] = rows
      return wrap(b.inputExpression(name, rows: rows, variation: .run)).id
    }
    var h = b.input("x", rows: sizes[0], variation: .lane)
    for layer in 1..<sizes.count {
      let (m, n) = (sizes[layer], sizes[layer - 1])
      let product = b.matrixVector(parameter("W\(layer)", m * n), h, rows: m, columns: n)
      h = b.binary(.add, product, parameter("b\(layer)", m))
      if layer < sizes.count - 1 { h = b.unary(activation, h) }
    }
    let error = b.binary(.subtract, h, b.input("target", rows: sizes.last!, variation: .lane))
    return (try b.finish([("loss", b.dot(error, error)), ("prediction", h)]), parameters)
  }

  @Test(arguments: [UnaryFunction.silu, .tanh, .softplus, .relu])
  func nets(activation: UnaryFunction) throws {
    let (program, parameters) = try net(sizes: [2, 5, 4, 2], activation: activation)
    let parts = try program.parameterGradient(of: "loss", parameters: parameters.keys.sorted())
    #expect(parts.uniform == nil && parts.unused.isEmpty)
    #expect(parts.boundaries == parameters.keys.sorted().map { "grad." + $0 })
    try check(
      program, parameters: parameters.keys.sorted(), lanes: lanes(5, ["x": 2, "target": 2]),
      shared: values(parameters))
  }

  /// The gradient of a net is some dozens of vector operations, with one sigmoid a layer.
  @Test func aWideNetStaysSmall() throws {
    let (program, parameters) = try net(sizes: [2, 128, 128, 2], activation: .silu)
    let parts = try program.parameterGradient(of: "loss", parameters: parameters.keys.sorted())
    let simple = parts.lanes.simplified()
    let nodes = simple.liveNodes().map { simple[$0] }
    #expect(nodes.count <= 45, "\(nodes.count)")
    #expect(nodes.filter { $0.kind == .unary(.sigmoid) }.count == 2)
    #expect(nodes.filter { $0.kind == .unary(.silu) }.isEmpty)
    for layer in 1...3 {
      let output = parts.lanes[parts.lanes.output("grad.W\(layer)")!]
      #expect(output.kind == .outer)
    }
    // The bias' gradient is the output's own cotangent.
    #expect(parts.lanes[parts.lanes.output("grad.b2")!].rows == 128)
    // At a random point the mean square over 3 lanes goes down along −gradient as it says.
    let (lanes, shared) = (
      lanes(3, ["x": 2, "target": 2]), values(parameters).mapValues { $0.map { $0 / 8 } }
    )
    let got = try gradient(parts, lanes: lanes, shared: shared)
    let square = got.values.flatMap { $0 }.map { $0 * $0 }.reduce(0, +)
    let along = differentiate(step: 1e-3 / square.squareRoot()) { step in
      var moved = shared
      for name in parameters.keys {
        moved[name] = zip(shared[name]!, got["grad." + name]!).map { $0 + step * $1 }
      }
      return try? mean(program, lanes: lanes, shared: moved)
    }!
    #expect((along.value / square - 1).magnitude < 1e-7, "\(along), \(square)")
  }

  /// What is made of parameters once is differentiated once: a lane sees the matrix that it multiplies with.
  @Test func transformedParametersAreDifferentiatedOnce() throws {
    let (program, parameters) = try net(sizes: [2, 6, 1], activation: .tanh) { $0.apply(.exp) * 0.3 }
    let names = parameters.keys.sorted()
    let parts = try program.parameterGradient(of: "loss", parameters: names)
    #expect(parts.boundaries == (0..<4).map { "sum.\($0)" })
    let uniform = try #require(parts.uniform)
    #expect(uniform.inputs.allSatisfy { $0.variation == .run })
    #expect(Set(uniform.inputs.map(\.name)) == Set(parts.boundaries + names))
    for name in parts.boundaries {
      // The matrices' parts are outer products, the biases' cotangents.
      let node = parts.lanes[parts.lanes.output(name)!]
      #expect(node.rows <= 6 || node.kind == .outer)
    }
    try check(program, parameters: names, lanes: lanes(4, ["x": 2, "target": 1]), shared: values(parameters))
  }

  /// Scales, one vector of all parameters, a parameter used as it is and otherwise too, a penalty that no lane has a part in.
  @Test func allShapesOfUse() throws {
    let b = ProgramBuilder()
    let all = b.input("all", rows: 9, variation: .run)
    let scale = b.inputExpression("scale", variation: .run)
    let x = b.input("x", rows: 2, variation: .lane)
    let first = b.matrixVector(b.slice(all, 0, 6), x, rows: 3, columns: 2)
    let h = b.unary(.tanh, b.binary(.add, first, b.slice(all, 6, 3)))
    // The same matrix again, transposed.
    let back = b.matrixVector(b.slice(all, 0, 6), h, rows: 3, columns: 2, transposed: true)
    let error =
      b.expression(b.binary(.subtract, back, x)) * scale.apply(.exp) + scale + b.expression(b.pick(all, 2))
    let penalty = b.expression(b.dot(all, all)) * 0.01
    let loss = b.expression(b.dot(error.id, error.id)) - scale * 2 + penalty
    let program = try b.finish([("loss", loss.id)])
    try check(
      program, parameters: ["all", "scale"], lanes: lanes(4, ["x": 2]),
      shared: values(["all": 9, "scale": 1]))
    let parts = try program.parameterGradient(of: "loss", parameters: ["all", "scale"])
    // Both uses of the matrix are outer products that are added.
    let wide = parts.boundaries.map { parts.lanes[parts.lanes.output($0)!] }.filter { $0.rows == 6 }
    #expect(wide.count == 1)
    #expect(wide[0].kind == .binary(.add))
    #expect(wide[0].operands.allSatisfy { parts.lanes[$0].kind == .outer })
  }

  @Test func aLossThatIsTheSameForAllLanes() throws {
    let b = ProgramBuilder()
    let w = b.inputExpression("w", rows: 3, variation: .run)
    let program = try b.finish([("loss", b.dot(w.id, w.apply(.sin).id))])
    try check(program, parameters: ["w"], lanes: [[:], [:]], shared: values(["w": 3]))
  }

  @Test func parametersThatAreNotUsedHaveZeros() throws {
    let b = ProgramBuilder()
    let (w, v) = (
      b.inputExpression("w", rows: 2, variation: .run), b.inputExpression("v", rows: 3, variation: .run)
    )
    let x = b.inputExpression("x", variation: .lane)
    let loss = b.expression(b.sum((w * x).id)) + b.expression(b.stop(b.sum(v.id)))
    for loss in [loss, loss + b.expression(b.sum(w.apply(.exp).id)) * x] {
      let parts = try b.finish([("loss", loss.id)]).parameterGradient(of: "loss", parameters: ["w", "v"])
      #expect(parts.unused == ["v"])
      let got = try gradient(parts, lanes: [["x": [2]]], shared: ["w": [0, 0], "v": [1, 1, 1]])
      #expect(got["grad.v"] == [0, 0, 0])
      #expect(got["grad.w"] == (parts.uniform == nil ? [2, 2] : [4, 4]))
    }
    let none = try b.finish([("loss", x.id)]).parameterGradient(of: "loss", parameters: ["w"])
    #expect(none.unused == ["w"] && none.uniform == nil && none.boundaries == ["grad.w"])
  }

  @Test func wrongNamesAreRefused() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", rows: 2, variation: .lane)
    let w = b.inputExpression("w", rows: 2, variation: .run)
    let program = try b.finish([("loss", b.dot(x.id, w.id)), ("two", (x * w).id), ("grad.w", w.id)])
    #expect(throws: ProgramError("'lss' is not an output of this Program")) {
      try program.parameterGradient(of: "lss", parameters: ["w"])
    }
    #expect(throws: ProgramError("the loss 'two' must be one value, but has 2 components")) {
      try program.parameterGradient(of: "two", parameters: ["w"])
    }
    #expect(throws: ProgramError("'u' is not an input of this Program")) {
      try program.parameterGradient(of: "loss", parameters: ["u"])
    }
    #expect(
      throws: ProgramError("the parameter 'x' must be the same in a whole run, but is one value a lane")
    ) {
      try program.parameterGradient(of: "loss", parameters: ["x"])
    }
    #expect(throws: ProgramError("two outputs have the name 'grad.w': give each a name of its own")) {
      try program.parameterGradient(of: "loss", parameters: ["w"])
    }
    #expect(throws: ProgramError("'y' is not an output of this Program")) {
      try program.vjp(inputs: ["x"], outputs: ["y"])
    }
  }
}
