import Kernels

/// An SDE as scripts hold it: the problem, and the Lua functions it was traced from.
package final class SDEObject: LuaObject, CustomStringConvertible {
  package private(set) var problem: SDEProblem
  private let definition: SDEDefinition?
  /// The parameters of nets that an SDE made by a transform uses.
  private let ownStores: [ParameterStore]
  /// Parameters that are no numbers: nets.
  let objects: NamedObjects

  /// - Parameter definition: how to trace the coefficients again.
  init(_ problem: SDEProblem, _ definition: SDEDefinition) {
    self.problem = problem
    self.definition = definition
    objects = definition.objects
    ownStores = []
  }

  /// An SDE made by a transform of another one.
  init(_ problem: SDEProblem, of source: SDEObject) {
    self.problem = problem
    definition = nil
    objects = source.objects
    ownStores = source.stores
  }

  private init(_ problem: SDEProblem, copying source: SDEObject) {
    self.problem = problem
    definition = source.definition
    objects = source.objects
    ownStores = source.ownStores
  }

  /// The parameters of the nets that the coefficients use.
  package var stores: [ParameterStore] { definition?.stores ?? ownStores }

  /// The problem with its coefficients traced anew if a variable that they capture has changed, and with the present
  /// parameters of nets.
  func current(_ lua: LuaState) throws -> SDEProblem {
    if let definition, try definition.isStale(lua) {
      let fresh = try definition.trace(lua, parameters: problem.parameters)
      problem = fresh
    }
    problem.sharedValues = stores.sharedValues
    return problem
  }

  /// A copy with other parameters that is traced again from the same functions.
  func with(_ changes: [String: [Double]]) throws -> SDEObject {
    SDEObject(try problem.with(changes), copying: self)
  }

  package var description: String {
    var text = problem.description
    for warning in definition?.warnings ?? [] { text += "\n  warning: \(warning)" }
    return text
  }

  /// Why a path of a solution failed, if a coefficient called `error` there: the message.
  func failureReason(_ solution: Solution) throws -> String? {
    guard let definition, let failure = solution.failure,
      solution.options.steps <= 1 << 20
    else { return nil }
    let path = try solution.path(failure.firstPath)
    let d = problem.dimension
    // The state before the first one that is not finite is where the coefficient failed.
    guard let bad = path.values.firstIndex(where: { !$0.isFinite }), bad >= d else { return nil }
    let step = bad / d - 1
    return try definition.failureMessage(
      at: Array(path.values[step * d..<(step + 1) * d]), time: solution.stepTimes[step],
      problem.parameterValues)
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
