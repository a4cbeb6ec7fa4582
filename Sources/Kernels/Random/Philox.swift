/// Four 32-bit words: a counter or a block of random bits.
public typealias Words = (UInt32, UInt32, UInt32, UInt32)

/// Philox 4x32-10: a keyed bijection of 128-bit counters whose output passes as random.
///
/// It has no state: the random bits of a path, a time and a stream are a function of (key, counter), so
/// any thread can make any of them at any time.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, §3.3.
@inlinable @inline(__always)
public func philox4x32(_ counter: Words, key: (UInt32, UInt32)) -> Words {
  var (c0, c1, c2, c3) = counter
  var (k0, k1) = key
  for _ in 0..<10 {
    let p0 = UInt64(c0) &* 0xD251_1F53
    let p1 = UInt64(c2) &* 0xCD9E_8D57
    let high0 = UInt32(truncatingIfNeeded: p0 &>> 32)
    let high1 = UInt32(truncatingIfNeeded: p1 &>> 32)
    (c0, c1, c2, c3) = (
      high1 ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1), high0 ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
    )
    k0 = k0 &+ 0x9E37_79B9
    k1 = k1 &+ 0xBB67_AE85
  }
  return (c0, c1, c2, c3)
}

/// What a random number is for. Different streams never share bits.
public enum RandomStream: UInt32, Sendable {
  /// The increments of the Brownian paths.
  case brownian = 0
  /// Draws made by a script's `x0 = function(rng)`.
  case initial = 1
  /// Draws of losses, samplers and resampling.
  case auxiliary = 2
  /// Samples of laws and data sets.
  case samples = 3
  /// The initial values of a net's parameters.
  case parameters = 4
}

/// The part of a Philox counter that is common to the lanes of a block, and the key.
///
/// Word 0 is the low half of the path index and varies by lane. Word 1 holds the path's bits 32–47, the
/// level (8 bits) and the stream (8 bits); word 2 the low half of the node group; word 3 the noise
/// dimension (16 bits) and the group's bits 32–47.
public struct CounterBase: Sendable {
  public var words: Words
  public var key: (UInt32, UInt32)

  /// - Parameters:
  ///   - firstPath: index of the first lane's path, a multiple of the block length (so that word 0 does
  ///     not overflow inside a block), below 2⁴⁸.
  ///   - group: which group of numbers along time, below 2⁴⁸.
  ///   - dimension: which noise, below 2¹⁶.
  @inlinable
  public init(
    seed: UInt64, stream: RandomStream, firstPath: Int, level: Int, group: Int, dimension: Int
  ) {
    words = (
      UInt32(truncatingIfNeeded: firstPath),
      UInt32(truncatingIfNeeded: firstPath &>> 32) & 0xFFFF | UInt32(truncatingIfNeeded: level) &<< 16
        | stream.rawValue &<< 24,
      UInt32(truncatingIfNeeded: group),
      UInt32(truncatingIfNeeded: dimension) & 0xFFFF
        | UInt32(truncatingIfNeeded: group &>> 32) &<< 16
    )
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed &>> 32))
  }

  /// The counter of a lane of the block.
  @inline(__always)
  func words(_ lane: Int) -> Words {
    (words.0 &+ UInt32(truncatingIfNeeded: lane), words.1, words.2, words.3)
  }
}
