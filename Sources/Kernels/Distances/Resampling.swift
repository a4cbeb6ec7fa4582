import Random

/// Who belongs to which sample: as observed, in permutations of the pooled rows, and with groups left out.
///
/// - Under the hypothesis that both samples have one law, every split of the pooled rows into na and nb is
///   equally probable: permutations tell the p-value, exactly, and the floor.
/// - The rows of each sample are dealt at random into groups; the statistic without group g of both samples, for
///   each g, tells the standard error (the grouped jackknife).
struct Resampling: Sendable {
  let na: Int
  let nb: Int
  let permutations: Int
  let groups: Int
  /// The group of each pooled row.
  let group: [Int]
  /// Of each permutation, one after the other, the label of each pooled row.
  private let permuted: [UInt8]

  static let inA: UInt8 = 0
  static let inB: UInt8 = 1
  static let leftOut: UInt8 = 2
  static let mostGroups = 20

  var count: Int { na + nb }
  /// The observed labels, the permutations, and those without a group.
  var labelings: Int { 1 + permutations + groups }

  /// What all labels together may be: they and their indicators are held, nine bytes each.
  static let mostLabels = 200_000_000

  /// - Throws: ``DistanceError`` for more labels than that.
  init(_ samples: TwoSamples, permutations: Int, _ random: inout SequentialRandom) throws {
    guard samples.count <= Resampling.mostLabels / (permutations + 2 * Resampling.mostGroups) else {
      throw DistanceError(
        "\(permutations) permutations of \(samples.count) rows are more than can be held: take fewer rows or "
          + "permutations")
    }
    na = samples.na
    nb = samples.nb
    self.permutations = permutations
    groups = min(Resampling.mostGroups, na, nb)
    let n = na + nb
    var group = [Int](repeating: 0, count: n)
    for (start, size) in [(0, na), (na, nb)] {
      var order = Array(start..<start + size)
      order.shuffle(size, &random)
      for (rank, row) in order.enumerated() { group[row] = rank % groups }
    }
    self.group = group
    // The smaller sample is drawn: of the first places of a shuffle no more are needed.
    let (few, label, other) =
      na <= nb ? (na, Resampling.inA, Resampling.inB) : (nb, Resampling.inB, Resampling.inA)
    var labels = [UInt8](repeating: other, count: permutations * n)
    var order = Array(0..<n)
    for p in 0..<permutations {
      order.shuffle(few, &random)
      for row in order.prefix(few) { labels[p * n + row] = label }
    }
    permuted = labels
  }

  /// Writes the labels of a labeling: 0 the observed one, then the permutations, then one for each group left out.
  func write(_ labeling: Int, to labels: UnsafeMutablePointer<UInt8>) {
    if labeling >= 1, labeling <= permutations {
      permuted.withUnsafeBufferPointer { all in
        for i in 0..<count { labels[i] = all[(labeling - 1) * count + i] }
      }
      return
    }
    for i in 0..<count { labels[i] = i < na ? Resampling.inA : Resampling.inB }
    guard labeling > permutations else { return }
    for i in 0..<count where group[i] == labeling - permutations - 1 { labels[i] = Resampling.leftOut }
  }

  /// Whether a row is in a in a permutation, counted from 0.
  func isInA(_ row: Int, permutation: Int) -> Bool { permuted[permutation * count + row] == Resampling.inA }
}

extension Array where Element == Int {
  /// Puts a uniform random choice of the elements, in random order, into the first `places` places.
  mutating func shuffle(_ places: Int, _ random: inout SequentialRandom) {
    for i in 0..<places { swapAt(i, i + random.index(below: count - i)) }
  }
}
