/// Derivatives of a node y in a node x of the same builder, which counts as independent: what x is computed
/// from does not matter. All results are nodes, so that derivatives can be taken of them again; what does
/// not depend on x has derivatives that are constant zeros.
extension ProgramBuilder {
  /// `J·v`, with the rows of y.
  package func derivative(of y: NodeID, at x: NodeID, along v: NodeID) -> NodeID {
    var forward = ForwardMode(self, seeds: [x: v])
    return forward.tangent(of: y) ?? zeros(self[y].rows)
  }

  /// `uᵀ·J`, with the rows of x.
  package func gradient(of y: NodeID, at x: NodeID, weightedBy u: NodeID? = nil) -> NodeID {
    ReverseMode.cotangents(self, of: [(y, u ?? constant(1))], to: [x])[0] ?? zeros(self[x].rows)
  }

  /// The rows of the Jacobian, `∂yᵢ/∂x` each: by directions of x, or by components of y if those are fewer.
  package func jacobian(of y: NodeID, at x: NodeID) -> [NodeID] {
    let (rows, columns) = (self[y].rows, self[x].rows)
    if rows < columns { return components(y).map { gradient(of: $0, at: x) } }
    let derivatives = (0..<columns).map { derivative(of: y, at: x, along: basis($0, columns)) }
    return (0..<rows).map { row in stack(derivatives.map { pick($0, row) }) }
  }

  /// `Σ ∂yᵢ/∂xᵢ`, exactly: one forward derivative a component.
  package func divergence(of y: NodeID, at x: NodeID) -> NodeID {
    let count = self[x].rows
    guard self[y].rows == count else {
      return fail("a divergence needs as many values as variables, got \(self[y].rows) and \(count)")
    }
    let diagonal = (0..<count).map {
      expression(pick(derivative(of: y, at: x, along: basis($0, count)), $0))
    }
    return Expression.sum(diagonal)?.id ?? constant(0)
  }

  /// `vᵀ·J·v`, whose mean over random v with uncorrelated components of mean square 1 is the divergence.
  ///
  /// Source: Hutchinson (1989), A stochastic estimator of the trace of the influence matrix.
  package func divergenceEstimate(of y: NodeID, at x: NodeID, probe v: NodeID) -> NodeID {
    dot(v, derivative(of: y, at: x, along: v))
  }

  /// `H·v` for the Hessian H of the single value y: forward over reverse.
  package func hessianVector(of y: NodeID, at x: NodeID, along v: NodeID) -> NodeID {
    derivative(of: gradient(of: y, at: x), at: x, along: v)
  }

  private func basis(_ index: Int, _ count: Int) -> NodeID {
    constant((0..<count).map { $0 == index ? 1 : 0 })
  }
}
