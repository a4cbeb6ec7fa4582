import Kernels

/// What a training changes: parameters of one or more stores, as one flat vector.
struct TrainedModel {
  let stores: [ParameterStore]
  private let offsets: [Int]
  let count: Int
  /// Numbers of an SDE, which come before the nets; none or one store.
  let numbers: ParameterStore?
  /// Places that stay in an interval.
  var bounds: [(place: Int, interval: ClosedRange<Double>)] = []

  init(_ numbers: [ParameterStore], nets: [ParameterStore]) {
    self.numbers = numbers.first
    let stores = numbers + nets
    self.stores = stores
    var total = 0
    offsets = stores.map { store in
      defer { total += store.count }
      return total
    }
    count = total
  }

  var values: [Double] { stores.flatMap(\.values) }

  func assign(_ values: [Double]) throws {
    for (store, offset) in zip(stores, offsets) {
      try store.assign(Array(values[offset..<offset + store.count]))
    }
  }

  private var all: [(store: ParameterStore, parameter: NetParameter, range: Range<Int>)] {
    zip(stores, offsets).flatMap { store, offset in
      store.parameters.map { (store, $0, offset + $0.range.lowerBound..<offset + $0.range.upperBound) }
    }
  }

  /// Where several nets are trained, their number stands before the name.
  var names: [(name: String, range: Range<Int>)] {
    let nets = stores.filter { $0 !== numbers }
    return all.map { store, parameter, range in
      guard nets.count > 1, let number = nets.firstIndex(where: { $0 === store }) else {
        return (parameter.name, range)
      }
      return ("net \(number + 1): \(parameter.name)", range)
    }
  }

  /// What is trained, by the names of an SDE's parameters and of the inputs that nets' parameters are.
  var trainedInputs: [(name: String, range: Range<Int>)] {
    all.filter { !$0.parameter.isFrozen }.map { store, parameter, range in
      (store === numbers ? parameter.name : store.prefix + parameter.name, range)
    }
  }

  var inputs: [SampleLossProblem.Parameter] {
    all.map {
      .init(input: $0.store.prefix + $0.parameter.name, range: $0.range, isTrained: !$0.parameter.isFrozen)
    }
  }

  /// Weights decay; biases, scales and other vectors do not.
  func groups() throws -> ParameterGroups {
    try ParameterGroups(
      count: count, decaying: all.filter { $0.parameter.shape.count > 1 }.map(\.range),
      frozen: all.filter(\.parameter.isFrozen).map(\.range),
      tensors: all.map { ParameterTensor($0.range, shape: $0.parameter.shape) })
  }
}
