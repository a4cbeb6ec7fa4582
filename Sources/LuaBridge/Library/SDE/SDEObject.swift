import Kernels

/// An SDE as scripts hold it: the problem, and the Lua functions it was traced from.
package final class SDEObject: LuaObject, CustomStringConvertible {
  package private(set) var problem: SDEProblem
  private let definition: SDEDefinition?

  /// - Parameter definition: how to trace the coefficients again; nil for an SDE made by a transform.
  init(_ problem: SDEProblem, _ definition: SDEDefinition?) {
    self.problem = problem
    self.definition = definition
  }

  /// The problem with its coefficients traced anew if a variable that they capture has changed.
  func current(_ lua: LuaState) throws -> SDEProblem {
    if let definition, try definition.isStale(lua) {
      let fresh = try definition.trace(lua, parameters: problem.parameters)
      problem = fresh
    }
    return problem
  }

  /// A copy with other parameters that is traced again from the same functions.
  func with(_ changes: [String: [Double]]) throws -> SDEObject {
    SDEObject(try problem.with(changes), definition)
  }

  package var description: String {
    var text = problem.description
    for warning in definition?.warnings ?? [] { text += "\n  warning: \(warning)" }
    return text
  }

  package var warnings: [String] { definition?.warnings ?? [] }
}

/// A parameter that fits may change: `wb.learnable(value, {lower=, upper=, positive=true})`.
package final class LearnableObject: LuaObject, CustomStringConvertible {
  let value: Double
  let bounds: Parameter.Learnable

  init(_ value: Double, _ bounds: Parameter.Learnable) {
    self.value = value
    self.bounds = bounds
  }

  package var description: String {
    func bound(_ x: Double) -> String { x.isInfinite ? (x < 0 ? "-inf" : "inf") : "\(x)" }
    return "learnable \(value) in [\(bound(bounds.lower)), \(bound(bounds.upper))]"
  }
}
