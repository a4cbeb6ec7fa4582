extension Figure {
  /// The figure as text for a terminal, without colour or control characters, at most `columns` wide and
  /// `rows` high, legend and labels included. Lines are braille dots, bands are sparse dots, heatmap cells
  /// are shades.
  ///
  /// - Throws: `PlotError` as `write(to:)` does for what cannot be drawn.
  package func text(columns: Int, rows: Int) throws -> String {
    let frame = try Frame(self)
    let (columns, rows) = (min(max(columns, 30), 500), min(max(rows, 8), 200))
    let named = series.enumerated().filter {
      !$0.element.label.isEmpty && series.count > 1 && legend != .none
    }
    let outside =
      (title.isEmpty ? 0 : 1) + (yLabel.isEmpty ? 0 : 1) + 2 + (xLabel.isEmpty ? 0 : 1)
      + (named.isEmpty ? 0 : 1)
    let inner = max(4, rows - outside)
    let yTicks = Ticks.on(frame.y, scale: yScale, count: max(2, inner / 3)).filter { !$0.label.isEmpty }
    let gutter = min(yTicks.map(\.label.count).max() ?? 0, columns / 3)

    var canvas = TextCanvas(columns: columns - gutter - 2, rows: inner)
    let (right, top) = (Double(canvas.width - 1), Double(canvas.height - 1))
    let place = { (x: Double, y: Double) -> (Double, Double) in
      (frame.x.fraction(x, xScale) * right, frame.y.fraction(y, yScale) * top)
    }
    // Areas first, so that lines are on top of them.
    for series in series where series.isArea { series.draw(on: &canvas, place: place) }
    for series in series where !series.isArea { series.draw(on: &canvas, place: place) }
    for label in labels {
      let (u, v) = place(label.x, label.y)
      guard (0..<Double(canvas.width)).contains(u), (0..<Double(canvas.height)).contains(v) else { continue }
      canvas.put(label.text.oneLine, column: Int(u / 2) + 1, row: inner - 1 - Int(v / 4))
    }

    var lines: [String] = []
    let margin = String(repeating: " ", count: gutter + 2)
    if !title.isEmpty { lines.append(margin + title.oneLine) }
    if !yLabel.isEmpty { lines.append(yLabel.oneLine) }
    var marks = [String?](repeating: nil, count: inner)
    for tick in yTicks {
      let v = place(frame.x.lowerBound, tick.value).1
      guard v > -0.5, v < top + 0.5 else { continue }
      let row = inner - 1 - Int((v / 4).rounded(.down))
      if marks.indices.contains(row) { marks[row] = String(tick.label.prefix(gutter)) }
    }
    for row in 0..<inner {
      let label = marks[row] ?? ""
      let pad = String(repeating: " ", count: gutter - label.count)
      lines.append(pad + label + (marks[row] == nil ? " │" : " ┤") + canvas.row(row))
    }
    lines += axis(frame, gutter: gutter, columns: canvas.columns)
    if !xLabel.isEmpty {
      lines.append(
        margin + String(repeating: " ", count: max(0, (canvas.columns - xLabel.count) / 2)) + xLabel.oneLine)
    }
    if !named.isEmpty {
      let list = named.map { "\($0.element.sample) \($0.element.label.oneLine)" }.joined(separator: "   ")
      lines.append(margin + list)
    }
    return lines.map { String($0.prefix(columns)).trimmedEnd }.joined(separator: "\n")
  }

  /// The line under the plot and its numbers, as many as stand apart from one another.
  private func axis(_ frame: Frame, gutter: Int, columns: Int) -> [String] {
    var rule = [Character](repeating: "─", count: columns)
    var numbers = [Character](repeating: " ", count: columns + gutter + 2)
    var free = 0
    for tick in Ticks.on(frame.x, scale: xScale, count: max(2, columns / 12)) where !tick.label.isEmpty {
      let place = frame.x.fraction(tick.value, xScale)
      guard place > -0.01, place < 1.01 else { continue }
      let column = Int((place * Double(columns * 2 - 1)).rounded()) / 2
      let start = max(0, min(column + gutter + 2 - tick.label.count / 2, numbers.count - tick.label.count))
      guard rule.indices.contains(column), start >= free, start + tick.label.count <= numbers.count else {
        continue
      }
      rule[column] = "┬"
      for (offset, character) in tick.label.enumerated() { numbers[start + offset] = character }
      free = start + tick.label.count + 1
    }
    return [String(repeating: " ", count: gutter + 1) + "└" + String(rule), String(numbers)]
  }
}

extension Series {
  var isArea: Bool {
    switch kind {
    case .band, .heatmap, .histogram: true
    default: false
    }
  }

  /// How the legend shows it.
  var sample: String {
    switch kind {
    case .line, .paths, .errorBars: "⠒⠒"
    case .scatter: "⠂ "
    case .band: "⡂⡂"
    case .histogram: "⣿⣿"
    case .heatmap: "▒▒"
    case .vectors: "→ "
    }
  }

