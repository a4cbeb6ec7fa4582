import Arrays

extension CSV {
  /// Writes an array of one axis (one column) or two, its column names as the header. Every number is the shortest
  /// text that reads back as the same double; the columns `dateColumns` hold days since 1970-01-01 and are written as
  /// ISO dates, to the millisecond where there is a time of day.
  public static func write(
    _ array: NDArray, path: String, delimiter: Character = ",", dateColumns: [Int] = []
  ) throws {
    guard array.rank == 1 || array.rank == 2 else {
      throw FileError(
        path: path,
        reason:
          "a CSV file holds one or two axes, not shape \(shapeText(array.shape)): reshape it, or save as NPY")
    }
    guard let ascii = delimiter.asciiValue, [",", ";", "\t", "|"].contains(delimiter) else {
      throw FileError(
        path: path, reason: "\"\(delimiter)\" cannot delimit cells: use a comma, semicolon, tab or |")
    }
    let rows = array.shape[0], columns = array.rank == 2 ? array.shape[1] : 1
    guard columns > 0 else {
      throw FileError(path: path, reason: "an array without columns cannot be written as CSV")
    }
    let names = array.rank == 2 ? array.columnNames : nil
    let isDate = (0..<columns).map(Set(dateColumns).contains)
    try writeAtomically(path: path) { file in
      var text: [UInt8] = []
      if let names {
        for (k, name) in names.enumerated() {
          if k > 0 { text.append(ascii) }
          text += quoted(name, ascii)
        }
        text.append(10)
      }
      try array.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          for k in 0..<columns {
            if k > 0 { text.append(ascii) }
            let value = values[row * columns + k]
            let cell = (isDate[k] ? dateText(value) : nil) ?? value.description
            text += cell.hasSuffix(".0") ? cell.utf8.dropLast(2) : cell.utf8[...]
          }
          text.append(10)
          if text.count > 1 << 16 {
            try file.write(text)
            text.removeAll(keepingCapacity: true)
          }
        }
      }
      try file.write(text)
    }
  }

  private static func quoted(_ name: String, _ delimiter: UInt8) -> [UInt8] {
    let bytes = Array(name.utf8)
    let isPlain =
      !bytes.isEmpty && bytes.first != 0x20 && bytes.last != 0x20
      && !bytes.contains { $0 == delimiter || $0 == UInt8(ascii: "\"") || $0 < 0x20 || $0 == 0x7F }
      && ![UInt8(ascii: ","), UInt8(ascii: ";")].contains(where: bytes.contains)
    if isPlain { return bytes }
    let quote = UInt8(ascii: "\"")
    return [quote] + bytes.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
  }

  /// The ISO date of a day number; `nil` outside the years 0 to 9999.
  private static func dateText(_ value: Double) -> String? {
    guard value >= -719_528, value < 2_932_897 else { return nil }
    var days = Int(value.rounded(.down))
    var milliseconds = Int(((value - value.rounded(.down)) * 86_400_000).rounded())
    if milliseconds == 86_400_000 { (days, milliseconds) = (days + 1, 0) }
    let (year, month, day) = CalendarDate.date(days: days)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    guard milliseconds > 0 else { return date }
    let seconds = milliseconds / 1000
    let fraction = milliseconds % 1000
    return date + "T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
      + (fraction > 0 ? "." + padded(fraction, 3) : "")
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
