import Program

/// A forward process with a Gaussian kernel: `z_t = α(t)·x + σ(t)·e`, e standard normal; t runs from the data to
/// noise. Its SDE is `dz = f(t)·z dt + g(t) dW` with
///
///     f = d ln α/dt,      g² = dσ²/dt − 2fσ² = σ²·dγ/dt,      γ = ln(σ²/α²) = −ln SNR, increasing in t.
///
/// The functions build Programs; given a constant they fold to one, so that numbers, arrays and traces share
/// each formula.
package protocol DiffusionProcess: Sendable {
  /// The process's kind: its name in ``processes``.
  var kind: String { get }
  /// The times that losses draw: from the least one, where the noise is not yet 0, to the end.
  var times: ClosedRange<Double> { get }
  func alpha(_ t: Expression) -> Expression
  func sigma(_ t: Expression) -> Expression
  func gamma(_ t: Expression) -> Expression
  /// g(t)².
  func squaredDiffusion(_ t: Expression) -> Expression
  /// The time at which γ has this value.
  func time(gamma: Expression) -> Expression
}

extension DiffusionProcess {
  /// α²/σ² = e^{−γ}.
  package func snr(_ t: Expression) -> Expression { (-gamma(t)).exponential }

  /// A formula of this process for a number.
  package func evaluate(_ t: Double, _ formula: (Expression) -> Expression) -> Double {
    let builder = ProgramBuilder()
    // Of a constant every node is one, so that there is always a number.
    return formula(builder.expression(builder.constant(t))).number ?? .nan
  }

  /// γ at the ends of ``times``; not finite for extreme parameters.
  var gammas: (first: Double, last: Double) {
    (evaluate(times.lowerBound, gamma), evaluate(times.upperBound, gamma))
  }
}

/// A kind of process: what users call it, and how it is made from numbers.
package struct ProcessKind: Sendable {
  package let name: String
  package let title: String
  package let formula: String
  package let source: String
  package let options: [Option]
  package let make: @Sendable ([String: Double]) throws -> any DiffusionProcess

  package struct Option: Sendable {
    package let name: String
    package let value: Double
    package let text: String
  }

  /// The process with the numbers given and this kind's own for the others.
  ///
  /// - Throws: ``ScoreError`` for numbers that make no process.
  package func process(_ given: [String: Double] = [:]) throws -> any DiffusionProcess {
    var values = Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0.value) })
    for (name, value) in given {
      guard values[name] != nil else {
        throw ScoreError.unknown("option", name, of: options.map(\.name))
      }
      guard value.isFinite else { throw ScoreError("\(name): expected a finite number, got \(value)") }
      values[name] = value
    }
    return try make(values)
  }
}

/// All kinds of processes. A new one is a file and a line here.
package let processes: [ProcessKind] = [
  variancePreserving, varianceExploding, subVariancePreserving, cosine, edm, ornsteinUhlenbeck,
]

/// The least time losses draw where the kernel's noise vanishes at 0.
let leastTime = 1e-5

func ordered(_ low: Double, _ high: Double, _ names: (String, String)) throws {
  guard low > 0, low < high else {
    throw ScoreError("expected 0 < \(names.0) < \(names.1), got \(low) and \(high)")
  }
}
