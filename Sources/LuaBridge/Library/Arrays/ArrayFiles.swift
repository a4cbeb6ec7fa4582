import Arrays
import Files

extension Module {
  /// `wb.load`, `wb.save`, `wb.date`, `wb.days`.
  func defineArrayFiles(_ context: RunContext) {
    arrayFunction(
      "load", "load(path, [options]) → array | table",
      "Reads numbers by the file's extension: .csv, .tsv and .txt tables, whose header names the columns and whose"
        + " dates become days since 1970-01-01; .npy arrays; .npz archives, as a table of arrays.",
      parameters: [ParameterSpec("path", "string", "the file")],
      options: [
        .optional(
          "header", "\"auto\" | boolean", default: "\"auto\"",
          "whether the first row names the columns; \"auto\": when one of its cells is no number"),
        .optional(
          "missing", "\"error\" | \"skip\" | \"nan\"", default: "\"error\"",
          "what an empty cell is: an error with its line and column, a reason to leave out its row, or nan"),
        .optional(
          "delimiter", "string", "what stands between cells; by default the most frequent of tab, ; and ,"),
        .optional(
          "markers", "table of strings",
          "what stands for a missing value, instead of NA, N/A, #N/A, null and ."),
      ],
      returns: "the array and, when `missing = \"skip\"`, how many rows were left out",
      example: "local t = wb.load(\"data/DGS10.csv\", {missing = \"skip\"})"
    ) { arguments in
      let path = try arguments.string(1)
      let (options, given) = try readingOptions(try arguments.options(2))
      try context.willWork()
      if let pending = try context.pendingFile(path) { return pending }
      switch try loaded(path, options) {
      case .table(let table):
        let array = ArrayObject(table.array, dateColumns: table.dateColumns)
        return options.missing == .skipRow ? LuaResults(array, table.skippedRows) : array
      case .array(let array):
        try refuse(given, path)
        return array
      case .archive(let arrays):
        try refuse(given, path)
        return LuaRecord(arrays.map { ($0.name, $0.array) })
      }
    }
    arrayFunction(
      "save", "save(path, arrays) → string",
      "Writes an array (.npy, .csv, .tsv) or several by name (.npz, which NumPy reads). A relative path is one in the"
        + " run's output directory.",
      parameters: [
        ParameterSpec("path", "string", "the file; it appears whole or not at all"),
        ParameterSpec("arrays", "array | table", "an array, or for .npz a table of named arrays"),
      ], returns: "the path written",
      example: "wb.save(\"result.npz\", {x = wb.range(1, 10), y = wb.zeros(10)})"
    ) { arguments in
      let path = try arguments.string(1)
      guard path.lowercased().hasSuffix(".npz") else {
        let array = try arguments.array(2)
        return try context.writing(path) {
          try write(array, dates: arguments.objectIfPresent(2, ArrayObject.self)?.dateColumns ?? [], to: $0)
        }
      }
      let table = try arguments.table(2)
      let arrays = try table.entries().map { key, value in
        guard let name = key.string else {
          throw arguments.error(
            "an .npz file holds named arrays: expected {name = array, …}, got an element without a name")
        }
        return (name: name, array: try ArrayOperations.operand(value, "\(arguments.name): '\(name)'"))
      }
      return try context.writing(path) { try NPZ.write(arrays, path: $0) }
    }
    defineDates()
  }

