import Glibc
import Lanes
import Testing

/// Results that are conventions rather than roundings: Lua's, and C99's (Annex F) for infinities, zeros, NaN.
@Suite struct LaneConventionTests {
  /// libm follows Annex F in its special cases, whatever its accuracy elsewhere.
  @Test func specialValuesAreThoseOfC() {
    let functions: [(UnaryFunction, (Double) -> Double)] = [
      (.exp, exp), (.expm1, expm1), (.log, log), (.log1p, log1p), (.sqrt, sqrt), (.sin, sin), (.cos, cos),
      (.tan, tan), (.asin, asin), (.acos, acos), (.atan, atan), (.sinh, sinh), (.cosh, cosh), (.tanh, tanh),
      (.erf, erf), (.floor, floor), (.ceil, ceil), (.round, rint), (.absolute, fabs),
    ]
    for (function, reference) in functions {
      for x in [
        0, -0.0, .infinity, -.infinity, .nan, -1, -2, 2, Double.leastNonzeroMagnitude,
        -Double.leastNonzeroMagnitude, 1.5, 2.5, -0.5,
      ] {
        let (got, expected) = (Double.evaluate(function, x), reference(x))
        let single = Float.evaluate(function, Float(x))
        if expected.isNaN || expected.isInfinite || expected == 0 || x == 0 {
          #expect(sameBits(got, expected), "\(function)(\(x)) is \(got), not \(expected)")
          if x.magnitude > 1e-300 || x == 0 {
            #expect(sameBits(single, Float(expected)), "\(function)(\(x)) is \(single), not \(expected)")
          }
        } else {
          #expect((got - expected).magnitude <= 4 * expected.ulp, "\(function)(\(x))")
        }
      }
    }
  }

