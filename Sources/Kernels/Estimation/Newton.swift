/// How a climb by Newton steps ended.
struct Climb {
  enum Outcome: Sendable {
    /// The predicted gain of a further step is nothing.
    case stationary
    /// No step along the Newton direction gains.
    case stuck
    case outOfIterations
  }
  var point: SearchSpace.Point
  var outcome: Outcome
  /// √(gᵀ (−H)⁻¹ g) in the free coordinates: the distance from the maximum in standard errors.
  var distance: Double
  /// The coordinates that are held at their bounds.
  var held: Set<Int>
}

extension SearchSpace {
  /// A distance from the maximum, in standard errors, that counts as none.
  private static var tolerance: Double { 1e-8 }

  /// Climbs the log-likelihood by Newton steps with the exact Hessian to a point where its gradient
  /// vanishes, holding coordinates at bounds they press against.
  ///
  /// Negative curvatures are replaced by their magnitudes, so that every step goes up; a step stops at the
  /// first bound it meets and is halved until it gains (Armijo). Flat directions are left alone.
  /// Source: Nocedal and Wright, Numerical Optimization (2006), ch. 3.4 and 16.7.
  ///
  /// - Throws: ``Cancelled``.
  mutating func climb(from start: [Double], iterations: Int = 200) throws -> Climb {
    var point = try evaluate(start, hessian: true)
    var distance = Double.infinity
    var held: Set<Int> = []
    guard point.value.isFinite else {
      return Climb(point: point, outcome: .stuck, distance: distance, held: held)
    }
    for _ in 0..<iterations {
      let step: [Double]
      (step, distance, held) = newtonStep(at: point)
      if distance <= SearchSpace.tolerance {
        return Climb(point: point, outcome: .stationary, distance: distance, held: held)
      }
      guard let next = try advance(point, step, distance) else {
        // Where rounding hides any gain, the distance itself says how good the point is.
        return Climb(
          point: point, outcome: distance < 1e-5 ? .stationary : .stuck, distance: distance, held: held)
      }
      point = next
    }
    return Climb(point: point, outcome: .outOfIterations, distance: distance, held: held)
  }

  private func newtonStep(at point: Point) -> (step: [Double], distance: Double, held: Set<Int>) {
    let k = dimension
    var held = Set((0..<k).filter { pressesBound($0, point.u[$0], point.gradient[$0]) })
    while true {
      let free = (0..<k).filter { !held.contains($0) }
      var step = [Double](repeating: 0, count: k)
      guard !free.isEmpty else { return (step, 0, held) }
      let information = Information(hessian: point.hessian, size: k, indices: free)
      let slopes = information.components(of: point.gradient)
      var squared = 0.0
      let multiples = zip(slopes, information.eigen.values).map { slope, curvature -> Double in
        if curvature.magnitude <= Information.flat, slope.magnitude < 1e-6 { return 0 }
        let multiple = slope / max(curvature.magnitude, Information.flat)
        squared += slope * multiple
        return multiple
      }
      for (index, value) in zip(free, information.combine(multiples)) { step[index] = value }
      // A coordinate at its bound that the step would push out is held as well.
      let pushed = free.filter { pressesBound($0, point.u[$0], step[$0]) }
      if pushed.isEmpty { return (step, squared.squareRoot(), held) }
      held.formUnion(pushed)
    }
  }

  private func pressesBound(_ index: Int, _ u: Double, _ direction: Double) -> Bool {
    (u <= axes[index].lower && direction < 0) || (u >= axes[index].upper && direction > 0)
  }

  private mutating func advance(_ point: Point, _ step: [Double], _ distance: Double) throws -> Point? {
    var share = 1.0
    var blocking: Int?
    for (index, move) in step.enumerated() where move != 0 {
      let room = (move > 0 ? axes[index].upper : axes[index].lower) - point.u[index]
      if room / move < share {
        share = room / move
        blocking = index
      }
      // A factor of e² at a time is far enough for a logarithm.
      if axes[index].isLogarithmic, 2 / move.magnitude < share {
        share = 2 / move.magnitude
        blocking = nil
      }
    }
    let slope = zip(step, point.gradient).reduce(0) { $0 + $1.0 * $1.1 }
    for _ in 0..<50 {
      var u = clamp(zip(point.u, step).map { $0 + share * $1 })
      // Rounding must not leave it a hair short of the bound.
      if let blocking { u[blocking] = step[blocking] > 0 ? axes[blocking].upper : axes[blocking].lower }
      guard u != point.u else { return nil }
      let trial = try evaluate(u, hessian: true)
      // Close to the maximum the gain drowns in rounding; there a full Newton step is right.
      let noise = 1e-13 * max(1, point.value.magnitude)
      let needed = distance < 1e-4 ? -noise : 1e-4 * share * slope
      if trial.value.isFinite, trial.value - point.value >= needed { return trial }
      share /= 2
      blocking = nil
    }
    return nil
  }
}
