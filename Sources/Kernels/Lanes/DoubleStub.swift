import Glibc
enum Exp64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.exp(x) } }
enum ExpMinusOne64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.expm1(x) } }
enum Log64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.log(x) } }
enum LogOnePlus64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.log1p(x) } }
enum Sin64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.sin(x) } }
enum Cos64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.cos(x) } }
enum Tan64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.tan(x) } }
enum Asin64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.asin(x) } }
enum Acos64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.acos(x) } }
enum Atan64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.atan(x) } }
enum Sinh64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.sinh(x) } }
enum Cosh64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.cosh(x) } }
enum Tanh64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.tanh(x) } }
enum Erf64: UnaryKernel { static func value(_ x: Double) -> Double { Glibc.erf(x) } }
enum Sigmoid64: UnaryKernel { static func value(_ x: Double) -> Double { 1 / (1 + exp(-x)) } }
enum Softplus64: UnaryKernel {
  static func value(_ x: Double) -> Double { Swift.max(x, 0) + log1p(exp(-x.magnitude)) }
}
enum Silu64: UnaryKernel { static func value(_ x: Double) -> Double { x / (1 + exp(-x)) } }
enum Power64: BinaryKernel { static func value(_ x: Double, _ y: Double) -> Double { pow(x, y) } }
enum Atan264: BinaryKernel { static func value(_ x: Double, _ y: Double) -> Double { atan2(x, y) } }
enum Modulo64: BinaryKernel { static func value(_ x: Double, _ y: Double) -> Double { modulo(x, y) } }
private func modulo(_ a: Double, _ b: Double) -> Double {
  let m = fmod(a, b); return (m > 0 ? b < 0 : m < 0 && b > 0) ? m + b : m
}
