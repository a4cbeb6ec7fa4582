import Arrays
import Glibc

/// NumPy's file format for one array, versions 1 to 3.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public enum NPY {
  /// Reads an array of little-endian floats, integers or booleans, in C or Fortran order, as doubles. 64-bit integers
  /// beyond 2⁵³ are rounded to the nearest double.
  public static func read(path: String) throws -> NDArray {
    let file = try InputFile(path: path)
    let stream = ByteStream(path: path, remaining: file.size) { try file.read(into: $0) }
    return try decode(stream)
  }

  /// Writes doubles (`<f8`) in C order.
  public static func write(_ array: NDArray, path: String) throws {
    try writeAtomically(path: path) { file in
      try file.write(header(for: array).encoded)
      try array.withUnsafeBufferPointer { try file.write(UnsafeRawBufferPointer($0)) }
    }
  }

  static func header(for array: NDArray) -> NPYHeader {
    NPYHeader(dtype: .float64, isFortranOrder: false, shape: array.shape)
  }

  static func decode(_ stream: ByteStream) throws -> NDArray {
    let header = try decodeHeader(stream)
    let count: Int
    do {
      count = try NDArray.elementCount(header.shape)
    } catch {
      throw stream.error("\(error)")
    }
    let bytes = count * header.dtype.size
    if let remaining = stream.remaining, remaining < bytes {
      throw stream.error(
        "truncated: shape \(shapeText(header.shape)) of '\(header.dtype.rawValue)' needs \(bytes) bytes of data, "
          + "but \(remaining) are there")
    }
    // Fortran order is C order with the axes reversed.
    let shape = header.isFortranOrder ? Array(header.shape.reversed()) : header.shape
    let array: NDArray
    do {
      array = try NDArray(shape: shape) { out in try fill(out, header.dtype, stream) }
    } catch let error as ArrayError {
      throw stream.error("\(error)")
    }
    return header.isFortranOrder ? try array.transposed() : array
  }

  private static func decodeHeader(_ stream: ByteStream) throws -> NPYHeader {
    let start = try stream.bytes(8, "the header")
    guard start.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw stream.error("is not an NPY file: it does not begin with \\x93NUMPY")
    }
    guard (1...3).contains(start[6]) else {
      throw stream.error("NPY version \(start[6]).\(start[7]) is not supported: expected 1, 2 or 3")
    }
    let field = try stream.bytes(start[6] == 1 ? 2 : 4, "the header")
    let length = field.reversed().reduce(0) { $0 << 8 | Int($1) }
    // Far more than any shape needs; a larger length is a damaged file.
    guard length <= 1 << 20 else { throw stream.error("the header claims to have \(length) bytes") }
    var parser = NPYHeaderParser(try stream.bytes(length, "the header"))
    do {
      return try parser.parse()
    } catch let failure as NPYHeaderParser.Failure {
      throw stream.error(failure.reason)
    }
  }

  private static func fill(_ out: UnsafeMutableBufferPointer<Double>, _ type: NPYType, _ stream: ByteStream)
    throws
  {
    switch type {
    case .float64: try stream.fill(UnsafeMutableRawBufferPointer(out), "the data")
    case .float32: try convert(out, UInt32.self, stream) { Double(Float(bitPattern: $0)) }
    case .int8: try convert(out, Int8.self, stream) { Double($0) }
    case .int16: try convert(out, Int16.self, stream) { Double($0) }
    case .int32: try convert(out, Int32.self, stream) { Double($0) }
    case .int64: try convert(out, Int64.self, stream) { Double($0) }
    case .uint8: try convert(out, UInt8.self, stream) { Double($0) }
    case .uint16: try convert(out, UInt16.self, stream) { Double($0) }
    case .uint32: try convert(out, UInt32.self, stream) { Double($0) }
    case .uint64: try convert(out, UInt64.self, stream) { Double($0) }
    case .bool: try convert(out, UInt8.self, stream) { $0 == 0 ? 0 : 1 }
    }
  }

  @inline(__always)
  private static func convert<T: FixedWidthInteger>(
    _ out: UnsafeMutableBufferPointer<Double>, _: T.Type, _ stream: ByteStream, _ f: (T) -> Double
  ) throws {
    let chunk = UnsafeMutableBufferPointer<T>.allocate(capacity: min(out.count, 1 << 16))
    defer { chunk.deallocate() }
    var start = 0
    while start < out.count {
      let n = min(chunk.count, out.count - start)
      try stream.fill(
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: chunk[..<n])), "the data")
      for i in 0..<n { out[start + i] = f(T(littleEndian: chunk[i])) }
      start += n
    }
  }
}

/// Bytes that arrive in order: a file's, or those of an archive's entry.
final class ByteStream {
  let path: String
  /// How many bytes are left, where that is known.
  private(set) var remaining: Int?
  private let read: (UnsafeMutableRawBufferPointer) throws -> Int

  /// `read` fills the buffer as far as it can and says how far; less than its length means the end.
  init(path: String, remaining: Int?, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    self.path = path
    self.remaining = remaining
    self.read = read
  }

  func error(_ reason: String) -> FileError { FileError(path: path, reason: reason) }

  func fill(_ buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
    guard buffer.count > 0 else { return }
    let got = try read(buffer)
    guard got == buffer.count else {
      throw error("truncated: the file ends within \(what)")
    }
    if let left = remaining { remaining = max(0, left - got) }
  }

  func bytes(_ count: Int, _ what: String) throws -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    try result.withUnsafeMutableBytes { try fill($0, what) }
    return result
  }

  /// Reads what is left and throws it away.
  func drain() throws {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while try chunk.withUnsafeMutableBytes({ try read($0) }) == chunk.count {}
  }
}
