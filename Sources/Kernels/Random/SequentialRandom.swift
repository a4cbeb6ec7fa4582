/// Random numbers one after the other, for what is not done in blocks: test points, resampling.
///
/// The n-th number is a function of (seed, stream, n); the normals are those of the Double kernels.
public struct SequentialRandom: Sendable {
  private let seed: UInt64
  private let stream: RandomStream
  private var group = 0
  private var waiting: [Double] = []
  private var waitingUniforms: [Double] = []

  public init(seed: UInt64, stream: RandomStream) {
    self.seed = seed
    self.stream = stream
  }

  /// A normal with mean 0 and variance 1.
  public mutating func normal() -> Double {
    if let value = waiting.popLast() { return value }
    waiting = numbers { out, base in Double.fillNormals(out, count: 16, base: base, scale: 1) }
    return waiting.removeLast()
  }

  /// A uniform in (0, 1).
  public mutating func uniform() -> Double {
    if let value = waitingUniforms.popLast() { return value }
    waitingUniforms = numbers { out, base in Double.fillUniforms(out, count: 16, base: base) }
    return waitingUniforms.removeLast()
  }

  /// A uniform index in 0 ..< count; count must be positive.
  public mutating func index(below count: Int) -> Int { min(count - 1, Int(uniform() * Double(count))) }

  private mutating func numbers(
    _ fill: (UnsafePointer<UnsafeMutablePointer<Double>>, CounterBase) -> Void
  ) -> [Double] {
    let base = CounterBase(
      seed: seed, stream: stream, firstPath: 0, level: 0, group: group, dimension: 0xFFFF)
    group += 1
    let lanes: UnsafeMutablePointer<Double> = allocateLanes(32)
    defer { lanes.deallocate() }
    let rows = [lanes, lanes + 16]
    rows.withUnsafeBufferPointer { fill($0.baseAddress!, base) }
    return Array(UnsafeBufferPointer(start: lanes, count: 32))
  }
}
