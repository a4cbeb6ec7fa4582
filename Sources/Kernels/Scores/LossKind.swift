/// A kind of loss: what users call it, what it computes, and how it is made from settings. The list
/// ``losses`` feeds the scripts' constructors, their options and their documentation.
package struct LossKind: Sendable {
  package let name: String
  package let title: String
  /// The full form.
  package let formula: String
  package let source: String
  package let options: [Option]
  let make: @Sendable (LossSettings) throws -> any ScoreLoss

  package struct Option: Sendable {
    package enum Value: Sendable, Equatable {
      case number
      case count
      /// One number, or one for each of several things.
      case numbers
      case flag
      /// One of these words; more may be refused with a reason.
      case word([String])
      case process
      case score
    }
    package let name: String
    package let value: Value
    /// As it is documented; nil: required, or one of several ways.
    package let standard: String?
    package let text: String

    init(_ name: String, _ value: Value, default standard: String? = nil, _ text: String) {
      self.name = name
      self.value = value
      self.standard = standard
      self.text = text
    }
  }

  /// The loss with these settings.
  ///
  /// - Throws: ``ScoreError`` for a setting the kind does not have, or that makes no loss.
  package func loss(_ settings: LossSettings = LossSettings()) throws -> any ScoreLoss {
    for name in settings.names where !options.contains(where: { $0.name == name }) {
      throw ScoreError.unknown("option of \(self.name)", name, of: options.map(\.name) + ["form"])
    }
    return try make(settings)
  }

  /// The kind of this name.
  package static func named(_ name: String) throws -> LossKind {
    guard let kind = losses.first(where: { $0.name == name }) else {
      throw ScoreError.unknown("loss", name, of: losses.map(\.name))
    }
    return kind
  }
}

/// What is given to make a loss. What is not given takes the kind's default.
package struct LossSettings: Sendable {
  package var form = LossForm.full
  package var numbers: [String: [Double]] = [:]
  package var words: [String: String] = [:]
  package var flags: [String: Bool] = [:]
  package var process: (any DiffusionProcess)?
  package var score: ScoreFunction?

  package init(form: LossForm = .full) { self.form = form }

  package init(
    form: LossForm = .full, numbers: [String: [Double]] = [:], words: [String: String] = [:],
    flags: [String: Bool] = [:], process: (any DiffusionProcess)? = nil, score: ScoreFunction? = nil
  ) {
    self.form = form
    self.numbers = numbers
    self.words = words
    self.flags = flags
    self.process = process
    self.score = score
  }

  var names: [String] {
    (Array(numbers.keys) + words.keys + flags.keys).sorted() + (process == nil ? [] : ["process"])
      + (score == nil ? [] : ["score"])
  }

  func number(_ name: String) throws -> Double? {
    guard let values = numbers[name] else { return nil }
    guard values.count == 1 else { throw ScoreError("\(name): expected one number, got \(values.count)") }
    return values[0]
  }

  func count(_ name: String, default standard: Int) throws -> Int {
    guard let value = try number(name) else { return standard }
    guard value >= 1, value <= 4096, value == value.rounded() else {
      throw ScoreError("\(name): expected a whole number from 1 to 4096, got \(value)")
    }
    return Int(value)
  }

  func projection() throws -> Projection {
    try words["distribution"].map(Projection.init(named:)) ?? .rademacher
  }
}
