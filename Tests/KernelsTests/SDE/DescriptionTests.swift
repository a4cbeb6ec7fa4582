import Kernels
import Testing

@Suite struct SDEDescriptionTests {
  @Test func scalarEquation() throws {
    #expect(
      try Models.gbm().description == """
        GBM: Ito SDE, 1 component, 1 noise, scalar noise
          dx = (p.a*x) dt + (p.b*x) dW
          parameters: a = 1.01, b = 0.87
        """)
  }

  /// Stratonovich integrals have a circle, zeros of a diagonal are not shown, noises are numbered.
  @Test func severalNoises() throws {
    let expected = """
        dx1 = (p.a1*x1) dt + (p.b1*x1) ∘ dW1
        dx2 = (p.a2*x2) dt + (p.b2*x2) ∘ dW2
      """
    for matrix in [false, true] {
      let text = try Models.twoGBMs(matrix: matrix, calculus: .stratonovich).description
      #expect(text.hasPrefix("two GBMs: Stratonovich SDE, 2 components, 2 noises, diagonal noise\n"))
      #expect(text.contains(expected))
    }
    let heisenberg = try Models.heisenberg().description.split(separator: "\n")
    #expect(
      heisenberg == [
        "Heisenberg: Ito SDE, 3 components, 2 noises, general noise", "  dx1 = 1 dW1", "  dx2 = 1 dW2",
        "  dx3 = x1 dW2",
      ])
  }

  /// What is used twice is named once.
  @Test func sharedParts() throws {
    let equations = try Models.heston().equations()
    #expect(equations.definitions.map(\.name) == ["a1"])
    #expect(equations.definitions.map(\.formula) == ["sqrt(max(x2, 0))"])
    #expect(equations.equations[0] == "dx1 = (p.mu*x1) dt + (a1*x1) dW1")
    #expect(try Models.heston().description.contains("\n  where a1 = sqrt(max(x2, 0))\n"))
  }

  /// A class that rests on numbers says so; one that follows from the formulas does not.
  @Test func evidence() throws {
    let sampled = try Models.commutative([0.3, 0.4]).description
    #expect(sampled.contains("commutative noise (commutativity tested at 64 random points)"))
    #expect(!(try Models.commutative([0.3, 0.3]).description.contains("tested")))
  }

  @Test func learnableAndManyValuedParameters() throws {
    var problem = try Models.gbm()
    problem.parameters[0].learnable = .init()
    problem.parameters.append(Parameter(name: "c", values: [1, 2, 3, 4, 5]))
    #expect(problem.description.contains("a = 1.01 (learnable), b = 0.87, c = {1, 2, 3, 4, …}"))
  }
}
