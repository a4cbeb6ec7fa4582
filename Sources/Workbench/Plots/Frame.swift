import Glibc

/// The checked ranges of a figure's axes: finite, not empty, and positive where the scale is logarithmic.
struct Frame {
  var x: ClosedRange<Double>
  var y: ClosedRange<Double>

  /// Checks the figure and finds its ranges.
  ///
  /// - Throws: `PlotError` if there is nothing to draw, lengths differ, or an axis has no finite value.
  init(_ figure: Figure) throws {
    guard !figure.series.isEmpty else {
      throw PlotError("the figure has no series: give it at least one, for example a line of x and y")
    }
    guard (80...10_000).contains(figure.width), (60...10_000).contains(figure.height) else {
      throw PlotError(
        "the figure's size is \(figure.width) × \(figure.height) points; expected from 80 × 60 to 10000 × 10000"
      )
    }
    var xs = Extent(scale: figure.xScale)
    var ys = Extent(scale: figure.yScale)
    var fillsX = false
    var fillsY = false
    var hasMarks = false
    for (index, series) in figure.series.enumerated() {
      let name = series.label.isEmpty ? "series \(index + 1)" : "series \(index + 1) (\"\(series.label)\")"
      try series.check(name)
      if case .heatmap = series.kind, figure.xScale == .log || figure.yScale == .log {
        throw PlotError("\(name): a heatmap's cells are equally spaced, so its axes cannot be logarithmic")
      }
      series.extend(&xs, &ys)
      switch series.kind {
      case .heatmap: (fillsX, fillsY) = (true, true)
      case .histogram, .band, .line, .paths: fillsX = true
      // Marks at the edge would be cut in half.
      case .scatter, .errorBars, .vectors: hasMarks = true
      }
    }
    x = try xs.range(chosen: figure.xRange, axis: "x", margin: fillsX && !hasMarks ? 0 : 0.03)
    y = try ys.range(chosen: figure.yRange, axis: "y", margin: fillsY ? 0 : 0.04)
  }
}

/// The finite range of what was seen.
struct Extent {
  let scale: Figure.Scale
  private var low = Double.infinity
  private var high = -Double.infinity
  /// Bars stand on zero, and no margin is wanted below.
  var standsOnZero = false

  init(scale: Figure.Scale) { self.scale = scale }

  mutating func add(_ value: Double) {
    // Beyond this gnuplot's own arithmetic overflows.
    guard value.isFinite, abs(value) < 1e300, scale != .log || value > 0 else { return }
    low = min(low, value)
    high = max(high, value)
  }

  mutating func add(_ values: [Double]) { for value in values { add(value) } }

  func range(chosen: ClosedRange<Double>?, axis: String, margin: Double) throws -> ClosedRange<Double> {
    if let chosen {
      guard chosen.lowerBound.isFinite, chosen.upperBound.isFinite, chosen.lowerBound < chosen.upperBound
      else {
        throw PlotError(
          "the \(axis) range is \(chosen.lowerBound) to \(chosen.upperBound); expected two finite numbers, the lower first"
        )
      }
      guard scale != .log || chosen.lowerBound > 0 else {
        throw PlotError(
          "the \(axis) range starts at \(chosen.lowerBound), but a logarithmic axis shows positive values only"
        )
      }
      return chosen
    }
    guard low <= high else {
      throw PlotError(
        scale == .log
          ? "nothing to draw: no \(axis) value is finite and positive, which a logarithmic axis needs"
          : "nothing to draw: no \(axis) value is finite")
    }
    if scale == .log {
      let least = Double.leastNormalMagnitude
      let pad = low == high ? 2 : exp(max(margin, 0) * (log(high) - log(low)))
      return max(low / pad, least)...max(min(high * pad, .greatestFiniteMagnitude), 4 * least)
    }
    if low == high {
      // One value: a window around it, wide enough to differ from it in double precision.
      let half = low == 0 ? 1 : max(abs(low) * 0.05, .leastNormalMagnitude)
      return low - half...high + half
    }
    let pad = (high - low) * margin
    if standsOnZero && low == 0 { return 0...high + pad }
    return low - pad...high + pad
  }
}

