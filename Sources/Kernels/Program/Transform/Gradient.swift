import Lanes

/// The gradient of a mean over lanes in parameters that all lanes share, in two parts: what is computed for
/// every lane, and what is computed once from the means over the lanes.
///
/// The two parts meet at the boundaries: the uniform values that values of lanes are computed from. By the
/// chain rule `∂mean(L)/∂p = Σ_k (∂b_k/∂p)ᵀ · mean(∂L/∂b_k)`; only `∂L/∂b_k` is one value a lane. So for a
/// matrix exp(W) or a normalised one nothing but the sum of outer products is done a lane.
public struct ParameterGradient: Sendable {
  /// All outputs of the Program, and under the names ``boundaries`` each lane's `∂L/∂b_k`, to be averaged
  /// over the lanes; one that does not vary by lane is its own mean. Outer products are outer nodes, joined
  /// by additions.
  public let lanes: Program
  /// `grad.<parameter>` where the lanes use the parameters as they are and ``uniform`` is nil, else
  /// `sum.0`, `sum.1`, ….
  public let boundaries: [String]
  /// From the means, as inputs with the names in ``boundaries``, and the uniform inputs of the Program, the
  /// outputs `grad.<parameter>`; nil where the means are the gradients.
  public let uniform: Program?
  /// The parameters that the loss does not depend on, whose gradients are zeros.
  public let unused: [String]
}

extension Program {
  /// The gradient of the mean of `loss` over the lanes.
  ///
  /// - Parameters:
  ///   - loss: an output of one row.
  ///   - parameters: inputs that are the same in a whole run.
  /// - Throws: ``ProgramError`` where a name is unknown, the loss is no single value, a parameter is not the
  ///   same for all lanes, or an output has one of the new names already.
  public func parameterGradient(of loss: String, parameters: [String]) throws -> ParameterGradient {
    guard let rows = self.rows(of: loss) else {
      throw ProgramError("'\(loss)' is not an output of this Program")
    }
    guard rows == 1 else {
      throw ProgramError("the loss '\(loss)' must be one value, but has \(rows) components")
    }
    return try gradient(of: loss, cotangent: nil, state: nil, parameters: parameters, limit: .lane)
  }

  /// The adjoint of one step of a recurrence: given the cotangent `u` of an output, `uᵀ·∂output/∂state` under the
  /// name `d.<state>`, and the parts of the gradient in the parameters, to be added up over lanes and steps.
  ///
  /// The boundaries are values of a whole run: a sum over steps of what belongs to a value of one step would
  /// mean nothing.
  ///
  /// - Parameters:
  ///   - cotangent: the name of a new input a lane with the rows of the output; nil for a loss, whose
  ///     cotangent is 1. The Program's own outputs are kept for a loss only.
  ///   - state: an input a lane; nil: the output depends on no state. One that is not there has `d.<state>` = 0.
  /// - Throws: as ``parameterGradient(of:parameters:)``.
  package func adjoint(
    of output: String, cotangent: String?, state: (name: String, rows: Int)?, parameters: [String]
  ) throws -> ParameterGradient {
    try gradient(of: output, cotangent: cotangent, state: state, parameters: parameters, limit: .step)
  }

