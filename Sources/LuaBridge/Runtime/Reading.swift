/// How to read a Lua value as a Swift value: what is expected in words, and the conversion.
///
/// Arguments, options and table fields all read through it: `try options.get("steps", .integer(in: 1...))`.
/// No conversion can trap, whatever the value.
package struct Reading<Value> {
  /// What a message says was expected: "an integer".
  package var expected: String
  /// The value, or `nil` if it does not fit.
  package var read: (LuaValue) throws -> Value?
  /// More to say about a value that does not fit.
  package var hint: (LuaValue) -> String? = { _ in nil }

  package init(
    _ expected: String, hint: @escaping (LuaValue) -> String? = { _ in nil },
    read: @escaping (LuaValue) throws -> Value?
  ) {
    self.expected = expected
    self.hint = hint
    self.read = read
  }

  /// The same with a further condition or conversion; `expected` replaces the description.
  package func map<Other>(_ expected: String, _ convert: @escaping (Value) throws -> Other?) -> Reading<Other>
  {
    Reading<Other>(expected) { try read($0).flatMap(convert) }
  }

  /// This, or else another form of the value.
  package func or(_ other: Reading<Value>) -> Reading<Value> {
    Reading("\(expected) or \(other.expected)") { try read($0) ?? other.read($0) }
  }
}

extension Reading where Value == LuaValue {
  /// Any value.
  package static var value: Reading { Reading("a value") { $0 } }
}

extension Reading where Value == Int {
  /// An integer; `1e5` is one.
  package static var integer: Reading { Reading("an integer") { $0.int } }

  /// An integer within bounds.
  package static func integer(in range: ClosedRange<Int>) -> Reading {
    // A bound that only keeps arithmetic in range is worth a word to those who pass it.
    let isOpen = range.upperBound >= 1 << 30
    let text =
      isOpen
      ? "an integer of at least \(range.lowerBound)"
      : "an integer from \(range.lowerBound) to \(range.upperBound)"
    return Reading(
      text,
      hint: { value in
        guard isOpen, let number = value.double, number > Double(range.upperBound), number.isFinite else {
          return nil
        }
        return "the most is \(range.upperBound)"
      },
      read: { $0.int.flatMap { range.contains($0) ? $0 : nil } })
  }
  package static func integer(in range: PartialRangeFrom<Int>) -> Reading {
    integer(in: range.lowerBound...Int.max)
  }
}

extension Reading where Value == Double {
  /// Any number, NaN and infinities included.
  package static var number: Reading { Reading("a number") { $0.double } }
  /// A number that is neither NaN nor infinite.
  package static var finite: Reading {
    Reading("a finite number") { $0.double.flatMap { $0.isFinite ? $0 : nil } }
  }
  /// A finite number above zero.
  package static var positive: Reading {
    Reading("a number above 0") { $0.double.flatMap { $0 > 0 && $0.isFinite ? $0 : nil } }
  }
  package static func number(in range: ClosedRange<Double>) -> Reading {
    Reading("a number from \(range.lowerBound) to \(range.upperBound)") {
      $0.double.flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension Reading where Value == UInt64 {
  /// A seed: an integer of at least 0.
  package static var seed: Reading {
    Reading("an integer of at least 0") { $0.int.flatMap { UInt64(exactly: $0) } }
  }
}

extension Reading where Value == Bool {
  package static var boolean: Reading { Reading("true or false") { $0.boolean } }
}

extension Reading where Value == String {
  package static var string: Reading { Reading("a string") { $0.string } }

  /// One of some words; a near miss is answered with the word meant.
  package static func oneOf(_ words: [String]) -> Reading {
    Reading(
      "one of " + words.map { "\"\($0)\"" }.joined(separator: ", "),
      hint: { value in
        value.string.flatMap { nearestName(to: $0, in: words) }.map { "did you mean \"\($0)\"?" }
      },
      read: { value in value.string.flatMap { words.contains($0) ? $0 : nil } })
  }
}

extension Reading where Value == [Double] {
  /// A table of numbers.
  package static var numbers: Reading { Reading("a list of numbers") { try $0.table?.numbers() } }
  /// A number, as a list of one, or a table of numbers.
  package static var numberOrNumbers: Reading {
    Reading("a number or a list of numbers") { value in
      if let number = value.double { return [number] }
      return try value.table?.numbers()
    }
  }
}

extension Reading where Value == [Int] {
  /// A table of integers.
  package static var integers: Reading {
    Reading("a list of integers") { value in
      guard let table = value.table else { return nil }
      let elements = try table.array()
      let integers = elements.compactMap(\.int)
      return integers.count == elements.count ? integers : nil
    }
  }
}

extension Reading where Value == [String] {
  /// A table of strings.
  package static var strings: Reading {
    Reading("a list of strings") { value in
      guard let table = value.table else { return nil }
      let elements = try table.array()
      let strings = elements.compactMap(\.string)
      return strings.count == elements.count ? strings : nil
    }
  }
}

extension Reading where Value == LuaTable {
  package static var table: Reading { Reading("a table") { $0.table } }
}

extension Reading where Value == LuaFunction {
  package static var function: Reading { Reading("a function") { $0.function } }
}

extension Reading {
  /// An instance of a registered class; `name` is what scripts call its type.
  package static func object(_ type: Value.Type, _ name: String) -> Reading {
    Reading(article(name)) { $0.object(type) }
  }
}

/// "a Solution", "an array".
func article(_ noun: String) -> String {
  guard let first = noun.lowercased().first else { return noun }
  if noun.hasPrefix("SDE") { return "an " + noun }
  return ("aeiou".contains(first) ? "an " : "a ") + noun
}
