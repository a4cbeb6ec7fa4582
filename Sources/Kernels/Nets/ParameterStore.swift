import Execution
import Synchronization

/// The declaration of one parameter of a net.
public struct ParameterDeclaration: Sendable {
  public let name: String
  public let shape: [Int]
  public let initial: InitialValues
  /// Whether it is a constant of the architecture, which is saved with the net but not trained.
  public let isFixed: Bool

  public init(_ name: String, _ shape: [Int], _ initial: InitialValues, isFixed: Bool = false) {
    self.name = name
    self.shape = shape
    self.initial = initial
    self.isFixed = isFixed
  }
}

/// One parameter of a store: where its values are.
public struct NetParameter: Sendable, Equatable {
  /// Such as "layers.1.weight".
  public let name: String
  /// Axes as PyTorch's: a weight is [out, in]. Empty for one number.
  public let shape: [Int]
  /// Where its values begin in the store's; the last axis runs fastest.
  public let offset: Int
  public let isFixed: Bool
  /// Whether training leaves it as it is.
  public fileprivate(set) var isFrozen: Bool

  public var count: Int { shape.reduce(1, *) }
  public var range: Range<Int> { offset..<offset + count }
}

/// The parameters of a net, in order, in one flat buffer.
///
/// A store is used by one thread at a time; runs take the values at their beginning.
public final class ParameterStore {
  /// Different for every store of the process.
  public let id: Int
  public let precision: Precision
  public private(set) var parameters: [NetParameter] = []
  /// The values of all parameters, one after the other; floats, if the precision is single.
  public private(set) var values: [Double] = []
  /// Changes whenever a value does.
  public private(set) var generation = 0
  private var positions: [String: Int] = [:]

  private static let made = Atomic<Int>(0)
  /// More numbers than this are refused: a width mistyped, or a file that lies.
  public static let mostValues = 1 << 26

  /// - Throws: ``NetError`` if a name appears twice, a shape is not one, or there are too many values.
  public init(_ specs: [ParameterDeclaration], seed: UInt64 = 0, precision: Precision = .single) throws {
    id = ParameterStore.made.add(1, ordering: .relaxed).newValue
    self.precision = precision
    var total = 0
    for spec in specs {
      var count = 1
      for extent in spec.shape {
        guard extent >= 1 else {
          throw NetError("the parameter '\(spec.name)' cannot have the shape \(shapeText(spec.shape))")
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: extent)
        count = overflow ? Int.max : product
      }
      guard count <= ParameterStore.mostValues - total else {
        throw NetError(
          "a net may have up to \(ParameterStore.mostValues) numbers: '\(spec.name)' of shape "
            + "\(shapeText(spec.shape)) is too much")
      }
      guard positions.updateValue(parameters.count, forKey: spec.name) == nil else {
        throw NetError("two parameters of the net have the name '\(spec.name)'")
      }
      parameters.append(
        NetParameter(
          name: spec.name, shape: spec.shape, offset: total, isFixed: spec.isFixed, isFrozen: spec.isFixed))
      total += count
    }
    values.reserveCapacity(total)
    for (index, spec) in specs.enumerated() {
      let initial = spec.initial.values(shape: spec.shape, seed: seed, index: index)
      guard initial.count == parameters[index].count else {
        throw NetError(
          "the parameter '\(spec.name)' of shape \(shapeText(spec.shape)) needs \(parameters[index].count) "
            + "numbers, got \(initial.count)")
      }
      values.append(contentsOf: initial.map(rounded))
    }
  }

  private init(copying other: ParameterStore) {
    id = ParameterStore.made.add(1, ordering: .relaxed).newValue
    precision = other.precision
    parameters = other.parameters
    values = other.values
    positions = other.positions
  }

  /// A store of its own with the same parameters, values and frozen flags.
  public func clone() -> ParameterStore { ParameterStore(copying: self) }

  /// How many numbers there are.
  public var count: Int { values.count }
  /// How many numbers training may change.
  public var trainableCount: Int { parameters.reduce(0) { $0 + ($1.isFrozen ? 0 : $1.count) } }

  public func parameter(_ name: String) -> NetParameter? { positions[name].map { parameters[$0] } }

  /// The values of a parameter.
  public subscript(_ name: String) -> [Double]? { parameter(name).map { Array(values[$0.range]) } }

  /// Replaces the values of one parameter.
  /// - Throws: ``NetError`` if there is none of this name or the count differs.
  public func set(_ name: String, _ new: [Double]) throws {
    guard let parameter = parameter(name) else { throw NetError("the net has no parameter '\(name)'") }
    guard new.count == parameter.count else {
      throw NetError(
        "the parameter '\(name)' of shape \(shapeText(parameter.shape)) needs \(parameter.count) numbers, "
          + "got \(new.count)")
    }
    for (index, value) in new.enumerated() { values[parameter.offset + index] = rounded(value) }
    generation += 1
  }

  /// Replaces all values.
  /// - Throws: ``NetError`` if the count differs.
  public func assign(_ new: [Double]) throws {
    guard new.count == values.count else {
      throw NetError("the net has \(values.count) numbers, got \(new.count)")
    }
    // In place: training shows its parameters here after every step.
    if precision == .single {
      values.withUnsafeMutableBufferPointer { values in
        for index in values.indices { values[index] = Double(Float(new[index])) }
      }
    } else {
      values = new
    }
    generation += 1
  }

  /// Freezes parameters, or makes them trainable again.
  ///
  /// - Parameter names: a parameter's name, or the beginning of names up to a dot ("layers.0"); nil: all, but fixed
  ///   ones, such as random frequencies, are only made trainable by name.
  /// - Throws: ``NetError`` if a name fits none.
  public func setFrozen(_ frozen: Bool, _ names: [String]? = nil) throws {
    guard let names else {
      for index in parameters.indices where frozen || !parameters[index].isFixed {
        parameters[index].isFrozen = frozen
      }
      return
    }
    let chosen = try names.map { name in
      let found = parameters.indices.filter {
        parameters[$0].name == name || parameters[$0].name.hasPrefix(name + ".")
      }
      guard !found.isEmpty else {
        throw NetError(
          "the net has no parameter '\(name)': its parameters are " + summary(parameters.map(\.name)))
      }
      return found
    }
    for index in chosen.joined() { parameters[index].isFrozen = frozen }
  }

  /// What this store's parameters are called in Programs, different for every store: "net3.".
  public var prefix: String { "net\(id)." }

  /// The values of a Program's inputs: each parameter under `prefix` and its name.
  public func inputs(prefix given: String? = nil) -> [String: [Double]] {
    let prefix = given ?? self.prefix
    var result: [String: [Double]] = [:]
    for parameter in parameters { result[prefix + parameter.name] = Array(values[parameter.range]) }
    return result
  }

  private func rounded(_ value: Double) -> Double { precision == .single ? Double(Float(value)) : value }
}

/// The first few of a list.
func summary(_ list: [String], most: Int = 8) -> String {
  list.prefix(most).joined(separator: ", ") + (list.count > most ? " and \(list.count - most) more" : "")
}
