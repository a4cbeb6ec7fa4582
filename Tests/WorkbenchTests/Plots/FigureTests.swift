import Glibc
import Plots
import Testing

/// A directory that vanishes with the test.
final class Scratch {
  let path: String

  init() throws {
    var name = Array("/tmp/workbench-plots-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func file(_ name: String) -> String { path + "/" + name }

  var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func bytes(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return bytes }
      bytes += buffer.prefix(count)
    }
  }

  static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

  deinit {
    for name in names { unlink(file(name)) }
    rmdir(path)
  }
}

private let ramp = (0..<20).map(Double.init)

/// One series of each kind.
private let kinds: [Series] = [
  Series(.line(x: ramp, y: ramp), label: "series"),
  Series(.scatter(x: ramp, y: ramp), label: "series"),
  Series(
    .errorBars(x: ramp, y: ramp, lower: ramp.map { $0 - 1 }, upper: ramp.map { $0 + 1 }), label: "series"),
  Series(.band(x: ramp, lower: ramp, upper: ramp.map { $0 + 3 }), label: "series"),
  Series(.histogram(edges: ramp, heights: Array(ramp.dropLast())), label: "series"),
  Series(.heatmap(x: ramp, y: ramp, values: ramp.map { y in ramp.map { $0 * y } }), label: "series"),
  Series(.vectors(x: ramp, y: ramp, dx: ramp, dy: ramp), label: "series"),
  Series(.paths(x: ramp, ys: [ramp, ramp.reversed()]), label: "series"),
]

@Suite struct FigureFileTests {
  @Test(arguments: kinds.indices) func everyKindInEveryFormat(kind: Int) throws {
    let scratch = try Scratch()
    let figure = Figure(title: kinds[kind].kindName, xLabel: "x", yLabel: "y", series: [kinds[kind]])
    try figure.write(to: scratch.file("f.png"))
    try figure.write(to: scratch.file("f.svg"))
    try figure.write(to: scratch.file("f.pdf"))
    try figure.write(to: scratch.file("f.txt"))
    #expect(scratch.names == ["f.pdf", "f.png", "f.svg", "f.txt"], "and nothing temporary")

    let png = Scratch.bytes(scratch.file("f.png"))
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    let size = { (at: Int) in png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(size(16) == 2 * figure.width && size(20) == 2 * figure.height)
    #expect(png.suffix(8).starts(with: Array("IEND".utf8)))
    #expect(Scratch.text(scratch.file("f.svg")).contains("<text>\(kinds[kind].kindName)</text>"))
    #expect(Scratch.bytes(scratch.file("f.pdf")).starts(with: Array("%PDF-".utf8)))
    #expect(Scratch.text(scratch.file("f.txt")).contains(kinds[kind].kindName))
  }

  /// Markup, quotes, commands and line ends in words are drawn as they stand, and nothing runs.
  @Test(arguments: [
    "a_b^c {d} @e ~f", "it's", "\"quoted\"", "50 % $x \\n \\", "`touch PLACE`", "'; system 'touch PLACE'; #",
    "x\nsystem 'touch PLACE'\nplot x", "' . system('touch PLACE') . '", "@GPVAL_VERSION", "<b> & </text>",
    "κ(θ−X)dt + σ√X dW", "END_OF_DATA",
  ])
  func wordsAreOnlyWords(pattern: String) throws {
    let scratch = try Scratch()
    let words = pattern.replacing("PLACE", with: scratch.file("ran"))
    var figure = Figure(title: words, xLabel: words, yLabel: words)
    figure.series = [
      Series(.line(x: ramp, y: ramp), label: words), Series(.line(x: ramp, y: ramp), label: words),
    ]
    figure.labels = [Figure.TextLabel(words, x: 3, y: 3)]
    try figure.write(to: scratch.file("f.svg"))
    #expect(scratch.names == ["f.svg"], "a label was run as a command")
    let svg = Scratch.text(scratch.file("f.svg"))
    let escaped = words.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    // Title, two axes, two of the legend, one label, each line end a text of its own.
    for line in escaped.split(separator: "\n" as Character) {
      let count = svg.ranges(of: line).count
      #expect(count >= 6, "\(line) stands \(count) times")
    }
  }

  @Test func gapsBreakLines() throws {
    let scratch = try Scratch()
    func segments(_ y: [Double]) throws -> Int {
      try Figure(series: [Series(.line(x: ramp, y: y), color: .rgb(0x123456))]).write(
        to: scratch.file("g.svg"))
      let svg = Scratch.text(scratch.file("g.svg"))
      // Each unbroken piece begins with a move of the pen.
      return svg.split(separator: "<path" as Substring).filter {
        $0.contains("rgb( 18,  52,  86)") || $0.contains("rgb(18, 52, 86)")
      }
      .reduce(0) { $0 + $1.ranges(of: "M").count }
    }
    var broken = ramp
    broken[7] = .nan
    broken[8] = .infinity
    #expect(try segments(ramp) == 1)
    #expect(try segments(broken) == 2)
  }

  @Test func anInterruptedFileLeavesTheOldOne() throws {
    let scratch = try Scratch()
    let figure = Figure(series: [kinds[0]])
    try figure.write(to: scratch.file("f.svg"))
    let before = Scratch.bytes(scratch.file("f.svg"))
    let huge = Figure(series: [Series(.line(x: ramp, y: ramp.map { _ in .nan }))])
    #expect(throws: PlotError.self) { try huge.write(to: scratch.file("f.svg")) }
    #expect(Scratch.bytes(scratch.file("f.svg")) == before)
    #expect(scratch.names == ["f.svg"])
  }

  @Test func extremeNumbersDraw() throws {
    let scratch = try Scratch()
    let extremes: [[Double]] = [
      [.leastNonzeroMagnitude, .leastNormalMagnitude], [-1e299, 1e299], [5, 5], [0, 0], [1e16, 1e16 + 4],
    ]
    for values in extremes {
      let figure = Figure(series: [Series(.line(x: [0, 1], y: values))])
      try figure.write(to: scratch.file("f.svg"))
      _ = try figure.text(columns: 60, rows: 15)
    }
    var log = Figure(series: [Series(.line(x: [-1, 0, 1, 1e6], y: [1, 2, 1e-12, 1e12]))])
    log.xScale = .log
    log.yScale = .log
    try log.write(to: scratch.file("f.svg"))
    #expect(
      Scratch.text(scratch.file("f.svg")).contains("<text>10⁻⁹</text>")
        || Scratch.text(scratch.file("f.svg")).contains("<text>10⁻¹²</text>"))
  }
}

