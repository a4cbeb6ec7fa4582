import Glibc

extension Fit: CustomStringConvertible {
  /// A table of estimates, standard errors and 95 % intervals, then the likelihood and the status.
  public var description: String {
    let series = seriesCount > 1 ? " in \(seriesCount) series" : ""
    var lines = ["fit of '\(problem.name)' by \"\(method)\" (\(methodTitle)) to \(n) transitions\(series)"]
    var rows = [["parameter", "estimate", "std. error", "95 % interval", ""]]
    for estimate in estimates {
      let interval = estimate.interval
      rows.append([
        estimate.name, number(estimate.value),
        estimate.standardError.isNaN ? "-" : number(estimate.standardError),
        estimate.standardError.isNaN ? "-" : "\(number(interval.lower)) .. \(number(interval.upper))",
        estimate.reason ?? "",
      ])
    }
    let widths = (0..<rows[0].count).map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = row.enumerated().map { column, text -> String in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 || column == 4 ? text + padding : padding + text
      }
      var line = "  " + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    lines.append(
      "log-likelihood \(fixed(logLikelihood))   AIC \(fixed(aic))   BIC \(fixed(bic))   k = \(k), n = \(n)")
    lines.append(statusText + "; \(startsAtOptimum) of \(starts.count) starts reached this likelihood")
    return lines.joined(separator: "\n")
  }

  /// "converged", "on the bound: …" or "not converged: …".
  public var statusText: String {
    switch status {
    case .converged: "converged"
    case .onBound(let which): "on the bound: \(which)"
    case .notConverged(let why): "not converged: \(why)"
    }
  }
}

private func number(_ value: Double) -> String { formatted("%.6g", value) }
private func fixed(_ value: Double) -> String { formatted("%.3f", value) }

/// The shortest of the usual forms of a bound: "1", "0.5".
func shortText(_ value: Double) -> String { formatted("%.10g", value) }

private func formatted(_ format: String, _ value: Double) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
    let length = withVaList([value]) { vsnprintf(buffer.baseAddress!, buffer.count, format, $0) }
    return String(decoding: buffer.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
