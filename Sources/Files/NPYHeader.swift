/// The header of a NumPy array: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
struct NPYHeader: Equatable {
  var dtype: NPYType
  var isFortranOrder: Bool
  var shape: [Int]

  /// The whole header as NumPy writes it: magic, version, length, dictionary, padded to 64 bytes.
  var encoded: [UInt8] {
    let extents =
      shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
    let text =
      "{'descr': '\(dtype.rawValue)', 'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': \(extents), }"
    // Version 1 counts the dictionary's length in two bytes, version 2 in four.
    let isLong = text.utf8.count + 64 + 11 > 0xFFFF
    let prefix = isLong ? 12 : 10
    let padding = 64 - (prefix + text.utf8.count + 1) % 64
    let length = text.utf8.count + padding + 1
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [isLong ? 2 : 1, 0]
    for k in 0..<(isLong ? 4 : 2) { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * k))) }
    bytes += Array(text.utf8)
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: padding)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}

/// The element types that are read; all little-endian.
enum NPYType: String, CaseIterable {
  case float64 = "<f8"
  case float32 = "<f4"
  case int8 = "|i1"
  case int16 = "<i2"
  case int32 = "<i4"
  case int64 = "<i8"
  case uint8 = "|u1"
  case uint16 = "<u2"
  case uint32 = "<u4"
  case uint64 = "<u8"
  case bool = "|b1"

  var size: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}

/// Reads the dictionary, which is a Python literal of a fixed form.
struct NPYHeaderParser {
  private let bytes: [UInt8]
  private var position = 0

  /// Why a header cannot be used, without the file's name.
  struct Failure: Error { let reason: String }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func parse() throws -> NPYHeader {
    var descr: String?
    var order: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr": descr = try description()
      case "fortran_order": order = try boolean()
      case "shape": shape = try tuple()
      default: throw Failure(reason: "unknown header entry '\(key)'")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    guard let descr, let order, let shape else {
      throw Failure(reason: "the header must have 'descr', 'fortran_order' and 'shape'")
    }
    // One-byte types have no byte order; some writers give one all the same.
    let canonical = descr.count == 3 && descr.last == "1" ? "|" + descr.dropFirst() : descr
    guard let dtype = NPYType(rawValue: canonical) ?? NPYType(rawValue: canonical.replacingNativeOrder) else {
      throw Failure(
        reason: "dtype '\(descr)' is not supported: expected one of "
          + NPYType.allCases.map(\.rawValue).joined(separator: " ")
          + "; convert with a.astype('<f8') before saving")
    }
    return NPYHeader(dtype: dtype, isFortranOrder: order, shape: shape)
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  private mutating func accept(_ text: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func expect(_ text: String) throws {
    guard accept(text) else {
      throw Failure(reason: "malformed header: expected '\(text)' at byte \(position)")
    }
  }

  private mutating func string() throws -> String {
    skipSpace()
    guard position < bytes.count,
      bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"")
    else {
      throw Failure(reason: "malformed header: expected a string at byte \(position)")
    }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else {
      throw Failure(reason: "malformed header: a string does not end")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func description() throws -> String {
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "[") {
      let text = String(decoding: bytes[position...].prefix(60), as: UTF8.self)
      throw Failure(
        reason: "structured dtypes are not supported: \(text)…; save each field as an array of its own")
    }
    return try string()
  }

  private mutating func boolean() throws -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw Failure(reason: "malformed header: 'fortran_order' must be True or False")
  }

  private mutating func tuple() throws -> [Int] {
    try expect("(")
    var extents: [Int] = []
    while !accept(")") {
      skipSpace()
      let digits = bytes[position...].prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard let extent = Int(String(decoding: digits, as: UTF8.self)) else {
        throw Failure(
          reason:
            "malformed header: 'shape' must hold whole numbers from 0 to \(Int.max), at byte \(position)")
      }
      position += digits.count
      // Python 2 wrote long integers with a suffix.
      _ = accept("L")
      extents.append(extent)
      guard extents.count <= 64 else { throw Failure(reason: "more than 64 axes") }
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return extents
  }
}

extension String {
  /// `=` means the writer's byte order, which is taken to be little-endian.
  fileprivate var replacingNativeOrder: String { first == "=" ? "<" + dropFirst() : self }
}
