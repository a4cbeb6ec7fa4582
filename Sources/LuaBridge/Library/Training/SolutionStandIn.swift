import Kernels

/// The solution of an SDE as the loss of wb.train sees it: stand-ins for the states of one path and for the
/// parameters.
///
/// Its values are inputs of the Program when they are first asked for, and numbers in a replay.
final class SolutionStandIn: LuaObject {
  private unowned let tracer: Tracer
  private let problem: SDEProblem
  private let objects: NamedObjects
  private let start: Double
  let end: Double
  private let steps: Int
  /// The inputs that are states before the end, and the steps at whose beginning they are.
  private(set) var observed: [(input: String, step: Int)] = []

  init(_ problem: SDEProblem, _ objects: NamedObjects, _ options: SolveOptions, _ tracer: Tracer) {
    self.tracer = tracer
    self.problem = problem
    self.objects = objects
    (start, end, steps) = (options.start, options.end, options.steps)
  }

  func final() throws -> any LuaConvertible { try state("x") }

  func parameters() throws -> any LuaConvertible {
    let values = try problem.parameters.map { parameter in
      try value(parameter.input, rows: parameter.values.count, variation: .run)
    }
    return TracedParameters(
      names: problem.parameters.map(\.name) + objects.map(\.name), values: values + objects.map(\.value))
  }

  /// The state at a time that is one of the solver's.
  func state(at time: Double) throws -> any LuaConvertible {
    let position = (time - start) / (end - start) * Double(steps)
    let nearest = position.rounded()
    guard time >= start, time <= end || nearest <= Double(steps) else {
      throw tracer.refusal(
        "sol:at(\(describe(time))): the paths run from t = \(describe(start)) to \(describe(end))")
    }
    // A time within rounding of a step is that step.
    guard (position - nearest).magnitude <= 1e-9 * max(1, nearest) else {
      let neighbours = [position.rounded(.down), position.rounded(.up)].map {
        describe(start + $0 / Double(steps) * (end - start))
      }
      throw tracer.refusal(
        "sol:at(\(describe(time))) is not a time of the solver, whose \(steps) steps have the length "
          + "\(describe((end - start) / Double(steps))): the nearest are \(neighbours[0]) and \(neighbours[1])"
      )
    }
    let step = Int(nearest)
    guard step < steps else { return try final() }
    let input = "x@\(step)"
    if !observed.contains(where: { $0.step == step }) { observed.append((input, step)) }
    return try state(input)
  }

  private func state(_ input: String) throws -> any LuaConvertible {
    try value(input, rows: problem.dimension, names: problem.stateNames, variation: .lane)
  }

  private func value(
    _ input: String, rows: Int, names: [String] = [], variation: Variation
  ) throws -> any LuaConvertible {
    guard tracer.ensemble === self, let session = tracer.session else {
      throw LuaError(
        "the solution in a loss stands for paths that are not solved yet: it can be used only in that function"
      )
    }
    if let numbers = session.lookUp(input) {
      return rows == 1 ? numbers[0] : TracedVector(.numbers(numbers, rows: rows), names: names)
    }
    let node = session.input(input, rows: rows, names: names, variation: variation)
    return rows == 1 ? TracedValue(node, session) : TracedVector(.node(node, session), names: names)
  }

  static func type() -> AnyObjectType {
    let type = ObjectType(
      "traced solution", SolutionStandIn.self,
      "The solution that the loss of wb.train is given where parameters is an SDE: what it computes from one path is averaged over "
        + "all.")
    type.described { "<the paths of \($0.problem.name)>" }
    type.property("x", "number or vector", "The state at the end.") { try $0.final() }
    type.property("t", "number", "The time at the end.") { $0.end }
    type.property("p", "parameters", "The parameters by name: sol.p.mu.") { try $0.parameters() }
    type.method(
      "at", "at(t) → state", "The state at a time that is one of the solver's: the start plus whole steps.",
      parameters: [ParameterSpec("t", "number", "the time")], returns: "a number or vector, as x",
      example: """
        local ou = wb.sde{params = {theta = 1}, drift = function(x, t, p) return -p.theta * x end,
                          diffusion = function() return 0.5 end}
        print(wb.train{parameters = ou, solve = {x0 = 1, t = 2, steps = 32, paths = 200}, steps = 20,
                       loss = function(sol) return (sol:at(1) - 0.5) ^ 2 + (sol.x - 0.25) ^ 2 end})
        """
    ) { solution, call in try solution.state(at: try call.get(1, .number)) }
    return type
  }
}

extension TracedVector.Storage {
  fileprivate static func numbers(_ values: [Double], rows: Int) -> TracedVector.Storage {
    .numbers(values.count == rows ? values : [Double](repeating: .nan, count: rows))
  }
}

extension Tracer {
  /// The mean over the paths, in the loss of a solve: a stand-in, which a replay, that has one path, takes as the
  /// number itself.
  func pathMean(_ value: LuaValue) throws -> any LuaConvertible {
    let name = "wb.mean"
    let x = try operand(value, name)
    guard ensemble != nil, let session else {
      throw refusal(
        "\(name) of a traced value is the mean over the paths of a solve: it can be used only in the loss of "
          + "wb.train{parameters = sde, …}")
    }
    if x.isPlain { return self.value(x) }
    let node = node(x, session.builder)
    let isInside = reachable(from: [node], session.builder).contains { id in
      if case .variable = session.builder[id].kind { !session.means.contains(id) } else { false }
    }
    guard !isInside, !session.isConcrete else {
      throw refusal(
        "\(name) of something that wb.grad or another derivative varies: take the mean outside of that function"
      )
    }
    let mean = session.variable(node)
    session.means.insert(mean)
    return self.value(x.isVector ? .vector(mean, names: x.names) : .node(mean))
  }

  /// Traces the loss of a solve.
  func trace(_ loss: LuaFunction, of solution: SolutionStandIn) throws -> TraceResult {
    ensemble = solution
    defer { ensemble = nil }
    return try trace(loss, as: "the loss", arguments: [.value(solution)])
  }
}
