import Glibc

/// The gnuplot program that draws a figure to standard output.
///
/// Words from scripts reach gnuplot only inside single quotes, where it expands nothing, with enhanced text
/// switched off: no label can be read as markup, or as a command.
struct GnuplotScript {
  private(set) var text = ""
  private let figure: Figure
  private let frame: Frame

  enum Format: String {
    case png, svg, pdf
  }

  init(_ figure: Figure, format: Format) throws {
    self.figure = figure
    frame = try Frame(figure)
    terminal(format)
    style(format)
    axes()
    legend()
    plot()
  }

  // MARK: Words and numbers

  /// A gnuplot expression for any text: single-quoted pieces, joined at line ends and quotes. (A doubled quote
  /// would do within such a piece, but not everywhere at its beginning.)
  static func quoted(_ text: String) -> String {
    var lines: [String] = [""]
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": lines.append("")
      case "'": lines[lines.count - 1] += "'.\"'\".'"
      case "\t": lines[lines.count - 1] += " "
      default:
        if scalar.properties.generalCategory != .control {
          lines[lines.count - 1].unicodeScalars.append(scalar)
        }
      }
    }
    return lines.map { "'" + $0 + "'" }.joined(separator: ".\"\\n\".")
  }

  /// A number as gnuplot reads it; whatever cannot be drawn is its NaN.
  static func number(_ value: Double) -> String {
    value.isFinite && abs(value) < 1e300 ? "\(value)" : "NaN"
  }

  private mutating func line(_ words: String) { text += words + "\n" }

  // MARK: Surroundings

  private static let font = "DejaVu Sans"

  /// The terminals measure fonts differently, and name a bold one differently.
  private static func titleFont(_ format: Format) -> String {
    switch format {
    case .png: "\(font):Bold,11"
    case .svg: "\(font) Bold,13"
    case .pdf: "\(font):Bold,8.2"
    }
  }

  private mutating func terminal(_ format: Format) {
    let font = "font '\(Self.font),10'"
    line("set encoding utf8")
    switch format {
    case .png:
      // The cairo terminal smooths lines; the plain one, of a gnuplot built without cairo, still draws.
      let size = "size \(figure.width * 2),\(figure.height * 2)"
      line("if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {")
      line(
        "  set terminal pngcairo noenhanced \(size) \(font) fontscale 2 linewidth 2 pointscale 2 background '#ffffff'"
      )
      line("} else {")
      line(
        "  set terminal png noenhanced truecolor \(size) \(font) fontscale 2 linewidth 2 background '#ffffff'"
      )
      line("}")
    case .svg:
      line(
        "set terminal svg noenhanced size \(figure.width),\(figure.height) font '\(Self.font),12' background '#ffffff'"
      )
    case .pdf:
      line("if (strstrt(GPVAL_TERMINALS, 'pdfcairo') == 0) {")
      line(
        "  printerr 'this gnuplot was built without pdfcairo; write a .svg instead, or install gnuplot-nox'")
      line("  exit status 3")
      line("}")
      let inches = { (points: Int) in "\(Double(points) / 96)in" }
      line(
        "set terminal pdfcairo noenhanced size \(inches(figure.width)),\(inches(figure.height))"
          + " font '\(Self.font),7.5' fontscale 1 linewidth 0.75 pointscale 0.4 background '#ffffff'")
    }
  }

  private mutating func style(_ format: Format) {
    line("set border 3 linewidth 0.8 linecolor rgb '#8a8a8a'")
    line("set tics out nomirror scale 0.5,0.25 textcolor rgb '#3c3c3c'")
    line("set grid xtics ytics back linetype 1 linewidth 0.5 linecolor rgb '#e7e7e7'")
    line("unset mxtics; unset mytics")
    line("set style fill solid 1 noborder")
    line("set style textbox opaque noborder")
    if !figure.title.isEmpty {
      line(
        "set title \(Self.quoted(figure.title)) font '\(Self.titleFont(format))' textcolor rgb '#2b2b2b' offset 0,-0.1"
      )
    }
    let labelStyle = "textcolor rgb '#3c3c3c'"
    if !figure.xLabel.isEmpty { line("set xlabel \(Self.quoted(figure.xLabel)) \(labelStyle) offset 0,0.2") }
    if !figure.yLabel.isEmpty { line("set ylabel \(Self.quoted(figure.yLabel)) \(labelStyle) offset 0.5,0") }
    for (index, label) in figure.labels.enumerated() where label.x.isFinite && label.y.isFinite {
      line(
        "set label \(index + 1) \(Self.quoted(label.text)) at first \(Self.number(label.x)),\(Self.number(label.y))"
          + " left offset 0.4,0.4 front \(labelStyle)")
    }
  }

  private mutating func axes() {
    let span = { (axis: String, range: ClosedRange<Double>) in
      "set \(axis)range [\(Self.number(range.lowerBound)):\(Self.number(range.upperBound))] noextend"
    }
    if figure.xScale == .log { line("set logscale x 10") }
    if figure.yScale == .log { line("set logscale y 10") }
    line(span("x", frame.x))
    line(span("y", frame.y))
    line(
      "set xtics (\(marks(Ticks.on(frame.x, scale: figure.xScale, count: max(2, figure.width / 85)))))")
    line(
      "set ytics (\(marks(Ticks.on(frame.y, scale: figure.yScale, count: max(2, figure.height / 58)))))")
  }

  private func marks(_ ticks: [Tick]) -> String {
    ticks.map { "\(Self.quoted($0.label)) \(Self.number($0.value)) \($0.label.isEmpty ? 1 : 0)" }
      .joined(separator: ", ")
  }

  private mutating func legend() {
    let labelled = figure.series.contains { !$0.label.isEmpty }
    var place = figure.legend
    if place == .automatic {
      place = labelled && figure.series.count > 1 ? Corners.emptiest(figure, frame) : .none
    }
    let position: String
    switch place {
    case .none, .automatic:
      line("unset key")
      return
    case .topLeft: position = "inside left top Left reverse"
    case .topRight: position = "inside right top Left reverse"
    case .bottomLeft: position = "inside left bottom Left reverse"
    case .bottomRight: position = "inside right bottom Left reverse"
    case .outside: position = "outside right top Left reverse"
    }
    line("set key \(position) samplen 1.6 spacing 1.2 width 1 height 0.3 nobox textcolor rgb '#3c3c3c'")
  }

  // MARK: Series

  private mutating func heat(_ values: [[Double]]) {
    var range = Extent(scale: .linear)
    for row in values { range.add(row) }
    // With no finite cell there is nothing to colour, and any range does.
    let cells = (try? range.range(chosen: nil, axis: "value", margin: 0)) ?? 0...1
    line("set palette defined (\(Self.viridis))")
    line("set cbrange [\(Self.number(cells.lowerBound)):\(Self.number(cells.upperBound))]")
    line("set cbtics (\(marks(Ticks.linear(cells, count: max(2, figure.height / 70)))))")
    line("set colorbox user origin graph 1.02,0 size graph 0.025,1 noborder")
    line("set rmargin 10")
    line("unset grid")
  }

  /// Smith and van der Walt's viridis (CC0): even in lightness, and readable by the colour-blind and in grey.
  private static let viridis =
    "0 '#440154', 1 '#482475', 2 '#414487', 3 '#355f8d', 4 '#2a788e', 5 '#21918c', 6 '#22a884', 7 '#44bf70',"
    + " 8 '#7ad151', 9 '#bddf26', 10 '#fde725'"

  private mutating func plot() {
    var colors = Colors()
    var parts: [String] = []
    for (index, series) in figure.series.enumerated() {
      let name = "$data\(index)"
      line("\(name) << END_OF_DATA")
      text += DataBlock(series, xScale: figure.xScale, yScale: figure.yScale, floor: frame.y.lowerBound).rows
      line("END_OF_DATA")
      if case .heatmap(_, _, let values) = series.kind { heat(values) }
      let look = Look(series, rgb: colors.next(series), bandsBelow: bandsBelow(index))
      parts.append("\(name) \(look.drawing) notitle")
      // The legend's samples are drawn apart: those of faint lines and of bands that lie on one another would
      // not look as the series do.
      if !series.label.isEmpty, let sample = look.sample {
        parts.append("keyentry \(sample) title \(Self.quoted(series.label))")
      }
    }
    line("plot " + parts.joined(separator: ", "))
  }

  /// How many bands of the same colour were drawn just before this one, under it.
  private func bandsBelow(_ index: Int) -> Int {
    var count = 0
    while count < index, case .band = figure.series[index - 1 - count].kind,
      figure.series[index - 1 - count].color == figure.series[index].color
    {
      count += 1
    }
    return count
  }
}

