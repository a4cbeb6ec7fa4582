import Program

/// `W·x + b`: `torch.nn.Linear`, with its names.
public struct LinearMap: Architecture {
  public static let kind = "linear"
  public let inputs: Int
  public let outputs: Int
  public let hasBias: Bool
  public let initialization: Initialization
  public var takesTime: Bool { false }

  /// - Throws: ``NetError`` if a width is out of range.
  public init(
    inputs: Int, outputs: Int, hasBias: Bool = true, initialization: Initialization = .kaimingUniform
  ) throws {
    try checkWidths([inputs, outputs])
    self.inputs = inputs
    self.outputs = outputs
    self.hasBias = hasBias
    self.initialization = initialization
  }

  private var layer: Linear { Linear(name: "", inputs: inputs, outputs: outputs, hasBias: hasBias) }

  public var parameters: [ParameterDeclaration] { layer.parameters(initialization, gain: 1) }
  public var summary: String { "linear \(inputs) → \(outputs)\(hasBias ? "" : ", no bias")" }

  public init(fields: inout ArchitectureFields) throws {
    try self.init(
      inputs: fields.integer("inputs"), outputs: fields.integer("outputs"), hasBias: fields.flag("bias"),
      initialization: fields.choice("init", Initialization.self))
  }

  public func write(to fields: inout ArchitectureFields) {
    fields.set("inputs", inputs)
    fields.set("outputs", outputs)
    fields.set("bias", hasBias)
    fields.set("init", initialization.rawValue)
  }

  public func apply(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID { layer.apply(scope, x) }
}

/// Widths beyond this are mistyped: one layer would fill the memory.
func checkWidths(_ widths: [Int]) throws {
  for width in widths where width < 1 || width > 65_536 {
    throw NetError("a layer may have 1 to 65536 components, got \(width)")
  }
}
