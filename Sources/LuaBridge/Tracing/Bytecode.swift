/// What a precompiled Lua 5.4 function says about itself: the globals it names, its numbers, and the
/// operations that a stand-in for a number cannot see.
struct Bytecode {
  struct Suspect: Hashable {
    enum Kind: Hashable { case equality, truth }
    let kind: Kind
    let line: Int
    /// The operand is computed from an argument of the function itself.
    let isLikely: Bool
  }

  private(set) var globals: Set<String> = []
  private(set) var numbers: [Double] = []
  private(set) var suspects: [Suspect] = []

  /// nil if the format is not the one of Lua 5.4.
  init?(_ bytes: [UInt8]) {
    var reader = Reader(bytes: bytes)
    guard reader.header(), reader.function(into: &self, depth: 0) else { return nil }
  }

  private enum Constant {
    case number(Double), string(String), other
  }

  private enum Opcode {
    static let move = 0, loadInteger = 1, loadFloat = 2, loadConstant = 3, loadConstantExtra = 4,
      loadFalse = 5
    static let loadNil = 8, getUpvalue = 9, getTableUpvalue = 11, getField = 14
    static let setTableUpvalue = 15, addInteger = 21, firstArithmetic = 21, lastConstantArithmetic = 28
    static let add = 34, integerDivide = 40, minus = 49, not = 51, length = 52
    static let equal = 57, equalConstant = 60, equalInteger = 61, lessInteger = 62, greaterEqualInteger = 65
    static let test = 66, testSet = 67, call = 68, forLoop = 73, forPrepare = 74
  }

  private mutating func add(
    code: [UInt32], constants: [Constant], lines: [Int], parameters: Int, upvalueNames: [String]
  ) {
    for case .number(let value) in constants { numbers.append(value) }
    for (pc, word) in code.enumerated() {
      let (a, b, c) = (Int(word >> 7 & 0xFF), Int(word >> 16 & 0xFF), Int(word >> 24))
      let line = pc < lines.count ? lines[pc] : 0
      switch Int(word & 0x7F) {
      case Opcode.loadInteger, Opcode.loadFloat: numbers.append(Double(Int(word >> 15) - 65535))
      case Opcode.getTableUpvalue:
        if b < upvalueNames.count, upvalueNames[b] == "_ENV", c < constants.count,
          case .string(let name) = constants[c]
        {
          globals.insert(name)
        }
      case Opcode.setTableUpvalue:
        if a < upvalueNames.count, upvalueNames[a] == "_ENV", b < constants.count,
          case .string(let name) = constants[b]
        {
          globals.insert(name)
        }
      case Opcode.addInteger: numbers.append(Double(c - 127))
      case Opcode.equalInteger:
        numbers.append(Double(b - 127))
        suspect(.equality, line, origin(of: a, before: pc, code, parameters))
      case Opcode.lessInteger...Opcode.greaterEqualInteger: numbers.append(Double(b - 127))
      case Opcode.equalConstant:
        if b < constants.count, case .number = constants[b] {
          suspect(.equality, line, origin(of: a, before: pc, code, parameters))
        }
      case Opcode.equal:
        let origins = [
          origin(of: a, before: pc, code, parameters), origin(of: b, before: pc, code, parameters),
        ]
        if !origins.contains(.plain) {
          suspect(.equality, line, origins.contains(.computed) ? .computed : .unknown)
        }
      case Opcode.test: suspect(.truth, line, origin(of: a, before: pc, code, parameters))
      case Opcode.testSet, Opcode.not: suspect(.truth, line, origin(of: b, before: pc, code, parameters))
      default: break
      }
    }
  }

  private mutating func suspect(_ kind: Suspect.Kind, _ line: Int, _ origin: Origin) {
    if origin != .plain { suspects.append(Suspect(kind: kind, line: line, isLikely: origin == .computed)) }
  }

  private enum Origin {
    case plain, computed, unknown

    /// Of an operation on both.
    func joined(_ other: Origin) -> Origin {
      if self == .computed || other == .computed { return .computed }
      return self == .plain && other == .plain ? .plain : .unknown
    }
  }

  private static let deepestOrigin = 6

