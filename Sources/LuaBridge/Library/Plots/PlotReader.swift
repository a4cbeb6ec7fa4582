import Arrays
import Plots

/// Reads the table given to `wb.plot`.
struct PlotReader {
  let function: String
  let table: LuaTable

  func read() throws -> (Figure, Options) {
    let elements = try table.array()
    let options = try Options(
      function: function, declared: figureOptions + seriesOptions, table: table, positional: elements.count)
    var figure = try readFigure(options)
    // Arrays themselves are one series; a table that begins with a number is an array.
    let isOneSeries = try elements.contains { element in
      guard let table = element.table else { return true }
      return try table.get(1).double != nil
    }
    if isOneSeries {
      figure.series = try SeriesReader(name: function, arrays: elements, options: options, defaults: nil)
        .read()
    } else {
      for (i, element) in elements.enumerated() {
        guard let inner = element.table else { continue }
        let name = "\(function), series \(i + 1)"
        let arrays = try inner.array()
        let own = try Options(function: name, declared: seriesOptions, table: inner, positional: arrays.count)
        figure.series += try SeriesReader(name: name, arrays: arrays, options: own, defaults: options).read()
      }
    }
    guard !figure.series.isEmpty else {
      throw LuaError("\(function): there is nothing to draw: give it a series, for example wb.plot{ {x, y} }")
    }
    return (figure, options)
  }
}

/// Reads one series: its arrays and its options, of which some may stand in the figure's table for all series.
private struct SeriesReader {
  let name: String
  let arrays: [LuaValue]
  let options: Options
  let defaults: Options?

  private static let kinds = [
    "line", "scatter", "histogram", "heatmap", "band", "errorbars", "vectors", "paths", "fan",
  ]

  private func option<T>(_ key: String, _ reading: Reading<T>) throws -> T? {
    if options.has(key) { return try options.get(key, reading) }
    return try defaults?.optional(key, reading)
  }

  func read() throws -> [Series] {
    let kind = try option("kind", .oneOf(SeriesReader.kinds)) ?? "line"
    let label = try options.get("label", .string, default: "")
    let series: [Series]
    switch kind {
    case "histogram": series = [Series(try histogram(), label: label)]
    case "heatmap": series = [Series(try heatmap(), label: label)]
    case "band":
      try count(3...3, kind, "x, lower and upper")
      series = [
        Series(
          .band(x: try vector(0, "x"), lower: try vector(1, "lower"), upper: try vector(2, "upper")),
          label: label)
      ]
    case "errorbars":
      try count(3...4, kind, "x, y and the error, or x, y, lower and upper")
      series = [Series(try errorBars(), label: label)]
    case "vectors":
      try count(4...4, kind, "x, y, dx and dy")
      series = [
        Series(
          .vectors(
            x: try vector(0, "x"), y: try vector(1, "y"), dx: try vector(2, "dx"), dy: try vector(3, "dy")),
          label: label)
      ]
    case "paths": series = [Series(try paths(), label: label)]
    case "fan": series = try fan()
    default: series = try curves(kind, label)
    }
    return try series.map(styled)
  }

  // MARK: kinds

  private func curves(_ kind: String, _ label: String) throws -> [Series] {
    if arrays.count >= 3 {
      throw LuaError(
        "\(name): \(arrays.count) arrays need a kind: \"band\" takes x, lower, upper; \"errorbars\" x, y, error;"
          + " \"heatmap\" x, y, values; \"vectors\" x, y, dx, dy")
    }
    try count(1...2, kind, "y, or x and y")
    let y = try array(arrays.count - 1, "y")
    guard y.rank <= 2 else {
      throw LuaError("\(name): y has shape \(shapeText(y.shape)); expected one or two axes")
    }
    let rows = y.shape.first ?? 1
    let x = arrays.count == 2 ? try vector(0, "x") : (0..<rows).map { Double($0 + 1) }
    if y.rank < 2 || (y.shape.contains(1) && y.count == x.count) {
      return [try curve(kind, x, y.values, label)]
    }
    return try (0..<y.shape[1]).map { column in
      let columnName = y.columnNames?[column] ?? (label.isEmpty ? "" : "\(column + 1)")
      let words = [label, columnName].filter { !$0.isEmpty }
      return try curve(kind, x, try y.column(column).values, words.joined(separator: " "))
    }
  }

  private func curve(_ kind: String, _ x: [Double], _ y: [Double], _ label: String) throws -> Series {
    Series(kind == "scatter" ? .scatter(x: x, y: y) : .line(x: x, y: y), label: label)
  }

  private func histogram() throws -> Series.Kind {
    try count(1...2, "histogram", "the data, or edges and heights")
    if arrays.count == 2 {
      return .histogram(edges: try vector(0, "edges"), heights: try vector(1, "heights"))
    }
    let data = try array(0, "data")
    let bins = try option("bins", .integer(in: 1...100_000)) ?? 50
    var range = try option("range", .interval).map { ($0.lowerBound, $0.upperBound) }
    if range == nil, data.values.contains(where: { !$0.isFinite }) {
      // What is not finite is a gap here as elsewhere.
      let finite = data.values.filter(\.isFinite)
      guard let low = finite.min(), let high = finite.max() else {
        throw LuaError("\(name): none of the data is finite")
      }
      range = (low, high)
    }
    guard data.count > 0 else { throw LuaError("\(name): the data is empty; there is nothing to draw") }
    let result = try data.histogram(bins: bins, range: range)
    let isDensity = try option("density", .boolean) ?? false
    return .histogram(
      edges: result.edges.values, heights: isDensity ? try result.density().values : result.counts.values)
  }

