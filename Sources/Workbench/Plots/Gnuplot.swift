import Glibc
import Synchronization

extension Figure {
  /// Writes the figure to a file of the kind its name ends in: .png, .svg or .pdf by gnuplot, .txt as text.
  /// The file appears whole or not at all.
  ///
  /// - Throws: `PlotError` if there is nothing to draw, the name ends otherwise, gnuplot is missing or fails,
  ///   or the file cannot be written.
  package func write(to path: String) throws {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = name.contains(".") ? name.split(separator: ".").last.map { $0.lowercased() } ?? "" : ""
    if ending == "txt" {
      let shown = try text(columns: 100, rows: 30)
      try writeAtomically(to: path) { descriptor in try writeAll(shown + "\n", to: descriptor, path: path) }
      return
    }
    guard let format = GnuplotScript.Format(rawValue: ending) else {
      throw PlotError(
        "cannot tell the kind of picture from \"\(name)\"; expected a name that ends in .png, .svg, .pdf or .txt"
      )
    }
    let script = try GnuplotScript(self, format: format).text
    try writeAtomically(to: path) { output in try Gnuplot.run(script, output: output) }
  }
}

/// Counts the temporary names of this process.
private let temporaryNames = Atomic<Int>(0)

/// Lets `body` write a temporary file beside `path`, then puts it in the place of `path`.
private func writeAtomically(to path: String, _ body: (Int32) throws -> Void) throws {
  let serial = temporaryNames.add(1, ordering: .relaxed).newValue
  let temporary = "\(path).\(getpid())-\(serial).part"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else {
    throw PlotError("cannot write \(path): \(String(cString: strerror(errno)))")
  }
  do {
    defer { close(descriptor) }
    try body(descriptor)
  } catch {
    unlink(temporary)
    throw error
  }
  guard rename(temporary, path) == 0 else {
    let reason = String(cString: strerror(errno))
    unlink(temporary)
    throw PlotError("cannot write \(path): \(reason)")
  }
}

private func writeAll(_ text: String, to descriptor: Int32, path: String) throws {
  let bytes = Array(text.utf8)
  var done = 0
  while done < bytes.count {
    let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw PlotError("cannot write \(path): \(String(cString: strerror(errno)))") }
    done += count
  }
}

/// The gnuplot program.
enum Gnuplot {
  /// Runs a script with its standard output going to `output`.
  ///
  /// The script and the messages pass through nameless temporary files and not pipes: nothing can block or
  /// break midway, however much either side writes.
  ///
  /// - Throws: `PlotError` if gnuplot is missing or complains.
  static func run(_ script: String, output: Int32) throws {
    let input = try nameless()
    defer { close(input) }
    let messages = try nameless()
    defer { close(messages) }
    try writeAll(script, to: input, path: "the temporary script of gnuplot")
    lseek(input, 0, SEEK_SET)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, messages, 2)

    // -d: no start-up file of the user's may change the picture.
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gnuplot"), strdup("-d"), strdup("-"), nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let status = posix_spawnp(&process, "gnuplot", &actions, nil, arguments, environ)
    guard status == 0 else {
      throw PlotError(
        status == ENOENT
          ? "gnuplot, which draws pictures, is not installed; on Debian: apt-get install gnuplot-nox. "
            + "A file name that ends in .txt is drawn without it"
          : "cannot run gnuplot: \(String(cString: strerror(status)))")
    }
    var ended: Int32 = 0
    while waitpid(process, &ended, 0) < 0 {
      guard errno == EINTR else { throw PlotError("lost gnuplot: \(String(cString: strerror(errno)))") }
    }
    guard ended == 0 else {
      let words = read(messages)
      throw PlotError(
        words.isEmpty
          ? "gnuplot ended with status \(ended >> 8), signal \(ended & 0x7F)" : "gnuplot: \(words)")
    }
    guard lseek(output, 0, SEEK_END) > 0 else {
      throw PlotError("gnuplot drew nothing: \(read(messages))")
    }
  }

  private static func nameless() throws -> Int32 {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var name = Array("\(directory)/workbench-plot-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      throw PlotError("cannot make a temporary file in \(directory): \(String(cString: strerror(errno)))")
    }
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// The last lines of what gnuplot said: before them it repeats the script.
  private static func read(_ descriptor: Int32) -> String {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    guard size > 0 else { return "" }
    let wanted = min(size, 4000)
    var bytes = [UInt8](repeating: 0, count: wanted)
    let count = pread(descriptor, &bytes, wanted, off_t(size - wanted))
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    return text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
      .filter { !$0.isEmpty && $0 != "^" }.suffix(3).joined(separator: "; ")
  }
}
