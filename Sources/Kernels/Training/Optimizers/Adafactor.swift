import Glibc

/// Adafactor: steps by the gradient over the root of its running mean square, of which a matrix remembers only the
/// sums over rows and over columns; no step is long compared with the tensor that it moves.
///
///     β = 1 − t^(−γ);   s = g² + ε₁
///     n × m:  R ← β R + (1 − β) Σⱼ s;   C ← β C + (1 − β) Σᵢ s;   v = R C / Σ R
///     else:   v ← β v + (1 − β) s
///     u = g / √v;   p ← (1 − η λ) p − α u / max(1, RMS(u) / d)
///     α = max(ε₂, RMS(p)) ρ,   ρ = min(η, 1/√t)
///
/// Without `relative_step` ρ = η; without `scale_parameter` α = ρ.
package let adafactor = OptimizerSpecification(
  name: "adafactor", title: "Adafactor",
  doc:
    "Steps by the gradient over the root of its running mean square, which a matrix remembers by rows and columns only: n + m "
    + "numbers, not n*m. Steps are relative to the size of the parameters, and bounded.",
  source: "Shazeer & Stern, ICML 2018, alg. 4 and 5; weight decay as PyTorch's Adafactor",
  options: [
    TrainingOption("lr", .nonNegative, default: 1e-2, "learning rate: the largest relative step"),
    TrainingOption(
      "decay_power", .positive, default: 0.8, "the mean of squares keeps 1 - t^(-decay_power) in step t"),
    TrainingOption("eps1", .positive, default: 1e-30, "added to squares of the gradient"),
    TrainingOption(
      "eps2", .nonNegative, default: 1e-3, "the least size of parameters that a step is relative to"),
    TrainingOption(
      "clip", .positive, default: 1, "the largest root mean square of a tensor's step, before the rate"),
    TrainingOption("relative_step", .flag, default: 1, "the rate of step t is at most 1/sqrt(t)"),
    TrainingOption(
      "scale_parameter", .flag, default: 1, "steps are relative to the root mean square of the tensor"),
    TrainingOption("weight_decay", .nonNegative, default: 0, "parameters shrink by lr times this each step"),
  ]
) { Adafactor($0) }

private struct Adafactor: Optimizer {
  let name = "adafactor"
  let rate, decayPower, epsilon1, epsilon2, clip, weightDecay: Double
  let relativeStep, scaleParameter: Bool

  init(_ options: TrainingOptions) {
    rate = options["lr"]
    decayPower = options["decay_power"]
    epsilon1 = options["eps1"]
    epsilon2 = options["eps2"]
    clip = options["clip"]
    weightDecay = options["weight_decay"]
    relativeStep = options.flag("relative_step")
    scaleParameter = options.flag("scale_parameter")
  }

  /// Of a vector "rows" is the mean square itself, and "columns" is not used.
  let stateNames = ["rows", "columns"]
  let movesWholeTensors = true

  func stateCounts(_ tensor: ParameterTensor) -> [Int] {
    tensor.isMatrix ? [tensor.rows, tensor.columns] : [tensor.range.count, 0]
  }

  @inline(__always)
  private func move<Scalar: TrainingScalar>(_ block: ParameterBlock<Scalar>, _ step: OptimizerStep) {
    let t = Double(step.number)
    let keep = Scalar(1 - pow(t, -decayPower))
    let size = max(epsilon2, rootMeanSquare(block.parameters, block.count))
    let relative = relativeStep ? min(step.rate, 1 / t.squareRoot()) : step.rate
    let alpha = scaleParameter ? size * relative : relative
    let shrink = Scalar(step.decays ? 1 - step.rate * weightDecay : 1)
    if block.tensor.isMatrix {
      remember(block, keep)
      moveMatrix(block, alpha, shrink)
    } else {
      moveVector(block, keep, alpha, shrink)
    }
  }

  @inline(__always)
  private func rootMeanSquare<Scalar: TrainingScalar>(_ values: UnsafePointer<Scalar>, _ count: Int) -> Double
  {
    (Scalar.sumOfSquares(values, count: count) / Double(count)).squareRoot()
  }

  /// R and C, each entry a sum over the whole row or column.
  @inline(__always)
  private func remember<Scalar: TrainingScalar>(_ block: ParameterBlock<Scalar>, _ keep: Scalar) {
    let (n, m) = (block.tensor.rows, block.tensor.columns)
    let (rows, columns) = (block.first, block.second)
    let take = 1 - keep, floor = max(Scalar(epsilon1), .leastNormalMagnitude)
    for j in 0..<m { columns[j] = columns[j] * keep }
    for i in 0..<n {
      let g = block.gradient + i * m
      for j in 0..<m { columns[j] = columns[j].addingProduct(take, floor.addingProduct(g[j], g[j])) }
      let sum = Scalar(Scalar.sumOfSquares(g, count: m) + Double(m) * Double(floor))
      rows[i] = (rows[i] * keep).addingProduct(take, sum)
    }
  }

  @inline(__always)
  private func moveMatrix<Scalar: TrainingScalar>(
    _ block: ParameterBlock<Scalar>, _ alpha: Double, _ shrink: Scalar
  ) {
    let (n, m) = (block.tensor.rows, block.tensor.columns)
    let (rows, columns) = (block.first, block.second)
    var total = 0.0
    for i in 0..<n { total += Double(rows[i]) }
    // u is computed twice, for its size and for the step: it would need a place of its own.
    var squares = 0.0
    for i in 0..<n {
      let g = block.gradient + i * m
      let scale = rowScale(rows[i], total)
      var sum = Scalar.zero
      for j in 0..<m {
        let u = g[j] * scale / columns[j].squareRoot()
        sum = sum.addingProduct(u, u)
      }
      squares += Double(sum)
    }
    let stride = Scalar(-alpha / max(1, (squares / Double(n * m)).squareRoot() / clip))
    for i in 0..<n {
      let (g, p) = (block.gradient + i * m, block.parameters + i * m)
      let scale = rowScale(rows[i], total)
      for j in 0..<m { p[j] = (p[j] * shrink).addingProduct(stride, g[j] * scale / columns[j].squareRoot()) }
    }
  }

  /// √(Σ R / R): apart from √C, for their product may be too small for single precision.
  @inline(__always)
  private func rowScale<Scalar: TrainingScalar>(_ row: Scalar, _ total: Double) -> Scalar {
    Scalar((total / Double(row)).squareRoot())
  }

  @inline(__always)
  private func moveVector<Scalar: TrainingScalar>(
    _ block: ParameterBlock<Scalar>, _ keep: Scalar, _ alpha: Double, _ shrink: Scalar
  ) {
    let (p, g, v) = (block.parameters, block.gradient, block.first)
    let take = 1 - keep, floor = max(Scalar(epsilon1), .leastNormalMagnitude)
    var squares = 0.0
    for i in 0..<block.count {
      v[i] = (keep * v[i]).addingProduct(take, floor.addingProduct(g[i], g[i]))
      let u = Double(g[i] / v[i].squareRoot())
      squares += u * u
    }
    let stride = Scalar(-alpha / max(1, (squares / Double(block.count)).squareRoot() / clip))
    for i in 0..<block.count { p[i] = (p[i] * shrink).addingProduct(stride, g[i] / v[i].squareRoot()) }
  }

  func update(_ block: ParameterBlock<Float>, _ step: OptimizerStep) { move(block, step) }
  func update(_ block: ParameterBlock<Double>, _ step: OptimizerStep) { move(block, step) }
}