  private func heatmap() throws -> Series.Kind {
    guard arrays.count == 1 || arrays.count == 3 else {
      throw wrongCount("heatmap", "the values, or x, y and the values")
    }
    let values = try array(arrays.count - 1, "values")
    guard values.rank == 2 else {
      throw LuaError("\(name): the values of a heatmap have two axes, not shape \(shapeText(values.shape))")
    }
    let (rows, columns) = (values.shape[0], values.shape[1])
    let x = arrays.count == 3 ? try vector(0, "x") : (0..<columns).map { Double($0 + 1) }
    let y = arrays.count == 3 ? try vector(1, "y") : (0..<rows).map { Double($0 + 1) }
    return .heatmap(x: x, y: y, values: try rowsOf(values))
  }

  private func errorBars() throws -> Series.Kind {
    let (x, y) = (try vector(0, "x"), try vector(1, "y"))
    if arrays.count == 4 {
      return .errorBars(x: x, y: y, lower: try vector(2, "lower"), upper: try vector(3, "upper"))
    }
    let error = try vector(2, "the error")
    guard error.count == y.count else {
      throw LuaError("\(name): y has \(y.count) values but the error has \(error.count); expected as many")
    }
    return .errorBars(x: x, y: y, lower: zip(y, error).map(-), upper: zip(y, error).map(+))
  }

  /// Rows are paths: paths × times, also with a last axis of one component.
  private func paths() throws -> Series.Kind {
    try count(1...2, "paths", "x and one row for each path")
    var values = try array(arrays.count - 1, "the paths")
    if values.rank == 3, values.shape[2] == 1 {
      values = try values.reshaped([values.shape[0], values.shape[1]])
    }
    if values.rank == 1 { values = try values.reshaped([1, values.count]) }
    guard values.rank == 2 else {
      throw LuaError("\(name): the paths have two axes, paths × times, not shape \(shapeText(values.shape))")
    }
    let x = arrays.count == 2 ? try vector(0, "x") : (0..<values.shape[1]).map { Double($0 + 1) }
    return .paths(x: x, ys: try rowsOf(values))
  }

  private func fan() throws -> [Series] {
    try count(2...2, "fan", "x and the rows of quantiles")
    let (x, values) = (try vector(0, "x"), try array(1, "the quantiles"))
    guard let given = try option("probabilities", .vector) else {
      throw LuaError("\(name): a fan needs probabilities = {…}, one for each row of quantiles")
    }
    let probabilities = given.values
    guard values.rank == 2, values.shape[0] == probabilities.count, values.shape[1] == x.count else {
      throw LuaError(
        "\(name): the quantiles have shape \(shapeText(values.shape)); expected (\(probabilities.count), \(x.count)):"
          + " a row for each probability, a column for each x")
    }
    guard probabilities.allSatisfy({ $0 > 0 && $0 < 1 }) else {
      throw LuaError("\(name): a fan's probabilities must lie between 0 and 1")
    }
    let rows = try rowsOf(values)
    return Figure.fan(x: x, quantiles: zip(probabilities, rows).map { (probability: $0, values: $1) }).series
  }

  // MARK: pieces

  private func styled(_ series: Series) throws -> Series {
    var series = series
    if let color = try option("color", SeriesReader.colors) { series.color = color }
    series.width = try option("width", .number(in: 0.1...50)) ?? series.width
    series.opacity = try option("opacity", .number(in: 0...1)) ?? series.opacity
    series.dashed = try option("dashed", .boolean) ?? series.dashed
    return series
  }

  private static var colors: Reading<Color> {
    Reading("a colour: \"#1f77b4\", \"ink\" or a number from 1 in the palette") { value in
      if let index = value.int { return (1...1_000_000).contains(index) ? .palette(index - 1) : nil }
      guard let text = value.string else { return nil }
      if text == "ink" { return .ink }
      guard text.utf8.count == 7, text.hasPrefix("#"), !text.contains("+"), !text.contains("-") else {
        return nil
      }
      return UInt32(text.dropFirst(), radix: 16).map { .rgb($0) }
    }
  }

  private func wrongCount(_ kind: String, _ wanted: String) -> LuaError {
    LuaError("\(name): a \(kind) takes \(wanted); got \(arrays.count) array\(arrays.count == 1 ? "" : "s")")
  }

  private func count(_ counts: ClosedRange<Int>, _ kind: String, _ wanted: String) throws {
    guard counts.contains(arrays.count) else { throw wrongCount(kind, wanted) }
  }

  private func array(_ i: Int, _ what: String) throws -> NDArray {
    try ArrayOperations.operand(arrays[i], "\(name): \(what)")
  }

  private func vector(_ i: Int, _ what: String) throws -> [Double] {
    guard let result = try Reading<NDArray>.vector.read(arrays[i]) else {
      let array = try array(i, what)
      throw LuaError("\(name): \(what) has shape \(shapeText(array.shape)); expected one axis")
    }
    return result.values
  }

  private func rowsOf(_ array: NDArray) throws -> [[Double]] {
    let columns = array.shape[1]
    return (0..<array.shape[0]).map { Array(array.values[($0 * columns)..<(($0 + 1) * columns)]) }
  }
}
