/// Why a loss cannot be made, built or computed: what was expected, what came, what to do.
public struct ScoreError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}
