/// What a check found: sentences for a reader, and the numbers behind them.
public struct CheckReport: Sendable, CustomStringConvertible {
  public enum Finding: String, Sendable, CaseIterable {
    case right
    /// The negative of what it should be.
    case sign
    /// A multiple of what it should be.
    case scaled
    /// Shifted by a constant.
    case biased
    /// Wrong in a way that no factor and no shift explains.
    case wrong
    case notFinite = "not finite"
  }

  /// What was checked: "score", "loss" or "samples".
  public let subject: String
  public let finding: Finding
  /// The first is the verdict.
  public let sentences: [String]
  /// The factor by which the truth is multiplied.
  public var scale: Measured?
  /// By component.
  public var bias: [Measured] = []
  /// The root of the Fisher divergence over that of E‖s*‖².
  public var relativeError: Measured?
  /// E‖s − s*‖².
  public var fisher: Measured?
  /// A loss's value at the true score.
  public var value: Measured?
  public var floor: Double?
  /// A loss over the full form.
  public var formFactor: Measured?
  /// The standard deviation of one sample's loss at the true score.
  public var spread: Double?
  public var pValue: Double?
  public var distance: Double?
  public var temperature: Measured?
  /// The probability that something right is blamed.
  public var level: Double

  public var isRight: Bool { finding == .right }
  public var verdict: String { sentences.first ?? finding.rawValue }

  init(_ subject: String, _ finding: Finding, _ sentences: [String], level: Double) {
    self.subject = subject
    self.finding = finding
    self.sentences = sentences
    self.level = level
  }

  public var description: String { sentences.joined(separator: "\n  ") }
}

/// What cannot be checked, and why.
public struct CheckError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

func counted(_ n: Int, _ noun: String) -> String { "\(n) \(noun)\(n == 1 ? "" : "s")" }
