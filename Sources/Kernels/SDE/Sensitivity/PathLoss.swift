import Program

/// A loss of an ensemble of paths,
///
///     L = E[ℓ(X; m)],   mₖ = E[fₖ(X; m₁ … mₖ₋₁)],
///
/// where X are the states at some steps and at the end: a mean over the paths of a function of one path, or a function of
/// such means, or both, as in the variance E[(X − E X)²].
public struct PathLoss: Sendable {
  /// Inputs "x": the states at ``observedSteps`` one after the other, and then the state at the end; "t", the time
  /// at the end; parameters; each mean under its name. Outputs "loss", one number a path, and each mean's fₖ
  /// under the mean's name.
  public let program: Program
  /// Steps at whose beginning the loss looks at a path, increasing: 0 is the start.
  public let observedSteps: [Int]
  /// In an order in which each uses only those before it.
  public let means: [String]

  /// The mean of a function of the end of a path: a Program of "x", "t" and parameters with the output "loss".
  public init(_ program: Program) {
    self.program = program
    observedSteps = []
    means = []
  }

  /// From a function that was recorded with a stand-in for each mean: a variable node of which the operand is fₖ.
  ///
  /// - Parameters:
  ///   - loss: its value.
  ///   - means: the stand-ins; those that the loss does not need are left out.
  ///   - states: the inputs that are states at the beginnings of steps. The state at the end is the input "x".
  /// - Throws: ``ProgramError`` if the loss is not one number.
  package init(
    _ source: ProgramBuilder, loss: NodeID, means marks: [NodeID], states: [(input: String, step: Int)],
    dimension: Int
  ) throws {
    guard source[loss].rows == 1 else {
      throw ProgramError("a loss must be one number, but has \(source[loss].rows) components")
    }
    let alone = try source.finish([("loss", loss)])
    let live = Set(alone.liveNodes())
    let marks = Set(marks).intersection(live).sorted()
    let named = marks.enumerated().map { (mark: $1, name: "mean.\($0 + 1)") }
    let whole = try source.finish(
      [("loss", loss)] + named.map { ($0.name, source[$0.mark].operands[0]) })
    let steps = Set(states.filter { state in alone.reads(state.input, live) }.map(\.step)).sorted()

    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let x = builder.input("x", rows: dimension * (steps.count + 1), variation: .lane)
    var arguments = ["x": builder.slice(x, dimension * steps.count, dimension)]
    for (input, step) in states {
      guard let place = steps.firstIndex(of: step) else { continue }
      arguments[input] = builder.slice(x, dimension * place, dimension)
    }
    var replaced: [NodeID: NodeID] = [:]
    for (mark, name) in named {
      replaced[mark] = builder.input(name, rows: source[mark].rows, variation: .run)
    }
    let values = builder.call(whole, arguments, replacing: replaced)
    program = try builder.finish(whole.outputs.map { ($0.name, values[$0.name]!) })
    observedSteps = steps
    self.means = named.map(\.name)
  }

  private init(_ program: Program, observedSteps: [Int], means: [String]) {
    self.program = program
    self.observedSteps = observedSteps
    self.means = means
  }

  /// How many numbers a mean is.
  func rows(of mean: String) -> Int { program.rows(of: mean) ?? 1 }

  /// The name of the input that is ∂L/∂mₖ in ``linearized()``.
  static func weight(of mean: String) -> String { "weight." + mean }

  /// ℓ + Σₖ wₖ·(fₖ − mₖ) as a Program with the output "loss".
  ///
  /// With wₖ = ∂L/∂mₖ, its mean at the means is L, the gradient of its mean, m and w held fixed, is the gradient of
  /// L, and its standard error that of L to first order in the errors of the means.
  func linearized() throws -> Program {
    guard !means.isEmpty else { return program }
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let values = builder.call(program)
    var loss = builder.expression(values["loss"]!)
    for mean in means {
      let f = values[mean]!
      let rows = builder[f].rows
      let m = builder.input(mean, rows: rows, variation: .run)
      let weight = builder.input(Self.weight(of: mean), rows: rows, variation: .run)
      loss = loss + builder.expression(builder.dot(weight, builder.binary(.subtract, f, m)))
    }
    return try builder.finish([("loss", loss.id)])
  }

  /// The same loss of a state of `rows` components of which the first `dimension` are these.
  func ofFirst(_ dimension: Int, of rows: Int) throws -> PathLoss {
    guard rows != dimension else { return self }
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let count = observedSteps.count + 1
    let states = builder.input("x", rows: rows * count, variation: .lane)
    let x = builder.stack((0..<count).map { builder.slice(states, $0 * rows, dimension) })
    let values = builder.call(program, ["x": x])
    return PathLoss(
      try builder.finish(program.outputs.map { ($0.name, values[$0.name]!) }), observedSteps: observedSteps,
      means: means)
  }
}

extension Program {
  fileprivate func reads(_ input: String, _ live: Set<NodeID>) -> Bool {
    live.contains { id in
      if case .input(let index) = self[id].kind { inputs[index].name == input } else { false }
    }
  }
}
