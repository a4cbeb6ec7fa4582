import Lanes
import Program

/// What the decisions already taken on a path say about further comparisons.
///
/// Between two values exactly one of <, =, > and "unordered" (a NaN) holds; a fact keeps the relations that
/// are still possible. Against a constant, what is left of a value is an interval, and NaN or not. So that
/// `x < 0` being true settles `x >= 0`, but its being false does not: x may be NaN.
struct BranchFacts {
  private struct Relations: OptionSet {
    let rawValue: UInt8
    static let less = Relations(rawValue: 1)
    static let equal = Relations(rawValue: 2)
    static let greater = Relations(rawValue: 4)
    static let unordered = Relations(rawValue: 8)
    static let all: Relations = [.less, .equal, .greater, .unordered]

    static func satisfying(_ comparison: Comparison) -> Relations {
      switch comparison {
      case .less: .less
      case .lessOrEqual: [.less, .equal]
      case .equal: .equal
      }
    }
    /// The relations of (b, a) that are these of (a, b).
    var swapped: Relations {
      var result = intersection([.equal, .unordered])
      if contains(.less) { result.insert(.greater) }
      if contains(.greater) { result.insert(.less) }
      return result
    }
  }

  /// The values a node may have: `low`…`high`, and NaN.
  private struct Range {
    var low = -Double.infinity
    var lowIsOpen = false
    var high = Double.infinity
    var highIsOpen = false
    var mayBeNaN = true

    var isEmpty: Bool { low > high || (low == high && (lowIsOpen || highIsOpen)) }

    /// The relations that some value of the interval has to `c`.
    func relations(to c: Double) -> Relations {
      var result: Relations = mayBeNaN || c.isNaN ? .unordered : []
      if c.isNaN || isEmpty { return result }
      if low < c { result.insert(.less) }
      if high > c { result.insert(.greater) }
      if low < c || (low == c && !lowIsOpen), high > c || (high == c && !highIsOpen) { result.insert(.equal) }
      return result
    }

    mutating func keep(_ kept: Relations, to c: Double) {
      if !kept.contains(.unordered) { mayBeNaN = false }
      if c.isNaN { return }
      if !kept.contains(.less) { raise(to: c, open: !kept.contains(.equal)) }
      if !kept.contains(.greater) { lower(to: c, open: !kept.contains(.equal)) }
      // `x ~= c` in the middle of the interval cannot be kept: it would leave two intervals.
      if kept.isSuperset(of: [.less, .greater]), !kept.contains(.equal) {
        if low == c { lowIsOpen = true }
        if high == c { highIsOpen = true }
      }
    }

    private mutating func raise(to c: Double, open: Bool) {
      if c > low { (low, lowIsOpen) = (c, open) } else if c == low { lowIsOpen = lowIsOpen || open }
    }
    private mutating func lower(to c: Double, open: Bool) {
      if c < high { (high, highIsOpen) = (c, open) } else if c == high { highIsOpen = highIsOpen || open }
    }
  }

  private struct Pair: Hashable {
    let a: NodeID
    let b: NodeID
  }

  /// Conditions that are not comparisons of scalars.
  private var other: [NodeID: Bool] = [:]
  private var pairs: [Pair: Relations] = [:]
  private var ranges: [NodeID: Range] = [:]

  /// Whether the condition is settled.
  func value(of condition: NodeID, in builder: ProgramBuilder) -> Bool? {
    guard case .compare(let comparison) = builder[condition].kind else { return other[condition] }
    let wanted = Relations.satisfying(comparison)
    let possible = self.possible(condition, builder)
    if possible.isDisjoint(with: wanted) { return false }
    return possible.isSubset(of: wanted) ? true : nil
  }

  mutating func assume(_ condition: NodeID, _ value: Bool, in builder: ProgramBuilder) {
    guard case .compare(let comparison) = builder[condition].kind else {
      other[condition] = value
      return
    }
    let wanted = Relations.satisfying(comparison)
    let kept = value ? wanted : Relations.all.subtracting(wanted)
    let (a, b) = (builder[condition].operands[0], builder[condition].operands[1])
    if let c = constant(b, builder) {
      ranges[a, default: Range()].keep(kept, to: c)
    } else if let c = constant(a, builder) {
      ranges[b, default: Range()].keep(kept.swapped, to: c)
    } else if a < b {
      pairs[Pair(a: a, b: b), default: .all].formIntersection(kept)
    } else {
      pairs[Pair(a: b, b: a), default: .all].formIntersection(kept.swapped)
    }
  }

  private func possible(_ condition: NodeID, _ builder: ProgramBuilder) -> Relations {
    let (a, b) = (builder[condition].operands[0], builder[condition].operands[1])
    if let c = constant(b, builder) { return (ranges[a] ?? Range()).relations(to: c) }
    if let c = constant(a, builder) { return (ranges[b] ?? Range()).relations(to: c).swapped }
    var relations: Relations
    if a == b {
      relations = [.equal, .unordered]
    } else if a < b {
      relations = pairs[Pair(a: a, b: b)] ?? .all
    } else {
      relations = (pairs[Pair(a: b, b: a)] ?? .all).swapped
    }
    // A value that was compared with a constant successfully is not NaN.
    if let x = ranges[a], let y = ranges[b], !x.mayBeNaN, !y.mayBeNaN { relations.remove(.unordered) }
    return relations
  }

  private func constant(_ id: NodeID, _ builder: ProgramBuilder) -> Double? {
    guard let values = builder[id].constants, values.count == 1 else { return nil }
    return values[0]
  }
}
