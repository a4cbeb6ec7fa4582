// Philox 4x32-10 for a block of lanes whose counters differ in word 0 only.
//
// Words are kept in 64-bit lanes, the upper half of which holds anything: a product of 32-bit words then is
// one instruction on every vector unit, and what a round takes from the last one needs no packing. A round of
// eight lanes is two products, two shifts and two three-way exclusive ors. In the first three rounds some words
// are the same for all lanes and are computed once a call.
//
// Four vectors are computed side by side: a round is a chain of three dependent operations, and one chain
// leaves most of the machine idle. Round keys are read from memory in each pass, through raw pointers so that
// the compiler does not keep them in registers it does not have: it would spill them to a stack that Swift
// does not align to 64 bytes, and loads across cache lines cost as much as the rounds.

/// Eight lanes of 64-bit words.
typealias WordVector = SIMD8<UInt64>

/// What a block's rounds need that does not vary by lane.
private struct RoundTable {
  static let count = 20
  /// Offsets of the entries.
  static let middleRounds = 5
  static let lastRound = 17
  static let firstLane = 19

  /// Writes the table for the lanes first, first + 1, …
  @inline(__always)
  static func write(_ base: CounterBase, to table: UnsafeMutablePointer<UInt64>) {
    let (_, c1, c2, c3) = base.words
    var keys = base.key
    @inline(__always)
    func nextKeys() -> (UInt32, UInt32) {
      defer { keys = (keys.0 &+ 0x9E37_79B9, keys.1 &+ 0xBB67_AE85) }
      return keys
    }
    var (k0, k1) = nextKeys()
    let product = UInt64(c2) &* 0xCD9E_8D57
    let uniform0 = UInt32(truncatingIfNeeded: product &>> 32) ^ c1 ^ k0
    table[0] = UInt64(c3 ^ k1)

    (k0, k1) = nextKeys()
    let second = UInt64(uniform0) &* 0xD251_1F53
    table[1] = UInt64(UInt32(truncatingIfNeeded: product) ^ k0)
    table[2] = UInt64(UInt32(truncatingIfNeeded: second &>> 32) ^ k1)

    (k0, k1) = nextKeys()
    table[3] = UInt64(k0)
    table[4] = UInt64(UInt32(truncatingIfNeeded: second) ^ k1)

    for round in 0..<6 {
      (k0, k1) = nextKeys()
      table[middleRounds + 2 * round] = UInt64(k0)
      table[middleRounds + 2 * round + 1] = UInt64(k1)
    }
    (k0, k1) = nextKeys()
    table[lastRound] = UInt64(k0) &<< 32
    table[lastRound + 1] = UInt64(k1) &<< 32
    table[firstLane] = UInt64(base.words.0)
  }
}

/// The words of eight counters between rounds.
private struct VectorState {
  var c0: WordVector
  var c1: WordVector
  var c2: WordVector
  var c3: WordVector

  @inline(__always)
  static func high(_ product: WordVector) -> WordVector { product &>> WordVector(repeating: 32) }

  @inline(__always)
  static func product0(_ word: WordVector) -> WordVector {
    (word & WordVector(repeating: 0xFFFF_FFFF)) &* WordVector(repeating: 0xD251_1F53)
  }

  @inline(__always)
  static func product1(_ word: WordVector) -> WordVector {
    (word & WordVector(repeating: 0xFFFF_FFFF)) &* WordVector(repeating: 0xCD9E_8D57)
  }

  /// The state after three rounds of the counters with these words 0.
  @inline(__always)
  init(lanes: WordVector, _ table: Reader) {
    let p0 = Self.product0(lanes)
    let p1 = Self.product1(Self.high(p0) ^ table[0])
    let second0 = Self.high(p1) ^ table[1]
    let second2 = p0 ^ table[2]
    let q0 = Self.product0(second0)
    let q1 = Self.product1(second2)
    c0 = Self.high(q1) ^ p1 ^ table[3]
    c1 = q1
    c2 = Self.high(q0) ^ table[4]
    c3 = q0
  }

  @inline(__always)
  mutating func round(_ k0: WordVector, _ k1: WordVector) {
    let p0 = Self.product0(c0)
    let p1 = Self.product1(c2)
    (c0, c1, c2, c3) = (Self.high(p1) ^ c1 ^ k0, p1, Self.high(p0) ^ c3 ^ k1, p0)
  }

  /// The last round: words 0 and 1 as the halves, high and low, of one number, and words 2 and 3.
  @inline(__always)
  func finish(_ table: Reader) -> (WordVector, WordVector) {
    let shift = WordVector(repeating: 32)
    return (
      Self.product1(c2) ^ c1 &<< shift ^ table[RoundTable.lastRound],
      Self.product0(c0) ^ c3 &<< shift ^ table[RoundTable.lastRound + 1]
    )
  }
}

private struct Reader {
  let table: UnsafeRawPointer

  @inline(__always)
  subscript(entry: Int) -> WordVector {
    WordVector(repeating: table.load(fromByteOffset: 8 &* entry, as: UInt64.self))
  }
}

private typealias WordPair = (WordVector, WordVector)

