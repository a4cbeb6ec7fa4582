import Glibc

extension NDArray: CustomStringConvertible {
  /// The shape, then the numbers in aligned columns under their names; long axes show their first and last entries.
  public var description: String { summary() }

  /// `description` with a choice of how many entries each end of a long axis shows and of significant digits.
  public func summary(edge: Int = 3, digits: Int = 6) -> String {
    let edge = max(edge, 1)
    guard rank > 0 else { return formatted([values[0]], digits)[0] }
    let header = "array \(shape.map(String.init).joined(separator: "×"))"
    guard count > 0 else { return header + " (empty)" }
    if rank == 1 && columnNames == nil { return header + "\n" + vector(edge, digits) }
    let columns = shape[rank - 1], rows = rank > 1 ? shape[rank - 2] : 1
    let matrices = count / (rows * columns)
    var lines = [header]
    for m in visible(matrices, edge) {
      guard let m else {
        lines.append("…")
        continue
      }
      if rank > 2 {
        var rest = m
        var index: [Int] = []
        for extent in shape[..<(rank - 2)].reversed() {
          index.insert(rest % extent, at: 0)
          rest /= extent
        }
        lines.append("[" + index.map(String.init).joined(separator: ", ") + ", …]")
      }
      lines += matrix(start: m * rows * columns, rows: rows, columns: columns, edge, digits)
    }
    return lines.joined(separator: "\n")
  }

  private func vector(_ edge: Int, _ digits: Int) -> String {
    let shown = visible(count, edge, unlessOver: 20)
    let texts = formatted(shown.compactMap { $0 }.map { values[$0] }, digits)
    let width = texts.map(\.count).max() ?? 0
    var next = texts.makeIterator()
    return shown.map { $0 == nil ? "…" : pad(next.next() ?? "", width) }.joined(separator: "  ")
  }

  private func matrix(start: Int, rows: Int, columns: Int, _ edge: Int, _ digits: Int) -> [String] {
    let shownRows = visible(rows, edge), shownColumns = visible(columns, edge, unlessOver: 10)
    var lines = [String](repeating: "", count: shownRows.count + (columnNames == nil ? 0 : 1))
    for (k, column) in shownColumns.enumerated() {
      var cells: [String]
      if let column {
        let texts = formatted(
          shownRows.compactMap { $0 }.map { values[start + $0 * columns + column] }, digits)
        var next = texts.makeIterator()
        cells = shownRows.map { $0 == nil ? "…" : next.next() ?? "" }
        if let columnNames { cells.insert(columnNames[column], at: 0) }
      } else {
        cells = [String](repeating: "…", count: lines.count)
      }
      let width = cells.map(\.count).max() ?? 0
      for i in lines.indices { lines[i] += (k == 0 ? "" : "  ") + pad(cells[i], width) }
    }
    return lines
  }

  /// The positions to show of `n`, `nil` standing for those left out.
  private func visible(_ n: Int, _ edge: Int, unlessOver limit: Int? = nil) -> [Int?] {
    guard n > max(limit ?? 2 * edge + 1, 2 * edge) else { return Array(0..<n) }
    return Array(0..<edge) + [nil] + Array((n - edge)..<n)
  }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// Numbers that will stand in one column: the same number of decimals, as few as show `digits` significant digits
/// of the largest, or all in scientific notation when that would hide the small or be too wide.
private func formatted(_ numbers: [Double], _ digits: Int) -> [String] {
  let digits = min(max(digits, 1), 17)
  let finite = numbers.lazy.filter { $0.isFinite && $0 != 0 }.map(\.magnitude)
  let largest = finite.max() ?? 0, smallest = finite.min() ?? 0
  if largest < 1e15, numbers.allSatisfy({ !$0.isFinite || $0 == $0.rounded() }) {
    return numbers.map { print($0, "%.0f", 0) }
  }
  if largest >= 1e8 || smallest < 1e-4 && largest < 1e-2 || smallest * 1e8 < largest {
    return numbers.map { print($0, "%.*e", digits - 1) }
  }
  let whole = largest >= 1 ? Int(log10(largest)) + 1 : 0
  let leadingZeros = largest < 1 ? Int(-log10(largest)) : 0
  let decimals = max(1, digits - whole + leadingZeros)
  let texts = numbers.map { print($0, "%.*f", decimals) }
  // Zeros that end every number say nothing.
  let points = texts.indices.filter { numbers[$0].isFinite }
  let spare =
    points.map { texts[$0].reversed().prefix { $0 == "0" }.count }.min().map { min($0, decimals - 1) } ?? 0
  return texts.indices.map { numbers[$0].isFinite ? String(texts[$0].dropLast(spare)) : texts[$0] }
}

private func print(_ x: Double, _ format: String, _ precision: Int) -> String {
  if x.isNaN { return "nan" }
  if x.isInfinite { return x < 0 ? "-inf" : "inf" }
  var buffer = [CChar](repeating: 0, count: 64)
  let length =
    format == "%.0f"
    ? withVaList([x]) { vsnprintf(&buffer, buffer.count, format, $0) }
    : withVaList([Int32(precision), x]) { vsnprintf(&buffer, buffer.count, format, $0) }
  return String(
    decoding: buffer.prefix(Int(max(0, min(length, 63)))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
