/// Why a net could not be made, loaded or applied.
public struct NetError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// "[128, 2]": a shape as PyTorch writes it.
func shapeText(_ shape: [Int]) -> String {
  "[" + shape.map(String.init).joined(separator: ", ") + "]"
}
