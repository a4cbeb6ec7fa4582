/// The least-squares fit of s = a·t + b over samples, a one number for all components:
///
///     a = Σ (s − s̄)·(t − t̄) / Σ ‖t − t̄‖²,      b = s̄ − a t̄,
///
/// with standard errors that hold whatever the residuals' law (Huber 1967, White 1980).
struct AffineFit {
  let factor: Measured
  let shift: [Measured]
  /// The same fit for each component by itself.
  let factors: [Measured]
  /// E‖s − t‖², its share that the fit leaves, and what fits by component leave.
  let divergence: Measured
  let residual: Double
  let residualByComponent: Double
  /// E‖t‖².
  let power: Double
  /// E‖s − s̄‖².
  let ownPower: Double
  let relativeError: Measured

  /// - Parameters: columns, one a component, of equal length.
  init(_ s: [[Double]], to t: [[Double]]) {
    let d = s.count
    let n = s[0].count
    let count = Double(n)
    let means = s.map { $0.reduce(0, +) / count }
    let centers = t.map { $0.reduce(0, +) / count }
    var (cross, square) = ([Double](repeating: 0, count: d), [Double](repeating: 0, count: d))
    for j in 0..<d {
      for i in 0..<n {
        let offset = t[j][i] - centers[j]
        cross[j] += (s[j][i] - means[j]) * offset
        square[j] += offset * offset
      }
    }
    let total = square.reduce(0, +)
    let a = cross.reduce(0, +) / total
    let own = (0..<d).map { square[$0] > 0 ? cross[$0] / square[$0] : 1 }
    var influences = [Double](repeating: 0, count: n)
    var (left, leftByComponent, variance) = (0.0, 0.0, 0.0)
    var shifts: [Measured] = []
    var factors: [Measured] = []
    var errors = [Double](repeating: 0, count: n)
    var powers = [Double](repeating: 0, count: n)
    for j in 0..<d {
      let b = means[j] - a * centers[j]
      var (squares, ownSquares) = (0.0, 0.0)
      for i in 0..<n {
        let (x, y) = (s[j][i], t[j][i])
        let r = x - b - a * y
        squares += r * r
        influences[i] += r * (y - centers[j])
        variance += (x - means[j]) * (x - means[j])
        let q = x - means[j] - own[j] * (y - centers[j])
        leftByComponent += q * q
        ownSquares += q * q * (y - centers[j]) * (y - centers[j])
        errors[i] += (x - y) * (x - y)
        powers[i] += y * y
      }
      left += squares
      shifts.append(Measured(b, error: squares.squareRoot() / count))
      factors.append(Measured(own[j], error: square[j] > 0 ? ownSquares.squareRoot() / square[j] : .infinity))
    }
    factor = Measured(a, error: influences.reduce(0) { $0 + $1 * $1 }.squareRoot() / total)
    shift = shifts
    self.factors = factors
    divergence = .mean(errors)
    residual = left / count
    residualByComponent = leftByComponent / count
    ownPower = variance / count
    power = powers.reduce(0, +) / count
    let ratio = Measured.ratio(errors, over: powers)
    let root = ratio.value.squareRoot()
    relativeError = Measured(root, error: root > 0 ? ratio.error / (2 * root) : 0)
  }
}
