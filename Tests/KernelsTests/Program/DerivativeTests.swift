import Kernels
import Testing

@Suite struct DerivativeTests {
  /// A smooth field of `count` values in a variable of as many components; a symmetric or a general one.
  private func field(_ b: ProgramBuilder, _ count: Int) -> (x: NodeID, y: NodeID) {
    let x = b.input("x", rows: count, variation: .lane)
    let matrix = b.constant((0..<count * count).map { Double(($0 * 7) % 5) / 3 - 0.4 })
    let inner = b.matrixVector(matrix, b.unary(.tanh, x), rows: count, columns: count)
    return (x, b.binary(.multiply, b.unary(.silu, inner), x))
  }

  private let point = [0.3, -1.2, 0.8]

  @Test func jacobiansAgreeWithDifferences() throws {
    for rows in [2, 3] {
      let b = ProgramBuilder()
      let (x, whole) = field(b, 3)
      // Of two rows by reverse mode, of three by forward mode.
      let y = rows == 3 ? whole : b.slice(whole, 1, 2)
      let program = try b.finish([("y", y), ("J", b.stack(b.jacobian(of: y, at: x)))])
      let jacobian = try program.evaluate(["x": point])["J"]!
      #expect(jacobian.count == 3 * rows)
      for row in 0..<rows {
        for column in 0..<3 {
          let wanted = differentiate { step in
            var moved = point
            moved[column] += step
            return try? program.evaluate(["x": moved])["y"]![row]
          }!
          #expect((jacobian[row * 3 + column] - wanted.value).magnitude < 1e-9)
        }
      }
    }
  }

  /// The divergence is the Jacobian's trace; the mean of vᵀJv over all signs v is it too; one v is not.
  @Test func divergencesAreTraces() throws {
    let b = ProgramBuilder()
    let (x, y) = field(b, 3)
    let jacobian = b.jacobian(of: y, at: x)
    var outputs = [("exact", b.divergence(of: y, at: x)), ("J", b.stack(jacobian))]
    for signs in 0..<8 {
      let probe = b.constant((0..<3).map { signs >> $0 & 1 == 0 ? 1 : -1 })
      outputs.append(("probe\(signs)", b.divergenceEstimate(of: y, at: x, probe: probe)))
    }
    let values = try b.finish(outputs).evaluate(["x": point])
    let trace = (0..<3).map { values["J"]![$0 * 4] }.reduce(0, +)
    let estimates = (0..<8).map { values["probe\($0)"]![0] }
    #expect((values["exact"]![0] - trace).magnitude < 1e-14)
    #expect((estimates.reduce(0, +) / 8 - trace).magnitude < 1e-14)
    #expect((estimates[0] - trace).magnitude > 1e-3)
  }

  /// H·v along the axes is the Hessian, which is symmetric and the Jacobian of the gradient.
  @Test func hessianVectorProductsAreColumns() throws {
    let b = ProgramBuilder()
    let (x, y) = field(b, 3)
    let energy = b.dot(y, b.unary(.sin, y))
    let columns = (0..<3).map { axis in
      b.hessianVector(of: energy, at: x, along: b.constant((0..<3).map { $0 == axis ? 1 : 0 }))
    }
    let hessian = b.jacobian(of: b.gradient(of: energy, at: x), at: x)
    let values = try b.finish([("columns", b.stack(columns)), ("H", b.stack(hessian))]).evaluate(["x": point])
    for i in 0..<3 {
      for j in 0..<3 {
        #expect((values["columns"]![3 * i + j] - values["H"]![3 * i + j]).magnitude < 1e-12)
        #expect((values["H"]![3 * j + i] - values["H"]![3 * i + j]).magnitude < 1e-12)
      }
    }
    #expect((values["H"]![1] - values["H"]![0]).magnitude > 1e-3)
  }

  @Test func whatDoesNotDependHasZeros() throws {
    let b = ProgramBuilder()
    let x = b.input("x", rows: 2, variation: .lane)
    let y = b.input("y", rows: 2, variation: .lane)
    #expect(b[b.divergence(of: y, at: x)].constants == [0])
    #expect(b.jacobian(of: y, at: x).map { b[$0].constants } == [[0, 0], [0, 0]])
    #expect(b[b.hessianVector(of: b.dot(y, y), at: x, along: y)].constants == [0, 0])
    _ = b.divergence(of: b.sum(x), at: x)
    #expect(b.failure?.description.contains("as many values as variables") == true)
  }
}
