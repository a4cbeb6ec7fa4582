import Kernels
import Testing

@Suite struct PhiloxTests {
  /// The known answers of Random123 for philox4x32-10 (`kat_vectors`).
  @Test func knownAnswers() {
    let ones: UInt32 = 0xFFFF_FFFF
    #expect(philox4x32((0, 0, 0, 0), key: (0, 0)) == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      philox4x32((ones, ones, ones, ones), key: (ones, ones)) == (
        0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD
      ))
    #expect(
      philox4x32((0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: (0xA409_3822, 0x299F_31D0))
        == (0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  /// Every coordinate of a random number has its own bits of the counter: none overlap.
  @Test func coordinatesHaveTheirOwnBits() {
    func base(
      _ stream: RandomStream = .brownian, _ path: Int = 0, _ level: Int = 0, _ group: Int = 0, _ dim: Int = 0
    )
      -> Words
    {
      CounterBase(seed: 0, stream: stream, firstPath: path, level: level, group: group, dimension: dim).words
    }
    func bits(_ words: Words) -> [UInt32] { [words.0, words.1, words.2, words.3] }
    let full: [[UInt32]] = [
      bits(base(.brownian, (1 << 48) - 1)), bits(base(.brownian, 0, 255)),
      bits(base(.brownian, 0, 0, (1 << 48) - 1)),
      bits(base(.brownian, 0, 0, 0, 0xFFFF)), bits(base(.initial)), bits(base(.auxiliary)),
    ]
    for (i, a) in full.enumerated() {
      #expect(a != [0, 0, 0, 0])
      for b in full[(i + 1)...] { #expect(zip(a, b).allSatisfy { $0 & $1 == 0 }) }
    }
    let key = CounterBase(
      seed: 0x0123_4567_89AB_CDEF, stream: .initial, firstPath: 0, level: 0, group: 0, dimension: 0
    )
    .key
    #expect(key == (0x89AB_CDEF, 0x0123_4567))
  }
}
