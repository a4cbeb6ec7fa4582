import Program

/// A net whose value is a Program, such as one traced from a script.
public struct ProgramArchitecture: Architecture {
  public static let kind = "custom"
  public let inputs: Int
  public let outputs: Int
  public let takesTime: Bool
  public let parameters: [ParameterDeclaration]
  private let program: Program

  /// The name of a parameter's input.
  public static func input(_ parameter: String) -> String { "p." + parameter }

  /// - Parameter program: of the inputs "x", "t" and ``input(_:)`` of each parameter, with the output "y"; other
  ///   inputs keep their names wherever the net is applied.
  /// - Throws: ``NetError`` without an output.
  public init(_ program: Program, parameters: [ParameterDeclaration], inputs: Int, takesTime: Bool) throws {
    guard let outputs = program.rows(of: "y") else { throw NetError("the net has no output") }
    self.program = program
    self.parameters = parameters
    self.inputs = inputs
    self.outputs = outputs
    self.takesTime = takesTime
  }

  public var summary: String { "custom net \(inputs) → \(outputs)\(takesTime ? ", with a time" : "")" }

  public init(fields: inout ArchitectureFields) throws {
    throw NetError(
      "the file holds a net of a script, whose function is not in it: make the net as that script does and load the "
        + "values with net:load(path)")
  }

  public func write(to fields: inout ArchitectureFields) {
    fields.set("inputs", inputs)
    fields.set("outputs", outputs)
  }

  public func apply(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID {
    var arguments = ["x": x]
    arguments["t"] = time
    for parameter in parameters {
      arguments[ProgramArchitecture.input(parameter.name)] = scope.parameter(
        parameter.name, parameter.shape.reduce(1, *))
    }
    let outputs = scope.builder.call(program, arguments)
    return outputs["y"] ?? scope.builder.fail("the net has no output")
  }
}
