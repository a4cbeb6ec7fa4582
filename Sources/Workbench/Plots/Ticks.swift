import Glibc

/// Where an axis has marks, and what stands beside them.
struct Tick: Equatable {
  var value: Double
  /// Empty at a minor mark.
  var label: String
}

enum Ticks {
  /// At most about `count` marks on the range, at numbers a person would choose.
  static func on(_ range: ClosedRange<Double>, scale: Figure.Scale, count: Int) -> [Tick] {
    switch scale {
    case .linear: linear(range, count: count)
    case .log: logarithmic(range, count: count)
    case .date: dates(range, count: count)
    }
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  static func linear(_ range: ClosedRange<Double>, count: Int) -> [Tick] {
    let (low, high) = (range.lowerBound, range.upperBound)
    let raw = (high - low) / Double(max(count, 1))
    guard raw > 0, raw.isFinite else { return [Tick(value: low, label: short(low))] }
    let decade = pow(10, floor(log10(raw)))
    let step = [1.0, 2, 5, 10].map { $0 * decade }.first { $0 >= raw * 0.999 } ?? 10 * decade
    guard step > 0, abs(low / step) < 1e15, abs(high / step) < 1e15 else {
      return [Tick(value: low, label: short(low)), Tick(value: high, label: short(high))]
    }
    let decimals = max(0, -Int(floor(log10(step) + 1e-9)))
    let largest = max(abs(low), abs(high))
    var ticks: [Tick] = []
    var index = ceil(low / step - 1e-9)
    while index * step <= high + 1e-9 * step {
      let value = index == 0 ? 0 : index * step
      let plain = largest < 1e6 && decimals <= 5
      ticks.append(Tick(value: value, label: plain ? fixed(value, decimals) : short(value)))
      index += 1
    }
    return ticks
  }

  /// Powers of ten, with 2 and 5 between them when the range is short.
  static func logarithmic(_ range: ClosedRange<Double>, count: Int) -> [Tick] {
    let first = Int(floor(log10(range.lowerBound)))
    let last = Int(ceil(log10(range.upperBound)))
    let decades = log10(range.upperBound) - log10(range.lowerBound)
    let stride = max(1, Int(ceil(decades / Double(max(count, 1)))))
    let named: Set<Int> = decades < 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : decades < 2.5 ? [1, 2, 5] : [1]
    var ticks: [Tick] = []
    for exponent in first...last {
      for digit in 1...9 {
        let value = Double(digit) * pow(10, Double(exponent))
        guard range.lowerBound * (1 - 1e-9)...range.upperBound * (1 + 1e-9) ~= value else { continue }
        let isNamed = named.contains(digit) && exponent % stride == 0
        guard isNamed || stride == 1 else { continue }
        let label: String
        if !isNamed {
          label = ""
        } else if named.count > 1 && (-4...5).contains(exponent) {
          label = fixed(value, max(0, -exponent))
        } else {
          label = (digit == 1 ? "" : "\(digit)×") + "10" + superscript(exponent)
        }
        ticks.append(Tick(value: value, label: label))
      }
    }
    return ticks
  }

  /// Years, months or days, as the range allows.
  static func dates(_ range: ClosedRange<Double>, count: Int) -> [Tick] {
    let days = range.upperBound - range.lowerBound
    let raw = days / Double(max(count, 1))
    guard abs(range.lowerBound) < 1e8, abs(range.upperBound) < 1e8, raw > 0.5 else {
      return linear(range, count: count)
    }
    let first = CivilDate(daysSince1970: Int(floor(range.lowerBound)))
    var ticks: [Tick] = []
    func add(_ date: CivilDate, _ label: String) {
      let value = Double(date.daysSince1970)
      if range ~= value { ticks.append(Tick(value: value, label: label)) }
    }
    if raw > 200 {
      let wanted = max(1, raw / 365.25)
      let decade = pow(10, floor(log10(wanted)))
      let step = Int([1.0, 2, 5, 10].map { $0 * decade }.first { $0 >= wanted * 0.999 } ?? 10 * decade)
      var year = Int(floor(Double(first.year) / Double(step))) * step
      while CivilDate(year: year, month: 1, day: 1).daysSince1970 <= Int(range.upperBound) {
        add(CivilDate(year: year, month: 1, day: 1), "\(year)")
        year += step
      }
    } else if raw > 15 {
      let step = [1, 2, 3, 6].first { Double($0) * 30.5 >= raw } ?? 6
      var month = first.year * 12
      while true {
        let date = CivilDate(year: month / 12, month: month % 12 + 1, day: 1)
        if date.daysSince1970 > Int(range.upperBound) { break }
        add(date, date.month == 1 ? "\(date.year)" : "\(CivilDate.months[date.month - 1]) \(date.year)")
        month += step
      }
    } else {
      let step = [1, 2, 7, 14].first { Double($0) >= raw } ?? 14
      var day = Int(ceil(range.lowerBound))
      while Double(day) <= range.upperBound {
        let date = CivilDate(daysSince1970: day)
        add(date, "\(date.day) \(CivilDate.months[date.month - 1])")
        day += step
      }
    }
    return ticks
  }

  /// A number in at most six significant digits.
  static func short(_ value: Double) -> String { printed("%.6g", value) }

  static func fixed(_ value: Double, _ decimals: Int) -> String { printed("%.\(decimals)f", value) }

  private static func printed(_ format: String, _ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
      let count = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
      let text = String(
        decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      // A true minus sign, as wide as the digits.
      return text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    return (exponent < 0 ? "⁻" : "")
      + String("\(abs(exponent))".compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }
}

/// A day of the proleptic Gregorian calendar, by Hinnant's algorithm on years that begin in March.
struct CivilDate: Equatable {
  var year: Int
  var month: Int
  var day: Int

  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSince1970: Int) {
    let shifted = daysSince1970 + 719_468
    let era = Int(floor(Double(shifted) / 146_097))
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int {
    let y = month <= 2 ? year - 1 : year
    let era = Int(floor(Double(y) / 400))
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
