import Arrays
import Files
import Testing

@Suite struct CSVTests {
  func parse(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> CSVTable {
    try CSV.parse(Array(text.utf8), name: "t.csv", options: options)
  }

  func expectError(
    _ text: String, _ message: String, _ options: CSVOptions = CSVOptions(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) { try parse(text, options) }
    #expect(error?.description == message, sourceLocation: sourceLocation)
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func lineEndings(_ end: String) throws {
    for last in ["", end, end + end] {
      let table = try parse("\u{FEFF}a,b\(end)1,2\(end)\(end)3,4\(last)")
      #expect(table.array == (try NDArray(rows: [[1, 2], [3, 4]], columnNames: ["a", "b"])))
      #expect(table.dateColumns.isEmpty && table.skippedRows == 0)
    }
  }

  @Test func quotedCells() throws {
    let table = try parse("\"a, b\",\"say \"\"hi\"\"\",\"two\nlines\"\n\"1\", 2 ,\" 3 \"\n")
    #expect(table.array.columnNames == ["a, b", "say \"hi\"", "two\nlines"])
    #expect(table.array.values == [1, 2, 3])
  }

  @Test func headers() throws {
    #expect(try parse("1,2\n3,4").array.shape == [2, 2])
    #expect(try parse("2019,2020\n3,4", CSVOptions(header: .yes)).array.columnNames == ["2019", "2020"])
    #expect(try parse("a,,a,a_2\n1,2,3,4").array.columnNames == ["a", "column2", "a_2", "a_2_2"])
    #expect(try parse("a,b\n").array.shape == [0, 2])
    #expect(try parse("2021-01-01,5\n2021-01-02,6").array.columnNames == nil)
    expectError(
      "a,b\n1,2", "t.csv:1: column 1: expected a number or a date, found \"a\"", CSVOptions(header: .no))
  }

  @Test func delimiters() throws {
    #expect(try parse("a;b\n1;2").array.values == [1, 2])
    #expect(try parse("a\tb\n1\t2").array.values == [1, 2])
    #expect(try parse("a|b\n1|2", CSVOptions(delimiter: "|")).array.values == [1, 2])
    #expect(try parse("\"a,b,c\";d\n1;2").array.columnNames == ["a,b,c", "d"])
    #expect(throws: FileError.self) { try parse("a", CSVOptions(delimiter: "\"")) }
    #expect(throws: FileError.self) { try parse("a", CSVOptions(delimiter: "é")) }
  }

  @Test func dates() throws {
    let iso = try parse(
      "Date,Rate\n1970-01-01,1\n2021-04-08,2\n2021-04-08T12:00,3\n1969-12-31 06:00:00+06:00,4\n")
    #expect(try iso.array.column("Date").values == [0, 18725, 18725.5, -1])
    #expect(iso.dateColumns == [0])
    let us = try parse("4/8/2021,1\n12/31/1969,2\n2/29/2000,3\n4/8/2021 18:00,4\n")
    #expect(try us.array.column(0).values == [18725, -1, 11016, 18725.75])
    expectError(
      "d\n2021-01-01\n1/2/2021", "t.csv:3: column \"d\": expected a date like 2021-04-08, found \"1/2/2021\"")
    expectError(
      "d,x\n2021-02-28,1\n2021-02-29,1",
      "t.csv:3: column \"d\": expected a date like 2021-04-08, found \"2021-02-29\"")
    expectError("x\n1\n4/8/2021", "t.csv:3: column \"x\": expected a number, found \"4/8/2021\"")
    for bad in ["4/8/21", "13/1/2021", "2021-1-1", "1900-02-29", "2021-01-01T24:00", "2021-01-01T1"] {
      #expect(throws: FileError.self, "\(bad)") { try parse("d\n\(bad)") }
    }
  }

  @Test func everyDayOfFourCenturiesComesBack() {
    for day in -73_050...73_050 {
      let (year, month, date) = CalendarDate.date(days: day)
      #expect(CalendarDate.days(year: year, month: month, day: date) == day)
    }
  }

  @Test func missingCells() throws {
    let text = "a,b\n1,\n2,3\n NA ,4\n.,5\n"
    let skipped = try parse(text, CSVOptions(missing: .skipRow))
    #expect(skipped.array.values == [2, 3] && skipped.skippedRows == 3)
    let filled = try parse(text, CSVOptions(missing: .nan))
    #expect(filled.array.shape == [4, 2])
    #expect(filled.array.values.map(\.isNaN) == [false, true, false, false, true, false, true, false])
    expectError(
      text,
      "t.csv:2: column \"b\": an empty cell: fill it in, or choose to skip such rows or to read them as NaN")
    expectError(
      "a\n1\nNA",
      "t.csv:3: column \"a\": \"NA\", which marks a missing value: fill it in, or choose to skip such rows or to "
        + "read them as NaN")
    // A missing first cell does not decide what the column holds.
    #expect(try parse("d\n.\n2021-04-08\n", CSVOptions(missing: .skipRow)).dateColumns == [0])
    #expect(try parse("d\nnan\n2021-04-08\n").dateColumns == [0])
  }

  @Test func badCellsAreNamed() {
    expectError("Date,Rate\n1,2\n3,4x\n", "t.csv:3: column \"Rate\": expected a number, found \"4x\"")
    // The line is the file's, not the record's.
    expectError("\"a\nb\",c\n\n1,2\n3,1.2.3\n", "t.csv:5: column \"c\": expected a number, found \"1.2.3\"")
    expectError("1,2\n1,0x10", "t.csv:2: column 2: expected a number, found \"0x10\"")
    for bad in ["1e", "+", "-", ".e1", "1 2", "1,5e", "--1", "infin", "1_000", "1e+"] {
      #expect(throws: FileError.self, "\(bad)") { try parse("x,y\n1,2\n1,\(bad)") }
    }
    let long = String(repeating: "y", count: 100)
    expectError(
      "x\n1\n\(long)", "t.csv:3: column \"x\": expected a number, found \"\(long.prefix(57))…\"")
  }

  @Test func structuralErrors() {
    expectError("", "t.csv: the file is empty")
    expectError("\n\r\n", "t.csv: the file is empty")
    expectError("a,b\n1,2\n3\n", "t.csv:3: expected 2 cells as in line 1, found 1")
    expectError("a,b\n1,2\n3,4,5,6\n", "t.csv:3: expected 2 cells as in line 1, found 4")
    expectError("a\n\"1", "t.csv:2: a quoted cell begins here and does not end")
    expectError(
      "a\n\"1\"2",
      "t.csv:2: text after a closing quote: expected a delimiter or the end of the line; a quote inside quotes is "
        + "doubled")
  }

  @Test func encodings() throws {
    let invalid: [UInt8] = Array("a\n1\n".utf8) + [0xE9, 0x0A]
    #expect(
      throws: FileError(path: "f", line: 3, reason: "invalid UTF-8 (byte 0xE9): save the file as UTF-8")
    ) {
      try CSV.parse(invalid, name: "f")
    }
    #expect(throws: FileError(path: "f", reason: "is in UTF-16: save it as UTF-8")) {
      try CSV.parse([0xFF, 0xFE, 0x31, 0], name: "f")
    }
    #expect(throws: FileError(path: "f", line: 2, reason: "holds a NUL byte: not a text file")) {
      try CSV.parse([0x31, 0x0A, 0], name: "f")
    }
    #expect(try parse("Größe,σ\n1,2").array.columnNames == ["Größe", "σ"])
  }

  @Test func filesThatCannotBeRead() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError(path: "/nonexistent/x.csv", reason: "no such file")) {
      try CSV.read(path: "/nonexistent/x.csv")
    }
    #expect(throws: FileError(path: folder.path, reason: "is a directory, expected a file")) {
      try CSV.read(path: folder.path)
    }
  }

  /// Numbers are rounded exactly as the standard library's parser does.
  @Test func numbersAreCorrectlyRounded() throws {
    var texts = [
      "0", "-0", "+1", ".5", "5.", "1e5", "1E-5", "9007199254740993", "123456789012345678901234567890",
      "1e-400",
      "1e400", "4.9e-324", "2.2250738585072011e-308", "0.1", "00000000000000000000000000001.5", "1e22",
      "1e23",
      "8.5e-22", "9007199254740992e22", "0.000000000000000000000000000000000000000000000001",
      "1e999999999999999999999",
    ]
    var generator = SplitMix(3)
    for _ in 0..<5000 {
      let x = Double(bitPattern: generator.next())
      if x.isFinite { texts.append("\(x)") }
      let digits = (0..<Int.random(in: 1...25, using: &generator)).map { _ in
        "\(Int.random(in: 0...9, using: &generator))"
      }
      let point = Int.random(in: 0...digits.count, using: &generator)
      texts.append(
        digits[..<point].joined() + "." + digits[point...].joined()
          + "e\(Int.random(in: -40...40, using: &generator))")
    }
    let got = try parse("x\n" + texts.joined(separator: "\n")).array.values
    for (text, value) in zip(texts, got) {
      let expected = try #require(Double(text.hasPrefix(".") ? "0" + text : text.replacingTrailingPoint))
      #expect(value.bitPattern == expected.bitPattern, "\(text)")
    }
    #expect(try parse("x\ninf\n-Infinity\nNaN").array.values.prefix(2) == [.infinity, -.infinity])
  }

  /// Random tables, names and numbers of every kind: what is written is what is read.
  @Test(arguments: 0..<40) func writtenTablesComeBack(_ seed: Int) throws {
    var generator = SplitMix(UInt64(seed))
    let rows = Int.random(in: 0...30, using: &generator), columns = Int.random(in: 1...6, using: &generator)
    let pieces = ["a", "B", ",", ";", "\t", "\"", "\n", "\r\n", " ", "é", "'", "σ", "|", "1"]
    let names = (0..<columns).map { column in
      "n\(column)"
        + (0..<Int.random(in: 0...5, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }
        .joined()
    }
    let values = (0..<(rows * columns)).map { _ -> Double in
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: Double(Int.random(in: -1000...1000, using: &generator))
      case 1: Double.random(in: -1...1, using: &generator)
      case 2:
        [-0.0, .infinity, -.infinity, Double.leastNonzeroMagnitude, .greatestFiniteMagnitude].randomElement(
          using: &generator)!
      default:
        Double(bitPattern: generator.next() & ~(1 << 62))
      }
    }
    let array = try NDArray(values, shape: [rows, columns], columnNames: names)
    let folder = try TemporaryFolder()
    for delimiter in [",", ";", "\t", "|"] as [Character] {
      try CSV.write(array, path: folder.file("t.csv"), delimiter: delimiter)
      let back = try CSV.read(
        path: folder.file("t.csv"), options: CSVOptions(header: .yes, delimiter: delimiter)
      ).array
      #expect(back.shape == array.shape)
      #expect(back.columnNames == names)
      #expect(back.values.map(\.bitPattern) == values.map(\.bitPattern))
    }
  }

  @Test func writtenDates() throws {
    let folder = try TemporaryFolder()
    let array = try NDArray(
      rows: [[18725, 1.5], [18725.75, .nan], [-1, 2]], columnNames: ["Date", "Rate"])
    try CSV.write(array, path: folder.file("d.csv"), dateColumns: [0])
    #expect(
      try folder.text("d.csv") == "Date,Rate\n2021-04-08,1.5\n2021-04-08T18:00:00,nan\n1969-12-31,2\n")
    let back = try CSV.read(path: folder.file("d.csv"))
    #expect(back.dateColumns == [0])
    #expect(try back.array.column(0) == array.column(0))
  }

  @Test func whatCannotBeWritten() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.csv")
    #expect(throws: FileError.self) { try CSV.write(.zeros([2, 2, 2]), path: path) }
    #expect(throws: FileError.self) { try CSV.write(.zeros([2, 0]), path: path) }
    #expect(throws: FileError.self) { try CSV.write(.zeros([2]), path: path, delimiter: "1") }
    #expect(folder.contents() == [])
  }
}

extension String {
  /// Swift's parser wants a digit after the point.
  fileprivate var replacingTrailingPoint: String {
    var text = self
    if let point = text.firstIndex(of: ".") {
      let next = text.index(after: point)
      if next == text.endIndex || text[next] == "e" { text.insert("0", at: next) }
    }
    return text
  }
}
