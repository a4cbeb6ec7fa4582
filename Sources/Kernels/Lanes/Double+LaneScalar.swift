extension Double: LaneScalar {
  public static var precisionName: String { "double" }

  public static func apply(
    _ function: UnaryFunction, _ a: LaneOperand<Double>, to out: UnsafeMutablePointer<Double>, count: Int
  ) {
    switch function {
    case .negate: run(Negate64.self, a, to: out, count: count)
    case .absolute: run(Absolute64.self, a, to: out, count: count)
    case .sign: run(Sign64.self, a, to: out, count: count)
    case .floor: run(Floor64.self, a, to: out, count: count)
    case .ceil: run(Ceil64.self, a, to: out, count: count)
    case .round: run(Round64.self, a, to: out, count: count)
    case .exp: run(Exp64.self, a, to: out, count: count)
    case .expm1: run(ExpMinusOne64.self, a, to: out, count: count)
    case .log: run(Log64.self, a, to: out, count: count)
    case .log1p: run(LogOnePlus64.self, a, to: out, count: count)
    case .sqrt: run(SquareRoot64.self, a, to: out, count: count)
    case .sin: run(Sin64.self, a, to: out, count: count)
    case .cos: run(Cos64.self, a, to: out, count: count)
    case .tan: run(Tan64.self, a, to: out, count: count)
    case .asin: run(Asin64.self, a, to: out, count: count)
    case .acos: run(Acos64.self, a, to: out, count: count)
    case .atan: run(Atan64.self, a, to: out, count: count)
    case .sinh: run(Sinh64.self, a, to: out, count: count)
    case .cosh: run(Cosh64.self, a, to: out, count: count)
    case .tanh: run(Tanh64.self, a, to: out, count: count)
    case .erf: run(Erf64.self, a, to: out, count: count)
    case .sigmoid: run(Sigmoid64.self, a, to: out, count: count)
    case .softplus: run(Softplus64.self, a, to: out, count: count)
    case .silu: run(Silu64.self, a, to: out, count: count)
    case .relu: run(Relu64.self, a, to: out, count: count)
    }
  }

  public static func apply(
    _ function: BinaryFunction, _ a: LaneOperand<Double>, _ b: LaneOperand<Double>,
    to out: UnsafeMutablePointer<Double>, count: Int
  ) {
    switch function {
    case .add: runVectors(Add64.self, a, b, to: out, count: count)
    case .subtract: runVectors(Subtract64.self, a, b, to: out, count: count)
    case .multiply: runVectors(Multiply64.self, a, b, to: out, count: count)
    case .divide: runVectors(Divide64.self, a, b, to: out, count: count)
    case .minimum: run(Minimum64.self, a, b, to: out, count: count)
    case .maximum: run(Maximum64.self, a, b, to: out, count: count)
    case .power: run(Power64.self, a, b, to: out, count: count)
    case .atan2: run(Atan264.self, a, b, to: out, count: count)
    case .modulo: run(Modulo64.self, a, b, to: out, count: count)
    case .floorDivide: run(FloorDivide64.self, a, b, to: out, count: count)
    }
  }

  // Written out twice in either precision: neither through closures nor through a kernel type as for two operands do all
  // seven shapes of three operands stay vector loops.
  @inline(never)
  public static func multiplyAdd(
    _ a: LaneOperand<Double>, _ b: LaneOperand<Double>, _ c: LaneOperand<Double>,
    to out: UnsafeMutablePointer<Double>, count: Int
  ) {
    typealias Vector = SIMD8<Double>
    a.withVectors(Vector.self) { x in
      b.withVectors(Vector.self) { y in
        c.withVectors(Vector.self) { z in
          storeVectors(to: out, count: count) { z($0).addingProduct(x($0), y($0)) }
        }
      }
    }
  }

  @inline(never)
  public static func negativeMultiplyAdd(
    _ a: LaneOperand<Double>, _ b: LaneOperand<Double>, _ c: LaneOperand<Double>,
    to out: UnsafeMutablePointer<Double>, count: Int
  ) {
    typealias Vector = SIMD8<Double>
    a.withVectors(Vector.self) { x in
      b.withVectors(Vector.self) { y in
        c.withVectors(Vector.self) { z in
          // Prefix minus on vectors is 0 − x, which has another sign at zero and is no part of a fused operation.
          storeVectors(to: out, count: count) { z($0).addingProduct(-0.0 - x($0), y($0)) }
        }
      }
    }
  }

  public static func compare(
    _ comparison: Comparison, _ a: LaneOperand<Double>, _ b: LaneOperand<Double>,
    to out: UnsafeMutablePointer<Double>, count: Int
  ) {
    switch comparison {
    case .less: run(Less64.self, a, b, to: out, count: count)
    case .lessOrEqual: run(LessOrEqual64.self, a, b, to: out, count: count)
    case .equal: run(Equal64.self, a, b, to: out, count: count)
    }
  }

  public static func select(
    _ condition: LaneOperand<Double>, _ a: LaneOperand<Double>, _ b: LaneOperand<Double>,
    to out: UnsafeMutablePointer<Double>, count: Int
  ) {
    runSelect(condition, a, b, to: out, count: count)
  }
}
