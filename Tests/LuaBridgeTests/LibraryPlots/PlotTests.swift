import Testing

import LuaBridge

@Suite struct PlotBinding {
  /// The text of a plot, without a file.
  private func text(_ plot: String) throws -> String {
    let state = try ArrayState()
    #expect(try state.run("return \(plot)")[0].isNil)
    return state.printed
  }

  @Test(arguments: [
    "wb.plot{ {{1, 2, 3}, {1, 4, 9}} }", "wb.plot{ {wb.range(1, 9), wb.range(1, 9) ^ 2, label = 'squares'} }",
    "wb.plot{ wb.range(1, 9), wb.range(1, 9) ^ 2 }", "wb.plot{ {1, 2, 3}, {1, 4, 9} }",
    "wb.plot{ {1, 4, 9} }",
    "wb.plot{ wb.range(1, 9), kind = 'scatter' }",
    "wb.plot{ {wb.range(1, 9)}, kind = 'histogram', bins = 3 }",
    "wb.plot{ {{0, 1, 2}, {3, 4}, kind = 'histogram'} }", "wb.plot{ wb.eye(3), kind = 'heatmap' }",
    "wb.plot{ {{1, 2}, {1, 2, 3}, wb.ones(3, 2), kind = 'heatmap'} }",
    "wb.plot{ {{1, 2}, {0, 1}, {2, 3}, kind = 'band'} }",
    "wb.plot{ {{1, 2}, {0, 1}, 0.5 * wb.ones(2), kind = 'errorbars'} }",
    "wb.plot{ {{1, 2}, {0, 1}, {-1, 0}, {1, 2}, kind = 'errorbars'} }",
    "wb.plot{ {{1, 2}, {0, 1}, {1, 1}, {1, 0}, kind = 'vectors'} }",
    "wb.plot{ {{1, 2, 3}, wb.array{{1, 2, 3}, {3, 2, 1}}, kind = 'paths'} }",
    "wb.plot{ wb.ones(2, 3, 1), kind = 'paths' }",
    "wb.plot{ {{1, 2}, wb.array{{0, 0}, {1, 1}, {2, 2}}, kind = 'fan', probabilities = {0.1, 0.5, 0.9}} }",
    "wb.plot{ {wb.range(1, 3), wb.array{{1, 2}, {3, 4}, {5, 6}}:named{'a', 'b'}} }",
    "wb.plot{ {{1, 10}, {1, 100}}, xscale = 'log', yscale = 'log' }",
    "wb.plot{ {{18000, 19000}, {1, 2}}, xscale = 'date' }",
    "wb.plot{ {{1, 2}, {1, 0/0}}, xrange = {0, 3}, yrange = {0, 2}, legend = false, size = {400, 300} }",
    "wb.plot{ {{1, 2}, {1, 2}, color = '#ff0000', width = 2, opacity = 0.5, dashed = true}, annotations = {{1, 1, 'here'}} }",
    "wb.plot{ {{1, 2}, {1, 2}, color = 3}, {{1, 2}, {2, 1}, color = 'ink'}, legend = 'top left' }",
    "wb.plot{ {wb.array{1, 2, 0/0, 4}}, kind = 'histogram', density = true }",
  ]) func drawsText(_ plot: String) throws {
    let lines = try text(plot).split(separator: "\n")
    #expect(lines.count > 5)
    #expect(lines.contains { $0.contains("└") })
  }

  @Test func showsWhatIsNamed() throws {
    let shown = try text(
      "wb.plot{ {{1, 2}, {1, 2}, label = 'up'}, {{1, 2}, {2, 1}, label = 'down'}, title = 'Title', xlabel = 'time', ylabel = 'height' }"
    )
    for word in ["up", "down", "Title", "time", "height"] { #expect(shown.contains(word)) }
    let columns = try text(
      "wb.plot{ {wb.range(1, 2), wb.array{{1, 2}, {3, 4}}:named{'first', 'second'}, label = 'of'} }")
    #expect(columns.contains("of first"))
    #expect(columns.contains("of second"))
  }

  @Test func namedColumnsAreDifferentCurves() throws {
    let state = try ArrayState()
    state.context.textColumns = 40
    state.context.textRows = 12
    _ = try state.run("wb.plot{ {1, 2} }")
    #expect(state.printed.split(separator: "\n").allSatisfy { $0.count <= 40 })
  }

  @Test func writesFilesIntoTheOutputFolder() throws {
    let state = try ArrayState()
    let folder = try ScratchFolder()
    state.context.outDirectory = folder.path + "/figures"
    #expect(
      try state.run("return wb.plot{ {{1, 2}, {1, 2}}, file = 'a.txt' }")[0].string == folder.path
        + "/figures/a.txt")
    #expect(try folder.read("figures/a.txt").contains("└"))
    #expect(state.context.artifacts == [folder.path + "/figures/a.txt"])
    #expect(state.printed.isEmpty)
    _ = state.failure("wb.plot{ {{1, 2}, {1, 2, 3}}, file = 'b.txt' }")
    #expect(folder.contents == ["figures"])
    #expect(state.context.artifacts.count == 1)
  }

