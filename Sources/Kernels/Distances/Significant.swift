import Glibc

/// A number with so many significant digits, as C's %g.
func significant(_ x: Double, digits: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { text in
    withVaList([digits, x]) { _ = vsnprintf(text.baseAddress, 40, "%.*g", $0) }
    return text.baseAddress.map { String(cString: $0) } ?? ""
  }
}
