/// The fields of an architecture as text, as the metadata of a checkpoint keep them.
///
/// Each is a key "net.field" and a value; other keys are left alone, so that the metadata can hold more.
public struct ArchitectureFields: Sendable {
  public private(set) var metadata: [String: String]

  public init(_ metadata: [String: String] = [:]) { self.metadata = metadata }

  public mutating func set(_ name: String, _ value: some CustomStringConvertible) {
    metadata["net." + name] = value.description
  }

  public mutating func set(_ name: String, _ values: [Int]) {
    set(name, values.map(String.init).joined(separator: ","))
  }

  public func text(_ name: String) throws -> String {
    guard let text = metadata["net." + name] else {
      throw NetError("the metadata lack 'net.\(name)': this is no checkpoint of a net written by Workbench")
    }
    return text
  }

  public func integer(_ name: String) throws -> Int { try parsed(name, "a whole number") { Int($0) } }
  public func number(_ name: String) throws -> Double { try parsed(name, "a number") { Double($0) } }
  public func flag(_ name: String) throws -> Bool { try parsed(name, "true or false") { Bool($0) } }

  public func integers(_ name: String) throws -> [Int] {
    try parsed(name, "whole numbers with commas") { text in
      let parts = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Int($0) }
      return numbers.count == parts.count ? numbers : nil
    }
  }

  public func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ type: Value.Type
  ) throws -> Value {
    try parsed(name, "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")) {
      Value(rawValue: $0)
    }
  }

  private func parsed<Value>(
    _ name: String, _ expected: String, _ parse: (String) -> Value?
  ) throws -> Value {
    let text = try text(name)
    guard let value = parse(text) else {
      throw NetError("the metadata's 'net.\(name)' is '\(text)': expected \(expected)")
    }
    return value
  }
}