  /// Where the value of a register probably comes from: the nearest instruction before that writes it.
  private func origin(
    of register: Int, before pc: Int, _ code: [UInt32], _ parameters: Int, depth: Int = 0
  ) -> Origin {
    guard depth < Bytecode.deepestOrigin else { return .unknown }
    func inner(_ register: Int, _ pc: Int) -> Origin {
      origin(of: register, before: pc, code, parameters, depth: depth + 1)
    }
    for i in stride(from: pc - 1, through: 0, by: -1) {
      let word = code[i]
      let (opcode, a, b, c) = (
        Int(word & 0x7F), Int(word >> 7 & 0xFF), Int(word >> 16 & 0xFF), Int(word >> 24)
      )
      if opcode == Opcode.forPrepare, register == a + 3 { return .plain }
      guard a == register else { continue }
      switch opcode {
      case Opcode.loadInteger...Opcode.loadNil, Opcode.length, Opcode.not: return .plain
      case Opcode.move, Opcode.minus, Opcode.firstArithmetic...Opcode.lastConstantArithmetic:
        return inner(b, i)
      case Opcode.add...Opcode.integerDivide: return inner(b, i).joined(inner(c, i))
      case Opcode.getUpvalue, Opcode.getTableUpvalue...Opcode.getField, Opcode.call: return .unknown
      // Writes nothing to this register, or only tests it.
      default: continue
      }
    }
    return register < parameters ? .computed : .unknown
  }

  // MARK: the dump format of Lua 5.4

  private struct Reader {
    let bytes: [UInt8]
    var at = 0
    var failed = false

    init(bytes: [UInt8]) { self.bytes = bytes }

    private static let deepest = 200

    mutating func byte() -> UInt8 {
      guard at < bytes.count else {
        failed = true
        return 0
      }
      defer { at += 1 }
      return bytes[at]
    }

    mutating func little(_ count: Int) -> UInt64 {
      var value: UInt64 = 0
      for i in 0..<count { value |= UInt64(byte()) << UInt64(8 * i) }
      return value
    }

    /// Seven bits a byte, most significant first; the last byte has its high bit set.
    mutating func size() -> Int {
      var value = 0
      for _ in 0..<9 {
        let next = byte()
        value = value << 7 | Int(next & 0x7F)
        if next & 0x80 != 0 || failed { return value }
      }
      failed = true
      return 0
    }

    /// A count of things of at least `unit` bytes, which must still be there.
    mutating func count(unit: Int = 1) -> Int {
      let value = size()
      guard value <= (bytes.count - at) / max(unit, 1) else {
        failed = true
        return 0
      }
      return value
    }

    mutating func string() -> String {
      let size = size()
      guard size > 0 else { return "" }
      guard size - 1 <= bytes.count - at else {
        failed = true
        return ""
      }
      defer { at += size - 1 }
      return String(decoding: bytes[at..<at + size - 1], as: UTF8.self)
    }

    mutating func header() -> Bool {
      let signature: [UInt8] = [
        0x1B, 0x4C, 0x75, 0x61, 0x54, 0x00, 0x19, 0x93, 0x0D, 0x0A, 0x1A, 0x0A, 4, 8, 8,
      ]
      for expected in signature where byte() != expected { return false }
      guard little(8) == 0x5678, little(8) == (370.5).bitPattern else { return false }
      _ = byte()  // upvalues of the main function
      return !failed
    }

    mutating func function(into code: inout Bytecode, depth: Int) -> Bool {
      guard depth < Reader.deepest else { return false }
      _ = string()
      let firstLine = size()
      _ = size()
      let parameters = Int(byte())
      _ = byte()
      _ = byte()
      var instructions: [UInt32] = []
      for _ in 0..<count(unit: 4) { instructions.append(UInt32(little(4))) }
      let constants = self.constants()
      for _ in 0..<count(unit: 3) { _ = little(3) }
      for _ in 0..<count() where !failed {
        guard function(into: &code, depth: depth + 1) else { return false }
      }
      let lines = self.lines(instructions.count, firstLine)
      for _ in 0..<count(unit: 3) {
        _ = string()
        _ = size()
        _ = size()
      }
      var names: [String] = []
      for _ in 0..<count() { names.append(string()) }
      guard !failed else { return false }
      code.add(
        code: instructions, constants: constants, lines: lines, parameters: depth == 0 ? parameters : 0,
        upvalueNames: names)
      return true
    }

    private mutating func constants() -> [Constant] {
      var all: [Constant] = []
      for _ in 0..<count() where !failed {
        switch byte() {
        case 0x13: all.append(.number(Double(bitPattern: little(8))))
        case 0x03: all.append(.number(Double(Int64(bitPattern: little(8)))))
        case 0x04, 0x14: all.append(.string(string()))
        case 0x00, 0x01, 0x11: all.append(.other)
        default: failed = true
        }
      }
      return all
    }

    /// The line of each instruction: differences, and absolute numbers where those do not fit.
    private mutating func lines(_ instructionCount: Int, _ firstLine: Int) -> [Int] {
      var differences: [Int] = []
      for _ in 0..<count() { differences.append(Int(Int8(bitPattern: byte()))) }
      var absolute: [Int: Int] = [:]
      for _ in 0..<count(unit: 2) {
        let pc = size()
        absolute[pc] = size()
      }
      var line = firstLine
      return differences.enumerated().map { pc, difference in
        line = difference == -128 ? absolute[pc] ?? line : line + difference
        return line
      }
    }
  }
}
