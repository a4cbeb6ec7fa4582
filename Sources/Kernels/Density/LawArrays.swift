import Arrays
import Execution
import Lanes
import Program

// Laws on arrays: one row a point.

extension Law {
  /// n independent samples, one a row.
  ///
  /// - Throws: ``LawError`` if n is not positive; ``Cancelled``; ``ArrayError`` if they do not fit in memory.
  public func sample(_ n: Int, seed: UInt64, options: RunOptions = RunOptions()) throws -> NDArray {
    guard n >= 1 else { throw LawError("n must be at least 1, got \(n)") }
    let d = dimension
    return try NDArray(shape: [n, d]) { out in
      for first in stride(from: 0, to: n, by: LawDraws.blockLength) {
        if options.cancellation.isRequested { throw Cancelled() }
        let count = min(n - first, LawDraws.blockLength)
        let lanes = (count + laneGroup - 1) / laneGroup * laneGroup
        let rows = sample(LawDraws(seed: seed, first: first, lanes: lanes))
        for column in 0..<d {
          let row = rows[column]
          for lane in 0..<count { out[(first + lane) * d + column] = row[lane] }
        }
      }
    }
  }
}

extension DensityLaw {
  /// log p at the input "x", as the output "log_density".
  public func logDensityProgram() throws -> Program {
    try program("log_density") { logDensity($0) }
  }

  /// s at the input "x", as the output "score".
  public func scoreProgram() throws -> Program {
    try program("score") { score($0) }
  }

  private func program(_ output: String, _ formula: (Expression) -> Expression) throws -> Program {
    let builder = ProgramBuilder()
    builder.nodeLimit = 4_000_000
    let x = builder.inputExpression("x", rows: dimension, variation: .lane)
    return try builder.finish([(output, formula(x).id)])
  }

  /// log p of each row.
  ///
  /// - Parameter x: n × d; for d = 1 also n values.
  /// - Throws: ``LawError`` if the shape does not fit; ``Cancelled``.
  public func logDensity(
    _ x: NDArray, contract: Bool = true, options: RunOptions = RunOptions()
  ) throws -> NDArray {
    NDArray(try map(logDensityProgram(), x, contract, options)[0])
  }

  /// s of each row, in the shape of x.
  ///
  /// - Throws: as ``logDensity(_:contract:options:)``.
  public func score(
    _ x: NDArray, contract: Bool = true, options: RunOptions = RunOptions()
  ) throws -> NDArray {
    let rows = try map(scoreProgram(), x, contract, options)
    let d = dimension
    return try NDArray(shape: x.shape) { out in
      for (column, values) in rows.enumerated() {
        for (row, value) in values.enumerated() { out[row * d + column] = value }
      }
    }
  }

  private func map(
    _ program: Program, _ x: NDArray, _ contract: Bool, _ options: RunOptions
  ) throws -> [[Double]] {
    let d = dimension
    guard x.rank == 2 && x.shape[1] == d || x.rank == 1 && d == 1 else {
      throw LawError(
        "expected an array with \(d) column\(d == 1 ? "" : "s"), one row a point, got shape \(shapeText(x.shape))"
      )
    }
    let n = x.shape[0]
    let columns = (0..<d).map { column in (0..<n).map { x.values[$0 * d + column] } }
    return try LaneEvaluator(program, contract: contract).map(["x": columns], count: n, options: options)[
      program.outputs[0].name] ?? []
  }
}

extension DensityLaw {
  /// The means over samples of −log p and ‖s‖², where no formula or quadrature is at hand.
  func monteCarlo(_ options: RunOptions, samples: Int) throws -> (
    entropy: Estimate, squaredScore: Estimate
  ) {
    let x = try sample(samples, seed: 1, options: options)
    func estimate(_ values: [Double]) throws -> Estimate {
      let array = NDArray(values)
      return Estimate(
        try array.mean(), standardError: try array.standardDeviation() / Double(samples).squareRoot(),
        method: .monteCarlo)
    }
    let information = try logDensity(x, options: options).values.map { -$0 }
    let s = try score(x, options: options).values
    let d = dimension
    let squares = (0..<samples).map { row in
      (0..<d).reduce(0.0) { $0 + s[row * d + $1] * s[row * d + $1] }
    }
    return (try estimate(information), try estimate(squares))
  }
}
