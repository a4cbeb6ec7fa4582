import CZlib

/// The bytes of one ZIP entry, in order, inflated where necessary. Nothing else may read the file meanwhile.
final class ZipEntryReader {
  private let file: InputFile
  private let entry: ZipEntry
  private var compressedLeft: Int
  private var produced = 0
  private var crc: UInt32 = 0
  /// At a fixed address: zlib keeps a pointer to it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var isStreamOpen = false
  private var isAtEnd = false
  private var input: UnsafeMutableRawBufferPointer

  init(_ entry: ZipEntry, of file: InputFile) throws {
    self.entry = entry
    self.file = file
    compressedLeft = entry.compressedSize
    stream.initialize(to: z_stream())
    input = .allocate(byteCount: entry.isDeflated ? 1 << 16 : 0, alignment: 16)

    var header = [UInt8](repeating: 0, count: 30)
    try file.seek(to: entry.headerOffset)
    let got = try header.withUnsafeMutableBytes { try file.read(into: $0) }
    guard got == 30, header.little(0, 4) == 0x0403_4B50 else { throw damaged("no local header") }
    // The local name and extra field may differ in length from the directory's.
    let start = entry.headerOffset + 30 + Int(header.little(26, 2)) + Int(header.little(28, 2))
    guard let size = file.size, start <= size, entry.compressedSize <= size - start else {
      throw damaged("it is cut off")
    }
    try file.seek(to: start)
    if entry.isDeflated {
      // Negative window bits: raw deflate data without a zlib header.
      let status = inflateInit2_(stream, -15, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
      guard status == Z_OK else { throw damaged("zlib cannot start (\(status))") }
      isStreamOpen = true
    }
  }

  deinit {
    if isStreamOpen { inflateEnd(stream) }
    stream.deallocate()
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(buffer.count, entry.size - produced)
    let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let got = entry.isDeflated ? try inflate(into: wanted) : try file.read(into: wanted)
    crc = crc32(crc, UnsafeRawBufferPointer(rebasing: wanted[..<got]))
    produced += got
    return got
  }

  /// Whether all the bytes came and their checksum is right; to be called after the last read.
  func verify(path: String) throws {
    guard produced == entry.size, crc == entry.crc else {
      throw FileError(path: path, reason: "damaged: the CRC-32 checksum does not match the data")
    }
  }

  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count, !isAtEnd {
      if stream.pointee.avail_in == 0, compressedLeft > 0 {
        let chunk = UnsafeMutableRawBufferPointer(rebasing: input[..<min(input.count, compressedLeft)])
        let got = try file.read(into: chunk)
        guard got == chunk.count else { throw damaged("it is cut off") }
        compressedLeft -= got
        stream.pointee.next_in = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(got)
      }
      let room = min(buffer.count - done, 1 << 30)
      stream.pointee.next_out = buffer.baseAddress.map { ($0 + done).assumingMemoryBound(to: UInt8.self) }
      stream.pointee.avail_out = UInt32(room)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      done += room - Int(stream.pointee.avail_out)
      switch status {
      case Z_STREAM_END: isAtEnd = true
      case Z_OK: break
      default: throw damaged("the compressed data are invalid or cut off (zlib \(status))")
      }
    }
    return done
  }

  private func damaged(_ reason: String) -> FileError {
    FileError(path: file.path, reason: "entry \"\(entry.name)\" is damaged: \(reason)")
  }
}
