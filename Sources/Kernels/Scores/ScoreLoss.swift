import Program

/// A model in a Program: what it gives at points x, of as many rows as x, and at a time (or noise level).
///
/// What its value means (a score, a noise, the data, a velocity, a network's raw output) the loss says by
/// ``ScoreLoss/prediction``.
package typealias ScoreModel = (_ builder: ProgramBuilder, _ x: NodeID, _ time: NodeID?) -> NodeID

/// A loss that is least where a model is the score of the data's law, or of its law at noise levels.
package protocol ScoreLoss: Sendable {
  /// Its name in the registry ``losses``.
  var name: String { get }
  var form: LossForm { get }
  /// What the model's value is taken for.
  var prediction: Prediction { get }
  /// Whether the model is given a time (or a noise level) with the point.
  var takesTime: Bool { get }
  /// The noise that the loss adds to the data: the model is then compared with the score of noised data.
  var noise: LossNoise { get }
  /// What the loss differs by from the squared error of the score (or of what is predicted), and what that
  /// is constant in.
  var constant: String { get }

  /// The loss of one sample, in the full form.
  func full(_ point: LossPoint) throws -> Expression

  /// The full form's value at the best of all models, where the law of the data is known; nil: unknown.
  func fullFloor(_ oracle: any ScoreOracle) throws -> Double?

  /// Whether the loss is one of such data, a column a component.
  ///
  /// - Throws: ``ScoreError`` that names the row that it is not for.
  func admit(_ columns: [[Double]]) throws

  /// The loss with what it takes from the data: a scale that was not given.
  func fitted(to data: DataSummary) -> Self
}

extension ScoreLoss {
  package var prediction: Prediction { .score }
  package var takesTime: Bool { false }
  package var noise: LossNoise { .none }
  package func admit(_ columns: [[Double]]) throws {}
  package func fitted(to data: DataSummary) -> Self { self }

  /// The loss of one sample, a node of one row: `form.factor` × the full form.
  ///
  /// - Throws: ``ScoreError`` if the model's width is not x's, or if the loss lacks what it needs.
  package func build(
    _ builder: ProgramBuilder, model: @escaping ScoreModel, x: NodeID, draws: LossDraws? = nil
  ) throws -> NodeID {
    let point = LossPoint(
      builder, model: model, x: x, loss: name, draws: draws ?? LossDraws(builder))
    let value = try full(point)
    return form == .full ? value.id : (value * form.factor).id
  }

  /// The least value in the loss's own form, where the law of the data is known.
  package func floor(for oracle: any ScoreOracle) throws -> Double? {
    try fullFloor(oracle).map { $0 * form.factor }
  }
}

/// A law whose score is known in closed form, as far as the floors of losses need it.
package protocol ScoreOracle: Sendable {
  var dimension: Int { get }
  /// `E‖s*‖²` under the law itself: the trace of its Fisher information.
  var expectedSquaredScore: Double { get }
  /// The law of `alpha·x + sigma·e`, e standard normal.
  func perturbed(alpha: Double, sigma: Double) throws -> any ScoreOracle
}

/// What losses may take from the data.
package struct DataSummary: Sendable {
  package let dimension: Int
  /// The root of the mean of the columns' variances.
  package let standardDeviation: Double

  package init(dimension: Int, standardDeviation: Double) {
    self.dimension = dimension
    self.standardDeviation = standardDeviation
  }
}

/// The noise that a loss adds to the data.
package enum LossNoise: Sendable {
  case none
  /// One standard deviation.
  case level(Double)
  /// One of these, which the model is given.
  case ladder([Double])
  /// That of a process at a time, which the model is given.
  case process(any DiffusionProcess)
  /// Any σ; the model is a network behind this preconditioning.
  case preconditioned(Preconditioning)
}
