import Glibc

/// What is wrong with a file, and where in it.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  /// The 1-based line of a text file.
  public let line: Int?
  /// The name (or 1-based number) of the column of a table.
  public let column: String?
  public let reason: String

  public init(path: String, line: Int? = nil, column: String? = nil, reason: String) {
    self.path = path
    self.line = line
    self.column = column
    self.reason = reason
  }

  public var description: String {
    path + (line.map { ":\($0)" } ?? "") + ": " + (column.map { "column \($0): " } ?? "") + reason
  }

  /// The error of the system call that just failed.
  static func system(_ path: String, _ action: String) -> FileError {
    let code = errno
    if code == ENOENT, action == "open" { return FileError(path: path, reason: "no such file") }
    return FileError(path: path, reason: "cannot \(action): \(String(cString: strerror(code)))")
  }
}