  private func defineDates() {
    function(
      "date", "date(days) → string", "The date of a number of days since 1970-01-01, as \"2021-04-08\".",
      parameters: [ParameterSpec("days", "number", "as `wb.load` gives for a date; a fraction is dropped")],
      example: "wb.date(18725)"
    ) { arguments in
      let days = try arguments.number(1).rounded(.down)
      guard days >= -719_528, days < 2_932_897 else {
        throw arguments.mismatch(1, "a number of days within the years 0 to 9999")
      }
      let date = CalendarDate.date(days: Int(days))
      let (year, month, day) = (padded(date.year, 4), padded(date.month, 2), padded(date.day, 2))
      return "\(year)-\(month)-\(day)"
    }
    function(
      "days", "days(date) → integer", "The number of days from 1970-01-01 to a date.",
      parameters: [ParameterSpec("date", "string", "as \"2021-04-08\"")], example: "wb.days(\"2021-04-08\")"
    ) { arguments in
      let parts = try arguments.string(1).split(separator: "-", omittingEmptySubsequences: false)
      let isPlain =
        parts.map(\.utf8.count) == [4, 2, 2] && parts.joined().utf8.allSatisfy { (48...57).contains($0) }
      let numbers = isPlain ? parts.compactMap { Int($0) } : []
      guard numbers.count == 3,
        let days = CalendarDate.days(year: numbers[0], month: numbers[1], day: numbers[2])
      else { throw arguments.mismatch(1, "a date such as \"2021-04-08\"") }
      return days
    }
  }
}

extension ObjectType where Object == ArrayObject {
  /// `array:save(path)`.
  func defineSaving(_ context: RunContext) {
    arrayMethod(
      "save", "save(path) → string",
      "Writes the array by the path's extension: .npy, .csv or .tsv. A relative path is one in the run's output"
        + " directory. Columns that were read as dates are written as dates.",
      parameters: [ParameterSpec("path", "string", "the file; it appears whole or not at all")],
      returns: "the path written", example: "wb.eye(3):save(\"identity.csv\")"
    ) { box, arguments in
      try context.writing(try arguments.string(1)) { try write(box.array, dates: box.dateColumns, to: $0) }
    }
  }
}

private func write(_ array: NDArray, dates: [Int], to path: String) throws {
  let name = path.lowercased()
  if name.hasSuffix(".csv") {
    try CSV.write(array, path: path, dateColumns: dates)
  } else if name.hasSuffix(".tsv") {
    try CSV.write(array, path: path, delimiter: "\t", dateColumns: dates)
  } else if name.hasSuffix(".npz") {
    throw FileError(path: path, reason: "an .npz file holds named arrays: use wb.save(path, {name = array})")
  } else {
    try Files.save(array, path: path)
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The file, or an error in the words of `wb.load`.
private func loaded(_ path: String, _ options: CSVOptions) throws -> LoadedFile {
  do {
    return try Files.load(path: path, options: options)
  } catch let error as FileError where error.reason.hasSuffix(CSV.remedyForMissing) {
    let what = error.reason.dropLast(CSV.remedyForMissing.count)
    throw FileError(
      path: error.path, line: error.line, column: error.column,
      reason: what
        + "fill it in, or load with {missing = \"skip\"} to leave out such rows, {missing = \"nan\"} to keep them"
    )
  }
}

/// The options of a table's text, and which of them the script gave.
private func readingOptions(_ given: Options) throws -> (CSVOptions, [String]) {
  var options = CSVOptions()
  if given.has("header") {
    let reading = Reading<CSVOptions.Header>("\"auto\", true or false") { value in
      if let flag = value.boolean { return flag ? .yes : .no }
      return value.string == "auto" ? .auto : nil
    }
    options.header = try given.get("header", reading)
  }
  if given.has("missing") {
    let policies: [String: CSVOptions.Missing] = ["error": .error, "skip": .skipRow, "nan": .nan]
    options.missing = policies[try given.get("missing", .oneOf(["error", "skip", "nan"]))] ?? .error
  }
  options.delimiter = try given.optional(
    "delimiter",
    Reading("\",\", \";\", \"|\" or a tab") { value in
      guard let text = value.string, [",", ";", "|", "\t"].contains(text) else { return nil }
      return text.first
    })
  if let markers = try given.optional("markers", Reading<[String]>.strings) {
    options.missingMarkers = Set(markers)
  }
  return (options, given.names)
}

/// Options of text make no sense for a file that is none.
private func refuse(_ options: [String], _ path: String) throws {
  if let first = options.first {
    throw FileError(path: path, reason: "the option '\(first)' is for .csv, .tsv and .txt files")
  }
}
