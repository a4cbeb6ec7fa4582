// The functions below are not inlined, so that each kernel is one symbol whose assembly can be checked
// (Benchmarks/check-vector-code.py). A kernel whose operands are all uniform fills the block with one
// value, which is also how `evaluate` comes to use the very same formula.

@inline(never)
func run<K: UnaryKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform {
    out.update(repeating: K.value(a.pointer.pointee), count: count)
  } else {
    storeLanes(UnaryFormula<K>(x: a.pointer), to: out, count: count)
  }
}

private struct UnaryFormula<K: UnaryKernel>: LaneFormula {
  let x: UnsafePointer<K.Scalar>
  @inline(__always) func value(at lane: Int) -> K.Scalar { K.value(x[lane]) }
}

@inline(never)
func run<K: RareRangeKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform {
    let x = a.pointer.pointee
    out.update(repeating: K.isRare(x) ? K.rare(x) : K.common(x), count: count)
  } else {
    storeLanes(RareRangeFormula<K>(x: a.pointer), to: out, count: count)
  }
}

private struct RareRangeFormula<K: RareRangeKernel>: LaneFormula {
  let x: UnsafePointer<K.Scalar>

  @inline(__always) func value(at lane: Int) -> K.Scalar { K.common(x[lane]) }

  @inline(__always)
  func repair(_ staged: UnsafeMutablePointer<K.Scalar>, from start: Int, count: Int) {
    let x = x.advanced(by: start)
    var rareLanes: K.Scalar = 0
    for i in 0..<count { rareLanes = K.isRare(x[i]) ? 1 : rareLanes }
    if rareLanes == 0 { return }
    for i in 0..<count where K.isRare(x[i]) { staged[i] = K.rare(x[i]) }
  }
}

@inline(never)
func run<K: BinaryKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, _ b: LaneOperand<K.Scalar>,
  to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  switch (a.isUniform, b.isUniform) {
  case (true, true):
    out.update(repeating: K.value(a.pointer.pointee, b.pointer.pointee), count: count)
  case (false, false):
    storeLanes(
      BinaryFormula<K, _, _>(x: Varying(pointer: a.pointer), y: Varying(pointer: b.pointer)), to: out,
      count: count)
  case (false, true):
    storeLanes(
      BinaryFormula<K, _, _>(x: Varying(pointer: a.pointer), y: Uniform(value: b.pointer.pointee)), to: out,
      count: count)
  case (true, false):
    storeLanes(
      BinaryFormula<K, _, _>(x: Uniform(value: a.pointer.pointee), y: Varying(pointer: b.pointer)), to: out,
      count: count)
  }
}

private struct BinaryFormula<
  K: BinaryKernel, X: LaneReader<K.Scalar>, Y: LaneReader<K.Scalar>
>: LaneFormula {
  let x: X
  let y: Y
  @inline(__always) func value(at lane: Int) -> K.Scalar { K.value(x[lane], y[lane]) }
}

@inline(never)
func run<K: BinaryRareRangeKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, _ b: LaneOperand<K.Scalar>,
  to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  switch (a.isUniform, b.isUniform) {
  case (true, true):
    let (x, y) = (a.pointer.pointee, b.pointer.pointee)
    out.update(repeating: K.isRare(x, y) ? K.rare(x, y) : K.common(x, y), count: count)
  case (false, false):
    storeLanes(
      BinaryRareRangeFormula<K, _, _>(x: Varying(pointer: a.pointer), y: Varying(pointer: b.pointer)),
      to: out, count: count)
  case (false, true):
    storeLanes(
      BinaryRareRangeFormula<K, _, _>(x: Varying(pointer: a.pointer), y: Uniform(value: b.pointer.pointee)),
      to: out, count: count)
  case (true, false):
    storeLanes(
      BinaryRareRangeFormula<K, _, _>(x: Uniform(value: a.pointer.pointee), y: Varying(pointer: b.pointer)),
      to: out, count: count)
  }
}

private struct BinaryRareRangeFormula<
  K: BinaryRareRangeKernel, X: LaneReader<K.Scalar>, Y: LaneReader<K.Scalar>
>: LaneFormula {
  let x: X
  let y: Y

  @inline(__always) func value(at lane: Int) -> K.Scalar { K.common(x[lane], y[lane]) }

  @inline(__always)
  func repair(_ staged: UnsafeMutablePointer<K.Scalar>, from start: Int, count: Int) {
    var rareLanes: K.Scalar = 0
    for i in 0..<count { rareLanes = K.isRare(x[start &+ i], y[start &+ i]) ? 1 : rareLanes }
    if rareLanes == 0 { return }
    for i in 0..<count where K.isRare(x[start &+ i], y[start &+ i]) {
      staged[i] = K.rare(x[start &+ i], y[start &+ i])
    }
  }
}

@inline(never)
func runVectors<K: VectorKernel>(
  _ kernel: K.Type, _ a: LaneOperand<K.Scalar>, _ b: LaneOperand<K.Scalar>,
  to out: UnsafeMutablePointer<K.Scalar>, count: Int
) {
  if a.isUniform && b.isUniform {
    out.update(repeating: K.value(a.pointer.pointee, b.pointer.pointee), count: count)
    return
  }
  a.withVectors(K.Vector.self) { x in
    b.withVectors(K.Vector.self) { y in
      storeVectors(to: out, count: count) { K.value(x($0), y($0)) }
    }
  }
}

/// `condition ≠ 0 ? a : b`
@inline(never)
func runSelect<Scalar: SIMDScalar & BinaryFloatingPoint>(
  _ condition: LaneOperand<Scalar>, _ a: LaneOperand<Scalar>, _ b: LaneOperand<Scalar>,
  to out: UnsafeMutablePointer<Scalar>, count: Int
) {
  if condition.isUniform {
    let chosen = condition.pointer.pointee != 0 ? a : b
    if chosen.isUniform {
      out.update(repeating: chosen.pointer.pointee, count: count)
    } else {
      out.update(from: chosen.pointer, count: count)
    }
    return
  }
  let test = condition.pointer
  switch (a.isUniform, b.isUniform) {
  case (true, true):
    storeLanes(
      SelectFormula(test: test, x: Uniform(value: a.pointer.pointee), y: Uniform(value: b.pointer.pointee)),
      to: out, count: count)
  case (false, false):
    storeLanes(
      SelectFormula(test: test, x: Varying(pointer: a.pointer), y: Varying(pointer: b.pointer)), to: out,
      count: count)
  case (false, true):
    storeLanes(
      SelectFormula(test: test, x: Varying(pointer: a.pointer), y: Uniform(value: b.pointer.pointee)),
      to: out, count: count)
  case (true, false):
    storeLanes(
      SelectFormula(test: test, x: Uniform(value: a.pointer.pointee), y: Varying(pointer: b.pointer)),
      to: out, count: count)
  }
}

private struct SelectFormula<
  Scalar: SIMDScalar & BinaryFloatingPoint, X: LaneReader<Scalar>, Y: LaneReader<Scalar>
>: LaneFormula {
  let test: UnsafePointer<Scalar>
  let x: X
  let y: Y

  @inline(__always) func value(at lane: Int) -> Scalar {
    let (ifTrue, ifFalse) = (x[lane], y[lane])
    return test[lane] != 0 ? ifTrue : ifFalse
  }
}
