import Arrays
import Plots

extension Library {
  /// `wb.plot`.
  package mutating func addPlots(to wb: Module, context: RunContext) {
    wb.function(
      "plot", "plot{series, …, title =, file =, …} → string",
      """
      Draws a figure to a file, or without `file` as text where `print` writes. A series is a table of its arrays and its \
      options: `{x, y, label = "model"}`; a plot of one series may name its arrays at once: `wb.plot{x, y}`. What the \
      arrays are depends on the kind: line and scatter take y, or x and y (a matrix y is one series a column); histogram \
      the data, or edges and heights; band x, lower and upper; errorbars x, y and the error; heatmap the values, or x, y and \
      the values, one row for each y; vectors x, y, dx and dy; paths x and one row for each path; fan x and the rows of \
      quantiles, with `probabilities`.
      """,
      parameters: [ParameterSpec("series", "table", "arrays and options of one series")],
      options: figureOptions + seriesOptions, returns: "the path of the file; nothing without `file`",
      example:
        "local x = wb.linspace(0, 6, 100)\nwb.plot{ {x, x * (6 - x), label = \"height\"}, title = \"a throw\" }"
    ) { arguments in
      let table = try arguments.table(1)
      let plot = PlotReader(function: arguments.name, table: table)
      do {
        let (figure, options) = try plot.read()
        return try arguments.lua.present(
          figure, file: try options.optional("file", .string), context: context)
      } catch let error as PlotError {
        throw arguments.error("\(error)")
      } catch let error as ArrayError {
        throw arguments.error(error.scriptText)
      }
    }
  }
}

extension LuaState {
  /// Draws a figure to a file in the run's output directory, or as text where `print` writes.
  ///
  /// - Returns: the path of the file; `nil` without one.
  package func present(_ figure: Figure, file: String?, context: RunContext) throws -> String? {
    guard let file else {
      try context.willWork()
      if context.isChecking { return nil }
      output(try figure.text(columns: context.textColumns, rows: context.textRows) + "\n")
      return nil
    }
    return try context.writing(file) { try figure.write(to: $0) }
  }
}

/// The options of a figure; `sol:plot` and others take them too.
package let figureOptions: [OptionSpec] = [
  .optional("title", "string", "above the plot"),
  .optional("xlabel", "string", "under the x axis"),
  .optional("ylabel", "string", "beside the y axis"),
  .optional("file", "string", "where to: a name that ends in .png, .svg, .pdf or .txt"),
  .optional(
    "xscale", "\"linear\" | \"log\" | \"date\"", default: "\"linear\"", "date: days since 1970-01-01"),
  .optional("yscale", "\"linear\" | \"log\" | \"date\"", default: "\"linear\"", "the same for y"),
  .optional("xrange", "{low, high}", "what the x axis shows; by default all"),
  .optional("yrange", "{low, high}", "what the y axis shows; by default all"),
  .optional(
    "legend", "string | boolean",
    "\"top left\", \"top right\", \"bottom left\", \"bottom right\", \"outside\", or false; by default where it hides least"
  ),
  .optional("size", "{width, height}", default: "{760, 460}", "in points"),
  .optional("annotations", "table", "words at points: { {x, y, \"text\"}, … }"),
]

/// Reads the options of `figureOptions` into a figure.
package func readFigure(_ options: Options) throws -> Figure {
  var figure = Figure(
    title: try options.get("title", .string, default: ""),
    xLabel: try options.get("xlabel", .string, default: ""),
    yLabel: try options.get("ylabel", .string, default: ""))
  let scales: [String: Figure.Scale] = ["linear": .linear, "log": .log, "date": .date]
  let scale = Reading<String>.oneOf(["linear", "log", "date"])
  figure.xScale = scales[try options.get("xscale", scale, default: "linear")] ?? .linear
  figure.yScale = scales[try options.get("yscale", scale, default: "linear")] ?? .linear
  figure.xRange = try options.optional("xrange", .interval)
  figure.yRange = try options.optional("yrange", .interval)
  if options["legend"].boolean == false {
    figure.legend = .none
  } else if options["legend"].boolean == nil, options.has("legend") {
    let corners: [String: Figure.Legend] = [
      "top left": .topLeft, "top right": .topRight, "bottom left": .bottomLeft, "bottom right": .bottomRight,
      "outside": .outside, "none": .none,
    ]
    figure.legend = corners[try options.get("legend", .oneOf(corners.keys.sorted()))] ?? .automatic
  }
  if let size = try options.optional("size", sizeReading) { (figure.width, figure.height) = size }
  if let list = try options.optional("annotations", .table) {
    figure.labels = try list.array().enumerated().map { i, value in
      guard let label = value.table, let x = try label.get(1).double, let y = try label.get(2).double,
        let text = try label.get(3).string
      else { throw options.error("annotations", "element \(i + 1): expected {x, y, \"text\"}") }
      return Figure.TextLabel(text, x: x, y: y)
    }
  }
  return figure
}

private let sizeReadingText = "{width, height} in points, whole numbers from 80 × 60 to 10000 × 10000"

private var sizeReading: Reading<(Int, Int)> {
  Reading(sizeReadingText) { value in
    guard let list = try Reading<[Int]>.integers.read(value), list.count == 2,
      (80...10_000).contains(list[0]), (60...10_000).contains(list[1])
    else { return nil }
    return (list[0], list[1])
  }
}

/// The options of a series.
let seriesOptions: [OptionSpec] = [
  .optional(
    "kind", "string", default: "\"line\"",
    "line, scatter, histogram, heatmap, band, errorbars, vectors, paths or fan"),
  .optional("label", "string", "its name in the legend; of a matrix y the start of the names"),
  .optional(
    "color", "string | integer", "\"#1f77b4\", \"ink\", or 1, 2, … of the palette; by default the next one"),
  .optional("width", "number", "line width in points"),
  .optional("opacity", "number", "from 0 to 1"),
  .optional("dashed", "boolean", default: "false", "for lines"),
  .optional("bins", "integer", default: "50", "of a histogram"),
  .optional("range", "{low, high}", "of a histogram; by default all the data"),
  .optional(
    "density", "boolean", default: "false", "whether a histogram's area is 1; otherwise it shows counts"),
  .optional("probabilities", "table", "of a fan: the probability of each row of quantiles"),
]
