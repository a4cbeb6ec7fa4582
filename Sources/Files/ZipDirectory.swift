/// One file in a ZIP archive, as its central directory describes it.
struct ZipEntry {
  var name: String
  var isDeflated: Bool
  var crc: UInt32
  var compressedSize: Int
  var size: Int
  var headerOffset: Int
}

/// Reads a ZIP archive's central directory, 64-bit forms included. Every length is checked against the file before
/// it is used.
enum ZipDirectory {
  static func read(_ file: InputFile) throws -> [ZipEntry] {
    func fail(_ reason: String) -> FileError { FileError(path: file.path, reason: reason) }
    guard let fileSize = file.size else { throw fail("an archive must be a regular file") }

    // The end record is the last thing in the file, but for a comment of at most 65 535 bytes.
    let tailSize = min(fileSize, 22 + 0xFFFF)
    let tailStart = fileSize - tailSize
    let tail = try bytes(file, tailStart, tailSize)
    let record = stride(from: tailSize - 22, through: 0, by: -1).first {
      tail.little($0, 4) == 0x0605_4B50 && $0 + 22 + Int(tail.little($0 + 20, 2)) <= tailSize
    }
    guard let record else {
      throw fail("is not an NPZ file, or is truncated: it has no ZIP end record")
    }
    var count = tail.little(record + 10, 2)
    var size = tail.little(record + 12, 4)
    var start = tail.little(record + 16, 4)
    let locator = record - 20
    if locator >= 0, tail.little(locator, 4) == 0x0706_4B50 {
      let offset = tail.little(locator + 8, 8)
      guard offset <= UInt64(fileSize), fileSize - Int(offset) >= 56 else {
        throw fail("damaged ZIP64 locator")
      }
      let end = try bytes(file, Int(offset), 56)
      guard end.little(0, 4) == 0x0606_4B50 else { throw fail("damaged ZIP64 end record") }
      (count, size, start) = (end.little(32, 8), end.little(40, 8), end.little(48, 8))
    }
    guard start <= UInt64(fileSize), size <= UInt64(fileSize) - start else {
      throw fail("damaged ZIP directory: it lies outside the file")
    }

    let directory = try bytes(file, Int(start), Int(size))
    var entries: [ZipEntry] = []
    var position = 0
    while UInt64(entries.count) < count {
      guard directory.count - position >= 46, directory.little(position, 4) == 0x0201_4B50 else {
        throw fail("damaged ZIP directory: entry \(entries.count + 1) of \(count) is missing")
      }
      let nameLength = Int(directory.little(position + 28, 2))
      let extraLength = Int(directory.little(position + 30, 2))
      let length = 46 + nameLength + extraLength + Int(directory.little(position + 32, 2))
      guard directory.count - position >= length else {
        throw fail("damaged ZIP directory: an entry is cut off")
      }
      let extraStart = position + 46 + nameLength
      entries.append(
        try entry(
          directory, position, name: String(decoding: directory[(position + 46)..<extraStart], as: UTF8.self),
          extra: Array(directory[extraStart..<(extraStart + extraLength)]), fileSize: fileSize, fail))
      position += length
    }
    return entries
  }

  private static func entry(
    _ directory: [UInt8], _ position: Int, name: String, extra: [UInt8], fileSize: Int,
    _ fail: (String) -> FileError
  ) throws -> ZipEntry {
    let flags = directory.little(position + 8, 2), method = directory.little(position + 10, 2)
    guard flags & 0x2041 == 0 else { throw fail("entry \"\(name)\" is encrypted") }
    guard method == 0 || method == 8 else {
      throw fail(
        "entry \"\(name)\" uses ZIP compression method \(method): only stored and deflated are supported")
    }
    var compressed = directory.little(position + 20, 4)
    var size = directory.little(position + 24, 4)
    var offset = directory.little(position + 42, 4)
    // The ZIP64 extra field holds, in this order, those values that do not fit above.
    var at = 0
    while at + 4 <= extra.count {
      let length = Int(extra.little(at + 2, 2))
      guard at + 4 + length <= extra.count else { break }
      if extra.little(at, 2) == 1 {
        var field = at + 4
        func next(_ value: inout UInt64) {
          guard value == 0xFFFF_FFFF, field + 8 <= at + 4 + length else { return }
          value = extra.little(field, 8)
          field += 8
        }
        next(&size)
        next(&compressed)
        next(&offset)
      }
      at += 4 + length
    }
    guard offset <= UInt64(fileSize), compressed <= UInt64(fileSize) - offset else {
      throw fail("entry \"\(name)\" lies outside the file: truncated or damaged")
    }
    // Deflate cannot expand data more than 1032 times, so a larger claim is false.
    let limit = method == 0 ? compressed : compressed * 1032 + 64
    guard method == 0 ? size == compressed : size <= limit else {
      throw fail("entry \"\(name)\" claims \(size) bytes from \(compressed): damaged")
    }
    return ZipEntry(
      name: name, isDeflated: method == 8, crc: UInt32(directory.little(position + 16, 4)),
      compressedSize: Int(compressed), size: Int(size), headerOffset: Int(offset))
  }

  private static func bytes(_ file: InputFile, _ offset: Int, _ count: Int) throws -> [UInt8] {
    try file.seek(to: offset)
    var result = [UInt8](repeating: 0, count: count)
    let got = try result.withUnsafeMutableBytes { try file.read(into: $0) }
    guard got == count else { throw FileError(path: file.path, reason: "truncated while it was read") }
    return result
  }
}

extension [UInt8] {
  /// The little-endian number of `bytes` bytes at `position`, which the caller has checked.
  func little(_ position: Int, _ bytes: Int) -> UInt64 {
    (0..<bytes).reduce(0) { $0 | UInt64(self[position + $1]) << UInt64(8 * $1) }
  }
}
