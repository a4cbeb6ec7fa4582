/// What the header of a safetensors file says, checked against the file's size.
struct SafetensorsHeader {
  enum ElementType: String {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    var size: Int {
      switch self {
      case .float64: 8
      case .float32: 4
      case .float16, .bfloat16: 2
      }
    }
  }

  struct Tensor {
    var name: String
    var type: ElementType
    var shape: [Int]
    /// How many elements the shape has.
    var count: Int
    /// The bytes of the data, from the header's end on.
    var bytes: Range<Int>
  }

  /// In the header's order.
  private(set) var tensors: [Tensor] = []
  private(set) var metadata: [String: String] = [:]
  /// Indices of `tensors`, in the order in which their data lie.
  private(set) var inOrderOfData: [Int] = []

  /// The limit of the format's own library.
  static let maximumLength = 100_000_000
  private static let metadataName = "__metadata__"
}

// MARK: - Reading

extension SafetensorsHeader {
  /// Reads the header and leaves the stream at the first byte of the data.
  static func read(_ stream: ByteStream, fileSize: Int) throws -> SafetensorsHeader {
    guard fileSize >= 8 else {
      throw stream.error(
        "is not a safetensors file: it has \(fileSize) bytes, and the length of the header takes 8")
    }
    let length = try stream.bytes(8, "the header's length").reversed().reduce(0 as UInt64) {
      $0 << 8 | UInt64($1)
    }
    guard length <= UInt64(maximumLength) else {
      throw stream.error(
        "is not a safetensors file: its header would have \(length) bytes, and \(maximumLength) are the limit"
      )
    }
    let dataSize = fileSize - 8 - Int(length)
    guard dataSize >= 0 else {
      throw stream.error(
        "truncated: the header should have \(length) bytes, but only \(fileSize - 8) follow its length")
    }
    let text = try stream.bytes(Int(length), "the header")
    guard text.first == UInt8(ascii: "{") else {
      throw stream.error("is not a safetensors file: the header does not begin with '{'")
    }
    let json: JSON
    do {
      json = try text.withUnsafeBufferPointer { try JSON.parse($0) }
    } catch let failure as JSON.Failure {
      throw stream.error("the header is not JSON: \(failure)")
    }
    guard case .object(let members) = json else { throw stream.error("the header is no JSON object") }
    var header = SafetensorsHeader()
    var names = Set<String>()
    for member in members {
      // The parser has refused equal names; these only look the same, and would be equal as Swift's strings.
      guard names.insert(member.name).inserted else {
        throw stream.error("two tensors are called \"\(member.name)\"")
      }
      if member.name == metadataName {
        header.metadata = try metadata(member.value, stream)
      } else {
        do {
          header.tensors.append(try tensor(member.name, member.value, dataSize))
        } catch let refusal as Refusal {
          throw stream.error("tensor \"\(member.name)\": \(refusal.reason)")
        }
      }
    }
    try header.checkOffsets(dataSize, stream)
    return header
  }

  private struct Refusal: Error {
    let reason: String
  }

  private static func metadata(_ json: JSON, _ stream: ByteStream) throws -> [String: String] {
    guard case .object(let members) = json else {
      throw stream.error("\(metadataName) should be an object, but is \(json.kind)")
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else {
        throw stream.error(
          "\(metadataName): \"\(member.name)\" should be a string, but is \(member.value.kind)")
      }
      guard metadata.updateValue(text, forKey: member.name) == nil else {
        throw stream.error("\(metadataName): \"\(member.name)\" is there twice")
      }
    }
    return metadata
  }

