import CNLopt

/// What an evaluation leads to.
enum SearchAnswer {
  case value(Double, gradient: [Double])
  /// There is no value here: the step was too long.
  case nothing
  /// The search is over.
  case stop(SearchEnding)
}

/// NLopt's L-BFGS from a start.
///
/// Its first step is the gradient. Where that is longer than 1, NLopt is given the value divided by the gradient's
/// length, so that the step is 1.
///
/// - Parameter evaluate: the value and the gradient at a point; what it throws ends the search.
/// - Throws: what `evaluate` throws; ``TrainingError`` if there is no memory.
func minimize(
  _ start: [Double], _ settings: LBFGS, evaluate: (UnsafeBufferPointer<Double>) throws -> SearchAnswer
) throws -> SearchEnding {
  guard let optimizer = nlopt_create(NLOPT_LD_LBFGS, UInt32(start.count)) else {
    throw TrainingError("lbfgs could not be made: no memory")
  }
  defer { nlopt_destroy(optimizer) }
  nlopt_set_vector_storage(optimizer, UInt32(settings.memory))
  nlopt_set_ftol_rel(optimizer, settings.lossTolerance)
  nlopt_set_xtol_rel(optimizer, settings.parameterTolerance)
  var point = start
  var least = 0.0
  let code = try withoutActuallyEscaping(evaluate) { evaluate in
    let objective = Objective(optimizer, evaluate)
    let code = withExtendedLifetime(objective) {
      nlopt_set_min_objective(
        optimizer,
        { count, point, gradient, data in
          guard let point, let data else { return .infinity }
          return Unmanaged<Objective>.fromOpaque(data).takeUnretainedValue()
            .answer(UnsafeBufferPointer(start: point, count: Int(count)), gradient)
        }, Unmanaged.passUnretained(objective).toOpaque())
      return nlopt_optimize(optimizer, &point, &least)
    }
    if let failure = objective.failure { throw failure }
    if let ending = objective.ending { return Outcome.decided(ending) }
    return .code(code)
  }
  switch code {
  case .decided(let ending): return ending
  case .code(let code): return try ending(code, settings)
  }
}

private enum Outcome {
  case decided(SearchEnding)
  case code(nlopt_result)
}

private func ending(_ code: nlopt_result, _ settings: LBFGS) throws -> SearchEnding {
  switch code {
  case NLOPT_SUCCESS: SearchEnding(isConverged: true, reason: "the gradient vanishes")
  case NLOPT_FTOL_REACHED:
    SearchEnding(
      isConverged: true, reason: "the last step changed the loss by less than \(settings.lossTolerance) of it"
    )
  case NLOPT_XTOL_REACHED:
    SearchEnding(
      isConverged: true,
      reason: "the last step changed the parameters by less than \(settings.parameterTolerance) of them")
  case NLOPT_OUT_OF_MEMORY: throw TrainingError("lbfgs has no memory: a smaller `memory` needs less")
  default:
    SearchEnding(
      isConverged: false,
      reason:
        "no lower loss was found along its last direction: this is the loss's rounding error, or a loss that is not smooth"
    )
  }
}

/// What NLopt calls.
private final class Objective {
  private(set) var failure: (any Error)?
  private(set) var ending: SearchEnding?
  private let optimizer: nlopt_opt
  /// Of values and gradients; known after the first.
  private var scale: Double?
  private let evaluate: (UnsafeBufferPointer<Double>) throws -> SearchAnswer

  init(_ optimizer: nlopt_opt, _ evaluate: @escaping (UnsafeBufferPointer<Double>) throws -> SearchAnswer) {
    self.optimizer = optimizer
    self.evaluate = evaluate
  }

  func answer(_ point: UnsafeBufferPointer<Double>, _ gradient: UnsafeMutablePointer<Double>?) -> Double {
    // NLopt may ask once more before it sees that it is to stop.
    guard failure == nil, ending == nil else { return .infinity }
    do {
      switch try evaluate(point) {
      case .value(let value, let slope):
        let scale = scale ?? 1 / max(1, slope.reduce(0) { $0 + $1 * $1 }.squareRoot())
        self.scale = scale
        for (index, part) in slope.enumerated() { gradient?[index] = part * scale }
        return value * scale
      case .nothing:
        for index in point.indices { gradient?[index] = 0 }
        return .infinity
      case .stop(let ending): self.ending = ending
      }
    } catch {
      failure = error
    }
    nlopt_force_stop(optimizer)
    return .infinity
  }
}
