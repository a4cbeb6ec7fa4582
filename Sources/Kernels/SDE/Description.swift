import Program

extension SDEProblem: CustomStringConvertible {
  /// The equations as traced, the parameters and the noise class.
  public var description: String {
    var lines = ["\(name): \(calculus == .ito ? "Ito" : "Stratonovich") SDE, \(noiseText)"]
    let formulas = equations()
    lines += formulas.equations.map { "  \($0)" }
    if !formulas.definitions.isEmpty {
      let width = formulas.definitions.map(\.name.count).max()!
      for (index, definition) in formulas.definitions.enumerated() {
        let padding = String(repeating: " ", count: width - definition.name.count)
        lines.append(
          "  \(index == 0 ? "where" : "     ") \(definition.name)\(padding) = \(definition.formula)")
      }
    }
    if !parameters.isEmpty {
      lines.append("  parameters: " + parameters.map(text).joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  private var noiseText: String {
    let noises = noiseDimension == 1 ? "1 noise" : "\(noiseDimension) noises"
    let size = dimension == 1 ? "1 component" : "\(dimension) components"
    var text = "\(size), \(noises), \(noise.noiseClass.rawValue) noise"
    if case .sampled(let points) = noise.evidence {
      text += " (commutativity tested at \(points) random points)"
    }
    return text
  }

  private func text(of parameter: Parameter) -> String {
    let values = parameter.values.map(shortNumber)
    let value =
      values.count == 1
      ? values[0] : "{\(values.prefix(4).joined(separator: ", "))\(values.count > 4 ? ", …" : "")}"
    return "\(parameter.name) = \(value)\(parameter.learnable == nil ? "" : " (learnable)")"
  }

  /// "dS = (mu*S) dt + (s*S) dW1" for each component, and the shared parts they refer to by name.
  public func equations() -> (equations: [String], definitions: [(name: String, formula: String)]) {
    let builder = ProgramBuilder()
    builder.nodeLimit = .max
    let state = builder.input("x", rows: dimension, variation: .lane, rowNames: stateNames)
    guard let f = builder.call(drift, ["x": state])["f"], let g = builder.call(diffusion, ["x": state])["g"],
      let program = try? builder.finish([("f", f), ("g", g)])
    else { return ([], []) }
    let formulas = program.formulas()
    let (fs, gs) = (formulas.outputs["f"]!, formulas.outputs["g"]!)
    let zeros = builder.expression(g).components.map(\.isZero)
    let driftZeros = builder.expression(f).components.map(\.isZero)
    let noises = noiseDimension
    let equations = (0..<dimension).map { i -> String in
      var terms: [String] = driftZeros[i] ? [] : ["\(wrapped(fs[i])) dt"]
      for j in 0..<noises {
        let entry: Int
        switch shape {
        case .diagonal where i != j: continue
        case .diagonal: entry = i
        case .matrix: entry = i * noises + j
        }
        if zeros[entry] { continue }
        let noiseName = noises == 1 ? "dW" : "dW\(j + 1)"
        terms.append("\(wrapped(gs[entry])) \(circle)\(noiseName)")
      }
      let component = stateNames.count > i ? stateNames[i] : dimension == 1 ? "x" : "x\(i + 1)"
      return "d\(component) = \(terms.isEmpty ? "0" : terms.joined(separator: " + "))"
    }
    return (equations, formulas.definitions)
  }

  /// Stratonovich integrals are written with a circle.
  private var circle: String { calculus == .stratonovich ? "∘ " : "" }

  private func wrapped(_ formula: String) -> String {
    formula.contains(" ") || formula.contains("*") || formula.contains("/") ? "(\(formula))" : formula
  }
}
