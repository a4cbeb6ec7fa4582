/// A named setting of an optimizer or a schedule: what the Lua names, their checks and their documentation are made
/// of.
package struct TrainingOption: Sendable {
  package enum Allowed: Sendable {
    case positive
    case nonNegative
    /// 0 ≤ x < 1: what multiplies a running mean.
    case decay
    /// 0 ≤ x ≤ 1.
    case fraction
    /// 1, 2, …
    case count
    /// 0, 1, 2, …
    case natural
    /// True or false, held as 1 or 0.
    case flag

    package func contains(_ value: Double) -> Bool {
      switch self {
      case .positive: value > 0 && value.isFinite
      case .nonNegative: value >= 0 && value.isFinite
      case .decay: value >= 0 && value < 1
      case .fraction: value >= 0 && value <= 1
      case .count: value >= 1 && value <= 0x1p53 && value == value.rounded()
      case .natural: value >= 0 && value <= 0x1p53 && value == value.rounded()
      case .flag: value == 0 || value == 1
      }
    }

    /// What a message expects.
    package var words: String {
      switch self {
      case .positive: "a positive number"
      case .nonNegative: "a number of at least 0"
      case .decay: "a number from 0 to below 1"
      case .fraction: "a number from 0 to 1"
      case .count: "a whole number of at least 1"
      case .natural: "a whole number of at least 0"
      case .flag: "true or false"
      }
    }
  }

  package let name: String
  package let allowed: Allowed
  /// Nil where the user has to say.
  package let standard: Double?
  package let doc: String

  package init(_ name: String, _ allowed: Allowed, default standard: Double?, _ doc: String) {
    self.name = name
    self.allowed = allowed
    self.standard = standard
    self.doc = doc
  }
}

/// What cannot be trained with: an unknown name, a value out of range, a state of another net.
public struct TrainingError: Error, Equatable, CustomStringConvertible, Sendable {
  public let reason: String
  public var description: String { reason }

  package init(_ reason: String) { self.reason = reason }
}

/// The one of this name.
///
/// - Throws: ``TrainingError`` that lists the names.
func choice<Choice>(
  of name: String, among all: [Choice], as kind: String, _ nameOf: (Choice) -> String
) throws(TrainingError) -> Choice {
  guard let found = all.first(where: { nameOf($0) == name }) else {
    let names = all.map { "\"\(nameOf($0))\"" }.joined(separator: ", ")
    throw TrainingError("there is no \(kind) \"\(name)\"; there are \(names)")
  }
  return found
}

/// The values of a list of options: those given, checked, and the defaults of the others.
package struct TrainingOptions: Equatable, Sendable {
  private let values: [String: Double]

  /// - Parameter owner: whose options these are, for messages: `adam`.
  /// - Throws: `TrainingError` for a name that is not on the list, a value that is not allowed, and a missing one
  ///   that has no default.
  package init(_ given: [String: Double], of options: [TrainingOption], owner: String) throws(TrainingError) {
    for name in given.keys.sorted() where !options.contains(where: { $0.name == name }) {
      let names = options.map(\.name).joined(separator: ", ")
      throw TrainingError(
        "\(owner) has no option \"\(name)\"; " + (options.isEmpty ? "it has none" : "there are \(names)"))
    }
    var values: [String: Double] = [:]
    for option in options {
      guard let value = given[option.name] ?? option.standard else {
        throw TrainingError("\(owner) needs \(option.name): \(option.allowed.words)")
      }
      guard option.allowed.contains(value) else {
        throw TrainingError("\(owner): \(option.name) must be \(option.allowed.words), got \(value)")
      }
      values[option.name] = value
    }
    self.values = values
  }

  /// The value of an option that is on the list.
  package subscript(name: String) -> Double { values[name] ?? .nan }

  package func flag(_ name: String) -> Bool { self[name] == 1 }

  package func count(_ name: String) -> Int { Int(exactly: self[name]) ?? 0 }
}
