import Arrays
import CZlib

/// NumPy's archive of named arrays: a ZIP file with one NPY file an array.
public enum NPZ {
  /// Reads every array, in the archive's order. Entries may be stored (`numpy.savez`) or deflated
  /// (`numpy.savez_compressed`); their checksums are verified.
  public static func read(path: String) throws -> [(name: String, array: NDArray)] {
    let file = try InputFile(path: path)
    var arrays: [(name: String, array: NDArray)] = []
    var names = Set<String>()
    for entry in try ZipDirectory.read(file) {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      guard names.insert(name).inserted else {
        throw FileError(path: path, reason: "holds two arrays called \"\(name)\"")
      }
      let content = try ZipEntryReader(entry, of: file)
      let stream = ByteStream(path: "\(path)[\(name)]", remaining: entry.size) { try content.read(into: $0) }
      let array = try NPY.decode(stream)
      try stream.drain()
      try content.verify(path: stream.path)
      arrays.append((name, array))
    }
    return arrays
  }

  /// Writes the arrays as stored entries, in the order given. Names must differ and not be empty.
  public static func write(_ arrays: [(name: String, array: NDArray)], path: String) throws {
    try write(arrays, path: path, zip64Threshold: 0xFFFF_FFFF)
  }

  /// Sizes and offsets from `zip64Threshold` on are written in the 64-bit form; tests lower it.
  package static func write(_ arrays: [(name: String, array: NDArray)], path: String, zip64Threshold: UInt64)
    throws
  {
    var names = Set<String>()
    for (name, _) in arrays {
      guard !name.isEmpty, name.utf8.count <= 1000, !name.utf8.contains(0) else {
        throw FileError(
          path: path, reason: "\"\(name)\" cannot name an array: use 1 to 1000 bytes without NUL")
      }
      guard names.insert(name).inserted else {
        throw FileError(path: path, reason: "two arrays are called \"\(name)\"")
      }
    }
    try writeAtomically(path: path) { file in
      let zip = ZipWriter(file, zip64Threshold: zip64Threshold)
      for (name, array) in arrays {
        let header = NPY.header(for: array).encoded
        try array.withUnsafeBufferPointer { values in
          try header.withUnsafeBytes { header in
            try zip.add(name: name + ".npy", parts: [header, UnsafeRawBufferPointer(values)])
          }
        }
      }
      try zip.finish()
    }
  }
}

/// The running CRC-32 of `bytes` after `crc`.
func crc32(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
  guard let base = bytes.baseAddress, bytes.count > 0 else { return crc }
  return UInt32(
    truncatingIfNeeded: crc32_z(UInt(crc), base.assumingMemoryBound(to: UInt8.self), bytes.count))
}
