/// Why a distance between two samples cannot be computed.
public struct DistanceError: Error, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
