import Arrays
import SDE

/// When the rows of a series were observed.
public enum ObservationTimes: Sendable {
  /// At `from`, `from + dt`, …, in every series.
  case step(Double, from: Double = 0)
  /// At these times: one list for all series, or one for each.
  case at([[Double]])
}

/// Observed paths of an SDE as pairs of neighbouring observations, one lane a pair.
public struct Observations: Sendable {
  /// For each component, its value at the start and at the end of every pair.
  let x: [[Double]]
  let next: [[Double]]
  /// The time at the start of every pair, and to its end.
  let t: [Double]
  let dt: [Double]
  /// dt, where it is the same for all pairs.
  let commonStep: Double?
  /// The number of pairs in each series.
  let pairsBySeries: [Int]

  /// The number of pairs.
  public var count: Int { dt.count }
  public var seriesCount: Int { pairsBySeries.count }

  /// One array of data: T rows × d columns; T values for d = 1; or many series of equal length, as
  /// T × d × series or, what a solution's paths are, series × T × d (where both fit, the first is meant).
  ///
  /// - Throws: as ``init(series:stateNames:times:)``.
  public init(_ data: NDArray, stateNames: [String], times: ObservationTimes) throws {
    try self.init(
      series: try Observations.split(data, dimension: stateNames.count), stateNames: stateNames, times: times)
  }

  /// Several series, each T rows × d columns (or T values for d = 1), of any lengths.
  ///
  /// - Throws: ``SDEError`` for fewer than two rows, another number of columns, values that are not finite
  ///   (with the row), times that do not increase or do not match the rows, or a dt that is not positive.
  public init(series: [NDArray], stateNames: [String], times: ObservationTimes) throws {
    guard !series.isEmpty else { throw SDEError("there is no data to fit to: the list of series is empty") }
    let d = stateNames.count
    var x = [[Double]](repeating: [], count: d)
    var next = x
    var t: [Double] = []
    var dt: [Double] = []
    var pairs: [Int] = []
    for (index, data) in series.enumerated() {
      let place = series.count > 1 ? " of series \(index + 1)" : ""
      let rows = try Observations.checkShape(data, stateNames, place)
      let values = data.values
      if let bad = values.firstIndex(where: { !$0.isFinite }) {
        throw SDEError(
          "row \(bad / d + 1)\(place) has \(values[bad]) for '\(stateNames[bad % d])': a fit needs numbers; "
            + "leave out such rows and give times=, or split the data there into several series")
      }
      let (starts, steps) = try Observations.intervals(
        times, series: index, of: series.count, rows: rows, place)
      for component in 0..<d {
        for row in 0..<rows - 1 {
          x[component].append(values[row * d + component])
          next[component].append(values[(row + 1) * d + component])
        }
      }
      t += starts
      dt += steps
      pairs.append(rows - 1)
    }
    (self.x, self.next, self.t, self.dt, pairsBySeries) = (x, next, t, dt, pairs)
    commonStep = dt.allSatisfy { $0 == dt[0] } ? dt[0] : nil
  }

  /// Where a pair is, for messages: "rows 17 and 18 of series 2".
  func describe(pair: Int) -> String {
    var row = pair
    for (series, pairs) in pairsBySeries.enumerated() {
      if row < pairs {
        return "rows \(row + 1) and \(row + 2)" + (seriesCount > 1 ? " of series \(series + 1)" : "")
      }
      row -= pairs
    }
    return "pair \(pair + 1)"
  }

  private static func split(_ data: NDArray, dimension d: Int) throws -> [NDArray] {
    guard data.rank == 3 else { return [data] }
    let shape = data.shape
    let values = data.values
    if shape[1] == d {
      return try (0..<shape[2]).map { s in
        try NDArray((0..<shape[0] * d).map { values[$0 * shape[2] + s] }, shape: [shape[0], d])
      }
    }
    guard shape[2] == d else {
      throw SDEError(
        "data of shape \(shapeText(shape)) do not fit a state of \(d) component\(d == 1 ? "" : "s"): "
          + "times × components × series or series × times × components are expected")
    }
    let length = shape[1] * d
    return try (0..<shape[0]).map {
      try NDArray(Array(values[$0 * length..<($0 + 1) * length]), shape: [shape[1], d])
    }
  }

  private static func checkShape(_ data: NDArray, _ names: [String], _ place: String) throws -> Int {
    let d = names.count
    let list = names.joined(separator: ", ")
    guard data.rank == 2 || (data.rank == 1 && d == 1) else {
      throw SDEError(
        "the data\(place) have shape \(shapeText(data.shape)): a row a time and \(d) "
          + "column\(d == 1 ? "" : "s") (\(list)) are expected")
    }
    if data.rank == 2, data.shape[1] != d {
      throw SDEError(
        "the data\(place) have \(data.shape[1]) columns, but the state has \(d) component"
          + "\(d == 1 ? "" : "s") (\(list)); several series are given as a list of arrays or along a third axis"
      )
    }
    guard data.shape[0] >= 2 else {
      throw SDEError("a fit needs at least 2 observations, but the data\(place) have \(data.shape[0])")
    }
    return data.shape[0]
  }

  private static func intervals(
    _ times: ObservationTimes, series: Int, of count: Int, rows: Int, _ place: String
  ) throws -> (starts: [Double], steps: [Double]) {
    switch times {
    case .step(let dt, let start):
      guard dt > 0, dt.isFinite, start.isFinite else {
        throw SDEError("dt, the time between observations, must be a positive number, got \(dt)")
      }
      return (
        (0..<rows - 1).map { start + Double($0) * dt }, [Double](repeating: dt, count: rows - 1)
      )
    case .at(let lists):
      guard lists.count == 1 || lists.count == count else {
        throw SDEError(
          "there are \(lists.count) lists of times for \(count) series: give one for all or one for each")
      }
      let list = lists.count == 1 ? lists[0] : lists[series]
      guard list.count == rows else {
        throw SDEError("there are \(list.count) times for the \(rows) rows\(place)")
      }
      for row in 1..<rows where !(list[row] > list[row - 1]) || !list[row].isFinite {
        throw SDEError(
          "times must increase: row \(row + 1)\(place) has \(list[row]) after \(list[row - 1])")
      }
      return (Array(list.dropLast()), zip(list.dropFirst(), list).map { $0 - $1 })
    }
  }
}
