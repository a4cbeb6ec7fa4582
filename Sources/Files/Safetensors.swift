import Glibc

/// A named array of single or double precision.
public struct NamedTensor: Equatable, Sendable {
  public enum Values: Equatable, Sendable {
    case single([Float])
    case double([Double])

    public var count: Int {
      switch self {
      case .single(let values): values.count
      case .double(let values): values.count
      }
    }
  }

  public var name: String
  /// No axes for a single value. Elements are in C order: the last index runs fastest.
  public var shape: [Int]
  public var values: Values

  public init(name: String, shape: [Int], values: Values) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// The safetensors format: eight bytes with the length of a JSON header, the header, and the tensors' bytes, little
/// endian, without gaps. https://huggingface.co/docs/safetensors
public enum Safetensors {
  /// Reads every tensor, in the order of the header, and the header's `__metadata__`. Half precision and bfloat16 are
  /// read as singles, which hold them exactly; other types than these, singles and doubles are refused.
  ///
  /// - Throws: `FileError` for a file that breaks the format in any way: truncated, with bytes that belong to no
  ///   tensor, with offsets that overlap or leave gaps, with sizes that do not fit their shapes.
  public static func read(path: String) throws -> (tensors: [NamedTensor], metadata: [String: String]) {
    let file = try InputFile(path: path)
    guard let size = file.size else {
      throw FileError(path: path, reason: "is a pipe or a device: a safetensors file must be a regular file")
    }
    let stream = ByteStream(path: path, remaining: size) { try file.read(into: $0) }
    let header = try SafetensorsHeader.read(stream, fileSize: size)
    try reserve(header, path)
    var values = [NamedTensor.Values](repeating: .single([]), count: header.tensors.count)
    // The data lie in the order of their offsets.
    for index in header.inOrderOfData {
      values[index] = try decode(header.tensors[index], stream)
    }
    let tensors = zip(header.tensors, values).map {
      NamedTensor(name: $0.name, shape: $0.shape, values: $1)
    }
    return (tensors, header.metadata)
  }

  /// Writes the tensors and the metadata; the header lists them in the order given. Doubles come first in the data
  /// and the header's end is padded, so that every tensor lies aligned. The file is replaced as a whole or not at all.
  ///
  /// - Throws: `FileError` for a name that is there twice or is `__metadata__`, a shape that the values do not fill,
  ///   and whatever writing meets.
  public static func write(path: String, tensors: [NamedTensor], metadata: [String: String] = [:]) throws {
    let header = try SafetensorsHeader.encode(tensors, metadata, path: path)
    try writeAtomically(path: path) { file in
      try file.write(header)
      for case .double(let values) in tensors.map(\.values) {
        try values.withUnsafeBytes { try file.write($0) }
      }
      for case .single(let values) in tensors.map(\.values) {
        try values.withUnsafeBytes { try file.write($0) }
      }
    }
  }

  /// Refuses what would not fit into memory before it is asked for: an array that cannot be made ends the program.
  private static func reserve(_ header: SafetensorsHeader, _ path: String) throws {
    // The header has checked that each fits the file, so that sums do not overflow.
    let bytes = header.tensors.reduce(0) { $0 + $1.count * ($1.type == .float64 ? 8 : 4) }
    guard let probe = malloc(max(bytes, 1)) else {
      throw FileError(path: path, reason: "\(bytes) bytes do not fit into memory")
    }
    free(probe)
  }

  private static func decode(_ tensor: SafetensorsHeader.Tensor, _ stream: ByteStream) throws
    -> NamedTensor.Values
  {
    let what = "tensor \"\(tensor.name)\""
    switch tensor.type {
    case .float64:
      return .double(
        try [Double](unsafeUninitializedCapacity: tensor.count) { out, count in
          try stream.fill(
            UnsafeMutableRawBufferPointer(start: out.baseAddress, count: tensor.count * 8), what)
          count = tensor.count
        })
    case .float32:
      return .single(
        try [Float](unsafeUninitializedCapacity: tensor.count) { out, count in
          try stream.fill(
            UnsafeMutableRawBufferPointer(start: out.baseAddress, count: tensor.count * 4), what)
          count = tensor.count
        })
    case .float16, .bfloat16:
      let halves = try [UInt16](unsafeUninitializedCapacity: tensor.count) { out, count in
        try stream.fill(UnsafeMutableRawBufferPointer(start: out.baseAddress, count: tensor.count * 2), what)
        count = tensor.count
      }
      let isBrain = tensor.type == .bfloat16
      return .single(
        halves.map { isBrain ? Float(bitPattern: UInt32($0) << 16) : Float(Float16(bitPattern: $0)) })
    }
  }
}
