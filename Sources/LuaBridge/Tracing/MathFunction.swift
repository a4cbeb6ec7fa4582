import Glibc
import Lanes

/// A function of `math` or `wb` that works on numbers, traced values, vectors and registered types alike.
package enum MathFunction: Hashable, Sendable {
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  /// 1 where the comparison holds, else 0; `swapped` is the one written with `>`.
  case compare(Comparison, swapped: Bool)
  case notEqual
  /// `math.log(x, base)`
  case logBase
  /// C's remainder, with the sign of the dividend.
  case fmod
  /// `fma(a, b, c) = a·b + c`, rounded once
  case multiplyAdd
  /// `clamp(x, low, high)`
  case clamp
  /// `where(condition, a, b)`
  case select
  case dot, sum, norm2

  /// The name in scripts.
  package var name: String {
    switch self {
    case .unary(.absolute): "abs"
    case .unary(let function): "\(function)"
    case .binary(.minimum): "min"
    case .binary(.maximum): "max"
    case .binary(.power): "pow"
    case .binary(.atan2): "atan"
    case .binary(let function): "\(function)"
    case .compare(.less, let swapped): swapped ? "greater" : "less"
    case .compare(.lessOrEqual, let swapped): swapped ? "greater_equal" : "less_equal"
    case .compare(.equal, _): "equal"
    case .notEqual: "not_equal"
    case .logBase: "log"
    case .fmod: "fmod"
    case .multiplyAdd: "fma"
    case .clamp: "clamp"
    case .select: "where"
    case .dot: "dot"
    case .sum: "sum"
    case .norm2: "norm2"
    }
  }
}

/// What the functions give for plain numbers: what Lua's `math` gives where it has the function, in some
/// builds at least, and what the lane kernels give where it has not.
enum PlainMath {
  static func unary(_ function: UnaryFunction, _ x: Double) -> Double {
    switch function {
    case .exp: Glibc.exp(x)
    case .log: Glibc.log(x)
    case .sin: Glibc.sin(x)
    case .cos: Glibc.cos(x)
    case .tan: Glibc.tan(x)
    case .asin: Glibc.asin(x)
    case .acos: Glibc.acos(x)
    case .atan: Glibc.atan2(x, 1)
    case .sinh: Glibc.sinh(x)
    case .cosh: Glibc.cosh(x)
    case .tanh: Glibc.tanh(x)
    default: Double.evaluate(function, x)
    }
  }

  static func binary(_ function: BinaryFunction, _ a: Double, _ b: Double) -> Double {
    switch function {
    case .power: b == 2 ? a * a : Glibc.pow(a, b)
    case .atan2: Glibc.atan2(a, b)
    default: Double.evaluate(function, a, b)
    }
  }

  /// The error of a compiled function against the plain one, in units in the last place: what both state,
  /// rounded up. 0 where both are the same function, or exact.
  static func discrepancy(_ function: UnaryFunction) -> Double {
    switch function {
    case .exp, .log, .sin, .cos, .sinh, .cosh, .tanh: 4
    case .tan, .asin, .acos, .atan: 6
    default: 0
    }
  }
  static func discrepancy(_ function: BinaryFunction) -> Double {
    switch function {
    case .power, .atan2: 6
    default: 0
    }
  }
}
