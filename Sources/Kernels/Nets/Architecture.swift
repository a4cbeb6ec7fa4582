import Program

/// What a net computes, apart from the values of its parameters: enough to build it again.
public protocol Architecture: Sendable {
  /// The name that checkpoints keep: "mlp".
  static var kind: String { get }
  /// How many components the net takes and gives.
  var inputs: Int { get }
  var outputs: Int { get }
  var takesTime: Bool { get }
  /// The parameters in the order of the store.
  var parameters: [ParameterDeclaration] { get }
  /// One line for printing: "MLP 2 → 128 → 2, silu".
  var summary: String { get }

  /// - Throws: ``NetError`` if the fields are missing, are no numbers, or describe no net.
  init(fields: inout ArchitectureFields) throws
  /// Writes what ``init(fields:)`` reads.
  func write(to fields: inout ArchitectureFields)

  /// The value of the net at `x`, whose rows and `time` have been checked.
  func apply(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID
}

/// Where the layers of a net record what they compute, and find their parameters.
///
/// Parameters are inputs of the builder, the same for all lanes, under the scope's prefix.
public struct LayerScope {
  public let builder: ProgramBuilder
  public let prefix: String

  public init(_ builder: ProgramBuilder, prefix: String) {
    self.builder = builder
    self.prefix = prefix
  }

  /// The parameter `name` with `count` values.
  public func parameter(_ name: String, _ count: Int) -> NodeID {
    builder.input(prefix + name, rows: count, variation: .run)
  }
}