  func draw(on canvas: inout TextCanvas, place: (Double, Double) -> (Double, Double)) {
    func curve(_ x: [Double], _ y: [Double]) {
      var last: (Double, Double)?
      for index in x.indices {
        let point = place(x[index], y[index])
        guard point.0.isFinite, point.1.isFinite else {
          last = nil
          continue
        }
        let from = last ?? point
        canvas.line(from.0, from.1, point.0, point.1)
        last = point
      }
    }
    func point(_ x: Double, _ y: Double) {
      let (u, v) = place(x, y)
      guard abs(u) < 1e6, abs(v) < 1e6 else { return }
      canvas.dot(Int(u.rounded()), Int(v.rounded()))
    }
    switch kind {
    case .line(let x, let y): curve(x, y)
    case .paths(let x, let ys): for y in ys { curve(x, y) }
    case .scatter(let x, let y): for index in x.indices { point(x[index], y[index]) }
    case .errorBars(let x, let y, let lower, let upper):
      curve(x, y)
      for index in x.indices { curve([x[index], x[index]], [lower[index], upper[index]]) }
    case .band(let x, let lower, let upper): fill(x, lower, upper, sparse: true, on: &canvas, place: place)
    case .histogram(let edges, let heights):
      for index in heights.indices {
        let ends = [edges[index], edges[index + 1]]
        let base = place(ends[0], 0).1.isFinite ? 0 : heights.filter { $0 > 0 }.min() ?? 1
        fill(ends, [base, base], [heights[index], heights[index]], sparse: false, on: &canvas, place: place)
      }
    case .heatmap(let x, let y, let values): shade(x, y, values, on: &canvas, place: place)
    case .vectors(let x, let y, let dx, let dy):
      for index in x.indices { curve([x[index], x[index] + dx[index]], [y[index], y[index] + dy[index]]) }
    }
  }

  /// Dots between two curves: one in four if `sparse`, else all.
  private func fill(
    _ x: [Double], _ lower: [Double], _ upper: [Double], sparse: Bool, on canvas: inout TextCanvas,
    place: (Double, Double) -> (Double, Double)
  ) {
    for index in x.indices.dropLast() {
      let (u0, low0) = place(x[index], lower[index])
      let (u1, low1) = place(x[index + 1], lower[index + 1])
      let (high0, high1) = (place(x[index], upper[index]).1, place(x[index + 1], upper[index + 1]).1)
      guard [u0, u1, low0, low1, high0, high1].allSatisfy(\.isFinite) else { continue }
      let edge = Double(canvas.width)
      let first = max(0, Int(min(u0, u1).clamped(to: -1...edge).rounded()))
      let last = min(canvas.width - 1, Int(max(u0, u1).clamped(to: -1...edge).rounded()))
      guard first <= last else { continue }
      for u in first...last {
        let part = u1 == u0 ? 0 : ((Double(u) - u0) / (u1 - u0)).clamped(to: 0...1)
        let low = (low0 + part * (low1 - low0)).clamped(to: -1...Double(canvas.height))
        let high = (high0 + part * (high1 - high0)).clamped(to: -1...Double(canvas.height))
        guard low <= high else { continue }
        for v in Int(low.rounded())...Int(high.rounded())
        where !sparse || (u % 2 == 0 && (v + u / 2) % 2 == 0) {
          canvas.dot(u, v)
        }
      }
    }
  }

  private func shade(
    _ x: [Double], _ y: [Double], _ values: [[Double]], on canvas: inout TextCanvas,
    place: (Double, Double) -> (Double, Double)
  ) {
    let finite = values.joined().filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return }
    let shades: [Character] = [" ", "░", "▒", "▓", "█"]
    let (left, bottom) = place(x[0] - Self.halfCell(x), y[0] - Self.halfCell(y))
    let (right, top) = place(x[x.count - 1] + Self.halfCell(x), y[y.count - 1] + Self.halfCell(y))
    for row in 0..<canvas.rows {
      for column in 0..<canvas.columns {
        let u = (Double(column * 2) + 0.5 - left) / (right - left) * Double(x.count)
        let v = (Double((canvas.rows - 1 - row) * 4) + 1.5 - bottom) / (top - bottom) * Double(y.count)
        guard u >= 0, v >= 0, u < Double(x.count), v < Double(y.count) else { continue }
        let value = values[Int(v)][Int(u)]
        guard value.isFinite else { continue }
        // Halves, for the difference of two finite numbers may overflow; of the least ones the halves are equal.
        let half = high / 2 - low / 2
        let level = half > 0 ? (value / 2 - low / 2) / half : 0.5
        canvas.put(String(shades[min(4, Int(level * 5))]), column: column, row: row)
      }
    }
  }
}

extension String {
  /// Without line ends or control characters, which would break the rows.
  var oneLine: String {
    String(
      String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