/// How one series is drawn: gnuplot's words for the data, and for the sample in the legend.
private struct Look {
  let drawing: String
  let sample: String?

  init(_ series: Series, rgb: UInt32, bandsBelow: Int) {
    func color(_ opacity: Double) -> String {
      let alpha = UInt32((255 * (1 - opacity.clamped(to: 0...1))).rounded())
      let digits = String((alpha << 24) | rgb, radix: 16, uppercase: true)
      return "linecolor rgb '#" + String(repeating: "0", count: 8 - digits.count) + digits + "'"
    }
    func opacity(_ normal: Double) -> Double {
      series.opacity.map { $0.isFinite ? $0 : normal } ?? normal
    }
    func width(_ normal: Double) -> String {
      let width = series.width.map { $0.isFinite ? $0 : normal } ?? normal
      return "linewidth \(GnuplotScript.number(width.clamped(to: 0.1...20)))"
    }
    let dash = series.dashed ? "dashtype (10,5)" : "dashtype 1"
    switch series.kind {
    case .line:
      let style = "with lines \(width(1.5)) \(color(opacity(1))) \(dash)"
      drawing = "using 1:2 \(style)"
      sample = style
    case .paths(_, let ys):
      let crowd = (4 / Double(ys.count).squareRoot()).clamped(to: 0.06...0.8)
      drawing = "using 1:2 with lines \(width(0.6)) \(color(opacity(crowd))) \(dash)"
      sample = "with lines \(width(0.8)) \(color(max(0.7, opacity(crowd)))) \(dash)"
    case .scatter(let x, _):
      let crowded = x.count > 400
      let crowd = crowded ? (20 / Double(x.count).squareRoot()).clamped(to: 0.12...0.75) : 0.75
      drawing = "using 1:2 with points pointtype 7 pointsize \(crowded ? 0.3 : 0.55) \(color(opacity(crowd)))"
      sample = "with points pointtype 7 pointsize 0.6 \(color(max(0.75, opacity(crowd))))"
    case .errorBars:
      let style = "\(width(1.2)) \(color(opacity(1))) \(dash) pointtype 7 pointsize 0.5"
      drawing = "using 1:2:3:4 with yerrorlines \(style)"
      sample = "with linespoints \(style)"
    case .band:
      drawing = "using 1:2 with filledcurves closed fillstyle solid 1 noborder \(color(opacity(0.2)))"
      let together = 1 - pow(1 - opacity(0.2), Double(bandsBelow + 1))
      sample = "with boxes fillstyle solid 1 noborder \(color(together))"
    case .histogram:
      let style =
        "with boxes fillstyle solid 1 border linecolor rgb '#ffffff' \(width(0.4)) \(color(opacity(0.55)))"
      drawing = "using 1:2:3 \(style)"
      sample = style
    case .heatmap:
      drawing = "using 1:2:3 with image"
      sample = nil
    case .vectors:
      let style = "with vectors head filled size screen 0.009,18,60 \(width(1)) \(color(opacity(0.9)))"
      drawing = "using 1:2:3:4 \(style)"
      sample = "with lines \(width(1)) \(color(opacity(0.9)))"
    }
  }
}
