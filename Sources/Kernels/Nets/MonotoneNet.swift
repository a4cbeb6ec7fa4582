import Lanes
import Program

/// A function of one number that grows from `gamma_min` at 0 to `gamma_max` at 1: a learned noise schedule, with
/// γ(t) = ln(σ²/α²).
///
/// ```
/// f(t) = a·t + Σₖ vₖ·sigmoid(wₖ·a·t + bₖ),   a, v, w = softplus of the parameters, so positive
/// γ(t) = gamma_min + (gamma_max − gamma_min)·(f(t) − f(0))/(f(1) − f(0))
/// ```
/// Source: Kingma et al., Variational diffusion models, arXiv:2107.00630, appendix H (whose first layer's bias drops
/// out in the difference).
public struct MonotoneNet: Architecture {
  public static let kind = "monotone"
  public let width: Int
  public let smallest: Double
  public let largest: Double
  /// Whether the ends are trained too.
  public let learnsEnds: Bool
  public var inputs: Int { 1 }
  public var outputs: Int { 1 }
  public var takesTime: Bool { false }
  public var summary: String { "monotone net of \(width) units, from \(smallest) to \(largest)" }

  /// - Parameters:
  ///   - width: the hidden units.
  ///   - smallest: the value at 0.
  ///   - largest: the value at 1.
  /// - Throws: ``NetError`` if the ends are not in order.
  public init(
    width: Int = 1024, smallest: Double = -13.3, largest: Double = 5, learnsEnds: Bool = false
  ) throws {
    try checkWidths([width])
    guard smallest.isFinite, largest.isFinite, smallest < largest else {
      throw NetError("the values at 0 and 1 must be finite and grow, got \(smallest) and \(largest)")
    }
    self.width = width
    self.smallest = smallest
    self.largest = largest
    self.learnsEnds = learnsEnds
  }

  public var parameters: [ParameterDeclaration] {
    // softplus(0.5413…) = 1. The bends are small at first and lie anywhere in the interval: near a straight line.
    let one = 0.541_324_854_612_918_1
    return [
      ParameterDeclaration("slope", [], .constant(one)),
      ParameterDeclaration("inner.weight", [width], .normal(deviation: 1)),
      ParameterDeclaration("inner.bias", [width], .normal(deviation: 1)),
      ParameterDeclaration("outer.weight", [width], .constant(-Double.evaluate(.log, Double(width)))),
      ParameterDeclaration("gamma_min", [], .constant(smallest), isFixed: !learnsEnds),
      ParameterDeclaration("gamma_max", [], .constant(largest), isFixed: !learnsEnds),
    ]
  }

  public init(fields: inout ArchitectureFields) throws {
    try self.init(
      width: fields.integer("width"), smallest: fields.number("gamma_min"),
      largest: fields.number("gamma_max"), learnsEnds: fields.flag("learn_ends"))
  }

  public func write(to fields: inout ArchitectureFields) {
    fields.set("width", width)
    fields.set("gamma_min", smallest)
    fields.set("gamma_max", largest)
    fields.set("learn_ends", learnsEnds)
  }

  public func apply(_ scope: LayerScope, x: NodeID, time: NodeID?) -> NodeID {
    let builder = scope.builder
    func value(_ name: String, _ count: Int) -> Expression {
      builder.expression(scope.parameter(name, count))
    }
    let slope = value("slope", 1).apply(.softplus)
    let inner = value("inner.weight", width).apply(.softplus) * slope
    let bias = value("inner.bias", width)
    let outer = value("outer.weight", width).apply(.softplus)
    func f(_ t: Expression) -> Expression {
      let bends = outer * (inner * t + bias).apply(.sigmoid)
      return slope * t + builder.expression(builder.sum(bends.id))
    }
    let (low, high) = (value("gamma_min", 1), value("gamma_max", 1))
    let (first, last) = (
      f(builder.expression(builder.constant(0))), f(builder.expression(builder.constant(1)))
    )
    let fraction = (f(builder.expression(x)) - first) / (last - first)
    return (low + (high - low) * fraction).id
  }
}
