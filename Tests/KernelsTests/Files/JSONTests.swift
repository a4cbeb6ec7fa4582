import Files
import Testing

@Suite struct JSONTests {
  @Test(
    arguments: [
      ("null", .null), (" true ", .bool(true)), ("false\n", .bool(false)), ("0", .integer(0)),
      ("-17", .integer(-17)),
      ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
      ("-0", .number(-0.0)), ("0.5", .number(0.5)), ("1e3", .number(1000)), ("-2.25E-2", .number(-0.0225)),
      ("1E+2", .number(100)), ("1e-400", .number(0)), (#""""#, .string("")),
      (#""größe ☃ 𝛼""#, .string("größe ☃ 𝛼")),
      (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
      (#""\u00e9\u2603\uD835\udefc""#, .string("é☃𝛼")),
      (#""\u0000x""#, .string("\0x")), ("[]", .array([])), ("{}", .object([])), ("[ ]", .array([])),
      ("[1, [2, {}], \"x\"]", .array([.integer(1), .array([.integer(2), .object([])]), .string("x")])),
      (
        #"{"b" : 1, "a":[null],"":{}}"#,
        .object([.init("b", .integer(1)), .init("a", .array([.null])), .init("", .object([]))])
      ),
    ] as [(String, JSON)])
  func valid(_ text: String, _ expected: JSON) throws {
    #expect(try JSON.parse(text) == expected)
    // What is written reads as the same value.
    #expect(try JSON.parse(expected.text) == expected)
  }

  @Test func signOfZero() throws {
    guard case .number(let zero) = try JSON.parse("-0") else { return #expect(Bool(false)) }
    #expect(zero.sign == .minus)
  }

  /// The position is that of the byte that could not be, from 0.
  @Test(arguments: [
    ("", 0, "expected a value, got the end"), ("  ", 2, "got the end"), ("nul", 0, "expected null"),
    ("truex", 4, "expected the end"), ("1 2", 2, "expected the end"), ("01", 0, "does not begin with 0"),
    ("-01", 0, "does not begin with 0"), ("-", 1, "expected a digit"), ("+1", 0, "expected a value"),
    (".5", 0, "expected a value"), ("1.", 2, "digit after the point"), ("1e", 2, "digit of the exponent"),
    ("1e999", 0, "too large"), ("NaN", 0, "expected a value"), ("[1,]", 3, "expected a value"),
    ("[1 2]", 3, "expected ',' or ']'"), ("[1", 2, "expected ',' or ']'"),
    ("{\"a\":1,}", 7, "expected a name"),
    ("{a:1}", 1, "expected a name"), ("{\"a\" 1}", 5, "expected ':'"),
    ("{\"a\":1 \"b\":2}", 7, "expected ',' or '}'"),
    ("{\"a\":1,\"a\":2}", 7, "the name \"a\" is there twice"), (#"{"a":1,"\u0061":2}"#, 7, "twice"),
    ("\"abc", 0, "does not end"), ("\"a\nb\"", 2, "control character"), (#""\x""#, 1, "unknown escape"),
    (#""\u12g4""#, 5, "four hexadecimal digits"), (#""\ud800""#, 1, "surrogate"),
    (#""\udc00""#, 1, "surrogate"),
    (#""\ud800\u0041""#, 1, "surrogate"), ("\"\\", 2, "does not end"), ("[1] // x", 4, "expected the end"),
    ("'a'", 0, "expected a value"), ("\u{FEFF}1", 0, "expected a value"),
  ])
  func invalid(_ text: String, _ position: Int, _ reason: String) {
    let error = #expect(throws: JSON.Failure.self) { try JSON.parse(text) }
    #expect(error?.position == position, "\(text)")
    #expect(error?.reason.contains(reason) == true, "\(text): \(error?.reason ?? "")")
  }

  @Test func invalidUTF8() {
    for bytes: [UInt8] in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] {
      let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
      let error = #expect(throws: JSON.Failure.self) {
        try text.withUnsafeBufferPointer { try JSON.parse($0) }
      }
      #expect(error == JSON.Failure?.none || error?.reason == "a string is not UTF-8")
    }
  }

  @Test func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSON.parse(nested(JSON.maximumDepth + 1)) }
    #expect(throws: JSON.Failure.self) { try JSON.parse(nested(JSON.maximumDepth + 2)) }
    #expect(throws: JSON.Failure.self) { try JSON.parse(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSON.Failure.self) { try JSON.parse(String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  /// Names that only look the same are different names, here and in other readers.
  @Test func namesDifferByBytes() throws {
    let json = try JSON.parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(json["\u{E9}"] == .integer(1) && json["e\u{301}"] == .integer(2) && json["e"] == nil)
  }

  @Test func numbersKeepTheirBits() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<10_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(try JSON.parse(JSON.number(value).text) == .number(value))
    }
    #expect(JSON.number(.nan).text == "null")
  }

  /// Any damage gives an error or a value, and never a crash.
  @Test func damage() {
    let text = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":[[],{}]},"é":"\ud835\udefc"}"#.utf8)
    var random = SystemRandomNumberGenerator()
    var failures = 0
    for _ in 0..<20_000 {
      var damaged = text
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      damaged = Array(damaged.prefix(Int.random(in: 0...damaged.count, using: &random)))
      do {
        _ = try damaged.withUnsafeBufferPointer { try JSON.parse($0) }
      } catch {
        failures += 1
      }
    }
    #expect(failures > 10_000)
  }
}
