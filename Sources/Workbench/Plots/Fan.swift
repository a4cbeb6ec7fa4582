extension Figure {
  /// A fan chart: what was observed as a line, then quantiles over time as nested bands about a median.
  ///
  /// - Parameters:
  ///   - history: observations before the fan begins; nil for none.
  ///   - x: the times of the quantiles.
  ///   - quantiles: a probability and its values at `x`; bands join p with 1 − p, and ½ is the median line.
  ///     A probability without its counterpart is drawn as a dashed line.
  package static func fan(
    title: String = "", xLabel: String = "", yLabel: String = "", history: (x: [Double], y: [Double])? = nil,
    historyLabel: String = "observed", x: [Double], quantiles: [(probability: Double, values: [Double])]
  ) -> Figure {
    var figure = Figure(title: title, xLabel: xLabel, yLabel: yLabel)
    let sorted = quantiles.sorted { $0.probability < $1.probability }
    var rest: [(probability: Double, values: [Double])] = []
    for low in sorted where low.probability < 0.5 - 1e-9 {
      guard let high = sorted.first(where: { abs($0.probability + low.probability - 1) < 1e-9 }) else {
        rest.append(low)
        continue
      }
      let covered = Ticks.short((high.probability - low.probability) * 100)
      figure.series.append(
        Series(.band(x: x, lower: low.values, upper: high.values), label: "\(covered) %", color: .palette(0)))
    }
    for high in sorted where high.probability > 0.5 + 1e-9 {
      if !sorted.contains(where: { abs($0.probability + high.probability - 1) < 1e-9 }) { rest.append(high) }
    }
    for quantile in rest {
      figure.series.append(
        Series(
          .line(x: x, y: quantile.values), label: "\(Ticks.short(quantile.probability * 100)) %",
          color: .palette(0), width: 1, dashed: true))
    }
    if let median = sorted.first(where: { abs($0.probability - 0.5) <= 1e-9 }) {
      figure.series.append(
        Series(.line(x: x, y: median.values), label: "median", color: .palette(0), width: 1.6))
    }
    if let history {
      figure.series.append(
        Series(.line(x: history.x, y: history.y), label: historyLabel, color: .ink, width: 1))
    }
    return figure
  }
}