  @Test(arguments: [
    ("wb.plot()", "expected a table as argument 1, got nothing"), ("wb.plot{}", "there is nothing to draw"),
    ("wb.plot{title = 'x'}", "there is nothing to draw"),
    ("wb.plot{{}}", "a line takes y, or x and y; got 0 arrays"),
    ("wb.plot{ {{1, 2}, {1, 2, 3}} }", "x has 2 values but y has 3"),
    ("wb.plot{ {{1, 2}, 'x'} }", "y: expected an array or a number, got string"),
    ("wb.plot{ {{1, 2}, {1, 2}, kind = 'lin'} }", "did you mean \"line\"?"),
    ("wb.plot{ {{1, 2}}, titel = 'x' }", "did you mean 'title'?"),
    ("wb.plot{ {{1, 2}, {1, 2}, titel = 'x'} }", "unknown option 'titel' of wb.plot, series 1"),
    ("wb.plot{ {{1, 2}, {1, 2}, {1, 2}} }", "3 arrays need a kind"),
    ("wb.plot{ {{1, 2}, {1, 2}, kind = 'band'} }", "a band takes x, lower and upper; got 2 arrays"),
    ("wb.plot{ {{1, 2}, {1, 2}, kind = 'vectors'} }", "got 2 arrays"),
    ("wb.plot{ {{1, 2}, kind = 'errorbars'} }", "got 1 array"),
    ("wb.plot{ {{1, 2}, {1, 2}, {1}, kind = 'errorbars'} }", "the error has 1; expected as many"),
    ("wb.plot{ {{1, 2}, kind = 'heatmap'} }", "have two axes, not shape (2,)"),
    ("wb.plot{ {{1, 2}, {1, 2}, kind = 'heatmap'} }", "got 2 arrays"),
    ("wb.plot{ {{1, 3}, {1, 2}, wb.ones(3, 2), kind = 'heatmap'} }", "needs 2 rows of 2 values"),
    ("wb.plot{ {wb.ones(2, 2, 2)} }", "y has shape (2, 2, 2); expected one or two axes"),
    ("wb.plot{ {wb.ones(2, 2), {1, 2}} }", "x has shape (2, 2); expected one axis"),
    ("wb.plot{ {wb.ones(2, 2, 2), kind = 'paths'} }", "paths × times, not shape (2, 2, 2)"),
    ("wb.plot{ {{1, 2}, wb.ones(3, 2), kind = 'fan'} }", "a fan needs probabilities"),
    ("wb.plot{ {{1, 2}, wb.ones(3, 2), kind = 'fan', probabilities = {0.5}} }", "expected (1, 2)"),
    ("wb.plot{ {{1, 2}, wb.ones(1, 2), kind = 'fan', probabilities = {1.5}} }", "must lie between 0 and 1"),
    ("wb.plot{ {{1, 2}, {0/0, 0/0}} }", "nothing to draw: no x value is finite"),
    ("wb.plot{ {{-1, -2}, {1, 2}}, xscale = 'log' }", "which a logarithmic axis needs"),
    ("wb.plot{ {{0/0}}, kind = 'histogram' }", "none of the data is finite"),
    ("wb.plot{ {wb.zeros(0)}, kind = 'histogram' }", "the data is empty"),
    ("wb.plot{ {{1, 2}}, kind = 'histogram', bins = 0 }", "expected an integer from 1 to 100000, got 0"),
    ("wb.plot{ {{1, 2}}, kind = 'histogram', bins = 1e300 }", "got 1e+300"),
    ("wb.plot{ {{1, 2}}, xrange = {2, 1} }", "option 'xrange' of wb.plot: expected two finite numbers"),
    ("wb.plot{ {{1, 2}}, size = {1, 1} }", "from 80 × 60"),
    ("wb.plot{ {{1, 2}}, size = {1e300, 1} }", "from 80 × 60"),
    ("wb.plot{ {{1, 2}}, legend = 'middle' }", "option 'legend'"),
    ("wb.plot{ {{1, 2}}, annotations = {{1, 'x'}} }", "element 1: expected {x, y, \"text\"}"),
    ("wb.plot{ {{1, 2}, color = 'red'} }", "a colour: \"#1f77b4\""),
    ("wb.plot{ {{1, 2}, color = '#-12345'} }", "a colour"),
    ("wb.plot{ {{1, 2}, color = 0} }", "a colour"),
    ("wb.plot{ {{1, 2}, width = -1} }", "expected a number from 0.1 to 50"),
    ("wb.plot{ {{1, 2}, opacity = 0/0} }", "expected a number from 0.0 to 1.0"),
    ("wb.plot{ {{1, 2}}, file = 'x.doc' }", "ends in .png, .svg, .pdf or .txt"),
    ("wb.plot{ {{1, 2}}, file = 3 }", "option 'file' of wb.plot: expected a string"),
    ("wb.plot{ print }", "expected an array or a number, got function"),
    ("wb.plot{ {1e300, -1e300} }", "is finite"),
  ]) func refused(_ source: String, _ message: String) throws {
    let failure = try #require(try ArrayState().failure(source))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.hasPrefix("test.lua:1: "), "\(failure)")
  }
}
