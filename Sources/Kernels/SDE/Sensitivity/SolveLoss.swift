import Execution
import Training

/// The gradients of a loss of an SDE's paths for a trainer: new Brownian paths, and new starts where these are
/// random, at every step, a function of the seed and the step.
package final class SolveLoss: GradientSource {
  package typealias Scalar = Double

  private let solve: SolveGradient
  private let check: SolveGradient?
  private let parameters: [(name: String, range: Range<Int>)]
  private let paths: Int
  private let seed: UInt64
  /// Parameters that neither the coefficients nor the loss use.
  package var unused: [String] { solve.unused }
  /// The method that takes the steps.
  package var method: String { solve.method }

  /// - Parameters:
  ///   - options: `paths` are those of one step; `seed` is the training's.
  ///   - parameters: what is trained, parameters of the SDE or shared values, with their places in the flat vector.
  ///   - validationPaths: paths of a validation, the same each time; 0: there is none.
  /// - Throws: as ``SolveGradient``.
  package init(
    _ problem: SDEProblem, _ options: SolveOptions, by method: Method? = nil, loss: PathLoss,
    parameters: [(name: String, range: Range<Int>)], validationPaths: Int = 0
  ) throws {
    solve = try SolveGradient(
      problem, options, by: method, loss: loss, parameters: parameters.map(\.name))
    if validationPaths > 0 {
      var other = options
      other.paths = validationPaths
      check = try SolveGradient(
        problem, other, by: method, loss: loss, parameters: parameters.map(\.name))
    } else {
      check = nil
    }
    self.parameters = parameters
    paths = options.paths
    seed = options.seed
  }

  package func gradient(
    step: Int, parameters vector: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>,
    options: RunOptions
  ) throws -> LossEstimate {
    let value = try solve(parameters: values(vector), seed: Self.seed(seed, step: step), run: options)
    for (name, range) in parameters {
      for (place, slope) in zip(range, value.gradient[name] ?? []) { gradient[place] = slope }
    }
    return estimate(value, of: paths)
  }

  package func validation(parameters vector: UnsafePointer<Double>, options: RunOptions) throws
    -> LossEstimate?
  {
    guard let check else { return nil }
    // A step that no training reaches.
    let value = try check.loss(parameters: values(vector), seed: Self.seed(seed, step: .max), run: options)
    return estimate(value, of: check.paths)
  }

  private func values(_ vector: UnsafePointer<Double>) -> [String: [Double]] {
    Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.range.map { vector[$0] }) })
  }

  private func estimate(_ value: SolveGradient.Value, of paths: Int) -> LossEstimate {
    var failure: String?
    if let first = value.firstFailedPath {
      failure =
        "\(value.failedPaths) of \(paths) paths have no finite loss, the first is path \(first + 1)"
    }
    return LossEstimate(value: value.loss, standardError: value.standardError, failure: failure)
  }

  /// The seed of a step: neighbouring seeds and steps are spread over all 2⁶⁴.
  ///
  /// Source: the finalizer of SplitMix64, Steele, Lea and Flood, OOPSLA 2014.
  private static func seed(_ seed: UInt64, step: Int) -> UInt64 {
    func mixed(_ x: UInt64) -> UInt64 {
      var z = x &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return z ^ z >> 31
    }
    return mixed(mixed(seed) ^ UInt64(truncatingIfNeeded: step))
  }
}