@Suite struct FigureErrorTests {
  private func message(_ figure: Figure, _ name: String = "f.png") -> String {
    do {
      try figure.write(to: "/nonexistent-directory/" + name)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func whatCannotBeDrawnIsSaid() {
    #expect(message(Figure()).contains("no series"))
    #expect(
      message(Figure(series: [Series(.line(x: [], y: []), label: "prices")])).contains(
        "series 1 (\"prices\"): the line is empty"))
    #expect(
      message(Figure(series: [Series(.line(x: [1, 2], y: [1]))])).contains("x has 2 values but y has 1"))
    #expect(message(Figure(series: [Series(.line(x: [.nan], y: [1]))])).contains("no x value is finite"))
    #expect(
      message(Figure(series: [Series(.histogram(edges: [0, 1], heights: [1, 2]))])).contains(
        "needs 3 edges, not 2"))
    #expect(
      message(Figure(series: [Series(.histogram(edges: [0, 2, 1], heights: [1, 2]))])).contains(
        "must increase"))
    #expect(
      message(Figure(series: [Series(.heatmap(x: [0, 1, 5], y: [0], values: [[1, 2, 3]]))])).contains(
        "equally spaced"))
    var log = Figure(series: [Series(.line(x: [1, 2], y: [-1, 0]))])
    log.yScale = .log
    #expect(message(log).contains("finite and positive"))
    log.yRange = 0...1
    #expect(message(log).contains("positive values only"))
    var range = Figure(series: [kinds[0]])
    range.xRange = 1...1
    #expect(message(range).contains("the lower first"))
    range.xRange = nil
    range.width = 1_000_000
    #expect(message(range).contains("expected from"))
  }

  @Test func badFiles() {
    let figure = Figure(series: [kinds[0]])
    #expect(message(figure, "f.jpg").contains("ends in .png, .svg, .pdf or .txt"))
    #expect(message(figure, "png").contains("ends in .png"))
    #expect(message(figure).contains("cannot write /nonexistent-directory/f.png: No such file or directory"))
  }

  @Test func missingGnuplotSaysWhatToDo() async {
    await #expect(processExitsWith: .success) {
      setenv("PATH", "/nonexistent-directory", 1)
      let figure = Figure(series: [Series(.line(x: [0, 1], y: [0, 1]))])
      let path = "/tmp/workbench-no-gnuplot-\(getpid()).png"
      let error = #expect(throws: PlotError.self) { try figure.write(to: path) }
      #expect(error?.description.contains("apt-get install gnuplot-nox") == true)
      #expect(access(path, F_OK) != 0)
    }
  }
}
