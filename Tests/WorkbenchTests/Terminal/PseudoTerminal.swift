import Glibc

/// A terminal that the test holds by the other end: what is written to `master` is
/// typed, what is read from it is shown.
final class PseudoTerminal {
  let master: Int32
  let slave: Int32

  init?(columns: UInt16 = 80) {
    // What posix_openpt, unlockpt and ptsname do on Linux; Swift does not see those.
    let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (locked, index): (Int32, UInt32) = (0, 0)
    guard master >= 0, ioctl(master, unlock, &locked) == 0, ioctl(master, number, &index) == 0 else {
      return nil
    }
    slave = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY)
    guard slave >= 0 else { return nil }
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
  }

  /// Makes it the standard input and output of this process.
  func becomeStandard() {
    dup2(slave, STDIN_FILENO)
    dup2(slave, STDOUT_FILENO)
    setenv("TERM", "xterm", 1)
  }

  /// What was shown within so many seconds, or until `marker` appeared.
  func shown(until marker: String? = nil, seconds: Double = 5) -> String {
    Self.shown(on: master, until: marker, seconds: seconds)
  }

  static func shown(on master: Int32, until marker: String?, seconds: Double) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    let steps = Int(seconds * 50)
    for _ in 0..<steps {
      var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 20) > 0 else { continue }
      let count = read(master, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
      if let marker, String(decoding: bytes, as: UTF8.self).contains(marker) { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  deinit {
    close(slave)
    close(master)
  }
}
