import Execution
import Glibc
import Program

/// The uniform law on the eight squares of side 2 in [−4, 4]² whose column and row numbers, ⌊x/2⌋ and ⌊y/2⌋,
/// have an even sum. Its entropy is log 32.
public struct Checkerboard: DensityLaw {
  public init() {}

  public var dimension: Int { 2 }
  public var family: String { "checkerboard" }
  public var description: String { "checkerboard: uniform on 8 squares of side 2 in [-4, 4]²" }

  public func sample(_ draws: LawDraws) -> LaneRows {
    let u = draws.uniforms(3)
    let out = LaneRows(rows: 2, lanes: draws.lanes)
    for lane in 0..<draws.lanes {
      let column = (4 * u[0][lane]).rounded(.down) - 2
      let isOdd = column.magnitude == 1
      let row = (u[2][lane] < 0.5 ? -2.0 : 0) + (isOdd ? 1 : 0)
      out[0][lane] = 8 * u[0][lane] - 4
      out[1][lane] = 2 * (row + u[1][lane])
    }
    return out
  }

  private func choose(_ x: Expression, _ inside: Double, _ outside: Double) -> Expression {
    let out = x.constant(outside)
    let cells = (x * 0.5).apply(.floor)
    let parity = Expression.apply(.modulo, cells[0] + cells[1], x.constant(2))
    var value = Expression.select(.equal, parity, x.constant(0), then: x.constant(inside), else: out)
    for i in 0..<2 {
      value = .select(.lessOrEqual, x[i].apply(.absolute), x.constant(4), then: value, else: out)
    }
    return value
  }

  public func logDensity(_ x: Expression) -> Expression { choose(x, -log(32), -.infinity) }

  public func score(_ x: Expression) -> Expression {
    let value = choose(x, 0, .nan)
    return .stack([value, value])
  }

  public func entropy(_ options: RunOptions = RunOptions()) -> Estimate { Estimate(log(32)) }

  public func squaredScore(_ options: RunOptions = RunOptions()) -> Estimate { Estimate(.infinity) }

  public func perturbed(alpha: Double, sigma: Double) throws -> any DensityLaw {
    throw LawError(
      "a checkerboard with noise is not kept in closed form: use a Gaussian mixture, as eight_gaussians is")
  }
}
