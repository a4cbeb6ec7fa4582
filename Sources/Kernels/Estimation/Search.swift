import CNLopt
import Execution
import Glibc
import SDE

extension SearchSpace {
  /// The best point that NLopt's SLSQP finds from a start: a quasi-Newton search with bounds, in
  /// coordinates scaled by the curvature at the start, so that a unit is about one standard error.
  ///
  /// Source: Kraft, Trans. Math. Software 20 (1994) 262, as in NLopt.
  ///
  /// - Returns: nil if the log-likelihood is not finite at the start.
  /// - Throws: ``Cancelled``; ``SDEError`` if NLopt has no memory.
  mutating func search(from start: [Double], maximumEvaluations: Int) throws -> (point: Point, ended: String)?
  {
    let origin = try evaluate(start, hessian: true)
    guard origin.value.isFinite else { return nil }
    let k = dimension
    let scale = (0..<k).map { i -> Double in
      let root = origin.hessian[i * k + i].magnitude.squareRoot()
      return root > 0 && root.isFinite ? root : 1 / max(1, start[i].magnitude)
    }
    guard let optimizer = nlopt_create(NLOPT_LD_SLSQP, UInt32(k)) else {
      throw SDEError("the optimizer could not be made: no memory")
    }
    defer { nlopt_destroy(optimizer) }
    let objective = Objective(self, origin, scale, optimizer)
    nlopt_set_lower_bounds(optimizer, (0..<k).map { (axes[$0].lower - start[$0]) * scale[$0] })
    nlopt_set_upper_bounds(optimizer, (0..<k).map { (axes[$0].upper - start[$0]) * scale[$0] })
    nlopt_set_maxeval(optimizer, Int32(clamping: max(1, maximumEvaluations)))
    nlopt_set_ftol_abs(optimizer, 1e-5)
    nlopt_set_xtol_abs1(optimizer, 1e-3)
    let code = withExtendedLifetime(objective) {
      nlopt_set_min_objective(
        optimizer,
        { count, v, gradient, data in
          guard let v, let data else { return .infinity }
          return Unmanaged<Objective>.fromOpaque(data).takeUnretainedValue()
            .evaluate(UnsafeBufferPointer(start: v, count: Int(count)), gradient)
        }, Unmanaged.passUnretained(objective).toOpaque())
      var v = [Double](repeating: 0, count: k)
      var minimum = 0.0
      return nlopt_optimize(optimizer, &v, &minimum)
    }
    if let error = objective.failure { throw error }
    self = objective.space
    return (objective.best, SearchSpace.name(of: code))
  }

  private static func name(of code: nlopt_result) -> String {
    switch code {
    case NLOPT_SUCCESS, NLOPT_FTOL_REACHED, NLOPT_XTOL_REACHED, NLOPT_STOPVAL_REACHED: "converged"
    case NLOPT_ROUNDOFF_LIMITED: "ended at rounding error"
    case NLOPT_MAXEVAL_REACHED: "ran out of evaluations"
    default: "failed"
    }
  }
}

/// What NLopt minimises: minus the log-likelihood, in scaled coordinates around the start.
private final class Objective {
  var space: SearchSpace
  var best: SearchSpace.Point
  var failure: (any Error)?
  private let start: [Double]
  private let scale: [Double]
  private let optimizer: nlopt_opt

  init(_ space: SearchSpace, _ origin: SearchSpace.Point, _ scale: [Double], _ optimizer: nlopt_opt) {
    self.space = space
    best = origin
    start = origin.u
    self.scale = scale
    self.optimizer = optimizer
  }

  func evaluate(
    _ v: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutablePointer<Double>?
  ) -> Double {
    for i in v.indices { gradient?[i] = 0 }
    let u = space.clamp(v.indices.map { start[$0] + v[$0] / scale[$0] })
    do {
      let point = try space.evaluate(u, hessian: false)
      guard point.value.isFinite else { return .infinity }
      if point.value > best.value { best = point }
      for i in v.indices { gradient?[i] = -point.gradient[i] / scale[i] }
      return -point.value
    } catch {
      failure = error
      nlopt_force_stop(optimizer)
      return .infinity
    }
  }
}