/// The random words of four vectors of counters, which differ by `offset`s in word 0.
@inline(__always)
private func fourVectors(
  _ lanes: WordVector, _ offsets: (UInt64, UInt64, UInt64), _ table: Reader
) -> (WordPair, WordPair, WordPair, WordPair) {
  var a = VectorState(lanes: lanes, table)
  var b = VectorState(lanes: lanes &+ WordVector(repeating: offsets.0), table)
  var c = VectorState(lanes: lanes &+ WordVector(repeating: offsets.1), table)
  var d = VectorState(lanes: lanes &+ WordVector(repeating: offsets.2), table)
  @inline(__always)
  func round(_ index: Int) {
    let k0 = table[RoundTable.middleRounds + 2 * index]
    let k1 = table[RoundTable.middleRounds + 2 * index + 1]
    a.round(k0, k1)
    b.round(k0, k1)
    c.round(k0, k1)
    d.round(k0, k1)
  }
  round(0)
  round(1)
  round(2)
  round(3)
  round(4)
  round(5)
  return (a.finish(table), b.finish(table), c.finish(table), d.finish(table))
}

/// Words 0 and 1 (high, low) of lane i at `out0[i]`, words 2 and 3 at `out1[i]`.
@inline(__always)
func fillWordPairs(
  _ out0: UnsafeMutablePointer<UInt64>, _ out1: UnsafeMutablePointer<UInt64>, count: Int,
  base: CounterBase
) {
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: RoundTable.count) { table in
    RoundTable.write(base, to: table.baseAddress!)
    pairPasses(out0, out1, count: count / 16 * 16, table.baseAddress!)
  }
  for lane in count / 16 * 16..<count {
    let word = philox4x32(base.words(lane), key: base.key)
    out0[lane] = UInt64(word.0) &<< 32 | UInt64(word.1)
    out1[lane] = UInt64(word.2) &<< 32 | UInt64(word.3)
  }
}

@inline(never)
private func pairPasses(
  _ out0: UnsafeMutableRawPointer, _ out1: UnsafeMutableRawPointer, count: Int, _ table: UnsafeRawPointer
) {
  let table = Reader(table: table)
  var lanes = WordVector(0, 1, 2, 3, 4, 5, 6, 7) &+ table[RoundTable.firstLane]
  var start = 0
  while start < count {
    let (a, b, c, d) = fourVectors(lanes, (8, 16, 24), table)
    @inline(__always)
    func store(_ words: WordPair, _ vector: Int) {
      out0.storeBytes(of: words.0, toByteOffset: 8 &* start &+ 64 &* vector, as: WordVector.self)
      out1.storeBytes(of: words.1, toByteOffset: 8 &* start &+ 64 &* vector, as: WordVector.self)
    }
    store(a, 0)
    store(b, 1)
    if start &+ 16 < count {
      store(c, 2)
      store(d, 3)
    }
    start &+= 32
    lanes = lanes &+ WordVector(repeating: 32)
  }
}

/// Word w of lane i at `out[w][i]`.
@inline(__always)
func fillWords(
  _ out: (
    UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>,
    UnsafeMutablePointer<UInt32>
  ), count: Int, base: CounterBase
) {
  withUnsafeTemporaryAllocation(of: UInt64.self, capacity: RoundTable.count) { table in
    RoundTable.write(base, to: table.baseAddress!)
    wordPasses(out.0, out.1, out.2, out.3, count: count / 16 * 16, table.baseAddress!)
  }
  for lane in count / 16 * 16..<count {
    (out.0[lane], out.1[lane], out.2[lane], out.3[lane]) = philox4x32(base.words(lane), key: base.key)
  }
}

@inline(never)
private func wordPasses(
  _ out0: UnsafeMutableRawPointer, _ out1: UnsafeMutableRawPointer, _ out2: UnsafeMutableRawPointer,
  _ out3: UnsafeMutableRawPointer, count: Int, _ table: UnsafeRawPointer
) {
  let table = Reader(table: table)
  // One vector has the even lanes and the next the odd ones, so that joining their words moves nothing
  // across lanes of 64 bits.
  var lanes = WordVector(0, 2, 4, 6, 8, 10, 12, 14) &+ table[RoundTable.firstLane]
  var start = 0
  while start < count {
    let (a, b, c, d) = fourVectors(lanes, (1, 16, 17), table)
    @inline(__always)
    func store(_ even: WordPair, _ odd: WordPair, _ vector: Int) {
      let offset = 4 &* start &+ 64 &* vector
      out0.storeBytes(of: joinHigh(even.0, odd.0), toByteOffset: offset, as: WordVector.self)
      out1.storeBytes(of: joinLow(even.0, odd.0), toByteOffset: offset, as: WordVector.self)
      out2.storeBytes(of: joinHigh(even.1, odd.1), toByteOffset: offset, as: WordVector.self)
      out3.storeBytes(of: joinLow(even.1, odd.1), toByteOffset: offset, as: WordVector.self)
    }
    store(a, b, 0)
    if start &+ 16 < count { store(c, d, 1) }
    start &+= 32
    lanes = lanes &+ WordVector(repeating: 32)
  }
}

@inline(__always)
private func joinHigh(_ even: WordVector, _ odd: WordVector) -> WordVector {
  even &>> WordVector(repeating: 32) | odd & WordVector(repeating: 0xFFFF_FFFF_0000_0000)
}

@inline(__always)
private func joinLow(_ even: WordVector, _ odd: WordVector) -> WordVector {
  even & WordVector(repeating: 0xFFFF_FFFF) | odd &<< WordVector(repeating: 32)
}
