// What the families' checks and descriptions share.

func componentsText(_ count: Int) -> String { "\(count) component\(count == 1 ? "" : "s")" }

func dimensionsText(_ count: Int) -> String { "\(count) dimension\(count == 1 ? "" : "s")" }

/// `2`, `(1, 2)`; of equal values one, of long lists the start.
func listText(_ values: [Double]) -> String {
  if let first = values.first, values.allSatisfy({ $0 == first }) { return shortText(first) }
  let shown = values.prefix(6).map(shortText).joined(separator: ", ")
  return "(\(shown)\(values.count > 6 ? ", …" : ""))"
}

func shortText(_ value: Double) -> String {
  if let whole = Int(exactly: value) { return "\(whole)" }
  let rounded = (value * 1e6).rounded() / 1e6
  return "\(rounded == 0 || rounded.magnitude > 1e9 ? value : rounded)"
}

/// One value for each of `count` components, from as many or from one.
func spread(_ values: [Double], over count: Int, _ name: String) throws -> [Double] {
  if values.count == count { return values }
  guard values.count == 1 else {
    throw LawError("\(values.count) standard deviations for a \(name) of \(componentsText(count))")
  }
  return Array(repeating: values[0], count: count)
}

func checkLocation(_ values: [Double], _ name: String) throws {
  guard !values.isEmpty else { throw LawError("the \(name) is empty: it needs at least one component") }
  for (i, value) in values.enumerated() where !value.isFinite {
    throw LawError("the \(name) has the component [\(i + 1)] = \(value)")
  }
}
