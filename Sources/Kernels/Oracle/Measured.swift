import Glibc

/// A number that was estimated, with its standard error.
public struct Measured: Sendable, Equatable {
  public let value: Double
  public let error: Double

  public init(_ value: Double, error: Double = 0) {
    self.value = value
    self.error = error
  }

  /// How many standard errors it is from a number; where nothing was left to chance, rounding is the error.
  public func deviation(from number: Double) -> Double {
    let rounding = 1e-9 * max(1, number.magnitude, value.magnitude)
    return (value - number).magnitude / max(error, rounding)
  }

  func times(_ factor: Double) -> Measured { Measured(value * factor, error: error * factor.magnitude) }

  /// Numbers' mean.
  static func mean(_ values: [Double]) -> Measured {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Measured(mean, error: values.count > 1 ? (squares / (n - 1) / n).squareRoot() : .infinity)
  }

  /// The ratio of the sums of pairs that are drawn together, by the delta method.
  static func ratio(_ tops: [Double], over bottoms: [Double]) -> Measured {
    let bottom = bottoms.reduce(0, +)
    let ratio = tops.reduce(0, +) / bottom
    let squares = zip(tops, bottoms).reduce(0) { sum, pair in
      let residual = pair.0 - ratio * pair.1
      return sum + residual * residual
    }
    return Measured(ratio, error: squares.squareRoot() / bottom.magnitude)
  }
}

extension Measured: CustomStringConvertible {
  /// `0.1250 ± 0.0021`: the error with two digits, the value to the same place.
  public var description: String {
    guard error.isFinite, error > 1e-9 * max(1e-3, value.magnitude) else { return short(value) }
    let place = Int(floor(log10(error)))
    let digits = max(0, min(12, 1 - place))
    return "\(fixed(value, digits)) ± \(fixed(error, digits))"
  }
}

/// So many significant digits, as C's %g.
func short(_ x: Double, _ digits: Int32 = 4) -> String {
  x.isNaN ? "nan" : formatted("%.*g", [digits, x])
}

/// A number that is known and not estimated.
package func sixDigits(_ x: Double) -> String { short(x == 0 ? 0 : x, 6) }

private func fixed(_ x: Double, _ digits: Int) -> String {
  let text = formatted("%.*f", [Int32(digits), x])
  return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) }) ? String(text.dropFirst()) : text
}

func percent(_ x: Double) -> String { "\(short(100 * x, 3)) %" }

private func formatted(_ format: String, _ arguments: [any CVarArg]) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { text in
    withVaList(arguments) { _ = vsnprintf(text.baseAddress, 400, format, $0) }
    return text.baseAddress.map { String(cString: $0) } ?? ""
  }
}

/// The z with `P(|Z| > z) = level/tests` for a standard normal Z: what one of so many tests must exceed so that all
/// together raise a false alarm with at most this probability (Bonferroni).
public func criticalDeviation(level: Double, tests: Int) -> Double {
  let tail = level / Double(max(1, tests))
  var (low, high) = (0.0, 40.0)
  for _ in 0..<80 {
    let middle = (low + high) / 2
    if erfc(middle / 2.0.squareRoot()) > tail { low = middle } else { high = middle }
  }
  return high
}

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
