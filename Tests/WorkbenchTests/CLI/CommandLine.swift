import Foundation
import Testing

/// The built program, run as a user runs it.
enum CommandLine {
  struct Result {
    /// The exit code; 128 + n if signal n ended the process.
    var code: Int32
    var output: String
    var errors: String
    /// Lines of standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// The program lies beside the bundle of the tests.
  static let program: String = {
    var maps = ""
    if let file = fopen("/proc/self/maps", "r") {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
        maps += String(decoding: buffer.prefix(count), as: UTF8.self)
      }
      fclose(file)
    }
    let bundle = maps.split(separator: "\n").first { $0.hasSuffix("PackageTests.xctest") }
    let path = bundle.flatMap { line in line.firstIndex(of: "/").map { line[$0...] } } ?? ""
    return "\(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))/workbench"
  }()

  /// Starts the program.
  ///
  /// - Parameter input: what it reads on standard input: nothing, if not given.
  static func start(
    _ arguments: [String], in folder: String, input: String? = nil, environment: [String: String] = [:],
    output: String, errors: String, program: String = Self.program
  ) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var attributes = unblockedSignals()
    defer { posix_spawnattr_destroy(&attributes) }
    var variables = environment
    for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] where variables[name] == nil {
      variables[name] = getenv(name).map { String(cString: $0) }
    }
    // A shell goes to the folder and becomes the program.
    let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder]
    var argv = (shell + [program] + arguments).map { strdup($0) } + [nil]
    var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var process = pid_t()
    let status = posix_spawn(&process, shell[0], &actions, &attributes, &argv, &envp)
    if status != 0 { Issue.record("cannot run \(program): \(String(cString: strerror(status)))") }
    return status == 0 ? process : -1
  }

  /// Attributes for a process that hears signals: the threads of tests block them, and that is inherited.
  static func unblockedSignals() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    return attributes
  }

  /// Waits for a process that was started; one that takes too long is ended, and that is a failure.
  static func wait(_ process: pid_t, seconds: Double = 60) -> Int32 {
    guard process > 0 else { return -1 }
    var status: Int32 = 0
    for _ in 0..<Int(seconds * 200) {
      if waitpid(process, &status, WNOHANG) == process {
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
      }
      usleep(5000)
    }
    kill(process, SIGKILL)
    waitpid(process, &status, 0)
    Issue.record("did not end within \(seconds) s")
    return -1
  }

  /// Runs the program to its end.
  static func run(
    _ arguments: [String], in folder: Folder, input: String? = nil, environment: [String: String] = [:],
    interruptAfter delay: UInt32? = nil, seconds: Double = 60
  ) -> Result {
    let (output, errors) = (folder.path(".stdout"), folder.path(".stderr"))
    if let input { folder.write(".stdin", input) }
    let process = start(
      arguments, in: folder.path, input: input == nil ? nil : folder.path(".stdin"), environment: environment,
      output: output, errors: errors)
    if let delay {
      usleep(delay)
      kill(process, SIGINT)
    }
    let code = wait(process, seconds: seconds)
    return Result(code: code, output: folder.read(".stdout"), errors: folder.read(".stderr"))
  }

  /// Runs a script with `workbench run`.
  static func script(
    _ source: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) -> Result {
    let folder = Folder()
    folder.write("s.lua", source)
    return run(["run", "s.lua"] + arguments, in: folder, environment: environment)
  }
}

/// A folder that goes when the test does.
final class Folder {
  let path: String

  init() {
    var template = Array("/tmp/workbench-cli-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
  }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) {
    guard let file = fopen(path(name), "wb") else {
      Issue.record("cannot write \(path(name))")
      return
    }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  func makeFolder(_ name: String) { mkdir(path(name), 0o700) }

  func bytes(_ name: String) -> [UInt8] {
    guard let file = fopen(path(name), "rb") else { return [] }
    defer { fclose(file) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { all += buffer.prefix(count) }
    return all
  }

  func read(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
