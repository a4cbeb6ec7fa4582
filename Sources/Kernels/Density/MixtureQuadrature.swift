import Execution
import Glibc
import Program

/// −E log p and E‖s‖² of a Gaussian mixture in one or two dimensions, to 1e-8.
///
/// The plane, in coordinates where the mean covariance of the components is the identity, is cut into squares until
/// each is no wider than the narrowest component that reaches it; on a square the integrand is analytic, and ten
/// Gauss–Legendre nodes an axis give it to rounding: log p has its singularities (the complex zeros of p) at least
/// πσ²/Δ away between components a distance Δ apart, where p itself is exp(−Δ²/8σ²). What lies more than `reach`
/// standard deviations from every component is left out: less than 1e-13.
struct MixtureQuadrature {
  private static let reach = 8.0
  private static let order = 10
  /// More than these evaluations of a component would take longer than Monte Carlo is worth.
  private static let mostEvaluations = 1 << 29

  private struct Component {
    let mean: [Double]
    /// W of the covariance, d × d.
    let whitening: [Double]
    /// The least and the greatest standard deviation in any direction.
    let narrowest: Double
    let widest: Double
  }

  private let mixture: GaussianMixture
  private let dimension: Int
  /// x = A y.
  private let transform: [Double]
  private let determinant: Double
  private var cells: [(centre: [Double], half: Double)] = []

  /// nil in more than two dimensions, or where the components' shapes are too extreme.
  init?(_ mixture: GaussianMixture) {
    guard mixture.dimension <= 2 else { return nil }
    self.mixture = mixture
    dimension = mixture.dimension
    let d = dimension
    let average = (0..<d * d).map { entry in
      zip(mixture.weights, mixture.components).reduce(0) { $0 + $1.0 * $1.1.covariance[entry / d, entry % d] }
    }
    guard let whole = try? Covariance(matrix: average, dimension: d) else { return nil }
    transform = whole.dense(whole.factor)
    let whiten = whole.dense(whole.whitening)
    determinant = exp(0.5 * whole.logDeterminant)
    var components: [Component] = []
    for component in mixture.components {
      guard let made = MixtureQuadrature.transformed(component, whiten, d) else { return nil }
      components.append(made)
    }
    let points = Int(pow(Double(MixtureQuadrature.order), Double(d)))
    guard subdivide(components, most: MixtureQuadrature.mostEvaluations / points / components.count) else {
      return nil
    }
  }

  private static func transformed(_ component: Gaussian, _ w: [Double], _ d: Int) -> Component? {
    func product(_ v: [Double]) -> [Double] {
      (0..<d).map { i in (0..<d).reduce(0) { $0 + w[i * d + $1] * v[$1] } }
    }
    // W C Wᵀ, column by column and then row by row.
    let columns = (0..<d).map { j in product((0..<d).map { component.covariance[$0, j] }) }
    let rows = (0..<d).map { i in product((0..<d).map { columns[$0][i] }) }
    let matrix = (0..<d * d).map { 0.5 * (rows[$0 / d][$0 % d] + rows[$0 % d][$0 / d]) }
    guard let covariance = try? Covariance(matrix: matrix, dimension: d) else { return nil }
    let (a, b, c) = (matrix[0], d == 2 ? matrix[1] : 0, d == 2 ? matrix[3] : matrix[0])
    let middle = 0.5 * (a + c)
    let most = middle + hypot(0.5 * (a - c), b)
    // The smaller eigenvalue from the determinant, which does not cancel.
    let least = exp(covariance.logDeterminant) / (d == 2 ? most : 1)
    return Component(
      mean: product(component.mean), whitening: covariance.dense(covariance.whitening),
      narrowest: least.squareRoot(), widest: most.squareRoot())
  }