  private static func tensor(_ name: String, _ json: JSON, _ dataSize: Int) throws -> Tensor {
    guard case .object = json else {
      throw Refusal(reason: "should be described by an object, not \(json.kind)")
    }
    guard case .string(let typeName)? = json["dtype"] else {
      throw Refusal(reason: "expected a string as dtype, got \(json["dtype"]?.kind ?? "nothing")")
    }
    guard let type = ElementType(rawValue: typeName) else {
      throw Refusal(reason: "the type \(typeName) is not supported: expected F32, F64, F16 or BF16")
    }
    let shape = try naturals(json["shape"], "shape")
    let offsets = try naturals(json["data_offsets"], "data_offsets")
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw Refusal(reason: "data_offsets should be two ascending numbers, not \(offsets)")
    }
    guard offsets[1] <= dataSize else {
      throw Refusal(
        reason: "truncated: its data end at byte \(offsets[1]), but the file has \(dataSize) bytes of data")
    }
    let size = offsets[1] - offsets[0]
    guard let count = elementCount(shape), size % type.size == 0, count == size / type.size else {
      throw Refusal(reason: "shape \(shape) of \(typeName) does not fill the \(size) bytes of its data")
    }
    return Tensor(name: name, type: type, shape: shape, count: count, bytes: offsets[0]..<offsets[1])
  }

  /// Nil if it is not a number of elements that memory could hold. An extent of 0 makes a tensor empty, whatever the
  /// others are.
  private static func elementCount(_ shape: [Int]) -> Int? {
    guard !shape.contains(0) else { return 0 }
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }

  private static func naturals(_ json: JSON?, _ what: String) throws -> [Int] {
    guard case .array(let elements)? = json else {
      throw Refusal(reason: "expected a list as \(what), got \(json?.kind ?? "nothing")")
    }
    return try elements.map { element in
      guard case .integer(let value) = element, value >= 0 else {
        throw Refusal(reason: "\(what) should hold whole numbers from 0")
      }
      return value
    }
  }

  /// Every byte of the data belongs to exactly one tensor.
  private mutating func checkOffsets(_ dataSize: Int, _ stream: ByteStream) throws {
    inOrderOfData = tensors.indices.sorted {
      let (a, b) = (tensors[$0].bytes, tensors[$1].bytes)
      return (a.lowerBound, a.upperBound, $0) < (b.lowerBound, b.upperBound, $1)
    }
    var end = 0
    for index in inOrderOfData {
      let tensor = tensors[index]
      guard tensor.bytes.lowerBound >= end else {
        throw stream.error(
          "tensor \"\(tensor.name)\": its data begin at byte \(tensor.bytes.lowerBound), within another tensor's"
        )
      }
      guard tensor.bytes.lowerBound == end else {
        throw stream.error(
          "tensor \"\(tensor.name)\": the \(tensor.bytes.lowerBound - end) bytes before its data belong to none"
        )
      }
      end = tensor.bytes.upperBound
    }
    guard end == dataSize else {
      throw stream.error("\(dataSize - end) bytes after the last tensor belong to none")
    }
  }
}

// MARK: - Writing

extension SafetensorsHeader {
  /// The length and the header. Offsets are given to doubles first, then to singles.
  static func encode(_ tensors: [NamedTensor], _ metadata: [String: String], path: String) throws -> [UInt8] {
    var names = Set<String>()
    for tensor in tensors {
      func error(_ reason: String) -> FileError {
        FileError(path: path, reason: "tensor \"\(tensor.name)\": \(reason)")
      }
      guard tensor.name != metadataName else { throw error("this name is the format's own: use another") }
      guard names.insert(tensor.name).inserted else { throw error("there are two of this name") }
      guard tensor.shape.allSatisfy({ $0 >= 0 }) else {
        throw error("its shape \(tensor.shape) has a negative extent")
      }
      guard elementCount(tensor.shape) == tensor.values.count else {
        throw error("shape \(tensor.shape) does not hold its \(tensor.values.count) values")
      }
    }

    var offset = 0
    var ranges = [Range<Int>](repeating: 0..<0, count: tensors.count)
    func place(_ index: Int, _ size: Int) {
      ranges[index] = offset..<offset + size
      offset += size
    }
    for (i, tensor) in tensors.enumerated() {
      if case .double(let values) = tensor.values { place(i, values.count * 8) }
    }
    for (i, tensor) in tensors.enumerated() {
      if case .single(let values) = tensor.values { place(i, values.count * 4) }
    }

    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
      members.append(.init(metadataName, .object(pairs.map { .init($0.key, .string($0.value)) })))
    }
    for (tensor, range) in zip(tensors, ranges) {
      var type = ElementType.float32
      if case .double = tensor.values { type = .float64 }
      members.append(
        .init(
          tensor.name,
          .object([
            .init("dtype", .string(type.rawValue)), .init("shape", .array(tensor.shape.map { .integer($0) })),
            .init("data_offsets", .array([.integer(range.lowerBound), .integer(range.upperBound)])),
          ])))
    }
    var text = Array(JSON.object(members).text.utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    guard text.count <= maximumLength else {
      throw FileError(
        path: path,
        reason: "the names and metadata take \(text.count) bytes, and the format allows \(maximumLength)")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
