/// All methods, in the order they are listed to users. A new method is one file and one line here.
public let methods: [Method] = [
  eulerMaruyama,
  milstein,
  heun,
  midpoint,
  eulerHeun,
  reversibleHeun,
]

extension SDEProblem {
  /// The method of this name, or for "auto" the one that suits the noise and the calculus: Milstein where
  /// an Ito SDE's noise is scalar, diagonal or commutative, else Euler–Maruyama; Heun for Stratonovich.
  ///
  /// - Throws: ``SDEError`` for an unknown name, and for a method that does not fit, naming those that do.
  public func method(named name: String) throws -> Method {
    if name == "auto" {
      if calculus == .stratonovich { return heun }
      return [.scalar, .diagonal, .commutative].contains(noise.noiseClass) ? milstein : eulerMaruyama
    }
    guard let method = methods.first(where: { $0.name == name }) else {
      let names = methods.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw SDEError("there is no method \"\(name)\"; there are \"auto\", \(names)")
    }
    guard method.fits(self) else { throw SDEError(refusal(of: method)) }
    return method
  }

  private func refusal(of method: Method) -> String {
    let fitting = methods.filter { $0.fits(self) }.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let noise = self.noise.noiseClass
    let reason: String
    if method.orders[noise] == nil {
      let classes = NoiseClass.allCases.filter { method.orders[$0] != nil }.map(\.rawValue)
      reason =
        "is for \(classes.joined(separator: ", ")) noise, and the noise of '\(name)' is \(noise.rawValue)"
    } else {
      let own = method.calculi.map(\.rawValue).sorted().joined(separator: " and ")
      reason =
        "solves \(own) SDEs, and '\(name)' is written in \(calculus.rawValue) calculus "
        + "(sde:\(calculus == .ito ? "stratonovich" : "ito")() converts it)"
    }
    return "the method \"\(method.name)\" \(reason); methods that fit: \(fitting)"
  }
}
