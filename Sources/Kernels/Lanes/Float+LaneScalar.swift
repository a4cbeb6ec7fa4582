extension Float: LaneScalar {
  public static var precisionName: String { "single" }

  public static func apply(
    _ function: UnaryFunction, _ a: LaneOperand<Float>, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch function {
    case .negate: run(Negate32.self, a, to: out, count: count)
    case .absolute: run(Absolute32.self, a, to: out, count: count)
    case .sign: run(Sign32.self, a, to: out, count: count)
    case .floor: run(Floor32.self, a, to: out, count: count)
    case .ceil: run(Ceil32.self, a, to: out, count: count)
    case .round: run(Round32.self, a, to: out, count: count)
    case .exp: run(Exp32.self, a, to: out, count: count)
    case .expm1: run(ExpMinusOne32.self, a, to: out, count: count)
    case .log: run(Log32.self, a, to: out, count: count)
    case .log1p: run(LogOnePlus32.self, a, to: out, count: count)
    case .sqrt: run(SquareRoot32.self, a, to: out, count: count)
    case .sin: run(Sin32.self, a, to: out, count: count)
    case .cos: run(Cos32.self, a, to: out, count: count)
    case .tan: run(Tan32.self, a, to: out, count: count)
    case .asin: run(Asin32.self, a, to: out, count: count)
    case .acos: run(Acos32.self, a, to: out, count: count)
    case .atan: run(Atan32.self, a, to: out, count: count)
    case .sinh: run(Sinh32.self, a, to: out, count: count)
    case .cosh: run(Cosh32.self, a, to: out, count: count)
    case .tanh: run(Tanh32.self, a, to: out, count: count)
    case .erf: run(Erf32.self, a, to: out, count: count)
    case .sigmoid: run(Sigmoid32.self, a, to: out, count: count)
    case .softplus: run(Softplus32.self, a, to: out, count: count)
    case .silu: run(Silu32.self, a, to: out, count: count)
    case .relu: run(Relu32.self, a, to: out, count: count)
    }
  }

  public static func apply(
    _ function: BinaryFunction, _ a: LaneOperand<Float>, _ b: LaneOperand<Float>,
    to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch function {
    case .add: runVectors(Add32.self, a, b, to: out, count: count)
    case .subtract: runVectors(Subtract32.self, a, b, to: out, count: count)
    case .multiply: runVectors(Multiply32.self, a, b, to: out, count: count)
    case .divide: runVectors(Divide32.self, a, b, to: out, count: count)
    case .minimum: run(Minimum32.self, a, b, to: out, count: count)
    case .maximum: run(Maximum32.self, a, b, to: out, count: count)
    case .power: run(Power32.self, a, b, to: out, count: count)
    case .atan2: run(Atan232.self, a, b, to: out, count: count)
    case .modulo: run(Modulo32.self, a, b, to: out, count: count)
    case .floorDivide: run(FloorDivide32.self, a, b, to: out, count: count)
    }
  }

  // Written out twice in either precision: neither through closures nor through a kernel type as for two operands do all
  // seven shapes of three operands stay vector loops.
  @inline(never)
  public static func multiplyAdd(
    _ a: LaneOperand<Float>, _ b: LaneOperand<Float>, _ c: LaneOperand<Float>,
    to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    typealias Vector = SIMD16<Float>
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
    _ a: LaneOperand<Float>, _ b: LaneOperand<Float>, _ c: LaneOperand<Float>,
    to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    typealias Vector = SIMD16<Float>
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
    _ comparison: Comparison, _ a: LaneOperand<Float>, _ b: LaneOperand<Float>,
    to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch comparison {
    case .less: run(Less32.self, a, b, to: out, count: count)
    case .lessOrEqual: run(LessOrEqual32.self, a, b, to: out, count: count)
    case .equal: run(Equal32.self, a, b, to: out, count: count)
    }
  }

  public static func select(
    _ condition: LaneOperand<Float>, _ a: LaneOperand<Float>, _ b: LaneOperand<Float>,
    to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    runSelect(condition, a, b, to: out, count: count)
  }
}
