/// A series as the rows of a gnuplot data block. An empty row is a gap.
struct DataBlock {
  private(set) var rows = ""
  private let xScale: Figure.Scale
  private let yScale: Figure.Scale
  /// Whether the last row is a gap; two in a row would begin a new data set.
  private var open = false

  /// - Parameter floor: where bars begin on a logarithmic axis, on which zero has no place.
  init(_ series: Series, xScale: Figure.Scale, yScale: Figure.Scale, floor: Double) {
    self.xScale = xScale
    self.yScale = yScale
    switch series.kind {
    case .line(let x, let y):
      lines(x, y)
    case .paths(let x, let ys):
      for y in ys {
        lines(x, y)
        gap()
      }
    case .scatter(let x, let y):
      for index in x.indices where drawable(x[index], y[index]) { row([x[index], y[index]]) }
    case .errorBars(let x, let y, let lower, let upper):
      for index in x.indices {
        guard drawable(x[index], y[index]) else {
          gap()
          continue
        }
        // A whisker that leaves a logarithmic axis ends at its floor; one that is not a number has no length.
        let low = yScale == .log && lower[index] <= 0 ? floor : lower[index]
        row([
          x[index], y[index], low.isFinite ? low : y[index], upper[index].isFinite ? upper[index] : y[index],
        ])
      }
    case .band(let x, let lower, let upper):
      band(x, lower, upper)
    case .histogram(let edges, let heights):
      for index in heights.indices where heights[index].isFinite && (yScale != .log || heights[index] > 0) {
        row([(edges[index] + edges[index + 1]) / 2, heights[index], edges[index + 1] - edges[index]])
      }
    case .heatmap(let x, let y, let values):
      for (j, y) in y.enumerated() {
        for (i, x) in x.enumerated() { row([x, y, values[j][i]]) }
      }
    case .vectors(let x, let y, let dx, let dy):
      for index in x.indices
      where drawable(x[index], y[index]) && drawable(x[index] + dx[index], y[index] + dy[index]) {
        row([x[index], y[index], dx[index], dy[index]])
      }
    }
    if rows.isEmpty { row([.nan, .nan, .nan, .nan]) }
  }

  private func drawable(_ x: Double, _ y: Double) -> Bool {
    x.isFinite && y.isFinite && abs(x) < 1e300 && abs(y) < 1e300 && (xScale != .log || x > 0)
      && (yScale != .log || y > 0)
  }

  private mutating func row(_ values: [Double]) {
    for (index, value) in values.enumerated() {
      if index > 0 { rows += " " }
      rows += GnuplotScript.number(value)
    }
    rows += "\n"
    open = true
  }

  private mutating func gap() {
    if open { rows += "\n" }
    open = false
  }

  private mutating func lines(_ x: [Double], _ y: [Double]) {
    for index in x.indices {
      if drawable(x[index], y[index]) { row([x[index], y[index]]) } else { gap() }
    }
  }

  /// Each unbroken stretch is one closed outline: along the lower curve and back along the upper.
  private mutating func band(_ x: [Double], _ lower: [Double], _ upper: [Double]) {
    var start = 0
    while start < x.count {
      var end = start
      while end < x.count, drawable(x[end], lower[end]), drawable(x[end], upper[end]) { end += 1 }
      if end > start {
        for index in start..<end { row([x[index], lower[index]]) }
        for index in (start..<end).reversed() { row([x[index], upper[index]]) }
        gap()
      }
      start = end + 1
    }
  }
}
