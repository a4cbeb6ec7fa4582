import Program

/// Which stochastic integral an SDE is written in.
public enum Calculus: String, Sendable, CaseIterable {
  case ito, stratonovich
}

/// Why an SDE, a solve or a fit was refused.
public struct SDEError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// A named parameter of an SDE: a number, or several.
public struct Parameter: Sendable, Equatable {
  public var name: String
  public var values: [Double]
  /// Set for a parameter that fits may change.
  public var learnable: Learnable?

  public struct Learnable: Sendable, Equatable {
    public var lower: Double
    public var upper: Double
    public init(lower: Double = -.infinity, upper: Double = .infinity) {
      self.lower = lower
      self.upper = upper
    }
  }

  public init(name: String, values: [Double], learnable: Learnable? = nil) {
    self.name = name
    self.values = values
    self.learnable = learnable
  }

  /// The name of the parameter's input in the coefficients' Programs.
  public var input: String { SDEProblem.parameterInput(name) }
}

/// The stochastic differential equation dX = f(X, t) dt + G(X, t) dW, X ∈ ℝᵈ, W ∈ ℝᵐ.
///
/// The coefficients are Programs of the inputs "x" (d lanes), "t" (one value a step) and "p.name" for
/// each parameter (one value a run). The drift's output "f" has d rows; the diffusion's output "g" has d
/// rows (diagonal noise) or d·m rows (the matrix G, row by row).
public struct SDEProblem: Sendable {
  public enum DiffusionShape: Sendable, Equatable {
    /// One noise a component: G = diag(g).
    case diagonal
    /// d × m.
    case matrix(noises: Int)
  }

  public let name: String
  public let stateNames: [String]
  public let dimension: Int
  public let shape: DiffusionShape
  public var parameters: [Parameter]
  public let drift: Program
  public let diffusion: Program
  public let calculus: Calculus
  /// The values of further inputs of the coefficients, the same in a whole run: parameters of nets.
  public var sharedValues: [String: [Double]]
  /// What the noise is, and how that is known.
  public private(set) var noise: NoiseClassification

  public var noiseDimension: Int {
    switch shape {
    case .diagonal: dimension
    case .matrix(let noises): noises
    }
  }

  public static func parameterInput(_ name: String) -> String { "p.\(name)" }

  /// - Throws: ``SDEError`` if the coefficients' outputs do not have the shapes above.
  public init(
    name: String, stateNames: [String], dimension: Int, shape: DiffusionShape, parameters: [Parameter],
    drift: Program, diffusion: Program, calculus: Calculus, sharedValues: [String: [Double]] = [:]
  ) throws {
    guard drift.rows(of: "f") == dimension else {
      throw SDEError(
        "the drift has \(drift.rows(of: "f") ?? 0) components, but the state has \(dimension)")
    }
    let expected: Int
    switch shape {
    case .diagonal: expected = dimension
    case .matrix(let noises): expected = dimension * noises
    }
    guard diffusion.rows(of: "g") == expected else {
      throw SDEError(
        "the diffusion has \(diffusion.rows(of: "g") ?? 0) entries, but \(expected) are needed")
    }
    self.name = name
    self.stateNames = stateNames
    self.dimension = dimension
    self.shape = shape
    self.parameters = parameters
    self.drift = drift
    self.diffusion = diffusion
    self.calculus = calculus
    self.sharedValues = sharedValues
    noise = try NoiseClassification(
      diffusion: diffusion, dimension: dimension, shape: shape, parameters: parameters,
      sharedValues: sharedValues)
  }

  /// The parameters' values, and the shared ones, by the names of their inputs.
  public var parameterValues: [String: [Double]] {
    sharedValues.merging(parameters.map { ($0.input, $0.values) }, uniquingKeysWith: { $1 })
  }

  /// A copy with other values of some parameters.
  ///
  /// - Throws: ``SDEError`` for an unknown name or another number of values.
  public func with(_ changes: [String: [Double]]) throws -> SDEProblem {
    var copy = self
    for (name, values) in changes {
      guard let index = copy.parameters.firstIndex(where: { $0.name == name }) else {
        throw SDEError("'\(name)' is not a parameter of '\(self.name)'")
      }
      guard values.count == copy.parameters[index].values.count else {
        throw SDEError(
          "the parameter '\(name)' has \(copy.parameters[index].values.count) values, got \(values.count)")
      }
      copy.parameters[index].values = values
    }
    // Noise that commutes at some values of the parameters need not at others.
    if [.commutative, .general].contains(noise.noiseClass) {
      copy.noise = try NoiseClassification(
        diffusion: diffusion, dimension: dimension, shape: shape, parameters: copy.parameters,
        sharedValues: sharedValues)
    }
    return copy
  }

  /// f(x, t).
  public func drift(at x: [Double], time: Double) throws -> [Double] {
    try evaluate(drift, "f", x, time)
  }

  /// G(x, t), row by row; the diagonal for diagonal noise.
  public func diffusion(at x: [Double], time: Double) throws -> [Double] {
    try evaluate(diffusion, "g", x, time)
  }

  private func evaluate(_ program: Program, _ output: String, _ x: [Double], _ t: Double) throws -> [Double] {
    guard x.count == dimension else {
      throw SDEError("the state of '\(name)' has \(dimension) components, got \(x.count)")
    }
    var values = parameterValues
    values["x"] = x
    values["t"] = [t]
    return try program.evaluate(values)[output]!
  }
}
