import Execution
import Program

/// A function with parameters: an architecture and the store of its parameters' values.
public final class Net {
  public let architecture: any Architecture
  public let store: ParameterStore

  /// - Parameter seed: of the initial values.
  /// - Throws: ``NetError`` if the architecture is too large.
  public init(_ architecture: any Architecture, seed: UInt64 = 0, precision: Precision = .single) throws {
    self.architecture = architecture
    store = try ParameterStore(architecture.parameters, seed: seed, precision: precision)
  }

  /// A net over a store that is there: the store must have the architecture's parameters.
  public init(_ architecture: any Architecture, store: ParameterStore) {
    self.architecture = architecture
    self.store = store
  }

  /// A net of its own with the same values.
  public func clone() -> Net { Net(architecture, store: store.clone()) }

  /// What this net's parameters are called in Programs, different for every store: "net3.".
  public var prefix: String { store.prefix }

  /// The value of the net as nodes of `builder`.
  ///
  /// Its parameters are inputs of the builder with variation `.run`, one row for each element, called `prefix` and the
  /// parameter's name; ``ParameterStore/inputs(prefix:)`` gives their values.
  ///
  /// - Parameters:
  ///   - x: a value with as many rows as the net has inputs.
  ///   - time: one row, for nets that take a time.
  /// - Returns: a node with as many rows as the net has outputs; with the wrong number of rows, the builder's
  ///   failure is set.
  public func apply(_ builder: ProgramBuilder, x: NodeID, time: NodeID? = nil, prefix: String) -> NodeID {
    if let problem = problem(rows: builder[x].rows, timeRows: time.map { builder[$0].rows }) {
      return builder.fail(problem)
    }
    return architecture.apply(LayerScope(builder, prefix: prefix), x: x, time: time)
  }

  public func apply(_ builder: ProgramBuilder, x: NodeID, time: NodeID? = nil) -> NodeID {
    apply(builder, x: x, time: time, prefix: prefix)
  }

  /// Why the net cannot be applied to values with this many rows.
  package func problem(rows: Int, timeRows: Int?) -> String? {
    if rows != architecture.inputs {
      return
        "the net takes \(architecture.inputs) component\(architecture.inputs == 1 ? "" : "s"), got \(rows)"
    }
    switch (architecture.takesTime, timeRows) {
    case (true, nil): return "the net takes a time: call it as net(x, t)"
    case (false, .some): return "the net takes no time: call it as net(x)"
    case (true, .some(let rows)) where rows != 1: return "the net's time is one number, got \(rows)"
    default: return nil
    }
  }

  /// The net as a Program of the inputs "x" and, if it takes one, "t", one a lane, with the output "y".
  /// - Throws: ``ProgramError`` if the net has too many operations.
  public func program() throws -> Program {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: architecture.inputs, variation: .lane)
    let time = architecture.takesTime ? builder.input("t", variation: .lane) : nil
    return try builder.finish([("y", apply(builder, x: x, time: time))])
  }

  // MARK: Checkpoints

  /// What rebuilds the architecture.
  public var metadata: [String: String] {
    var fields = ArchitectureFields()
    fields.set("kind", type(of: architecture).kind)
    fields.set("precision", store.precision.rawValue)
    architecture.write(to: &fields)
    return fields.metadata
  }

  private static let kinds: [any Architecture.Type] = [
    LinearMap.self, MultilayerPerceptron.self, EnergyNet.self, MonotoneNet.self,
    ProgramArchitecture.self,
  ]

  /// The net of a checkpoint.
  ///
  /// - Parameters:
  ///   - metadata: as ``metadata`` gives; other keys are ignored.
  ///   - tensors: the values of all parameters.
  /// - Throws: ``NetError`` that says what is missing, unknown or of another shape.
  public convenience init(metadata: [String: String], tensors: [ParameterValues]) throws {
    var fields = ArchitectureFields(metadata)
    let kind = try fields.text("kind")
    guard let type = Net.kinds.first(where: { $0.kind == kind }) else {
      throw NetError(
        "the checkpoint holds a net of kind '\(kind)'; those that can be rebuilt are "
          + Net.kinds.map { $0.kind }.joined(separator: ", "))
    }
    let precision = try fields.choice("precision", Precision.self)
    try self.init(type.init(fields: &fields), precision: precision)
    try store.load(tensors)
  }
}
