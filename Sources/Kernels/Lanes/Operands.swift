// How the block kernels read their operands and write their results.
//
// Two kinds of loop give vector code that is also correct when `out` is one of the operands:
//  - arithmetic on whole SIMD vectors: load, compute, store;
//  - for everything else, where SIMD types fall back to scalar code, a plain loop into a small buffer on
//    the stack, copied out afterwards. The buffer cannot overlap an operand, so that the compiler needs
//    no overlap check, which in place would choose the scalar version of the loop.

extension LaneOperand {
  /// The operand as a function of the vector's index.
  @inline(__always)
  func withVectors<V: SIMD>(_ type: V.Type, _ body: ((Int) -> V) -> Void) where V.Scalar == Scalar {
    if isUniform {
      let value = V(repeating: pointer.pointee)
      body { _ in value }
    } else {
      let vectors = UnsafeRawPointer(pointer).assumingMemoryBound(to: V.self)
      body { vectors[$0] }
    }
  }
}

/// One operand inside a lane loop. Readers and formulas are types rather than closures so that they are
/// always inlined: a loop around a closure that was not is scalar code.
protocol LaneReader<Scalar> {
  associatedtype Scalar
  subscript(lane: Int) -> Scalar { get }
}

struct Varying<Scalar>: LaneReader {
  let pointer: UnsafePointer<Scalar>
  @inline(__always) subscript(lane: Int) -> Scalar { pointer[lane] }
}

struct Uniform<Scalar>: LaneReader {
  let value: Scalar
  @inline(__always) subscript(lane: Int) -> Scalar { value }
}

/// What a lane loop stores in each lane.
protocol LaneFormula<Scalar> {
  associatedtype Scalar: SIMDScalar
  func value(at lane: Int) -> Scalar
  /// Called for each staged run before it is copied out, while the operands are still intact: `staged[i]`
  /// is the value for lane `start + i`.
  func repair(_ staged: UnsafeMutablePointer<Scalar>, from start: Int, count: Int)
}

extension LaneFormula {
  @inline(__always)
  func repair(_ staged: UnsafeMutablePointer<Scalar>, from start: Int, count: Int) {}
}

/// Stores `value(i)` for every whole vector of the block.
@inline(__always)
func storeVectors<V: SIMD>(
  to out: UnsafeMutablePointer<V.Scalar>, count: Int, _ value: (Int) -> V
) {
  let vectors = UnsafeMutableRawPointer(out).assumingMemoryBound(to: V.self)
  for i in 0..<count / V.scalarCount { vectors[i] = value(i) }
}

/// Lanes computed before they are stored: long enough for four vectors in flight.
@inline(__always) var stagedLanes: Int { 64 }

/// Stores the formula's value in every lane, through a buffer so that operands may be overwritten.
@inline(__always)
func storeLanes<F: LaneFormula>(
  _ formula: F, to out: UnsafeMutablePointer<F.Scalar>, count: Int
) {
  typealias Scalar = F.Scalar
  var buffer = SIMD64<Scalar>()
  withUnsafeMutablePointer(to: &buffer) { vector in
    let staged = UnsafeMutableRawPointer(vector).assumingMemoryBound(to: Scalar.self)
    var start = 0
    while start &+ stagedLanes <= count {
      for i in 0..<stagedLanes { staged[i] = formula.value(at: start &+ i) }
      formula.repair(staged, from: start, count: stagedLanes)
      let target = out.advanced(by: start)
      if MemoryLayout<Scalar>.stride == 8 {
        copyStaged(from: staged, to: target, as: SIMD8<Scalar>.self)
      } else {
        copyStaged(from: staged, to: target, as: SIMD16<Scalar>.self)
      }
      start &+= stagedLanes
    }
    if start < count {
      let length = count &- start
      for i in 0..<length { staged[i] = formula.value(at: start &+ i) }
      formula.repair(staged, from: start, count: length)
      out.advanced(by: start).update(from: staged, count: length)
    }
  }
}

/// Copies a staged run in vectors of 64 bytes: with any other width it costs more than the computation.
@inline(__always)
private func copyStaged<V: SIMD>(
  from staged: UnsafeMutablePointer<V.Scalar>, to out: UnsafeMutablePointer<V.Scalar>, as type: V.Type
) {
  let vectors = UnsafeMutableRawPointer(staged).assumingMemoryBound(to: V.self)
  storeVectors(to: out, count: stagedLanes) { vectors[$0] }
}
