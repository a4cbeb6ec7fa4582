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
        time: { session.builder.input(LossPoint.stratifiedTime, variation: .lane) },
        variable: { session.variable($0) })
      let result = try build(loss, model, session, node(sample, session.builder), draws)
      return value(.node(result))
    case .replaying:
      let values = list(sample)
      // The model may branch on its values: they are known.
      let inner = TraceSession(concreteIn: session, what: session.what) { [captures] in
        captures.stores(of: $0).sharedValues
      }
      return try within(inner) {
        let builder = inner.builder
        let draws = LossDraws(
          draw: { builder.constant(session.drawValue($0) ?? .nan) },
          time: { builder.constant(session.inputValues[LossPoint.stratifiedTime]?.first ?? .nan) },
          variable: { inner.variable($0) })
        return inner.numbers(try build(loss, model, inner, builder.constant(values), draws))[0]
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
