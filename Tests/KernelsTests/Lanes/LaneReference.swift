import Foundation
import Lanes

/// One function's table from LanesReference (generate.py describes the format).
struct LaneReference {
  var name: String
  var arity: Int
  var arguments: [[Double]]
  var results: [Double]
  /// What rounding the exact results to double took away, in units in their last place.
  var residues: [Double]

  static func load(_ precision: String) throws -> [LaneReference] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("LanesReference/\(precision).bin")
    var reader = ByteReader(bytes: [UInt8](try Data(contentsOf: file)))
    var tables: [LaneReference] = []
    while !reader.isAtEnd {
      let length = Int(reader.next(UInt8.self))
      let name = String(decoding: (0..<length).map { _ in reader.next(UInt8.self) }, as: UTF8.self)
      let arity = Int(reader.next(UInt8.self))
      let count = Int(reader.next(UInt32.self))
      let isDouble = precision == "double"
      let arguments = (0..<arity).map { _ in
        (0..<count).map { _ in isDouble ? reader.next(Double.self) : Double(reader.next(Float.self)) }
      }
      let results = (0..<count).map { _ in reader.next(Double.self) }
      let residues = (0..<count).map { _ in isDouble ? Double(reader.next(Float.self)) : 0 }
      tables.append(
        LaneReference(name: name, arity: arity, arguments: arguments, results: results, residues: residues))
    }
    return tables
  }
}

private struct ByteReader {
  var bytes: [UInt8]
  var position = 0
  var isAtEnd: Bool { position >= bytes.count }

  mutating func next<T>(_ type: T.Type) -> T {
    defer { position += MemoryLayout<T>.size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: T.self) }
  }
}

/// How far a computed value is from the exact one, in units in the last place of the exact one.
protocol UlpMeasured: LaneScalar {
  static func ulpError(_ value: Self, exact: Double, residue: Double) -> Double
}

extension Double: UlpMeasured {
  static func ulpError(_ value: Double, exact: Double, residue: Double) -> Double {
    if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
    if exact.isInfinite || value.isInfinite { return exact == value ? 0 : .infinity }
    return ((value - exact) / exact.ulp - residue).magnitude
  }
}

extension Float: UlpMeasured {
  static func ulpError(_ value: Float, exact: Double, residue: Double) -> Double {
    if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
    let rounded = Float(exact)
    if rounded.isInfinite || value.isInfinite { return rounded == value ? 0 : .infinity }
    // The unit of the binade that holds the exact value.
    let unit = Double(Float(sign: .plus, exponent: max(exact.exponent, -126), significand: 1).ulp)
    return ((Double(value) - exact) / (exact == 0 ? Double(Float.leastNonzeroMagnitude) : unit)).magnitude
  }
}
