import Arrays
import Execution

extension Solution {
  /// The mean at each time (rows) of each component (columns), over the paths that are finite then.
  public func mean() throws -> NDArray { try table(\.mean) }
  /// The sample standard deviation, with divisor n − 1.
  public func standardDeviation() throws -> NDArray { try table(\.standardDeviation) }
  public func variance() throws -> NDArray { try table(\.variance) }
  public func minimum() throws -> NDArray { try table(\.minimum) }
  public func maximum() throws -> NDArray { try table(\.maximum) }
  /// The standard error of the mean.
  public func standardError() throws -> NDArray { try table(\.standardError) }

  /// NaN where no path is finite.
  private func table(_ field: KeyPath<Moments, Double>) throws -> NDArray {
    try NDArray(
      summary.moments.flatMap { $0.map { $0.count > 0 ? $0[keyPath: field] : .nan } },
      shape: [times.count, problem.dimension],
      columnNames: problem.stateNames)
  }

  /// The q-quantile at each time (rows) of each component (columns).
  ///
  /// Exact (linear interpolation between order statistics) where the states were stored, else from a
  /// sketch with a relative error of at most `QuantileSketch.relativeError`. Values that are not finite
  /// are left out.
  ///
  /// - Throws: ``SDEError`` unless 0 ≤ q ≤ 1.
  public func quantile(_ q: Double) throws -> NDArray {
    guard q >= 0, q <= 1 else { throw SDEError("a quantile lies between 0 and 1, got \(q)") }
    let dimension = problem.dimension
    var values = [Double](repeating: .nan, count: times.count * dimension)
    for time in times.indices {
      for component in 0..<dimension {
        let value: Double?
        if states == nil {
          value = summary.sketches[time][component].quantile(q)
        } else {
          value = try finiteValues(time, component).map { try NDArray($0).quantile(q) }
        }
        values[time * dimension + component] = value ?? .nan
      }
    }
    return try NDArray(values, shape: [times.count, dimension], columnNames: problem.stateNames)
  }

  /// Several quantiles: one table as ``quantile(_:)`` for each q, from one pass over each column.
  public func quantiles(_ q: [Double]) throws -> [NDArray] {
    guard states != nil else { return try q.map(quantile) }
    if let bad = q.first(where: { !($0 >= 0 && $0 <= 1) }) {
      throw SDEError("a quantile lies between 0 and 1, got \(bad)")
    }
    let dimension = problem.dimension
    var tables = [[Double]](
      repeating: [Double](repeating: .nan, count: times.count * dimension), count: q.count)
    for time in times.indices {
      for component in 0..<dimension {
        guard let column = try finiteValues(time, component) else { continue }
        let found = try NDArray(column).quantiles(q).values
        for index in q.indices { tables[index][time * dimension + component] = found[index] }
      }
    }
    return try tables.map {
      try NDArray($0, shape: [times.count, dimension], columnNames: problem.stateNames)
    }
  }

  /// The finite values of a component at a time; nil if there is none.
  public func finiteValues(_ time: Int, _ component: Int) throws -> [Double]? {
    let all = try storedStates().values
    let stride = times.count * problem.dimension
    let first = time * problem.dimension + component
    var column: [Double] = []
    column.reserveCapacity(options.paths)
    for path in 0..<options.paths {
      let value = all[path * stride + first]
      if value.isFinite { column.append(value) }
    }
    return column.isEmpty ? nil : column
  }
}
