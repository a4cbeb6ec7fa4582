import Glibc

/// How much memory the Lua values of a script may take, so that a runaway script ends with a message before
/// the machine does. What Swift holds — arrays, solutions — is bounded elsewhere.
enum MemoryLimit {
  /// Half of what the machine has.
  static var bytes: Int {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    guard pages > 0, size > 0 else { return 0 }
    return pages / 2 * size
  }

  static var message: String {
    let gigabytes = (Double(bytes) / 1e8).rounded() / 10
    return
      "not enough memory: the Lua values of the script need more than \(gigabytes) GB, half of this machine's; "
      + "arrays (wb.array, wb.zeros) hold numbers in much less space than tables"
  }
}
