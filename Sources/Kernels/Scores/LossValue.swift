import Arrays
import Execution
import Program
import Random

/// A loss over data: the mean over the samples, each with its own random numbers.
public struct LossValue: Sendable, Equatable {
  public let loss: String
  public let form: LossForm
  public let value: Double
  /// The standard deviation of the samples' losses over √n. With stratified times it errs on the safe side.
  public let standardError: Double
  /// The least value a model can have, where the law of the data was given.
  public let floor: Double?
  public let count: Int
}

extension ScoreLoss {
  /// The loss of a model over data, one sample a row.
  ///
  /// Sample i's random numbers are a function of (seed, i): neither the number of samples nor of threads
  /// changes them.
  ///
  /// - Parameters:
  ///   - parameters: the values of those inputs of the loss that are parameters of nets.
  ///   - oracle: the law of the data, for the floor.
  /// - Throws: ``ScoreError`` for data that are empty or not finite (naming the row) and for a model that does
  ///   not fit; ``ProgramError``; ``Cancelled``.
  package func evaluate(
    model: @escaping ScoreModel, parameters: ([ProgramInput]) -> [String: [Double]] = { _ in [:] },
    data: NDArray, seed: UInt64 = 1, oracle: (any ScoreOracle)? = nil, options: RunOptions = RunOptions()
  ) throws -> LossValue {
    let columns = try sampleColumns(data, for: name)
    try admit(columns)
    let loss = fitted(to: DataSummary(columns))
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: columns.count, variation: .lane)
    let program = try builder.finish([("loss", loss.build(builder, model: model, x: x))])
    let count = columns[0].count
    var inputs: LaneEvaluator.Columns = ["x": columns]
    if program.inputs.contains(where: { $0.name == LossPoint.stratifiedTime }) {
      inputs[LossPoint.stratifiedTime] = [stratifiedTimes(seed: seed, count: count)]
    }
    let result = try LaneEvaluator(program).map(
      inputs, shared: parameters(program.inputs), count: count, seed: seed, options: options)
    let values = try NDArray(result["loss"]?[0] ?? [], shape: [count])
    return LossValue(
      loss: name, form: form, value: try values.mean(),
      standardError: count > 1
        ? try values.variance(ddof: 1).squareRoot() / Double(count).squareRoot() : .nan,
      floor: try oracle.map { oracle -> Double? in
        guard oracle.dimension == columns.count else {
          throw ScoreError(
            "\(name): the oracle is a law of \(oracle.dimension) components, the data have \(columns.count)")
        }
        return try loss.floor(for: oracle)
      } ?? nil,
      count: count)
  }
}

/// The columns of data with one sample a row (or of one component), all finite.
package func sampleColumns(_ data: NDArray, for name: String) throws -> [[Double]] {
  guard data.rank == 1 || data.rank == 2 else {
    throw ScoreError(
      "\(name): the data must be an array with one sample a row, got \(data.rank) axes (\(data.shape))")
  }
  let count = data.shape[0]
  let width = data.rank == 2 ? data.shape[1] : 1
  guard count > 0, width > 0 else { throw ScoreError("\(name): there are no data (shape \(data.shape))") }
  var columns = Array(repeating: [Double](repeating: 0, count: count), count: width)
  try data.withUnsafeBufferPointer { values in
    for row in 0..<count {
      for column in 0..<width {
        let value = values[row * width + column]
        guard value.isFinite else {
          throw ScoreError(
            "\(name): the data have \(value.isNaN ? "nan" : "\(value)") in row \(row + 1), column \(column + 1): "
              + "remove such rows or fill them first")
        }
        columns[column][row] = value
      }
    }
  }
  return columns
}

/// Numbers in (0, 1), spread evenly over every run of consecutive samples: u₀ + i(√5 − 1)/2 mod 1.
///
/// Sample i's is a function of (seed, i), unlike that of a grid of n, and sorted data do not matter.
/// Source: the golden-ratio sequence, the additive recurrence of least discrepancy.
package func stratifiedTimes(seed: UInt64, first: Int = 0, count: Int) -> [Double] {
  var random = SequentialRandom(seed: seed, stream: .auxiliary)
  let start = random.uniform()
  return (first..<first + count).map { index in
    let u = (start + Double(index) * 0.6180339887498949).truncatingRemainder(dividingBy: 1)
    return min(max(u, 0x1p-53), 1 - 0x1p-53)
  }
}

extension DataSummary {
  /// - Parameter columns: one a component, of equal length.
  package init(_ columns: [[Double]]) {
    let variances = columns.map { column -> Double in
      let mean = column.reduce(0, +) / Double(column.count)
      return column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(column.count)
    }
    self.init(
      dimension: columns.count,
      standardDeviation: (variances.reduce(0, +) / Double(columns.count)).squareRoot())
  }
}
