import Arrays

/// How to read a CSV file.
public struct CSVOptions: Sendable, Equatable {
  public enum Header: Sendable, Equatable {
    /// The first row names the columns when one of its cells is neither a number, a date nor missing.
    case auto
    case yes, no
  }

  public enum Missing: Sendable, Equatable {
    /// A missing cell is an error that names its line and column.
    case error
    /// Rows with a missing cell are left out and counted.
    case skipRow
    /// A missing cell becomes NaN.
    case nan
  }

  public var header = Header.auto
  public var missing = Missing.error
  /// The delimiter; `nil` takes whichever of tab, semicolon and comma is most frequent in the first line.
  public var delimiter: Character?
  /// What stands for a missing value, besides nothing at all.
  public var missingMarkers: Set<String> = ["NA", "N/A", "#N/A", "null", "."]

  public init(header: Header = .auto, missing: Missing = .error, delimiter: Character? = nil) {
    self.header = header
    self.missing = missing
    self.delimiter = delimiter
  }
}

/// What a CSV file held.
public struct CSVTable: Sendable {
  /// Rows × columns; the column names are the header, if there was one.
  public var array: NDArray
  /// The 0-based columns that held dates: their elements are days since 1970-01-01, with the time of day as a fraction.
  public var dateColumns: [Int]
  /// How many rows were left out for a missing cell.
  public var skippedRows: Int
}

/// Tables of numbers as text: RFC 4180, and what is met in practice.
public enum CSV {
  /// How the error about a missing cell ends; a layer that has its own words for the choices replaces it.
  package static let remedyForMissing = "fill it in, or choose to skip such rows or to read them as NaN"

  /// Reads a table of numbers and dates.
  ///
  /// Cells may be quoted, with doubled quotes, delimiters and line breaks inside. Lines end in LF, CRLF or CR; a
  /// byte-order mark and blank lines are passed over. A column is of dates, `2021-04-08` or `4/8/2021` with an
  /// optional time of day, when its first cell that is not missing is one. Numbers are correctly rounded.
  /// A repeated column name gets a number appended, an empty one becomes `columnN`.
  public static func read(path: String, options: CSVOptions = CSVOptions()) throws -> CSVTable {
    try parse(try InputFile(path: path).readAll(), name: path, options: options)
  }

  /// Reads the text of a table; `name` stands for the file in errors.
  public static func parse(_ text: [UInt8], name: String, options: CSVOptions = CSVOptions()) throws
    -> CSVTable
  {
    try text.withUnsafeBufferPointer { bytes in
      let start = try checkEncoding(bytes, name)
      var parser = try CSVParser(bytes, from: start, name: name, options: options)
      return try parser.parse()
    }
  }

  /// Refuses what is not UTF-8 text; returns where the text begins, after a byte-order mark.
  private static func checkEncoding(_ bytes: UnsafeBufferPointer<UInt8>, _ name: String) throws -> Int {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw FileError(path: name, reason: "is in UTF-16: save it as UTF-8")
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    // Plain ASCII without NUL, by far the most frequent, is found so in one fast pass.
    var combined: UInt8 = 0, hasZero = false
    for byte in bytes {
      combined |= byte
      hasZero = hasZero || byte == 0
    }
    if hasZero, let at = bytes.firstIndex(of: 0) {
      throw FileError(
        path: name, line: lineNumber(of: at, in: bytes), reason: "holds a NUL byte: not a text file")
    }
    if combined >= 0x80, let at = firstInvalidUTF8(bytes) {
      throw FileError(
        path: name, line: lineNumber(of: at, in: bytes),
        reason:
          "invalid UTF-8 (byte 0x\(String(bytes[at], radix: 16, uppercase: true))): save the file as UTF-8")
    }
    return start
  }

  private static func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): position += scalar.count
      case .emptyInput: return nil
      case .error: return position
      }
    }
  }

  private static func lineNumber(of position: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var line = 1
    for i in 0..<position {
      if bytes[i] == 10 || (bytes[i] == 13 && (i + 1 == bytes.count || bytes[i + 1] != 10)) { line += 1 }
    }
    return line
  }
}
