import Glibc

extension JSON {
  /// What is wrong with a text that should be JSON.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    /// The byte, from 0, that could not be.
    package let position: Int
    package let reason: String
    package var description: String { "\(reason) at byte \(position)" }
  }

  /// Values within values beyond this depth are refused.
  package static let maximumDepth = 128

  /// Reads one value, with blanks around it and nothing else. Strict: UTF-8 throughout, no comments, no trailing
  /// commas, no member twice.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> JSON {
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    parser.skipBlanks()
    guard parser.position == bytes.count else { throw parser.failure("expected the end") }
    return value
  }

  package static func parse(_ text: String) throws(Failure) -> JSON {
    let bytes = Array(text.utf8)
    let result: Result<JSON, Failure> = bytes.withUnsafeBufferPointer { buffer in
      do throws(Failure) {
        return .success(try parse(buffer))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

private struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  func failure(_ reason: String, at position: Int? = nil) -> JSON.Failure {
    JSON.Failure(position: position ?? self.position, reason: reason)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(JSON.Failure) -> JSON {
    guard depth <= JSON.maximumDepth else {
      throw failure("values within values are more than \(JSON.maximumDepth) deep")
    }
    skipBlanks()
    guard let first = next else { throw failure("expected a value, got the end") }
    switch first {
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try elements(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw failure("expected a value")
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSON.Failure) -> JSON {
    let end = position + text.utf8CodeUnitCount
    guard end <= bytes.count, memcmp(bytes.baseAddress! + position, text.utf8Start, end - position) == 0
    else {
      throw failure("expected \(text)")
    }
    position = end
    return value
  }

  private mutating func members(depth: Int) throws(JSON.Failure) -> [JSON.Member] {
    position += 1
    var members: [JSON.Member] = []
    var names = Set<[UInt8]>()
    skipBlanks()
    if take("}") { return members }
    while true {
      skipBlanks()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw failure("expected a name in quotation marks") }
      let name = try string()
      // By bytes: Swift's strings are equal when they only look the same.
      guard names.insert(Array(name.utf8)).inserted else {
        throw failure("the name \"\(name)\" is there twice", at: start)
      }
      skipBlanks()
      guard take(":") else { throw failure("expected ':'") }
      members.append(JSON.Member(name, try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return members }
      guard take(",") else { throw failure("expected ',' or '}'") }
    }
  }

  private mutating func elements(depth: Int) throws(JSON.Failure) -> [JSON] {
    position += 1
    var elements: [JSON] = []
    skipBlanks()
    if take("]") { return elements }
    while true {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return elements }
      guard take(",") else { throw failure("expected ',' or ']'") }
    }
  }

  // MARK: Numbers

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSON.Failure) -> JSON {
    let start = position
    _ = take("-")
    if !take("0") {
      guard digits() > 0 else { throw failure("expected a digit") }
    } else if let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      throw failure("a number does not begin with 0", at: start)
    }
    var isInteger = true
    if take(".") {
      isInteger = false
      guard digits() > 0 else { throw failure("expected a digit after the point") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("-") { _ = take("+") }
      guard digits() > 0 else { throw failure("expected a digit of the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, text != "-0", let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw failure("the number \(text.prefix(40)) is too large", at: start)
    }
    return .number(value)
  }

  // MARK: Strings

  private mutating func string() throws(JSON.Failure) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let valid = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8", at: start)
        }
        return valid
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &text)
      case 0..<0x20: throw failure("a control character in a string must be escaped")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw failure("a string does not end", at: start)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSON.Failure) {
    guard let byte = next else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let start = position - 2
      var code = try hexadecimal()
      if (0xD800...0xDBFF).contains(code) {
        guard take("\\"), take("u"), case let low = try hexadecimal(), (0xDC00...0xDFFF).contains(low) else {
          throw failure("half of a surrogate pair", at: start)
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair", at: start) }
      text += UTF8.encode(scalar)!
    default: throw failure("unknown escape", at: position - 2)
    }
  }

  private mutating func hexadecimal() throws(JSON.Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits after \\u")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
