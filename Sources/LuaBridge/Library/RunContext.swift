import Execution
import Glibc

/// What surrounds the run of one script: where its files go, the options it is given, what it records.
///
/// The command that runs the script sets it up and reads it afterwards; bindings share it. One thread at a time.
package final class RunContext {
  /// Where relative paths of figures and saved arrays lead; made when the first file goes there.
  package var outDirectory = "."
  /// The seed of everything random that is not given one.
  package var seed: UInt64 = 1
  /// How many threads solvers use; 0 is as many as there are processors.
  package var threads = 0
  /// The width and height of a plot shown as text.
  package var textColumns = 80
  package var textRows = 24
  /// The values that take the place of options' defaults, as the command line spells them: `--set name=value`.
  package var overrides: [String: String] = [:]
  /// Whether the script runs only to learn its options: anything that takes time then ends the run.
  package var isListing = false
  /// Whether the script is only checked: SDEs are compiled, nothing is simulated, fitted or written.
  package var isChecking = false
  /// The SDEs the script defined, in order.
  package var definedSDEs: [SDEObject] = []
  /// Files that a check was to read and that are not there.
  package private(set) var missingFiles: [String] = []
  /// Whether something was asked of a simulation that a check does not do.
  package private(set) var hasPendingResults = false
  /// Whether a·b + c may be rounded once (WORKBENCH_STRICT=1 forbids it).
  package var contract = true

  /// Where `wb.log` writes; without it, where `print` does.
  package var onLog: ((String) -> Void)?
  /// What `wb.log` is of anything but a text: the tracer's logarithm.
  var logarithm: (([LuaValue]) throws -> any LuaConvertible)?
  package var onRecord: ((Record) -> Void)?
  package var onProgress: ((Progress) -> Void)?
  /// Told the share of a computation that is done, from any thread; and when it ended.
  package var onShare: (@Sendable (_ label: String, _ share: Double) -> Void)?
  package var onShareEnd: (() -> Void)?

  /// The paths of the files written, in order.
  package private(set) var artifacts: [String] = []
  /// The options that the script asked for, in order.
  package private(set) var options: [ScriptOption] = []
  package private(set) var records: [Record] = []

  package init() {}

  /// A value of `wb.record`.
  package struct Record: Equatable, Sendable {
    package var name: String
    package var step: Int?
    package var value: ScriptValue
  }

  package struct Progress: Equatable, Sendable {
    package var done: Double
    package var total: Double
    package var label: String
  }

  /// Thrown by `willWork()` when only the options are wanted.
  package struct ListingDone: Error, CustomStringConvertible {
    package var description: String { "the script's options are known: the run ends here" }
  }

  /// How a computation of this run is done: on so many threads, and until the script is stopped.
  package func runOptions(_ lua: LuaState) -> RunOptions {
    let token = lua.cancelToken
    return RunOptions(threads: threadCount, cancellation: Cancellation { token.isCancelled })
  }

  /// `threads`, or the number of processors that this process may use.
  package var threadCount: Int {
    threads > 0 ? threads : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// Called by whatever takes time or leaves traces, before it begins.
  ///
  /// - Throws: `ListingDone` if the script runs only to learn its options.
  package func willWork() throws {
    if isListing {
      listingEnded = true
      throw ListingDone()
    }
  }

  /// What stands for a result that a check does not compute.
  func pendingResult() -> PendingResult {
    hasPendingResults = true
    return PendingResult()
  }

  /// In a check, what stands for the content of a file that is not there: another script may write it, or this one.
  /// Nil where the file is to be read.
  ///
  /// - Throws: `LuaError` if it is not there, but in the output directory: what a script writes lies there, and what it
  ///   reads where it was started.
  func pendingFile(_ path: String) throws -> PendingResult? {
    guard access(path, F_OK) != 0 else { return nil }
    guard isChecking else {
      guard !path.hasPrefix("/"), !outDirectory.isEmpty, access(outDirectory + "/" + path, F_OK) == 0 else {
        return nil
      }
      throw LuaError(
        "\(path): no such file here, but the run's output directory has one: its path is what save returned, or "
          + "wb.artifact(\"\(path)\")")
    }
    if !missingFiles.contains(path) { missingFiles.append(path) }
    return pendingResult()
  }

  /// Whether the run ended because only the options were wanted.
  package private(set) var listingEnded = false

  /// The overrides that no option of the script took, in alphabetical order.
  package var unusedOverrides: [String] {
    overrides.keys.filter { name in !options.contains { $0.name == name } }.sorted()
  }

  package func record(_ name: String, _ value: ScriptValue, step: Int?) {
    let record = Record(name: name, step: step, value: value)
    records.append(record)
    onRecord?(record)
  }
}

// MARK: files

extension RunContext {
  /// Where a file of this name goes: a relative path leads into the output directory, whose folders are made.
  /// The file counts as one of the run's artifacts from now on.
  ///
  /// - Throws: `LuaError` if the name is empty or a folder cannot be made.
  package func artifact(_ path: String) throws -> String {
    let full = try place(path)
    if !artifacts.contains(full) { artifacts.append(full) }
    return full
  }

  /// Writes a file; it is an artifact if that succeeds.
  ///
  /// - Returns: where it is.
  func writing(_ path: String, _ body: (String) throws -> Void) throws -> String {
    try willWork()
    if isChecking { return path }
    let full = try place(path)
    try body(full)
    return try artifact(path)
  }

  /// Where an artifact of this name is, or would be.
  func location(of path: String) throws -> String { try place(path) }

  private func place(_ path: String) throws -> String {
    guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else {
      throw LuaError("\"\(path)\" is not the name of a file")
    }
    if path.hasPrefix("/") { return path }
    let isHere = outDirectory.isEmpty || outDirectory == "."
    let full = isHere ? path : outDirectory.hasSuffix("/") ? outDirectory + path : outDirectory + "/" + path
    if let end = full.lastIndex(of: "/"), end != full.startIndex { try makeFolder(String(full[..<end])) }
    return full
  }

  private func makeFolder(_ folder: String) throws {
    var status = stat()
    if stat(folder, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw LuaError("\(folder) is a file, not a folder") }
      return
    }
    if let end = folder.lastIndex(of: "/"), end != folder.startIndex {
      try makeFolder(String(folder[..<end]))
    }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw LuaError("cannot make the folder \(folder): \(String(cString: strerror(errno)))")
    }
  }
}

