import Lanes

/// A 64-byte aligned block of lanes. Never freed, so that its pointers may outlive the last use of the block.
struct Block<Scalar: LaneScalar> {
  let pointer: UnsafeMutablePointer<Scalar>
  let count: Int

  /// The values, padded with the last one to whole groups of lanes.
  init(_ values: [Scalar]) {
    count = max(1, (values.count + laneGroup - 1) / laneGroup) * laneGroup
    let bytes = count * MemoryLayout<Scalar>.stride
    pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Scalar.self, capacity: count)
    for i in 0..<count { (pointer + i).initialize(to: i < values.count ? values[i] : values.last ?? 0) }
  }

  init(count: Int) { self.init([Scalar](repeating: 0, count: count)) }

  var lanes: LaneOperand<Scalar> { LaneOperand(lanes: pointer) }
  var uniform: LaneOperand<Scalar> { LaneOperand(uniform: pointer) }
  subscript(lane: Int) -> Scalar { pointer[lane] }
  var values: [Scalar] { (0..<count).map { pointer[$0] } }
}

/// Equal bits, where any NaN is as good as any other.
func sameBits<Scalar: LaneScalar>(_ a: Scalar, _ b: Scalar) -> Bool {
  a.isNaN ? b.isNaN : a == b && a.sign == b.sign
}

/// Zeros, subnormals, thresholds, infinities and NaN of both signs, and ordinary numbers among them.
func difficultValues<Scalar: LaneScalar>(_ type: Scalar.Type) -> [Scalar] {
  let positive: [Scalar] = [
    0, Scalar.leastNonzeroMagnitude, Scalar.leastNormalMagnitude, Scalar.ulpOfOne, 0.25, 0.5, 0.54, 0.75, 1,
    1 + Scalar.ulpOfOne, 1.5, 2, 2.5, 3, 7, 10.25, 33, 88.5, 104, 710, 745, 12_345.678, 1e9, 1e13, 1e20,
    Scalar.greatestFiniteMagnitude, Scalar.infinity, Scalar.nan,
  ]
  return positive + positive.map { -$0 }
}
