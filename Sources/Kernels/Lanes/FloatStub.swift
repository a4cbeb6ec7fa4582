import Glibc
enum Exp32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.exp(x) } }
enum ExpMinusOne32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.expm1(x) } }
enum Log32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.log(x) } }
enum LogOnePlus32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.log1p(x) } }
enum Sin32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.sin(x) } }
enum Cos32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.cos(x) } }
enum Tan32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.tan(x) } }
enum Asin32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.asin(x) } }
enum Acos32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.acos(x) } }
enum Atan32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.atan(x) } }
enum Sinh32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.sinh(x) } }
enum Cosh32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.cosh(x) } }
enum Tanh32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.tanh(x) } }
enum Erf32: UnaryKernel { static func value(_ x: Float) -> Float { Glibc.erf(x) } }
enum Sigmoid32: UnaryKernel { static func value(_ x: Float) -> Float { 1 / (1 + exp(-x)) } }
enum Softplus32: UnaryKernel {
  static func value(_ x: Float) -> Float { Swift.max(x, 0) + log1p(exp(-x.magnitude)) }
}
enum Silu32: UnaryKernel { static func value(_ x: Float) -> Float { x / (1 + exp(-x)) } }
enum Power32: BinaryKernel { static func value(_ x: Float, _ y: Float) -> Float { pow(x, y) } }
enum Atan232: BinaryKernel { static func value(_ x: Float, _ y: Float) -> Float { atan2(x, y) } }
enum Modulo32: BinaryKernel { static func value(_ x: Float, _ y: Float) -> Float { modulo(x, y) } }
private func modulo(_ a: Float, _ b: Float) -> Float {
  let m = fmod(a, b); return (m > 0 ? b < 0 : m < 0 && b > 0) ? m + b : m
}
