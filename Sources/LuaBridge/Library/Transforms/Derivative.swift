import Kernels

/// A derivative that a script asks for.
struct Derivative {
  enum Kind {
    case jvp, vjp, gradient, jacobian, hessianVector
    /// Exactly where there are no probes, else as a mean over them.
    case divergence(probes: Int, ProbeLaw)
  }

  let kind: Kind
  /// What messages call it: "wb.grad".
  let name: String

  /// What its second operand is called, and whether it has the components of x or of f(x).
  var direction: (name: String, isOfValue: Bool)? {
    switch kind {
    case .jvp, .hessianVector: ("v", false)
    case .vjp: ("u", true)
    case .gradient, .jacobian, .divergence: nil
    }
  }

  /// One value that it gives.
  enum Part {
    case value(NodeID, isVector: Bool, names: [String])
    /// The rows of a matrix.
    case matrix([NodeID])
  }

  /// - Parameters:
  ///   - y: what the function gives, and whether as a vector.
  ///   - x: the independent variable.
  ///   - draw: a random number of the trace.
  /// - Throws: a ``TraceRefusal`` where the numbers of components do not fit.
  func parts(
    _ builder: ProgramBuilder, of y: NodeID, isVector: Bool, at x: NodeID, xIsVector: Bool, names: [String],
    along direction: NodeID?, draw: (Distribution) throws -> NodeID
  ) throws -> [Part] {
    let (m, n) = (builder[y].rows, builder[x].rows)
    if let direction, let expected = self.direction {
      let (given, needed) = (builder[direction].rows, expected.isOfValue ? m : n)
      guard given == needed else {
        throw TraceRefusal(
          "\(name): \(expected.name) has \(counted(given, "component")), but \(expected.isOfValue ? "f(x)" : "x") has \(needed)"
        )
      }
    }
    let value = Part.value(y, isVector: isVector, names: [])
    func likeX(_ node: NodeID) -> Part { .value(node, isVector: xIsVector, names: names) }
    switch (kind, direction) {
    case (.jvp, let v?):
      return [value, .value(builder.derivative(of: y, at: x, along: v), isVector: isVector, names: [])]
    case (.vjp, let u?): return [value, likeX(builder.gradient(of: y, at: x, weightedBy: u))]
    case (.gradient, _):
      try needSingle(m)
      return [likeX(builder.gradient(of: y, at: x))]
    case (.jacobian, _): return [.matrix(builder.jacobian(of: y, at: x))]
    case (.hessianVector, let v?):
      try needSingle(m)
      return [likeX(builder.hessianVector(of: y, at: x, along: v))]
    case (.divergence(let probes, let law), _):
      guard m == n else {
        throw TraceRefusal(
          "\(name): a divergence needs as many values as variables: f(x) has \(counted(m, "component")), but x has \(n)"
        )
      }
      guard probes > 0 else {
        return [.value(builder.divergence(of: y, at: x), isVector: false, names: [])]
      }
      let estimates = try (0..<probes).map { _ in
        let probe = builder.probe(law, from: try (0..<n).map { _ in try draw(law.draws) })
        return builder.expression(builder.divergenceEstimate(of: y, at: x, probe: probe))
      }
      let sum = estimates.dropFirst().reduce(estimates[0], +)
      return [.value((sum / Double(probes)).id, isVector: false, names: [])]
    case (.jvp, nil), (.vjp, nil), (.hessianVector, nil): throw TraceRefusal("\(name): there is no direction")
    }
  }

  private func needSingle(_ rows: Int) throws {
    guard rows == 1 else {
      throw TraceRefusal(
        "\(name): the function must return one number, got \(rows) components: use wb.jacobian, or wb.vjp with weights"
      )
    }
  }
}
