import Arrays
import Execution
import Glibc
import Kernels
import Program
import Scores

/// The mean of a loss over samples and draws, with its standard error, one lane after the other.
struct SampleMean {
  var mean = 0.0
  var squares = 0.0
  var count = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let delta = value - mean
    mean += delta / count
    squares += delta * (value - mean)
  }

  var variance: Double { squares / (count - 1) }
  var standardError: Double { (variance / count).squareRoot() }
  /// How many standard errors the mean is from a value; false alarm at 4.9: 1e-6.
  func deviation(from value: Double) -> Double { abs(mean - value) / standardError }
  static let limit = 4.9
}

/// The loss of this name in the registry.
func make(_ name: String, _ settings: LossSettings = LossSettings()) throws -> any ScoreLoss {
  try LossKind.named(name).loss(settings)
}

extension ScoreLoss {
  /// The loss of each sample of the data, as the executor computes it.
  func values(_ model: @escaping ScoreModel, data: NDArray, seed: UInt64) throws -> [Double] {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: data.shape[1], variation: .lane)
    return try run(
      builder.finish([("loss", build(builder, model: model, x: x))]), data: data, seed: seed)
  }
}

/// The output "loss" of a Program of "x" for each row of the data.
func run(_ program: Program, data: NDArray, seed: UInt64) throws -> [Double] {
  let columns = try sampleColumns(data, for: "test")
  var inputs = ["x": columns]
  if program.inputs.contains(where: { $0.name == LossPoint.stratifiedTime }) {
    inputs[LossPoint.stratifiedTime] = [stratifiedTimes(seed: seed, count: columns[0].count)]
  }
  return try LaneEvaluator(program).map(inputs, count: columns[0].count, seed: seed)["loss"]![0]
}

extension SplitMix {
  /// A standard normal (Box and Muller 1958).
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }

  mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }
}

/// A mixture of round Gaussians as an oracle, by sums over its components.
struct RoundMixture: Sendable {
  let weights: [Double]
  let means: [[Double]]
  let deviation: Double

  /// The three-component mixture of D2L.
  static let threeClusters = RoundMixture(
    weights: [0.5, 0.3, 0.2], means: [[-2.5, -1.5], [2.5, -1.5], [0, 2.5]], deviation: 0.5)
  /// ½N(−2, ¼) + ½N(2, ¼).
  static let pair = RoundMixture(weights: [0.5, 0.5], means: [[-2], [2]], deviation: 0.5)

  var dimension: Int { means[0].count }

  func sample(_ random: inout SplitMix) -> [Double] {
    var u = random.uniform()
    var chosen = means.count - 1
    for (index, weight) in weights.enumerated() {
      if u < weight {
        chosen = index
        break
      }
      u -= weight
    }
    return means[chosen].map { $0 + deviation * random.normal() }
  }

  /// `Σ rₖ(x)(μₖ − x)/σ²`, r the responsibilities.
  func score(_ builder: ProgramBuilder, _ x: NodeID) -> NodeID {
    let z = builder.expression(x)
    let variance = deviation * deviation
    let logits = zip(weights, means).map { weight, mean -> Expression in
      let offset = z - builder.expression(builder.constant(mean))
      return Expression(builder, builder.dot(offset.id, offset.id)) * (-0.5 / variance) + log(weight)
    }
    let greatest = logits.dropFirst().reduce(logits[0]) { Expression.apply(.maximum, $0, $1) }
    let shares = logits.map { ($0 - greatest).apply(.exp) }
    let total = shares.dropFirst().reduce(shares[0], +)
    let mean = zip(shares, means).map { share, mean in
      share / total * builder.expression(builder.constant(mean))
    }
    return ((mean.dropFirst().reduce(mean[0], +) - z) * (1 / variance)).id
  }

  var model: ScoreModel { { builder, x, _ in score(builder, x) } }

  /// The score of αx + σe at z.
  func noisedScore(_ z: Expression, _ alpha: Expression, _ sigma: Expression) -> Expression {
    let variance = alpha * alpha * (deviation * deviation) + sigma * sigma
    let centers = means.map { alpha * z.builder.expression(z.builder.constant($0)) }
    let logits = zip(weights, centers).map { weight, center -> Expression in
      let offset = z - center
      return Expression(z.builder, z.builder.dot(offset.id, offset.id)) * -0.5 / variance + log(weight)
    }
    let greatest = logits.dropFirst().reduce(logits[0]) { Expression.apply(.maximum, $0, $1) }
    let shares = logits.map { ($0 - greatest).apply(.exp) }
    let total = shares.dropFirst().reduce(shares[0], +)
    let parts = zip(shares, centers).map { $0 / total * $1 }
    return (parts.dropFirst().reduce(parts[0], +) - z) / variance
  }

  func perturbed(alpha: Double, sigma: Double) -> RoundMixture {
    RoundMixture(
      weights: weights, means: means.map { $0.map { alpha * $0 } },
      deviation: (alpha * alpha * deviation * deviation + sigma * sigma).squareRoot())
  }

  /// `E‖s‖²` by the trapezoidal rule, which is exponentially accurate here: h = deviation/8, ±10 deviations.
  var expectedSquaredScore: Double {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: dimension, variation: .lane)
    let s = score(builder, x)
    let program = try! builder.finish([("s", s)])
    let h = deviation / 6
    func density(_ x: [Double]) -> Double {
      zip(weights, means).reduce(0) { sum, component in
        let distance = zip(x, component.1).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return sum + component.0 * exp(-0.5 * distance / (deviation * deviation))
      } / pow(2 * .pi * deviation * deviation, Double(dimension) / 2)
    }
    let axes = (0..<dimension).map { i -> [Double] in
      let low = means.map { $0[i] }.min()! - 8 * deviation
      let high = means.map { $0[i] }.max()! + 8 * deviation
      return stride(from: low, through: high, by: h).map { $0 }
    }
    var sum = 0.0
    func add(_ point: [Double]) {
      if point.count < dimension {
        for value in axes[point.count] { add(point + [value]) }
        return
      }
      let p = density(point)
      guard p > 1e-14 else { return }
      let score = try! program.evaluate(["x": point])["s"]!
      sum += p * score.reduce(0) { $0 + $1 * $1 }
    }
    add([])
    return sum * pow(h, Double(dimension))
  }
}

extension RoundMixture: ScoreOracle {
  func perturbed(alpha: Double, sigma: Double) throws -> any ScoreOracle {
    self.perturbed(alpha: alpha, sigma: sigma) as RoundMixture
  }
}

/// ScoreModels that are no law's score: A·x + b·tanh(x), A not symmetric.
enum ScoreModels {
  static let wrong: @Sendable (ProgramBuilder, NodeID, NodeID?) -> NodeID = { builder, x, _ in
    let z = builder.expression(x)
    let rows = z.rows
    let matrix = builder.constant(
      (0..<rows * rows).map { 0.3 * cos(Double(3 * $0 + 1)) - ($0 % (rows + 1) == 0 ? 0.8 : 0) })
    return
      (builder.expression(builder.matrixVector(matrix, x, rows: rows, columns: rows))
      + z.apply(.tanh) * 0.4).id
  }
  static let standardNormal: @Sendable (ProgramBuilder, NodeID, NodeID?) -> NodeID = { builder, x, _ in
    builder.unary(.negate, x)
  }
}
