import Arrays

/// One pass over the bytes of a table. Numbers in plain cells, nearly all there is, are parsed where they stand;
/// everything else goes through `scanCell` and `interpret`.
struct CSVParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let name: String
  let options: CSVOptions
  let delimiter: UInt8
  private let markers: [[UInt8]]
  private var position: Int
  /// The 1-based line of `position`.
  private var line = 1
  private var kinds: [Kind?] = []
  private var columnNames: [String]?

  /// What a column holds, decided by its first cell that is not missing.
  enum Kind { case number, isoDate, usDate }

  enum Value {
    case of(Kind, Double)
    case missing
    case neither
  }

  /// A cell's text, between its quotes if it has any.
  private struct Cell {
    var range: Range<Int>
    var isQuoted = false
    var hasDoubledQuotes = false
    var line: Int
    /// Whether it is the last of its row.
    var endsRow: Bool
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, name: String, options: CSVOptions) throws {
    self.bytes = bytes
    self.name = name
    self.options = options
    position = start
    markers = options.missingMarkers.map { Array($0.utf8) }
    if let character = options.delimiter {
      guard let ascii = character.asciiValue, ascii != UInt8(ascii: "\""), ascii != 10, ascii != 13 else {
        throw FileError(
          path: name, reason: "the delimiter must be one ASCII character, neither a quote nor a line break")
      }
      delimiter = ascii
    } else {
      delimiter = CSVParser.guessDelimiter(bytes, from: start)
    }
  }

  private static func guessDelimiter(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var inQuotes = false, hasText = false
    for byte in bytes[start...] {
      if byte == UInt8(ascii: "\"") { inQuotes.toggle() }
      if !inQuotes {
        if byte == 10 || byte == 13 {
          if hasText { break }
          continue
        }
        if [UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: ",")].contains(byte) {
          counts[byte, default: 0] += 1
        }
      }
      hasText = true
    }
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    return candidates.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? UInt8(ascii: ",")
  }

  mutating func parse() throws -> CSVTable {
    skipBlankLines()
    guard position < bytes.count else { throw FileError(path: name, reason: "the file is empty") }
    let headerLine = line
    try readHeader()
    let columns = kinds.count
    var values: [Double] = []
    values.reserveCapacity(try cellBound(columns))
    var rows = 0, skipped = 0
    skipBlankLines()
    while position < bytes.count {
      let rowLine = line
      var column = 0, isMissing = false, endsRow = false
      while !endsRow {
        guard column < columns else {
          throw FileError(path: name, line: rowLine, reason: try raggedReason(column, columns, headerLine))
        }
        while position < bytes.count, bytes[position] == 0x20, delimiter != 0x20 { position += 1 }
        if kinds[column] == .number, let (number, end) = parseNumber(bytes, from: position),
          end == bytes.count || bytes[end] == delimiter || bytes[end] == 10 || bytes[end] == 13
        {
          values.append(number)
          position = end
          endsRow = consumeSeparator()
        } else {
          let cell = try scanCell()
          endsRow = cell.endsRow
          if let value = try number(in: cell, column) {
            values.append(value)
          } else {
            isMissing = true
            values.append(.nan)
          }
        }
        column += 1
      }
      guard column == columns else {
        throw FileError(path: name, line: rowLine, reason: try raggedReason(column, columns, headerLine))
      }
      if isMissing, options.missing == .skipRow {
        values.removeLast(columns)
        skipped += 1
      } else {
        rows += 1
      }
      skipBlankLines()
    }
    let array = try NDArray(values, shape: [rows, columns], columnNames: columnNames)
    let dates = kinds.indices.filter { kinds[$0] == .isoDate || kinds[$0] == .usDate }
    return CSVTable(array: array, dateColumns: dates, skippedRows: skipped)
  }

  /// Reads the first row to learn the number of columns and their names; a row that is data is left to be read again.
  private mutating func readHeader() throws {
    let start = position, startLine = line
    var cells: [Cell] = []
    repeat { cells.append(try scanCell()) } while cells.last?.endsRow == false
    kinds = Array(repeating: nil, count: cells.count)
    let isHeader: Bool
    switch options.header {
    case .yes: isHeader = true
    case .no: isHeader = false
    case .auto:
      isHeader = cells.contains {
        if case .neither = interpret($0) { return true }
        return false
      }
    }
    guard isHeader else {
      (position, line) = (start, startLine)
      return
    }
    var taken = Set<String>()
    columnNames = cells.enumerated().map { index, cell in
      let given = text(of: cell)
      let base = given.isEmpty ? "column\(index + 1)" : given
      var unique = base, suffix = 2
      while !taken.insert(unique).inserted {
        unique = "\(base)_\(suffix)"
        suffix += 1
      }
      return unique
    }
  }

  /// An upper bound for the number of values: no cell lacks both a delimiter and a line break, except the last.
  private func cellBound(_ columns: Int) throws -> Int {
    var separators = 0
    for byte in bytes { separators += byte == delimiter || byte == 10 || byte == 13 ? 1 : 0 }
    do {
      return try NDArray.checkedAllocation([separators + 1 + columns])
    } catch {
      throw FileError(path: name, reason: "the table does not fit into memory")
    }
  }

  /// The cell's number by its column's kind; `nil` when it is missing and may be.
  private mutating func number(in cell: Cell, _ column: Int) throws -> Double? {
    switch interpret(cell) {
    case .missing:
      guard options.missing != .error else {
        let found =
          cell.range.isEmpty ? "an empty cell" : "\"\(text(of: cell))\", which marks a missing value"
        throw bad(
          cell, column, "\(found): \(CSV.remedyForMissing)")
      }
      return nil
    case .of(let kind, let value):
      // "nan" belongs in any column and decides nothing.
      if value.isNaN { return value }
      let expected = kinds[column] ?? kind
      kinds[column] = expected
      guard kind == expected else {
        throw bad(cell, column, "expected \(describe(expected)), found \"\(excerpt(cell))\"")
      }
      return value
    case .neither:
      throw bad(
        cell, column,
        "expected \(kinds[column].map(describe) ?? "a number or a date"), found \"\(excerpt(cell))\"")
    }
  }

  private func describe(_ kind: Kind) -> String {
    switch kind {
    case .number: "a number"
    case .isoDate: "a date like 2021-04-08"
    case .usDate: "a date like 4/8/2021"
    }
  }

  private func bad(_ cell: Cell, _ column: Int, _ reason: String) -> FileError {
    FileError(
      path: name, line: cell.line, column: columnNames.map { "\"\($0[column])\"" } ?? "\(column + 1)",
      reason: reason)
  }

  private mutating func raggedReason(_ seen: Int, _ columns: Int, _ headerLine: Int) throws -> String {
    var found = seen
    if seen == columns {
      repeat { found += 1 } while try !scanCell().endsRow
    }
    return "expected \(columns) cells as in line \(headerLine), found \(found)"
  }

  private func interpret(_ cell: Cell) -> Value {
    let range = trimmed(cell.range)
    if range.isEmpty { return .missing }
    let text = UnsafeBufferPointer(rebasing: bytes[range])
    if let (number, end) = parseNumber(text, from: 0), end == text.count { return .of(.number, number) }
    if markers.contains(where: { text.elementsEqual($0) }) { return .missing }
    if let days = CalendarDate.days(iso: text) { return .of(.isoDate, days) }
    if let days = CalendarDate.days(us: text) { return .of(.usDate, days) }
    return .neither
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound, high = range.upperBound
    while low < high, bytes[low] == 0x20 || bytes[low] == 0x09 { low += 1 }
    while low < high, bytes[high - 1] == 0x20 || bytes[high - 1] == 0x09 { high -= 1 }
    return low..<high
  }

  private func text(of cell: Cell) -> String {
    let range = cell.isQuoted ? cell.range : trimmed(cell.range)
    guard cell.hasDoubledQuotes else { return String(decoding: bytes[range], as: UTF8.self) }
    var unescaped: [UInt8] = []
    var i = range.lowerBound
    while i < range.upperBound {
      unescaped.append(bytes[i])
      i += bytes[i] == UInt8(ascii: "\"") ? 2 : 1
    }
    return String(decoding: unescaped, as: UTF8.self)
  }

  /// A cell's text for a message: long ones shortened.
  private func excerpt(_ cell: Cell) -> String {
    let whole = text(of: cell)
    return whole.count <= 60 ? whole : whole.prefix(57) + "…"
  }
}

