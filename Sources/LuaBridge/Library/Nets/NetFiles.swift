import Files
import Kernels

/// Checkpoints: safetensors files with the architecture in their metadata.
enum NetFiles {
  static func write(_ net: Net, path: String) throws {
    let isSingle = net.store.precision == .single
    try Safetensors.write(
      path: path,
      tensors: net.store.tensors.map {
        NamedTensor(
          name: $0.name, shape: $0.shape,
          values: isSingle ? .single($0.values.map { Float($0) }) : .double($0.values))
      }, metadata: net.metadata)
  }

  /// What the names of a training's state begin with, in a checkpoint of wb.train.
  static let trainingPrefix = "training."

  /// The parameters of a file, without the state of a training that a checkpoint of wb.train has beside them.
  static func read(path: String) throws -> (tensors: [ParameterValues], metadata: [String: String]) {
    let (tensors, metadata) = try Safetensors.read(path: path)
    return (parameters(tensors, metadata), metadata)
  }

  static func parameters(_ tensors: [NamedTensor], _ metadata: [String: String]) -> [ParameterValues] {
    let isTraining = metadata[trainingPrefix + "step"] != nil
    return tensors.filter { !(isTraining && $0.name.hasPrefix(trainingPrefix)) }.map { tensor in
      let values =
        switch tensor.values {
        case .single(let values): values.map { Double($0) }
        case .double(let values): values
        }
      return ParameterValues(name: tensor.name, shape: tensor.shape, values: values)
    }
  }

  /// The net of a checkpoint.
  static func net(path: String) throws -> Net {
    let (tensors, metadata) = try read(path: path)
    guard metadata["net.kind"] != nil else {
      throw FileError(
        path: path,
        reason:
          "the metadata do not say what net this is (it was not written by net:save): make the net and load the "
          + "values with net:load(path); the file has "
          + tensors.prefix(6).map { "\($0.name) \(shapeText($0.shape))" }.joined(separator: ", "))
    }
    do {
      return try Net(metadata: metadata, tensors: tensors)
    } catch let error as NetError {
      throw FileError(path: path, reason: error.description)
    }
  }
}
