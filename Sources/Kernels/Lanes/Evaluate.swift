extension LaneScalar {
  public static func evaluate(_ function: UnaryFunction, _ a: Self) -> Self {
    one { out in
      withUnsafePointer(to: a) { apply(function, LaneOperand(uniform: $0), to: out, count: 1) }
    }
  }

  public static func evaluate(_ function: BinaryFunction, _ a: Self, _ b: Self) -> Self {
    one { out in
      withUnsafePointer(to: a) { a in
        withUnsafePointer(to: b) { b in
          apply(function, LaneOperand(uniform: a), LaneOperand(uniform: b), to: out, count: 1)
        }
      }
    }
  }

  public static func evaluate(_ comparison: Comparison, _ a: Self, _ b: Self) -> Self {
    one { out in
      withUnsafePointer(to: a) { a in
        withUnsafePointer(to: b) { b in
          compare(comparison, LaneOperand(uniform: a), LaneOperand(uniform: b), to: out, count: 1)
        }
      }
    }
  }

  /// What a kernel on uniform operands writes, which is the formula that blocks use on one value.
  @inline(__always)
  private static func one(_ write: (UnsafeMutablePointer<Self>) -> Void) -> Self {
    var result: Self = 0
    withUnsafeMutablePointer(to: &result, write)
    return result
  }
}
