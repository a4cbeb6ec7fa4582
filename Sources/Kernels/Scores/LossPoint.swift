import Program

/// One sample of the data with the model and the randomness a loss may use: what its formula is written in.
package struct LossPoint {
  let builder: ProgramBuilder
  /// The sample, d rows.
  let x: Expression
  private let model: ScoreModel
  private let loss: String
  private let draws: LossDraws

  init(
    _ builder: ProgramBuilder, model: @escaping ScoreModel, x: NodeID, loss: String, draws: LossDraws
  ) {
    self.builder = builder
    self.model = model
    self.x = builder.expression(x)
    self.loss = loss
    self.draws = draws
  }

  var dimension: Int { x.rows }

  func constant(_ value: Double) -> Expression { builder.expression(builder.constant(value)) }

  /// The model's value at z and a time, d rows.
  func model(_ z: Expression, _ time: Expression? = nil) throws -> Expression {
    let value = builder.expression(model(builder, z.id, time?.id))
    if let failure = builder.failure { throw failure }
    guard value.rows == dimension else {
      throw ScoreError(
        "\(loss): the model gives \(value.rows) \(value.rows == 1 ? "value" : "values") for a sample of "
          + "\(dimension): a score has one component for each of the data's")
    }
    return value
  }

  /// The model's value at z, and the products of its Jacobian there with directions.
  func modelWithJacobian(
    _ z: Expression, _ directions: [Expression]
  ) throws -> (value: Expression, products: [Expression]) {
    let variable = draws.variable(z.id)
    let value = try model(builder.expression(variable))
    let products = directions.map { direction -> Expression in
      var forward = ForwardMode(builder, seeds: [variable: direction.id])
      let zero = builder.constant([Double](repeating: 0, count: dimension))
      return builder.expression(forward.tangent(of: value.id) ?? zero)
    }
    return (value, products)
  }

  /// The unit vectors.
  var basis: [Expression] {
    (0..<dimension).map { i in
      builder.expression(builder.constant((0..<dimension).map { $0 == i ? 1 : 0 }))
    }
  }

  func directions(_ projection: Projection, count: Int) -> [Expression] {
    (0..<count).map { _ in builder.expression(builder.direction(projection, rows: dimension, draws.draw)) }
  }

  /// d standard normals.
  func noise() -> Expression { builder.expression(builder.normals(rows: dimension, draws.draw)) }

  /// One standard normal.
  func normal() -> Expression { builder.expression(draws.draw(.normal)) }

  /// A uniform in (0, 1) that says which time or noise level the sample gets: stratified where that is offered.
  func timeUniform(stratified: Bool) -> Expression {
    builder.expression(stratified ? draws.time() : draws.draw(.uniform))
  }

  /// The input a Program with stratified times has: one number in (0, 1) a lane, spread evenly over the samples
  /// by whoever runs it.
  package static let stratifiedTime = "u_t"
}

/// Where a loss takes its random numbers from, and the variables that it differentiates in.
package struct LossDraws {
  /// The sample's next random number.
  let draw: (Distribution) -> NodeID
  /// A uniform that is spread evenly over the samples.
  let time: () -> NodeID
  /// A new independent variable with the value of a node.
  let variable: (NodeID) -> NodeID

  package init(
    draw: @escaping (Distribution) -> NodeID, time: @escaping () -> NodeID,
    variable: @escaping (NodeID) -> NodeID
  ) {
    self.draw = draw
    self.time = time
    self.variable = variable
  }

  /// Draws of the Program, and its input ``LossPoint/stratifiedTime``.
  package init(_ builder: ProgramBuilder) {
    self.init(
      draw: { builder.draw($0) }, time: { builder.input(LossPoint.stratifiedTime, variation: .lane) },
      variable: { builder.variable($0) })
  }
}
