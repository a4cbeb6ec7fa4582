import Files
import Kernels

/// The file that a training goes on from: the net as net:save writes it, and beside its values the state of the
/// training, so that wb.nn.load reads the same file.
struct TrainingCheckpoint {
  let path: String
  let every: Int
  let context: RunContext
  /// What, beside the model and the optimizer, each step is a function of: a run goes on only with the same.
  let recipe: [(name: String, value: String)]

  private static let prefix = NetFiles.trainingPrefix

  func write(_ object: TrainingObject) throws {
    let run = object.run
    let state = run.training.state
    var tensors: [NamedTensor] = []
    // The result under the net's own names: what a user of the file wants.
    var offset = 0
    for (number, store) in object.model.stores.enumerated() {
      for parameter in store.parameters {
        let range = offset + parameter.range.lowerBound..<offset + parameter.range.upperBound
        let name = number == 0 ? parameter.name : "\(Self.prefix)net\(number + 1).\(parameter.name)"
        tensors.append(tensor(name, parameter.shape, Array(run.result[range]), store.precision))
      }
      offset += store.count
    }
    let precision = object.precision
    tensors.append(tensor(Self.prefix + "parameters", [state.parameters.count], state.parameters, precision))
    for (name, vector) in state.vectors.sorted(by: { $0.key < $1.key }) {
      tensors.append(tensor(Self.prefix + name, [vector.count], vector, precision))
    }
    let history = run.history.flatMap { record in
      [
        Double(record.step), record.loss, record.standardError, record.gradientNorm, record.rate,
        record.validation?.value ?? .nan, record.validation?.standardError ?? .nan,
      ]
    }
    tensors.append(
      NamedTensor(name: Self.prefix + "history", shape: [run.history.count, 7], values: .double(history)))
    var metadata = object.metadata
    metadata[Self.prefix + "step"] = String(state.step)
    metadata[Self.prefix + "optimizer"] = state.optimizer
    for (name, value) in recipe { metadata[Self.prefix + name] = value }
    if let best = run.best {
      metadata[Self.prefix + "best_step"] = String(best.step)
      tensors.append(tensor(Self.prefix + "best", [best.parameters.count], best.parameters, precision))
    }
    let (all, described) = (tensors, metadata)
    _ = try context.writing(path) { try Safetensors.write(path: $0, tensors: all, metadata: described) }
  }

  private func tensor(
    _ name: String, _ shape: [Int], _ values: [Double], _ precision: Precision
  ) -> NamedTensor {
    NamedTensor(
      name: name, shape: shape,
      values: precision == .single ? .single(values.map { Float($0) }) : .double(values))
  }

  /// Takes a run up where the file left it.
  ///
  /// - Throws: if the file is damaged, or of another training.
  func resume(_ run: TrainingRun, _ store: ParameterStore, from file: String) throws {
    let (tensors, metadata) = try Safetensors.read(path: file)
    func vector(_ name: String) -> [Double]? {
      switch tensors.first(where: { $0.name == Self.prefix + name })?.values {
      case .single(let values): values.map { Double($0) }
      case .double(let values): values
      case nil: nil
      }
    }
    guard let step = metadata[Self.prefix + "step"].flatMap({ Int($0) }),
      let optimizer = metadata[Self.prefix + "optimizer"], let parameters = vector("parameters"),
      let rows = vector("history"), rows.count % 7 == 0
    else {
      throw FileError(path: file, reason: "it is no checkpoint of wb.train: it has no state of a training")
    }
    for (name, value) in recipe {
      guard let saved = metadata[Self.prefix + name], saved != value else { continue }
      throw FileError(
        path: file,
        reason:
          "the saved training has another \(name), \(saved) and not \(value), and would not go on as it was: give the "
          + "same, or load the net from the file and train it anew")
    }
    var vectors: [String: [Double]] = [:]
    for tensor in tensors where tensor.name.hasPrefix(Self.prefix + "optimizer.") {
      let name = String(tensor.name.dropFirst(Self.prefix.count))
      vectors[name] = vector(name)
    }
    vectors["average"] = vector("average")
    let history = stride(from: 0, to: rows.count, by: 7).map { (row: Int) -> TrainingRecord in
      let validated = rows[row + 5]
      let validation: LossEstimate? =
        validated.isNaN ? nil : LossEstimate(value: validated, standardError: rows[row + 6])
      return TrainingRecord(
        step: Int(exactly: rows[row]) ?? 0, loss: rows[row + 1], standardError: rows[row + 2],
        gradientNorm: rows[row + 3], rate: rows[row + 4],
        validation: validation)
    }
    var best: TrainingRun.Best?
    if let bestStep = metadata[Self.prefix + "best_step"].flatMap({ Int($0) }), let values = vector("best"),
      let loss = history.first(where: { $0.step == bestStep })?.validation
    {
      best = .init(step: bestStep, loss: loss, parameters: values)
    }
    let before = store.values
    do {
      // Says which tensors differ, if they do.
      try store.load(NetFiles.parameters(tensors, metadata))
      try run.resume(
        TrainerState(step: step, optimizer: optimizer, parameters: parameters, vectors: vectors),
        history: history, best: best)
    } catch let error as NetError {
      throw FileError(path: file, reason: error.description)
    } catch let error as TrainingError {
      try store.assign(before)
      throw FileError(path: file, reason: error.description)
    }
  }
}

extension TrainingCheckpoint {
  /// Numbers in a few letters: their shape and a hash (FNV-1a over their bits), so that others are noticed.
  static func digest(_ values: [Double], columns: Int) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for value in values { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
    return "\(values.count / columns) × \(columns) #\(String(hash, radix: 16))"
  }
}