// MARK: options

/// A number, a truth value or a text, as options and records hold.
package enum ScriptValue: Equatable, Sendable {
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case string(String)

  init?(_ value: LuaValue) {
    switch value {
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .boolean(let value): self = .boolean(value)
    case .string(let value): self = .string(value)
    default: return nil
    }
  }

  package var typeName: String {
    switch self {
    case .integer, .number: "number"
    case .boolean: "boolean"
    case .string: "string"
    }
  }
}

extension ScriptValue: CustomStringConvertible {
  package var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): describe(value)
    case .boolean(let value): "\(value)"
    case .string(let value): value
    }
  }
}

extension ScriptValue: LuaConvertible {
  package func push(onto lua: LuaState) throws {
    switch self {
    case .integer(let value): try value.push(onto: lua)
    case .number(let value): try value.push(onto: lua)
    case .boolean(let value): try value.push(onto: lua)
    case .string(let value): try value.push(onto: lua)
    }
  }
}

/// An option of a script: `wb.option("sigma", 0.2, "volatility")`.
package struct ScriptOption: Equatable, Sendable {
  package var name: String
  package var standard: ScriptValue
  package var doc: String
  /// What the run uses: the override, or the default.
  package var value: ScriptValue
}

extension RunContext {
  /// Registers an option and answers its value: the override, read as the default's type, or the default.
  ///
  /// - Throws: `LuaError` if the override does not fit, or the name is taken by an option with another default.
  func option(_ name: String, _ standard: ScriptValue, _ doc: String) throws -> ScriptValue {
    if let known = options.first(where: { $0.name == name }) {
      guard known.standard == standard else {
        throw LuaError(
          "option '\(name)' already has the default \(known.standard); one option cannot have two defaults")
      }
      return known.value
    }
    var value = standard
    if let text = overrides[name] {
      guard let parsed = RunContext.parse(text, like: standard) else {
        let wanted =
          switch standard {
          case .boolean: "true or false"
          default: "a number"
          }
        throw LuaError("option '\(name)': expected \(wanted), got \"\(text)\" from --set")
      }
      value = parsed
    }
    options.append(ScriptOption(name: name, standard: standard, doc: doc, value: value))
    return value
  }

  private static func parse(_ text: String, like standard: ScriptValue) -> ScriptValue? {
    switch standard {
    case .string: return .string(text)
    case .boolean:
      switch text.lowercased() {
      case "true", "yes", "on", "1": return .boolean(true)
      case "false", "no", "off", "0": return .boolean(false)
      default: return nil
      }
    case .number: return number(text).map { .number($0) }
    case .integer:
      if let integer = Int(text) { return .integer(integer) }
      // `1e5` for a default written as 100 is a count; `0.3` for one written as 1 is a number.
      guard let number = number(text) else { return nil }
      return Int(exactly: number).map { .integer($0) } ?? .number(number)
    }
  }

  /// A number, or a fraction such as 1/256.
  private static func number(_ text: String) -> Double? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let top = Double(parts[0]) else { return nil }
    guard parts.count == 2 else { return top }
    guard let bottom = Double(parts[1]), bottom != 0 else { return nil }
    return top / bottom
  }
}
