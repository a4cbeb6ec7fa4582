import Program

/// A number that a replay chooses: a component of an input, or a draw.
struct ReplaySlot {
  let node: NodeID
  let row: Int
  let label: String
  /// Draws of uniforms stay between 0 and 1.
  let isUniform: Bool
}

/// Where a compiled function is compared with the plain one.
///
/// Random points alone miss what happens at single values: `if x == 0` agreed with its wrong compilation at
/// 200 of 200. So there are also 0, −0, ±1, NaN, every number in the function's code and among what it
/// captured, and each value that a branch compares an argument with, and its neighbours.
struct ReplayPoints {
  private var random: UInt64 = 0x5EED
  private(set) var points: [[Double]] = []
  private let slots: [ReplaySlot]

  static let fewest = 64
  static let most = 192

  init(slots: [ReplaySlot], special: [Double], edges: [(slot: Int, value: Double)]) {
    self.slots = slots
    for style in 0..<3 { for _ in 0..<8 { points.append(point(style)) } }
    guard !slots.isEmpty else {
      points = [[]]
      return
    }
    for value in special { add(slots.map { _ in value }) }
    for edge in edges {
      for value in [edge.value, edge.value.nextUp, edge.value.nextDown] { add(at: edge.slot, value) }
    }
    for value in special {
      for slot in slots.indices where points.count < ReplayPoints.most { add(at: slot, value) }
    }
    while points.count < ReplayPoints.fewest { points.append(point(points.count % 3)) }
  }

  private mutating func add(at slot: Int, _ value: Double) {
    guard points.count < ReplayPoints.most else { return }
    var values = point(points.count % 2)
    if !slots[slot].isUniform { values[slot] = value }
    points.append(values)
  }

  private mutating func add(_ values: [Double]) {
    guard points.count < ReplayPoints.most else { return }
    let fallback = point(0)
    points.append(slots.indices.map { slots[$0].isUniform ? fallback[$0] : values[$0] })
  }

  /// Style 0: between 0 and 2; 1: between −4 and 4; 2: of any magnitude from 10⁻³ to 10³.
  private mutating func point(_ style: Int) -> [Double] {
    slots.map { slot in
      let u = next()
      if slot.isUniform { return u }
      switch style {
      case 0: return 2 * u
      case 1: return 8 * u - 4
      default:
        let size = [0.001, 0.01, 0.1, 1, 10, 100, 1000][Int(next() * 7)]
        return (2 * u - 1) * size
      }
    }
  }

  /// A number between 0 and 1, both excluded (SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
  private mutating func next() -> Double {
    random &+= 0x9E37_79B9_7F4A_7C15
    var z = random
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return (Double(z >> 12) + 0.5) * 0x1p-52
  }
}
