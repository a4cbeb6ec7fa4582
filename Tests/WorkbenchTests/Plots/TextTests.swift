import Glibc
import Plots
import Testing

@Suite struct TextTests {
  /// A line from corner to corner, by eye.
  @Test func aLine() throws {
    var figure = Figure(title: "ramp", series: [Series(.line(x: [0, 1], y: [0, 1]))])
    figure.xRange = 0...1
    figure.yRange = 0...1
    let expected = """
           ramp
      1.0 ┤                     ⣀⠤⠒⠉
          │                 ⣀⠤⠒⠉
          │            ⢀⡠⠔⠊⠉
      0.5 ┤        ⣀⡠⠔⠊⠁
          │    ⣀⠤⠒⠉
      0.0 ┤⣀⠤⠒⠉
          └┬───────────┬───────────┬
          0.0         0.5        1.0
      """
    #expect(try figure.text(columns: 30, rows: 9) == expected)
  }

  @Test func staysInItsBox() throws {
    let x = (0...300).map { Double($0) / 30 }
    var figure = Figure(
      title: String(repeating: "long title ", count: 20), xLabel: "time\n\u{1B}[31m", yLabel: "value",
      series: [
        Series(.line(x: x, y: x.map { sin($0) * 1e5 }), label: "sine"),
        Series(.band(x: x, lower: x.map { _ in -2e4 }, upper: x.map { _ in 2e4 }), label: "band"),
      ])
    figure.labels = [Figure.TextLabel("top\u{7}", x: 1.57, y: 1e5)]
    for (columns, rows) in [(30, 8), (40, 10), (80, 24), (200, 60)] {
      let lines = try figure.text(columns: columns, rows: rows).split(
        separator: "\n" as Character, omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= columns })
      #expect(lines.count <= max(rows, 10))
      #expect(!lines.joined().unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
  }
}

@Suite struct DateTests {
  /// The days of DGS10.csv's ends, a leap day, and an axis of years.
  @Test func yearsAreMarkedOnTheirFirstDay() throws {
    // 1962-01-02 is day −2921, 2021-04-08 day 18725.
    var figure = Figure(series: [Series(.line(x: [-2921, 18725], y: [4.06, 1.64]))])
    figure.xScale = .date
    let text = try figure.text(columns: 100, rows: 12)
    for year in [1970, 1980, 1990, 2000, 2010, 2020] { #expect(text.contains("\(year)")) }
    #expect(!text.contains("1965"))
    figure.series = [Series(.line(x: [11016, 11016 + 45], y: [0, 1]))]
    #expect(
      try figure.text(columns: 100, rows: 12).contains("1 Mar"), "2000-03-01 is day 11017, after a leap day")
  }
}
