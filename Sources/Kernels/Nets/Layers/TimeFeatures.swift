import Lanes
import Program

/// How a net sees the time.
public enum TimeEncoding: String, CaseIterable, Sendable {
  /// It takes no time.
  case none
  /// The time is one more component of the input.
  case concat
  /// `sin(2π·w·t), cos(2π·w·t)` with fixed random frequencies w ~ N(0, scale²).
  ///
  /// Source: Tancik et al., arXiv:2006.10739; Song et al., arXiv:2011.13456, appendix C.
  case fourier
  /// The same with frequencies from scale/16 to 16·scale, in geometric progression.
  case logFourier = "log_fourier"
  /// `sin(ω·s·t), cos(ω·s·t)` with ω from 1 to 10⁻⁴ in geometric progression and s = scale; 1000 makes times from 0 to
  /// 1 the steps that DDPM counts.
  ///
  /// Source: Vaswani et al., arXiv:1706.03762, §3.5; Ho et al., arXiv:2006.11239, appendix B.
  case sinusoidal

  /// Whether there are features of the time, which each hidden layer is conditioned on.
  var hasFeatures: Bool { self == .fourier || self == .logFourier || self == .sinusoidal }

  public var defaultScale: Double { self == .sinusoidal ? 1000 : 1 }
}

/// The features of the time: `count` (even) sines and cosines.
package struct TimeFeatures {
  package let encoding: TimeEncoding
  package let count: Int
  package let scale: Double
  package init(encoding: TimeEncoding, count: Int, scale: Double) {
    self.encoding = encoding
    self.count = count
    self.scale = scale
  }

  static let frequenciesName = "time.frequencies"

  /// The random frequencies, which are saved with the net.
  var parameters: [ParameterDeclaration] {
    encoding == .fourier
      ? [
        ParameterDeclaration(
          TimeFeatures.frequenciesName, [count / 2], .normal(deviation: scale), isFixed: true)
      ] : []
  }

  package func apply(_ scope: LayerScope, _ time: NodeID) -> NodeID {
    let builder = scope.builder
    let angles = builder.binary(.multiply, angularFrequencies(scope), time)
    return builder.stack([builder.unary(.sin, angles), builder.unary(.cos, angles)])
  }

  private func angularFrequencies(_ scope: LayerScope) -> NodeID {
    let builder = scope.builder
    let half = count / 2
    // From 0 to 1 over the frequencies.
    let positions = (0..<half).map { half > 1 ? Double($0) / Double(half - 1) : 0 }
    switch encoding {
    case .fourier:
      return builder.binary(
        .multiply, scope.parameter(TimeFeatures.frequenciesName, half), builder.constant(2 * Double.pi))
    case .logFourier:
      return builder.constant(positions.map { 2 * .pi * scale / 16 * Double.evaluate(.power, 256, $0) })
    default:
      return builder.constant(positions.map { scale * Double.evaluate(.power, 10_000, -$0) })
    }
  }
}
