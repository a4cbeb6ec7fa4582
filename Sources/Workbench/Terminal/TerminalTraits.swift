import CLineEdit
import Glibc

/// What the terminal at a descriptor can show.
package enum TerminalTraits {
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Whether to colour what goes to the descriptor: a terminal that is not "dumb", and no NO_COLOR
  /// (no-color.org: set to anything but nothing). CLICOLOR_FORCE or FORCE_COLOR insist for those who pipe on purpose.
  package static func usesColor(_ descriptor: Int32) -> Bool {
    usesColor(isTerminal: isTerminal(descriptor)) { name in getenv(name).map { String(cString: $0) } }
  }

  /// The same for a given environment.
  package static func usesColor(isTerminal: Bool, environment: (String) -> String?) -> Bool {
    if let no = environment("NO_COLOR"), !no.isEmpty { return false }
    for name in ["CLICOLOR_FORCE", "FORCE_COLOR"] {
      if let force = environment(name), !force.isEmpty, force != "0" { return true }
    }
    return isTerminal && environment("TERM") != "dumb"
  }

  /// The terminal's width in columns, or what COLUMNS says, or 80.
  package static func columns(_ descriptor: Int32) -> Int {
    let known = Int(cle_columns(descriptor))
    if known > 0 { return known }
    if let named = getenv("COLUMNS").flatMap({ Int(String(cString: $0)) }), named > 0 { return named }
    return 80
  }
}