extension Series {
  /// Refuses an empty series and arrays that do not fit one another.
  func check(_ name: String) throws {
    func same(_ count: Int, _ other: Int, _ what: String) throws {
      guard count == other else {
        throw PlotError("\(name): x has \(count) values but \(what) has \(other); expected as many")
      }
    }
    let count: Int
    switch kind {
    case .line(let x, let y), .scatter(let x, let y):
      try same(x.count, y.count, "y")
      count = x.count
    case .errorBars(let x, let y, let lower, let upper):
      try same(x.count, y.count, "y")
      try same(x.count, lower.count, "lower")
      try same(x.count, upper.count, "upper")
      count = x.count
    case .band(let x, let lower, let upper):
      try same(x.count, lower.count, "lower")
      try same(x.count, upper.count, "upper")
      count = x.count
    case .vectors(let x, let y, let dx, let dy):
      try same(x.count, y.count, "y")
      try same(x.count, dx.count, "dx")
      try same(x.count, dy.count, "dy")
      count = x.count
    case .paths(let x, let ys):
      for (index, y) in ys.enumerated() { try same(x.count, y.count, "path \(index + 1)") }
      count = ys.isEmpty ? 0 : x.count
    case .histogram(let edges, let heights):
      guard edges.count == heights.count + 1 || heights.isEmpty else {
        throw PlotError(
          "\(name): a histogram of \(heights.count) bars needs \(heights.count + 1) edges, not \(edges.count)"
        )
      }
      guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw PlotError("\(name): the histogram's edges must increase")
      }
      count = heights.count
    case .heatmap(let x, let y, let values):
      guard values.count == y.count, values.allSatisfy({ $0.count == x.count }) else {
        throw PlotError(
          "\(name): a heatmap over \(x.count) x and \(y.count) y needs \(y.count) rows of \(x.count) values")
      }
      guard Self.equallySpaced(x), Self.equallySpaced(y) else {
        throw PlotError("\(name): the x and y of a heatmap are the cells' centres and must be equally spaced")
      }
      count = x.count * y.count
    }
    guard count > 0 else { throw PlotError("\(name): the \(kindName) is empty; there is nothing to draw") }
  }

  private static func equallySpaced(_ values: [Double]) -> Bool {
    guard values.count > 1 else { return values.allSatisfy(\.isFinite) }
    let step = (values[values.count - 1] - values[0]) / Double(values.count - 1)
    guard step > 0, step.isFinite else { return false }
    return values.indices.allSatisfy { abs(values[$0] - values[0] - Double($0) * step) < 1e-3 * step }
  }

  /// Half a cell: how far a heatmap reaches beyond its outermost centres.
  static func halfCell(_ centres: [Double]) -> Double {
    centres.count > 1 ? (centres[centres.count - 1] - centres[0]) / Double(centres.count - 1) / 2 : 0.5
  }

  /// Adds what this series covers.
  func extend(_ xs: inout Extent, _ ys: inout Extent) {
    switch kind {
    case .line(let x, let y), .scatter(let x, let y):
      // A point with a gap in one coordinate is not drawn, so it must not stretch the other axis either.
      for (x, y) in zip(x, y) where x.isFinite && y.isFinite {
        xs.add(x)
        ys.add(y)
      }
    case .errorBars(let x, let y, let lower, let upper):
      xs.add(x)
      ys.add(y)
      ys.add(lower)
      ys.add(upper)
    case .band(let x, let lower, let upper):
      xs.add(x)
      ys.add(lower)
      ys.add(upper)
    case .histogram(let edges, let heights):
      xs.add(edges)
      ys.add(0)
      ys.add(heights)
      ys.standsOnZero = true
    case .heatmap(let x, let y, _):
      let (dx, dy) = (Self.halfCell(x), Self.halfCell(y))
      xs.add([x[0] - dx, x[x.count - 1] + dx])
      ys.add([y[0] - dy, y[y.count - 1] + dy])
    case .vectors(let x, let y, let dx, let dy):
      xs.add(x)
      ys.add(y)
      xs.add(zip(x, dx).map(+))
      ys.add(zip(y, dy).map(+))
    case .paths(let x, let ysOfPaths):
      xs.add(x)
      for y in ysOfPaths { ys.add(y) }
    }
  }
}
