import Execution
import Program

/// The reversible Heun method, on pairs (x, x̂) with x̂₀ = x₀:
///
///     x̂' = 2x − x̂ + f(x̂, t) h + G(x̂, t) ΔW,
///     x' = x + ½(f(x̂, t) + f(x̂', t+h)) h + ½(G(x̂, t) + G(x̂', t+h)) ΔW.
///
/// It is undone by the same formulas with −h and −ΔW from the end of the step: (x, x̂) follows from (x', x̂')
/// algebraically. Stratonovich; strong order ½, and 1 for additive noise; two evaluations of f and G a step here,
/// as none is carried over.
/// Source: Kidger, Foster, Li and Lyons, "Efficient and accurate gradients for neural SDEs", NeurIPS 2021,
/// algorithms 1 and 2.
struct ReversibleHeun {
  /// From the pair at t to the pair at t + h: "x" has 2d rows, x and then x̂.
  let step: Program
  /// From the pair at t + h back to the pair at t; the input "t" is still the time at the start of the step.
  let inverse: Program

  /// - Throws: ``SDEError`` for an Ito SDE whose noise is not additive.
  init(_ problem: SDEProblem) throws {
    guard problem.calculus == .stratonovich || problem.noise.noiseClass == .additive else {
      throw SDEError(
        "the method \"reversible_heun\" solves stratonovich SDEs, and '\(problem.name)' is written in ito "
          + "calculus (sde:stratonovich() converts it)")
    }
    step = try Self.program(problem, backward: false)
    inverse = try Self.program(problem, backward: true)
  }

  /// Makes a recurrence of states one of pairs with this step.
  func replaceStep(of recurrence: inout Recurrence) throws {
    recurrence.step = step
    let d = recurrence.dimension
    switch recurrence.initial {
    case .program(let start): recurrence.initial = .program(try start.twice())
    case .table(let table):
      recurrence.initial = .table(
        stride(from: 0, to: table.count, by: d).flatMap { row in
          let x = table[row..<row + d]
          return x + x
        })
    }
    recurrence.dimension = 2 * d
    recurrence.saves = []
  }

  private static func program(_ problem: SDEProblem, backward: Bool) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let d = problem.dimension
    let pair = builder.inputExpression("x", rows: 2 * d, variation: .lane).components
    let (x, shadow) = (Array(pair[..<d]), Array(pair[d...]))
    let time = builder.inputExpression("t", variation: .step)
    let length = builder.inputExpression("h", variation: .run)
    let noise = builder.inputExpression("dW", rows: problem.noiseDimension, variation: .lane).components
    let h = backward ? -length : length
    let dW = backward ? noise.map { -$0 } : noise
    let (from, to) = backward ? (time + length, time) : (time, time + length)

    /// f h + G ΔW at a point.
    func change(_ x: [Expression], _ t: Expression) -> [Expression] {
      let arguments = ["x": Expression.stack(x).id, "t": t.id]
      let f = builder.expression(builder.call(problem.drift, arguments)["f"]!).components
      let g = builder.expression(builder.call(problem.diffusion, arguments)["g"]!).components
      return (0..<d).map { i in
        let terms =
          problem.shape == .diagonal ? [g[i] * dW[i]] : dW.indices.map { g[i * dW.count + $0] * dW[$0] }
        return terms.reduce(f[i] * h, +)
      }
    }
    let first = change(shadow, from)
    let next = (0..<d).map { x[$0] * 2 - shadow[$0] + first[$0] }
    let second = change(next, to)
    let end = (0..<d).map { x[$0] + (first[$0] + second[$0]) * 0.5 }
    return try builder.finish([("x", Expression.stack(end + next).id)])
  }
}

extension Program {
  /// This Program of a state of `rows` components, as one of a pair of which the state is the first half.
  func ofPair(_ rows: Int) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let pair = builder.input("x", rows: 2 * rows, variation: .lane)
    let values = builder.call(self, ["x": builder.slice(pair, 0, rows)])
    return try builder.finish(outputs.map { ($0.name, values[$0.name]!) })
  }

  /// The output "x" twice.
  func twice() throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let x = builder.call(self)["x"]!
    return try builder.finish([("x", builder.stack([x, x]))])
  }
}
