import Glibc

/// Writes a file so that `path` holds either what it held before or all that `body` wrote, whatever happens between:
/// the bytes go to a temporary name beside it, reach the disk, and take the name at the end. When `body` throws, the
/// temporary file is removed and the error passed on. Symbolic links are followed; the mode of an existing file is
/// kept. What is not a regular file (a terminal, `/dev/null`) is written directly.
public func writeAtomically(path: String, _ body: (FileWriter) throws -> Void) throws {
  guard !path.isEmpty, !path.utf8.contains(0) else {
    throw FileError(path: path, reason: "is not a usable file name")
  }
  var status = stat()
  let exists = stat(path, &status) == 0
  var target = path
  if exists {
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw FileError(path: path, reason: "is a directory, expected a file") }
    if kind != S_IFREG {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileError.system(path, "write") }
      defer { close(descriptor) }
      let writer = FileWriter(path: path, descriptor: descriptor)
      try body(writer)
      return try writer.flush()
    }
    if let resolved = realpath(path, nil) {
      target = String(cString: resolved)
      free(resolved)
    }
  }
  let split = target.utf8.lastIndex(of: UInt8(ascii: "/"))
  let directory = split.map { String(target[...$0]) } ?? "./"
  let name = split.map { String(target[target.index(after: $0)...]) } ?? target
  guard !name.isEmpty, name != ".", name != ".." else {
    throw FileError(path: path, reason: "is a directory, expected a file")
  }

  var temporary = ""
  var descriptor: Int32 = -1
  for _ in 0..<100 {
    // A long name is cut so that the temporary one does not exceed what the file system takes.
    temporary =
      directory + "." + String(decoding: name.utf8.prefix(200), as: UTF8.self)
      + ".\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor >= 0 || errno != EEXIST { break }
  }
  guard descriptor >= 0 else { throw FileError.system(path, "write") }
  var isOpen = true, isRenamed = false
  defer {
    if isOpen { close(descriptor) }
    if !isRenamed { unlink(temporary) }
  }
  if exists { fchmod(descriptor, status.st_mode & 0o7777) }
  let writer = FileWriter(path: path, descriptor: descriptor)
  try body(writer)
  try writer.flush()
  guard fsync(descriptor) == 0 else { throw FileError.system(path, "write") }
  isOpen = false
  guard close(descriptor) == 0 else { throw FileError.system(path, "write") }
  guard rename(temporary, target) == 0 else { throw FileError.system(path, "write") }
  isRenamed = true
  // Make the new name itself durable, where the file system lets a directory be synchronised.
  let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  if folder >= 0 {
    fsync(folder)
    close(folder)
  }
}

/// Where the body of ``writeAtomically(path:_:)`` puts its bytes; buffered.
public final class FileWriter {
  public let path: String
  /// How many bytes have been written so far.
  public private(set) var position = 0
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 18

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
    buffer.reserveCapacity(FileWriter.capacity)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    position += bytes.count
    if buffer.count + bytes.count > FileWriter.capacity { try flush() }
    if bytes.count > FileWriter.capacity {
      try send(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  func flush() throws {
    try buffer.withUnsafeBytes { try send($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let sent = Glibc.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      if sent < 0 {
        if errno == EINTR { continue }
        throw FileError.system(path, "write")
      }
      done += sent
    }
  }
}
