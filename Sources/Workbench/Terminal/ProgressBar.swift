import Glibc
import Synchronization

/// How far a long piece of work is, on standard error, for a person who watches: nothing is written unless it is
/// a terminal and the work has run for over a second, and the line is cleared at the end.
///
/// `update` may be called from any thread and as often as one likes: it draws ten times a second at most, and
/// otherwise costs one clock reading.
package final class ProgressBar: Sendable {
  private let unit: String?
  private let total: Double
  private let output: Int32
  private let isShown: Bool
  private let now: @Sendable () -> Double
  private let started: Double
  private let done = Atomic<UInt64>(0)
  /// When the next drawing is due, in nanoseconds since the start.
  private let due: Atomic<Int>
  private let shown: Mutex<(label: String, isDrawn: Bool)>

  private static let interval = 100_000_000

  /// - Parameters:
  ///   - label: what is being done, in front of the bar.
  ///   - total: the amount that is all of the work; 0 or less if that is not known.
  ///   - unit: what the amounts count, for the rate: "paths" gives "1.2M paths/s"; nil for a share, which has none.
  ///   - delay: seconds before it appears.
  ///   - output: where to draw, standard error by default.
  package convenience init(
    _ label: String, total: Double, unit: String? = nil, delay: Double = 1, output: Int32 = STDERR_FILENO
  ) {
    self.init(
      label, total: total, unit: unit, delay: delay, output: output,
      isShown: TerminalTraits.isTerminal(output), now: Self.monotonicSeconds)
  }

  init(
    _ label: String, total: Double, unit: String?, delay: Double, output: Int32, isShown: Bool,
    now: @escaping @Sendable () -> Double
  ) {
    shown = Mutex((label, false))
    self.unit = unit
    self.total = total
    self.output = output
    self.isShown = isShown
    self.now = now
    started = now()
    due = Atomic(Int(delay * 1e9))
  }

  /// Work that is done so far, of `total`.
  ///
  /// - Parameter label: what is written in front of the bar from now on, if it is not what it was.
  package func update(_ amount: Double, label: String? = nil) {
    guard isShown else { return }
    if let label { shown.withLock { $0.label = label } }
    done.store(amount.bitPattern, ordering: .relaxed)
    drawIfDue()
  }

  /// Adds to the work that is done.
  package func advance(by amount: Double) {
    guard isShown else { return }
    var seen = done.load(ordering: .relaxed)
    while true {
      let sum = (Double(bitPattern: seen) + amount).bitPattern
      let (exchanged, original) = done.weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
      if exchanged { break }
      seen = original
    }
    drawIfDue()
  }

  /// Clears the line. Also done when the bar is released.
  package func finish() {
    shown.withLock { shown in
      if shown.isDrawn { Self.put("\r\u{1B}[K", to: output) }
      shown.isDrawn = false
      due.store(.max, ordering: .relaxed)
    }
  }

  deinit { finish() }

  private func drawIfDue() {
    let elapsed = now() - started
    let nanoseconds = Int(elapsed * 1e9)
    let planned = due.load(ordering: .relaxed)
    // Of the threads that find it due, one draws.
    guard nanoseconds >= planned,
      due.compareExchange(expected: planned, desired: nanoseconds + Self.interval, ordering: .relaxed)
        .exchanged
    else { return }
    shown.withLock { shown in
      // Another thread may have finished the bar since.
      guard due.load(ordering: .relaxed) != .max else { return }
      shown.isDrawn = true
      let line = Self.line(
        label: shown.label, unit: unit, done: Double(bitPattern: done.load(ordering: .relaxed)), total: total,
        elapsed: elapsed, columns: TerminalTraits.columns(output))
      Self.put("\r\(line)\u{1B}[K", to: output)
    }
  }

  /// One line, shorter than the terminal is wide: label, bar, share, rate and the time that is left.
  static func line(
    label: String, unit: String?, done: Double, total: Double, elapsed: Double, columns: Int
  ) -> String {
    let room = max(1, columns - 1)
    let rate = elapsed > 0 ? done / elapsed : 0
    var facts: [String] = []
    var share = 0.0
    if total > 0 {
      share = min(max(done / total, 0), 1)
      facts.append(padded("\(Int((share * 100).rounded(.down)))", 3) + " %")
    }
    if rate > 0, let unit { facts.append(abbreviated(rate) + " \(unit)/s") }
    if total > 0, rate > 0, done < total { facts.append("ETA " + clock((total - done) / rate)) }
    if total <= 0 { facts.append(clock(elapsed)) }
    let tail = facts.joined(separator: "  ")
    // When there is little room the label goes first, then the bar; the facts are cut last.
    let bar = room - label.count - tail.count - 4
    if total > 0, bar >= 8 {
      return "\(label) \(blocks(share, width: min(bar, 40))) \(tail)"
    }
    let short = label.count + 1 + tail.count <= room ? "\(label) \(tail)" : tail
    return String(short.prefix(room))
  }

  /// A bar in eighths of a character.
  static func blocks(_ share: Double, width: Int) -> String {
    let eighths = Int((share * Double(width * 8)).rounded(.down))
    let partial: [String] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let full = String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
    return "▕" + full + String(repeating: " ", count: width - full.count) + "▏"
  }

  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 360_000 else { return "> 99 h" }
    let whole = Int(seconds.rounded(.up))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  /// Three significant digits and a letter: 1.23k, 45.6M.
  static func abbreviated(_ value: Double) -> String {
    let letters = ["", "k", "M", "G", "T"]
    var scaled = value
    var letter = 0
    while scaled >= 999.5, letter < letters.count - 1 {
      scaled /= 1000
      letter += 1
    }
    let decimals = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2
    let scale = [1.0, 10, 100][decimals]
    let digits = Int(min((scaled * scale).rounded(), 1e15))
    guard decimals > 0 else { return "\(digits)\(letters[letter])" }
    return "\(digits / Int(scale)).\(padded("\(digits % Int(scale))", decimals, with: "0"))\(letters[letter])"
  }

  private static func padded(_ text: String, _ width: Int, with fill: Character = " ") -> String {
    String(repeating: fill, count: max(0, width - text.count)) + text
  }

  private static func put(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    // A terminal that takes no more is no reason to stop the work.
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  private static func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
