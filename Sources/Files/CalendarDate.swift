/// Dates of the proleptic Gregorian calendar as days since 1970-01-01.
package enum CalendarDate {
  /// The day number of a date, or `nil` if there is no such day.
  package static func days(year: Int, month: Int, day: Int) -> Int? {
    guard (1...12).contains(month), day >= 1, (0...9999).contains(year) else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    guard day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] else { return nil }
    // Years that begin in March, so that the leap day is the last; eras of 400 years
    // (H. Hinnant, "chrono-compatible low-level date algorithms").
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The inverse: year, month and day.
  package static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// `2021-04-08`, or with a time of day `2021-04-08T14:30`, `2021-04-08 14:30:15.25`, `…Z`, `…+02:00`.
  static func days(iso text: UnsafeBufferPointer<UInt8>) -> Double? {
    var scan = Scanner(text)
    guard let year = scan.number(digits: 4...4), scan.accept("-"), let month = scan.number(digits: 2...2),
      scan.accept("-"), let day = scan.number(digits: 2...2),
      let date = days(year: year, month: month, day: day), let time = scan.timeOfDay()
    else { return nil }
    return Double(date) + time
  }

  /// `4/8/2021`: month, day, year with four digits; a time of day may follow.
  static func days(us text: UnsafeBufferPointer<UInt8>) -> Double? {
    var scan = Scanner(text)
    guard let month = scan.number(digits: 1...2), scan.accept("/"), let day = scan.number(digits: 1...2),
      scan.accept("/"), let year = scan.number(digits: 4...4),
      let date = days(year: year, month: month, day: day), let time = scan.timeOfDay()
    else { return nil }
    return Double(date) + time
  }

  private struct Scanner {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
      guard position < text.count, UInt32(text[position]) == character.value else { return false }
      position += 1
      return true
    }

    mutating func number(digits: ClosedRange<Int>) -> Int? {
      let start = position
      var value = 0
      while position < text.count, position - start < digits.upperBound, text[position] &- 48 < 10 {
        value = value * 10 + Int(text[position] &- 48)
        position += 1
      }
      return position - start >= digits.lowerBound ? value : nil
    }

    /// The rest of the text as a fraction of a day: 0 if there is none, `nil` if it is no time.
    mutating func timeOfDay() -> Double? {
      guard position < text.count else { return 0 }
      guard accept("T") || accept(" "), let hour = number(digits: 1...2), hour < 24, accept(":"),
        let minute = number(digits: 2...2), minute < 60
      else { return nil }
      var seconds = Double(hour * 3600 + minute * 60)
      if accept(":") {
        guard let second = number(digits: 2...2), second < 60 else { return nil }
        seconds += Double(second)
        if accept(".") {
          let start = position
          guard let fraction = number(digits: 1...9) else { return nil }
          seconds += Double(fraction) / (0..<(position - start)).reduce(1.0) { scale, _ in scale * 10 }
        }
      }
      if !accept("Z"), position < text.count {
        let isWest = accept("-")
        guard isWest || accept("+"), let hours = number(digits: 2...2), hours < 24 else { return nil }
        _ = accept(":")
        guard let minutes = number(digits: 2...2), minutes < 60 else { return nil }
        seconds += Double(hours * 3600 + minutes * 60) * (isWest ? 1 : -1)
      }
      return position == text.count ? seconds / 86_400 : nil
    }
  }
}
