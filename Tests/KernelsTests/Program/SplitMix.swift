/// SplitMix64 (Steele, Lea, Flood 2014): random numbers for tests that owe nothing to what is tested.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: some BinaryInteger) { state = UInt64(truncatingIfNeeded: seed) &* 0x2545_F491_4F6C_DD1D }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }
  mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }
  mutating func chance(_ p: Double) -> Bool { uniform() < p }
  mutating func choose<T>(_ values: [T]) -> T { values[below(values.count)] }
}
