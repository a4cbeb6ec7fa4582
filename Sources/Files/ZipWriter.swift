/// Writes a ZIP archive of stored (uncompressed) entries: APPNOTE 6.3, sections 4.3 and 4.5.3.
final class ZipWriter {
  private let file: FileWriter
  private let threshold: UInt64
  private var directory: [UInt8] = []
  private var entries: UInt64 = 0

  init(_ file: FileWriter, zip64Threshold: UInt64) {
    self.file = file
    threshold = zip64Threshold
  }

  func add(name: String, parts: [UnsafeRawBufferPointer]) throws {
    let crc = parts.reduce(UInt32(0)) { crc32($0, $1) }
    let size = parts.reduce(UInt64(0)) { $0 + UInt64($1.count) }
    let offset = UInt64(file.position)
    let isLarge = size >= threshold, isFar = offset >= threshold
    let nameBytes = Array(name.utf8)

    func common(_ extra: Int) -> [UInt8] {
      // Flag bit 11: the name is UTF-8. The date is ZIP's first, 1980-01-01, so that equal data make equal files.
      little(isLarge || isFar ? 45 : 20, 2) + little(0x0800, 2) + little(0, 2) + little(0, 2)
        + little(0x0021, 2)
        + little(UInt64(crc), 4) + little(isLarge ? 0xFFFF_FFFF : size, 4)
        + little(isLarge ? 0xFFFF_FFFF : size, 4)
        + little(UInt64(nameBytes.count), 2) + little(UInt64(extra), 2)
    }

    let localExtra = isLarge ? little(1, 2) + little(16, 2) + little(size, 8) + little(size, 8) : []
    try file.write(little(0x0403_4B50, 4) + common(localExtra.count) + nameBytes + localExtra)
    for part in parts { try file.write(part) }

    let fields = (isLarge ? little(size, 8) + little(size, 8) : []) + (isFar ? little(offset, 8) : [])
    let extra = fields.isEmpty ? [] : little(1, 2) + little(UInt64(fields.count), 2) + fields
    directory += little(0x0201_4B50, 4) + little(45, 2) + common(extra.count)
    directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0o600 << 16, 4)
    directory += little(isFar ? 0xFFFF_FFFF : offset, 4) + nameBytes + extra
    entries += 1
  }

  func finish() throws {
    let start = UInt64(file.position), size = UInt64(directory.count)
    try file.write(directory)
    if start >= threshold || size >= threshold || entries >= 0xFFFF {
      let end = UInt64(file.position)
      try file.write(
        little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) + little(0, 4)
          + little(entries, 8) + little(entries, 8) + little(size, 8) + little(start, 8))
      try file.write(little(0x0706_4B50, 4) + little(0, 4) + little(end, 8) + little(1, 4))
    }
    let shortEntries = little(min(entries, 0xFFFF), 2)
    try file.write(
      little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + shortEntries + shortEntries
        + little(size >= threshold ? 0xFFFF_FFFF : size, 4)
        + little(start >= threshold ? 0xFFFF_FFFF : start, 4)
        + little(0, 2))
  }

  private func little(_ value: UInt64, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
}