  /// Cuts the box around all components into cells; false if they become too many.
  private mutating func subdivide(_ components: [Component], most: Int) -> Bool {
    let d = dimension
    var low = [Double](repeating: .infinity, count: d), high = low.map { -$0 }
    for component in components {
      for i in 0..<d {
        low[i] = min(low[i], component.mean[i] - MixtureQuadrature.reach * component.widest)
        high[i] = max(high[i], component.mean[i] + MixtureQuadrature.reach * component.widest)
      }
    }
    let half = (0..<d).map { 0.5 * (high[$0] - low[$0]) }.max() ?? 0
    var open: [(centre: [Double], half: Double, components: [Component])] = [
      ((0..<d).map { 0.5 * (low[$0] + high[$0]) }, half, components)
    ]
    while let cell = open.popLast() {
      let near = cell.components.filter { component in
        let offset = (0..<d).map { cell.centre[$0] - component.mean[$0] }
        let distance = (0..<d).reduce(0.0) { sum, i in
          let y = (0..<d).reduce(0) { $0 + component.whitening[i * d + $1] * offset[$1] }
          return sum + y * y
        }.squareRoot()
        return distance - cell.half * Double(d).squareRoot() / component.narrowest <= MixtureQuadrature.reach
      }
      guard let narrowest = near.map(\.narrowest).min() else { continue }
      if 2 * cell.half <= narrowest {
        cells.append((cell.centre, cell.half))
        if cells.count > most { return false }
      } else {
        let quarter = cell.half / 2
        for corner in 0..<1 << d {
          let centre = (0..<d).map { cell.centre[$0] + (corner >> $0 & 1 == 1 ? quarter : -quarter) }
          open.append((centre, quarter, near))
        }
        if open.count > most { return false }
      }
    }
    return true
  }

  func moments(_ options: RunOptions) throws -> (entropy: Estimate, squaredScore: Estimate) {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let x = builder.inputExpression("x", rows: dimension, variation: .lane)
    let weight = builder.inputExpression("w", variation: .lane)
    let logDensity = mixture.logDensity(x)
    let mass = weight * logDensity.apply(.exp)
    let evaluator = LaneEvaluator(
      try builder.finish([
        ("entropy", (-(mass * logDensity)).id), ("score", (mass * mixture.score(x).sumOfSquares).id),
      ]))
    let rule = GaussLegendre(MixtureQuadrature.order)
    var entropy = 0.0, squared = 0.0
    let cellsAtOnce = 2048
    for first in stride(from: 0, to: cells.count, by: cellsAtOnce) {
      var columns = [[Double]](repeating: [], count: dimension)
      var weights: [Double] = []
      for cell in cells[first..<min(cells.count, first + cellsAtOnce)] {
        append(cell, rule, &columns, &weights)
      }
      let sums = try evaluator.sum(["x": columns, "w": [weights]], count: weights.count, options: options)
      entropy += sums["entropy"]?[0] ?? .nan
      squared += sums["score"]?[0] ?? .nan
    }
    return (Estimate(entropy, method: .quadrature), Estimate(squared, method: .quadrature))
  }

  private func append(
    _ cell: (centre: [Double], half: Double), _ rule: GaussLegendre, _ columns: inout [[Double]],
    _ weights: inout [Double]
  ) {
    let d = dimension
    for i in rule.nodes.indices {
      for j in 0..<(d == 2 ? rule.nodes.count : 1) {
        let index = [i, j]
        let y = (0..<d).map { cell.centre[$0] + cell.half * rule.nodes[index[$0]] }
        for k in 0..<d { columns[k].append((0..<d).reduce(0) { $0 + transform[k * d + $1] * y[$1] }) }
        weights.append((0..<d).reduce(determinant) { $0 * cell.half * rule.weights[index[$1]] })
      }
    }
  }
}

extension Covariance {
  /// A triangular factor as a whole d × d matrix.
  func dense(_ values: [Double]) -> [Double] {
    guard isDiagonal else { return values }
    return (0..<dimension * dimension).map { $0 % (dimension + 1) == 0 ? values[$0 / (dimension + 1)] : 0 }
  }
}

/// Nodes and weights of the n-point Gauss–Legendre rule on [−1, 1]: exact for polynomials of degree 2n − 1.
///
/// The nodes are the zeros of the Legendre polynomial Pₙ, by Newton's method.
struct GaussLegendre {
  let nodes: [Double]
  let weights: [Double]

  init(_ n: Int) {
    var nodes: [Double] = []
    var weights: [Double] = []
    for i in 0..<n {
      var x = cos(.pi * (Double(i) + 0.75) / (Double(n) + 0.5))
      var slope = 0.0
      for _ in 0..<100 {
        var (p, before) = (1.0, 0.0)
        for k in 0..<n { (p, before) = ((Double(2 * k + 1) * x * p - Double(k) * before) / Double(k + 1), p) }
        slope = Double(n) * (x * p - before) / (x * x - 1)
        let step = p / slope
        x -= step
        if step.magnitude < 1e-15 { break }
      }
      nodes.append(x)
      weights.append(2 / ((1 - x * x) * slope * slope))
    }
    self.nodes = nodes
    self.weights = weights
  }
}