  @Test func powersOfSpecialValuesAreThoseOfC() {
    let values: [Double] = [
      0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 1e300, -1e300, 9_007_199_254_740_994, 0x1p-1030,
      .infinity,
      -.infinity, .nan,
    ]
    for x in values {
      for y in values {
        let (got, expected) = (Double.evaluate(.power, x, y), pow(x, y))
        #expect(
          sameBits(got, expected) || (got - expected).magnitude <= 4 * expected.ulp,
          "\(x)^\(y) is \(got), not \(expected)")
        let (a, b) = (Float(x), Float(y))
        let (single, exact) = (Float.evaluate(.power, a, b), powf(a, b))
        #expect(
          sameBits(single, exact) || (single - exact).magnitude <= 4 * exact.ulp,
          "\(a)^\(b) is \(single), not \(exact)")
      }
    }
  }

  @Test func squaresAreProducts() {
    for x in [0.1, -1.7, 3.3e-170, 1e200, 1.2345678901234567] {
      #expect(Double.evaluate(.power, x, 2) == x * x)
      #expect(Float.evaluate(.power, Float(x), 2) == Float(x) * Float(x))
    }
  }

  @Test func anglesOfSpecialValuesAreThoseOfC() {
    let values: [Double] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, Double.leastNonzeroMagnitude, -1e308, 1e308,
    ]
    for y in values {
      for x in values {
        let (got, expected) = (Double.evaluate(.atan2, y, x), atan2(y, x))
        #expect(
          sameBits(got, expected) || (got - expected).magnitude <= 2 * expected.ulp,
          "atan2(\(y), \(x)) is \(got), not \(expected)")
        let (a, b) = (Float(y), Float(x))
        let (single, exact) = (Float.evaluate(.atan2, a, b), atan2f(a, b))
        #expect(
          sameBits(single, exact) || (single - exact).magnitude <= 2 * exact.ulp,
          "atan2(\(a), \(b)) is \(single), not \(exact)")
      }
    }
  }

  @Test func logisticFunctionsNeitherOverflowNorLoseTheirTails() {
    #expect(Double.evaluate(.sigmoid, -.infinity) == 0 && Double.evaluate(.sigmoid, .infinity) == 1)
    #expect(Double.evaluate(.softplus, -.infinity) == 0 && Double.evaluate(.softplus, .infinity) == .infinity)
    #expect(Double.evaluate(.silu, -.infinity) == 0 && Double.evaluate(.silu, .infinity) == .infinity)
    #expect(Double.evaluate(.softplus, 1e300) == 1e300 && Double.evaluate(.silu, 1e300) == 1e300)
    #expect(Float.evaluate(.softplus, 1e30) == 1e30 && Float.evaluate(.silu, -.infinity) == 0)
    for function in [UnaryFunction.sigmoid, .softplus, .silu, .relu, .sign] {
      #expect(Double.evaluate(function, .nan).isNaN && Float.evaluate(function, .nan).isNaN)
    }
  }

  /// `math.min(a, b)` of Lua starts from a and takes b where b < a.
  @Test func minimumAndMaximumTreatNaNAsLua() {
    #expect(Double.evaluate(.minimum, .nan, 1).isNaN && Double.evaluate(.minimum, 1, .nan) == 1)
    #expect(Double.evaluate(.maximum, .nan, 1).isNaN && Double.evaluate(.maximum, 1, .nan) == 1)
    #expect(
      Double.evaluate(.minimum, -0.0, 0).sign == .minus && Double.evaluate(.maximum, 0, -0.0).sign == .plus)
  }

  /// `m = fmod(a, b)`, moved by b where the signs differ.
  @Test func moduloIsLuas() {
    func lua(_ a: Double, _ b: Double) -> Double {
      let m = fmod(a, b)
      return (m > 0 ? b < 0 : m < 0 && b > 0) ? m + b : m
    }
    #expect(Double.evaluate(.modulo, -5.5, 2) == 0.5 && Double.evaluate(.modulo, 5.5, -2) == -0.5)
    #expect(
      Double.evaluate(.modulo, -1, .infinity) == .infinity && Double.evaluate(.modulo, 1, .infinity) == 1)
    #expect(Double.evaluate(.modulo, 1, 0).isNaN && Double.evaluate(.modulo, .infinity, 1).isNaN)
    var state: UInt64 = 42
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state &>> 11
    }
    for i in 0..<20_000 {
      // Exponents far apart and close together, and exact multiples.
      let spread = i % 3 == 0 ? 600 : 6
      let b = scalbn(Double(Int64(next())) - 0x1p52, Int32(Int(next() % UInt64(spread)) - spread / 2))
      let quotient = i % 5 == 0 ? Double(next() % 1000) : scalbn(Double(next()), Int32(next() % 80) - 60)
      let a = (i % 2 == 0 ? -1 : 1) * b * quotient
      let got = Double.evaluate(.modulo, a, b)
      #expect(sameBits(got, lua(a, b)), "\(a) % \(b) is \(got), not \(lua(a, b))")
      let (x, y) = (Float(a), Float(b))
      let single = Float.evaluate(.modulo, x, y)
      let m = fmodf(x, y)
      let expected = (m > 0 ? y < 0 : m < 0 && y > 0) ? m + y : m
      #expect(sameBits(single, expected), "\(x) % \(y) is \(single), not \(expected)")
    }
  }

  @Test func floorDivisionIsLuas() {
    #expect(Double.evaluate(.floorDivide, -7, 2) == -4 && Double.evaluate(.floorDivide, 7, -2) == -4)
    #expect(Double.evaluate(.floorDivide, 1, 0) == .infinity && Double.evaluate(.floorDivide, 0, 0).isNaN)
    #expect(sameBits(Double.evaluate(.floorDivide, -1, .infinity), -0.0))
    #expect(
      sameBits(Float.evaluate(.floorDivide, -0.0, 1), -0.0) && Float.evaluate(.floorDivide, -7, 2) == -4)
  }

  @Test func namesAreTheScripts() {
    #expect(UnaryFunction.allCases.map(\.name).contains("abs") && UnaryFunction.exp.name == "exp")
    #expect(BinaryFunction.power.name == "^" && BinaryFunction.minimum.name == "min")
    #expect(Float.precisionName == "single" && Double.precisionName == "double")
  }
}