extension CSVParser {
  /// Steps over one cell and the separator after it.
  private mutating func scanCell() throws -> Cell {
    let quote = UInt8(ascii: "\"")
    guard position < bytes.count, bytes[position] == quote else {
      let start = position
      while position < bytes.count, bytes[position] != delimiter, bytes[position] != 10, bytes[position] != 13
      {
        position += 1
      }
      let end = position, at = line
      return Cell(range: start..<end, line: at, endsRow: consumeSeparator())
    }
    let at = line
    var hasDoubled = false
    position += 1
    let start = position
    while true {
      guard position < bytes.count else {
        throw FileError(path: name, line: at, reason: "a quoted cell begins here and does not end")
      }
      let byte = bytes[position]
      if byte == quote {
        guard position + 1 < bytes.count, bytes[position + 1] == quote else { break }
        hasDoubled = true
        position += 1
      } else if byte == 10 || byte == 13 && (position + 1 == bytes.count || bytes[position + 1] != 10) {
        line += 1
      }
      position += 1
    }
    let end = position
    position += 1
    guard
      position == bytes.count || bytes[position] == delimiter || bytes[position] == 10
        || bytes[position] == 13
    else {
      throw FileError(
        path: name, line: line,
        reason:
          "text after a closing quote: expected a delimiter or the end of the line; a quote inside quotes is doubled"
      )
    }
    return Cell(
      range: start..<end, isQuoted: true, hasDoubledQuotes: hasDoubled, line: at, endsRow: consumeSeparator())
  }

  /// Steps over a delimiter or a line break; whether the row ends here.
  @inline(__always)
  private mutating func consumeSeparator() -> Bool {
    guard position < bytes.count else { return true }
    if bytes[position] == delimiter {
      position += 1
      return false
    }
    consumeLineBreak()
    return true
  }

  private mutating func consumeLineBreak() {
    if bytes[position] == 13, position + 1 < bytes.count, bytes[position + 1] == 10 { position += 1 }
    position += 1
    line += 1
  }

  private mutating func skipBlankLines() {
    while position < bytes.count, bytes[position] == 10 || bytes[position] == 13 { consumeLineBreak() }
  }
}
