import Glibc

/// A file open for reading.
final class InputFile {
  let path: String
  /// The length of a regular file; `nil` of a pipe or a device.
  let size: Int?
  private let descriptor: Int32

  init(path: String) throws {
    guard !path.utf8.contains(0) else { throw FileError(path: path, reason: "a path cannot contain NUL") }
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.system(path, "open") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = FileError.system(path, "examine")
      close(descriptor)
      throw error
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      close(descriptor)
      throw FileError(path: path, reason: "is a directory, expected a file")
    case S_IFREG: size = Int(status.st_size)
    default: size = nil
    }
  }

  deinit { close(descriptor) }

  /// Reads until `buffer` is full or the file ends; returns how many bytes were read.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      let got = Glibc.read(descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30))
      if got < 0 {
        if errno == EINTR { continue }
        throw FileError.system(path, "read")
      }
      if got == 0 { break }
      done += got
    }
    return done
  }

  func seek(to offset: Int) throws {
    guard lseek(descriptor, offset, SEEK_SET) == offset else { throw FileError.system(path, "seek") }
  }

  /// Everything from the current position to the end.
  func readAll() throws -> [UInt8] {
    var bytes: [UInt8] = []
    if let size {
      guard let probe = malloc(max(size, 1)) else {
        throw FileError(path: path, reason: "\(size) bytes do not fit into memory")
      }
      free(probe)
      bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
        initialized = try read(
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size]))
      }
      if bytes.count < size { return bytes }
    }
    // A pipe, or a file that has grown meanwhile.
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = try chunk.withUnsafeMutableBytes { try read(into: $0) }
      bytes += chunk[..<got]
      if got < chunk.count { return bytes }
      guard bytes.count < 1 << 32 else {
        throw FileError(path: path, reason: "more than 4 GiB came from what is not a regular file")
      }
    }
  }
}
