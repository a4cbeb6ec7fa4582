import Kernels

/// A law with a known density, as scripts hold it: `wb.dist.gaussian{…}`.
package final class DistributionObject: LuaObject, CustomStringConvertible {
  package let law: any DensityLaw
  private var knownEntropy: Estimate?
  private var knownSquaredScore: Estimate?
  private var programs: [DistributionFunction.Kind: Program] = [:]

  package init(_ law: any DensityLaw) { self.law = law }

  /// −E log p; computed when it is first asked for.
  package func entropy(_ options: RunOptions) throws -> Estimate {
    if let knownEntropy { return knownEntropy }
    let value = try law.entropy(options)
    knownEntropy = value
    return value
  }

  /// E‖s‖²; computed when it is first asked for.
  package func squaredScore(_ options: RunOptions) throws -> Estimate {
    if let knownSquaredScore { return knownSquaredScore }
    let value = try law.squaredScore(options)
    knownSquaredScore = value
    return value
  }

  func program(_ kind: DistributionFunction.Kind) throws -> Program {
    if let known = programs[kind] { return known }
    let program = try kind == .score ? law.scoreProgram() : law.logDensityProgram()
    programs[kind] = program
    return program
  }

  package var description: String {
    var text = law.description
    if let knownEntropy { text += "\n  entropy \(DistributionObject.text(knownEntropy, " nats"))" }
    if let knownSquaredScore { text += "\n  E|s|² \(DistributionObject.text(knownSquaredScore))" }
    return text
  }

  private static func text(_ estimate: Estimate, _ unit: String = "") -> String {
    let value = describe((estimate.value * 1e6).rounded() / 1e6)
    let error =
      estimate.standardError > 0 ? " ± \(describe((estimate.standardError * 1e6).rounded() / 1e6))" : ""
    return "\(value)\(error)\(unit) (\(estimate.method.rawValue))"
  }
}

/// `dist.score` and `dist.logpdf`: functions of a point, which can be handed on without the distribution.
package final class DistributionFunction: LuaObject {
  package enum Kind: String { case logDensity = "logpdf", score }
  package let distribution: DistributionObject
  package let kind: Kind

  init(_ distribution: DistributionObject, _ kind: Kind) {
    self.distribution = distribution
    self.kind = kind
  }

  var name: String { "distribution:\(kind.rawValue)" }

  private var output: String { kind == .score ? "score" : "log_density" }

  /// At a traced value, a number, a list, or each row of an array.
  func evaluate(_ x: LuaValue, _ tracer: Tracer, _ context: RunContext, _ lua: LuaState) throws
    -> any LuaConvertible
  {
    if tracer.isTracing {
      return try tracer.call(
        TraceProgram(name, try distribution.program(kind), parameters: ["x"], output: output), [x])
    }
    if x.object(PendingResult.self) != nil { return context.pendingResult() }
    guard let array = try ArrayReading.array(x) else {
      throw LuaError("\(name): expected a number, a list or an array, got \(try lua.typeDescription(of: x))")
    }
    let d = distribution.law.dimension
    let isPoint = array.rank == 0 ? d == 1 : array.rank == 1 && d > 1 && array.count == d
    let points = isPoint ? try array.reshaped([1, d]) : array
    do {
      return try context.running(lua, "distribution") { options in
        switch kind {
        case .logDensity:
          let values = try distribution.law.logDensity(points, contract: context.contract, options: options)
          return isPoint ? try values.reshaped([]) : values
        case .score:
          let values = try distribution.law.score(points, contract: context.contract, options: options)
          return isPoint ? try values.reshaped(array.shape) : values
        }
      }
    } catch let error as LawError {
      throw LuaError("\(name): \(error)")
    }
  }
}

extension Reading where Value == DistributionObject {
  /// A distribution, or its `score` or `logpdf`.
  package static var distribution: Reading {
    Reading("a distribution, made by wb.dist") { value in
      value.object(DistributionObject.self) ?? value.object(DistributionFunction.self)?.distribution
    }
  }
}