  /// - Parameter limit: values that vary less often than this are what boundaries can be.
  private func gradient(
    of target: String, cotangent: String?, state: (name: String, rows: Int)?, parameters: [String],
    limit: Variation
  ) throws -> ParameterGradient {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let values = builder.call(self)
    guard let root = values[target] else {
      throw ProgramError("'\(target)' is not an output of this Program")
    }
    var nodes: [NodeID] = []
    for name in parameters {
      guard let input = inputs.first(where: { $0.name == name }) else {
        throw ProgramError("'\(name)' is not an input of this Program")
      }
      guard input.variation <= .run else {
        throw ProgramError(
          "the parameter '\(name)' must be the same in a whole run, but is one value a \(input.variation)")
      }
      nodes.append(
        builder.input(name, rows: input.rows, variation: input.variation, rowNames: input.rowNames))
    }

    let active = builder.dependents(of: Set(nodes), in: [root])
    var edge: Set<NodeID> = []
    if active.contains(root), builder[root].variation < limit { edge.insert(root) }
    for id in active where builder[id].variation >= limit {
      for operand in builder[id].operands where active.contains(operand) && builder[operand].variation < limit
      {
        edge.insert(operand)
      }
    }
    // A condition reads its operand too, but sends nothing back.
    let seed =
      cotangent.map { builder.input($0, rows: builder[root].rows, variation: .lane) } ?? builder.constant(1)
    let candidates = edge.sorted()
    let place = state.map { builder.input($0.name, rows: $0.rows, variation: .lane) }
    let sent = ReverseMode.cotangents(
      builder, of: [(root, seed)], to: candidates + (place.map { [$0] } ?? []))
    let contributions = zip(candidates, sent).compactMap { node, value in value.map { (node, $0) } }

    var result = cotangent == nil ? outputs.map { ($0.name, values[$0.name]!) } : []
    if let state { result.append(("d." + state.name, sent[candidates.count] ?? builder.zeros(state.rows))) }
    let isDirect = contributions.allSatisfy { nodes.contains($0.0) }
    if isDirect {
      let byNode = Dictionary(uniqueKeysWithValues: contributions)
      let gradients = zip(parameters, nodes).map { name, node in
        ("grad." + name, byNode[node] ?? builder.zeros(builder[node].rows))
      }
      return ParameterGradient(
        lanes: try builder.finish(result + gradients), boundaries: gradients.map(\.0), uniform: nil,
        unused: zip(parameters, nodes).filter { byNode[$0.1] == nil }.map(\.0))
    }

    let names = contributions.indices.map { "sum.\($0)" }
    let lanes = try builder.finish(result + zip(names, contributions.map(\.1)))
    let below = try builder.finish(Array(zip(names, contributions.map(\.0))))
    let (uniform, unused) = try below.accumulated(names, parameters: parameters, of: self)
    return ParameterGradient(lanes: lanes, boundaries: names, uniform: uniform, unused: unused)
  }

  /// The gradients in the parameters, given the cotangents of this Program's outputs as inputs of the same names.
  private func accumulated(
    _ names: [String], parameters: [String], of whole: Program
  ) throws -> (Program, unused: [String]) {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let values = builder.call(self)
    let seeds = names.map { name in
      let node = values[name]!
      return (node: node, seed: builder.input(name, rows: builder[node].rows, variation: .run))
    }
    let nodes = parameters.map { name in
      let input = whole.inputs.first { $0.name == name }!
      return builder.input(name, rows: input.rows, variation: input.variation, rowNames: input.rowNames)
    }
    let gradients = ReverseMode.cotangents(builder, of: seeds, to: nodes)
    let outputs = parameters.indices.map { index in
      ("grad." + parameters[index], gradients[index] ?? builder.zeros(builder[nodes[index]].rows))
    }
    return (
      try builder.finish(outputs), parameters.indices.filter { gradients[$0] == nil }.map { parameters[$0] }
    )
  }

  /// The vector–Jacobian product as a Program: for outputs f(x, …) it also gives `uᵀ · Df`.
  ///
  /// The new Program has the outputs of this one under their names and, under `prefix + name`, the
  /// cotangents of the inputs in `names`; for every output y in `outputs` it has a new input
  /// `prefix + y` that holds u. Everything is of one lane: the cotangent of an input that lanes share is
  /// this lane's part of it. An input that those outputs do not depend on has the cotangent 0.
  ///
  /// - Throws: ``ProgramError`` if a name is unknown, or if one with the prefix is already taken.
  public func vjp(inputs names: [String], outputs targets: [String], prefix: String = "d.") throws -> Program
  {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let values = builder.call(self)
    var result = outputs.map { ($0.name, values[$0.name]!) }
    var nodes: [NodeID] = []
    for name in names {
      guard let input = inputs.first(where: { $0.name == name }) else {
        throw ProgramError("'\(name)' is not an input of this Program")
      }
      nodes.append(
        builder.input(name, rows: input.rows, variation: input.variation, rowNames: input.rowNames))
    }
    let seeds = try targets.map { name in
      guard let node = values[name] else { throw ProgramError("'\(name)' is not an output of this Program") }
      guard !inputs.contains(where: { $0.name == prefix + name }) else {
        throw ProgramError("the input '\(prefix + name)' exists already: use another prefix than '\(prefix)'")
      }
      let variation = max(builder[node].variation, .run)
      return (node: node, seed: builder.input(prefix + name, rows: builder[node].rows, variation: variation))
    }
    let cotangents = ReverseMode.cotangents(builder, of: seeds, to: nodes)
    for (index, name) in names.enumerated() {
      result.append((prefix + name, cotangents[index] ?? builder.zeros(builder[nodes[index]].rows)))
    }
    return try builder.finish(result)
  }
}

extension ProgramBuilder {
  func zeros(_ rows: Int) -> NodeID { constant([Double](repeating: 0, count: rows)) }
}
