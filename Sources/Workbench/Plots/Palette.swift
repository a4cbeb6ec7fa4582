import Glibc

/// Hands out the palette's colours to a figure's series, in order.
struct Colors {
  private var used = 0
  private var lastWasBand = false

  mutating func next(_ series: Series) -> UInt32 {
    var isBand = false
    if case .band = series.kind { isBand = true }
    defer { lastWasBand = isBand }
    switch series.color {
    case .ink: return Color.inkValue
    case .rgb(let value): return value & 0xFFFFFF
    case .palette(let index):
      let count = Color.palette.count
      return Color.palette[((index % count) + count) % count]
    case .automatic:
      if case .heatmap = series.kind { return Color.inkValue }
      if isBand && lastWasBand { used -= 1 }
      used += 1
      return Color.palette[(used - 1) % Color.palette.count]
    }
  }
}

/// Where the legend hides least: the corner with the fewest points of the data.
enum Corners {
  static func emptiest(_ figure: Figure, _ frame: Frame) -> Figure.Legend {
    var counts = [0, 0, 0, 0]
    let (wide, high) = (0.35, 0.4)
    func add(_ xs: [Double], _ ys: [Double]) {
      for index in stride(from: 0, to: xs.count, by: max(1, xs.count / 2000)) {
        let u = frame.x.fraction(xs[index], figure.xScale)
        let v = frame.y.fraction(ys[index], figure.yScale)
        guard (0...1).contains(u), (0...1).contains(v) else { continue }
        if u < wide && v > 1 - high { counts[0] += 1 }
        if u > 1 - wide && v > 1 - high { counts[1] += 1 }
        if u > 1 - wide && v < high { counts[2] += 1 }
        if u < wide && v < high { counts[3] += 1 }
      }
    }
    for series in figure.series {
      switch series.kind {
      case .line(let x, let y), .scatter(let x, let y), .errorBars(let x, let y, _, _),
        .vectors(let x, let y, _, _):
        add(x, y)
      case .band(let x, let lower, let upper):
        add(x, lower)
        add(x, upper)
      case .paths(let x, let ys):
        for y in ys.prefix(50) { add(x, y) }
      case .histogram(let edges, let heights):
        // A bar hides what lies anywhere below its top.
        for part in 1...8 { add(Array(edges.dropLast()), heights.map { $0 * Double(part) / 8 }) }
      case .heatmap:
        return .outside
      }
    }
    let places: [Figure.Legend] = [.topLeft, .topRight, .bottomRight, .bottomLeft]
    let best = counts.indices.min { counts[$0] < counts[$1] } ?? 0
    return places[best]
  }
}

extension ClosedRange<Double> {
  /// Where a value lies between the ends, 0 to 1, on the given scale; NaN if it has no place there.
  func fraction(_ value: Double, _ scale: Figure.Scale) -> Double {
    guard scale == .log else { return (value - lowerBound) / (upperBound - lowerBound) }
    guard value > 0 else { return .nan }
    // Not the logarithm of a quotient, which may overflow.
    return (log(value) - log(lowerBound)) / (log(upperBound) - log(lowerBound))
  }
}

extension Comparable {
  func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
