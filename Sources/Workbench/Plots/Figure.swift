/// What a picture shows, independent of how it is drawn: gnuplot draws it to a file (`write(to:)`), and the
/// terminal shows it as text (`text(columns:rows:)`).
package struct Figure: Sendable {
  package var title = ""
  package var xLabel = ""
  package var yLabel = ""
  package var xScale = Scale.linear
  package var yScale = Scale.linear
  /// What the axes show; nil is the range of the data.
  package var xRange: ClosedRange<Double>?
  package var yRange: ClosedRange<Double>?
  package var legend = Legend.automatic
  package var series: [Series] = []
  package var labels: [TextLabel] = []
  /// Size in points: a PNG has twice as many pixels each way, so that it is sharp on today's screens.
  package var width = 760
  package var height = 460

  package init(title: String = "", xLabel: String = "", yLabel: String = "", series: [Series] = []) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
  }

  /// How numbers become positions on an axis.
  package enum Scale: Sendable, Equatable {
    case linear
    /// Logarithmic; values that are not positive are left out, as NaN is.
    case log
    /// Days since 1970-01-01, shown as dates.
    case date
  }

  package enum Legend: Sendable, Equatable {
    /// In a corner, if more than one series has a label.
    case automatic
    case none
    case topLeft, topRight, bottomLeft, bottomRight
    /// Beside the plot.
    case outside
  }

  /// Words at a point of the plot.
  package struct TextLabel: Sendable {
    package var text: String
    package var x: Double
    package var y: Double
    package init(_ text: String, x: Double, y: Double) {
      self.text = text
      self.x = x
      self.y = y
    }
  }
}

/// One layer of a figure. Not-a-numbers and infinities are gaps.
package struct Series: Sendable {
  package enum Kind: Sendable {
    case line(x: [Double], y: [Double])
    case scatter(x: [Double], y: [Double])
    /// A line with marks and whiskers from `lower` to `upper`.
    case errorBars(x: [Double], y: [Double], lower: [Double], upper: [Double])
    /// The area between two curves: a fan chart is nested bands under a line.
    case band(x: [Double], lower: [Double], upper: [Double])
    /// Bars of the given heights between `edges`, of which there is one more.
    case histogram(edges: [Double], heights: [Double])
    /// Cells of the given values, one row for each y from bottom to top; `x` and `y` are the cells' centres,
    /// equally spaced.
    case heatmap(x: [Double], y: [Double], values: [[Double]])
    /// Arrows from (x, y) to (x + dx, y + dy).
    case vectors(x: [Double], y: [Double], dx: [Double], dy: [Double])
    /// Many thin lines over one x, one colour: sample paths.
    case paths(x: [Double], ys: [[Double]])
  }

  package var kind: Kind
  package var label: String
  package var color: Color
  /// Line width in points; nil is the kind's own.
  package var width: Double?
  /// From 0 (invisible) to 1 (solid); nil is the kind's own.
  package var opacity: Double?
  package var dashed: Bool

  package init(
    _ kind: Kind, label: String = "", color: Color = .automatic, width: Double? = nil, opacity: Double? = nil,
    dashed: Bool = false
  ) {
    self.kind = kind
    self.label = label
    self.color = color
    self.width = width
    self.opacity = opacity
    self.dashed = dashed
  }

  /// The kind's name in messages and in Lua's `kind=`.
  package var kindName: String {
    switch kind {
    case .line: "line"
    case .scatter: "scatter"
    case .errorBars: "errorbars"
    case .band: "band"
    case .histogram: "histogram"
    case .heatmap: "heatmap"
    case .vectors: "vectors"
    case .paths: "paths"
    }
  }
}

/// The colour of a series.
package enum Color: Sendable, Equatable {
  /// The next of the palette; bands that follow one another share theirs.
  case automatic
  /// The near-black of the axes' text: observed data beside coloured models.
  case ink
  /// One of the palette's seven, from 0, round and round.
  case palette(Int)
  /// 0xRRGGBB.
  case rgb(UInt32)

  /// Okabe and Ito's colours, which remain distinct to colour-blind readers (Color Universal Design, 2008),
  /// without black and with yellow, too faint on white, left out.
  static let palette: [UInt32] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x7F7F7F]
  static let inkValue: UInt32 = 0x2B2B2B
}

/// Why a figure could not be drawn, and what to do about it.
package struct PlotError: Error, CustomStringConvertible, Sendable {
  package let description: String
  init(_ description: String) { self.description = description }
}
