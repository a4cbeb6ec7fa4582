import SDE

/// All transition densities, in the order they are listed to users. A new one is one file and one line here.
public let transitionDensities: [TransitionDensity] = [
  eulerDensity
]

/// The transition density of this name.
///
/// - Throws: ``SDEError`` for an unknown name, listing those there are.
public func transitionDensity(named name: String) throws -> TransitionDensity {
  if let density = transitionDensities.first(where: { $0.name == name }) { return density }
  let names = transitionDensities.map { "\"\($0.name)\"" }.joined(separator: ", ")
  throw SDEError("there is no fit method \"\(name)\"; there are: \(names)")
}
