import Kernels

extension LossModel {
  /// Whether the trace in progress records into this builder.
  func isRecording(into builder: ProgramBuilder) -> Bool { tracer.currentBuilder === builder }
}

extension Tracer {
  /// The loss of one sample in the function that is traced.
  ///
  /// Its random numbers are draws of the function, as the noise of `wb.rademacher_like` and others is, in the
  /// loss's order.
  func loss(_ loss: any ScoreLoss, _ model: LossModel, _ x: LuaValue) throws -> any LuaConvertible {
    guard let session else { throw staleValue() }
    let sample = try operand(x, "the sample of \(loss.name)")
    switch session.mode {
    case .exploring:
      let draws = LossDraws(
        draw: { session.draw($0) },
        time: { session.builder.input(LossPoint.stratifiedTime, variation: .lane) })
      let result = try build(loss, model, session, node(sample, session.builder), draws)
      return value(.node(result))
    case .replaying:
      let values = list(sample)
      return try separately { inner in
        let builder = inner.builder
        let draws = LossDraws(
          draw: { builder.constant(session.drawValue($0) ?? .nan) },
          time: { builder.constant(session.inputValues[LossPoint.stratifiedTime]?.first ?? .nan) })
        let result = try build(loss, model, inner, builder.constant(values), draws)
        let program = try builder.finish([("loss", result)])
        let values = captures.stores(of: program.inputs).sharedValues
        return try program.evaluate(values)["loss"]?.first ?? .nan
      }
    }
  }

  private func build(
    _ loss: any ScoreLoss, _ model: LossModel, _ session: TraceSession, _ x: NodeID, _ draws: LossDraws
  ) throws -> NodeID {
    var failure: (any Error)?
    let result: Result<NodeID, any Error> = Result {
      try loss.build(session.builder, model: model.inline { failure = failure ?? $0 }, x: x, draws: draws)
    }
    // What the script's model says comes before what follows from it.
    if let failure { throw failure }
    try checkBuilder(session, loss.name)
    do {
      return try result.get()
    } catch let error as ScoreError {
      throw refusal(error.description)
    }
  }
}
