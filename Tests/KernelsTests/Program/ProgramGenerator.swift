import Kernels

/// Random Programs over all kinds of nodes, and values to run them on.
///
/// With `tame` every operation is tried at the point ``values`` first and taken only if its result there is
/// finite, of moderate size and not singular (√0, arcsin 1), so that derivatives exist there; without it anything goes.
struct ProgramGenerator {
  struct Generated {
    let program: Program
    /// The point at which a tame Program is finite.
    let values: [String: [Double]]
  }

  private var random: SplitMix
  private let tame: Bool
  private let vectors: Bool
  private let builder = ProgramBuilder()
  private var pool: [NodeID] = []
  /// What each node of the pool is worth at the point.
  private var known: [NodeID: [Double]] = [:]
  private var values: [String: [Double]] = [:]

  private init(seed: Int, tame: Bool, vectors: Bool) {
    random = SplitMix(seed)
    self.tame = tame
    self.vectors = vectors
  }

  static let specialValues: [Double] = [
    0, -0.0, 1, -1, 0.5, 2, .nan, .infinity, -.infinity, 0x1p-1074, -0x1p-1030, 1e308, -1e300, 1e-30,
  ]

  /// - Parameter vectors: with sums, slices, matrix products and outer products too.
  static func make(
    seed: Int, tame: Bool, operations: ClosedRange<Int> = 4...45, vectors: Bool = false
  ) throws -> Generated {
    var generator = ProgramGenerator(seed: seed, tame: tame, vectors: vectors)
    return try generator.make(operations)
  }

  private mutating func make(_ operations: ClosedRange<Int>) throws -> Generated {
    declare("x", 1 + random.below(3), .lane)
    if random.chance(0.7) { declare("y", 1, .lane) }
    if random.chance(0.7) { declare("p", 1 + random.below(3), .run) }
    if random.chance(0.5) { declare("q", 1, .run) }
    if random.chance(0.7) { declare("t", 1, .step) }
    if !tame {
      for _ in 0..<random.below(3) { pool.append(builder.draw(random.chance(0.5) ? .normal : .uniform)) }
    }
    for _ in 0..<1 + random.below(3) { addConstant() }
    if vectors {
      declare("v", 2 + random.below(4), .lane)
      declare("m", 2 + random.below(11), .run)
    }
    let goal = operations.lowerBound + random.below(operations.count)
    var tries = 0
    var made = 0
    while made < goal, tries < 20 * goal {
      tries += 1
      if addOperation() { made += 1 }
    }
    var outputs: [(String, NodeID)] = []
    for index in 0..<1 + random.below(5) {
      var node = random.chance(0.7) ? pool[pool.count - 1 - random.below(min(6, pool.count))] : any()
      if random.chance(0.2) { node = builder.stack([node, any()]) }
      if random.chance(0.1), let last = outputs.last { node = last.1 }
      outputs.append(("out\(index)", node))
    }
    return Generated(program: try builder.finish(outputs), values: values)
  }

  private mutating func declare(_ name: String, _ rows: Int, _ variation: Variation) {
    let id = builder.input(name, rows: rows, variation: variation)
    values[name] = (0..<rows).map { _ in random.uniform(-2, 2) }
    known[id] = values[name]!
    pool.append(id)
  }

  private mutating func addConstant() {
    let rows = random.chance(0.8) ? 1 : 2 + random.below(2)
    let numbers = (0..<rows).map { _ in
      tame || random.chance(0.5) ? random.uniform(-2, 2) : random.choose(Self.specialValues)
    }
    let id = builder.constant(numbers)
    known[id] = numbers
    pool.append(id)
  }

  private mutating func any() -> NodeID {
    random.chance(0.5) ? pool[pool.count - 1 - random.below(min(5, pool.count))] : random.choose(pool)
  }

  /// A node that combines with one of `rows` rows.
  private mutating func any(like rows: Int) -> NodeID {
    for _ in 0..<4 {
      let id = any()
      if builder[id].rows == rows || builder[id].rows == 1 || rows == 1 { return id }
    }
    let id = any()
    return component(id, random.below(builder[id].rows))
  }

  private mutating func component(_ id: NodeID, _ row: Int) -> NodeID {
    let part = builder.pick(id, row)
    if tame { known[part] = [known[id]![row]] }
    return part
  }

  private mutating func addVectorOperation() -> Bool {
    let a = any()
    let rows = builder[a].rows
    switch random.below(7) {
    case 0:
      let first = random.below(rows)
      let count = 1 + random.below(rows - first)
      return take(builder.slice(a, first, count)) { known in Array(known[a]![first..<first + count]) }
    case 1:
      guard rows == 1 else { return false }
      let count = 2 + random.below(4)
      return take(builder.broadcast(a, count)) { known in [Double](repeating: known[a]![0], count: count) }
    case 2: return take(builder.sum(a)) { known in [known[a]!.reduce(0, +)] }
    case 3:
      let b = any()
      guard rows * builder[b].rows <= 12 else { return false }
      return take(builder.outer(a, b)) { known in known[a]!.flatMap { a in known[b]!.map { a * $0 } } }
    case 4: return take(random.chance(0.5) ? builder.variable(a) : builder.stop(a)) { known in known[a]! }
    default:
      let matrix = any()
      let transposed = random.chance(0.5)
      let (entries, length) = (builder[matrix].rows, rows)
      guard entries > 1, entries % length == 0 else { return false }
      let (m, n) = transposed ? (length, entries / length) : (entries / length, length)
      let product = builder.matrixVector(matrix, a, rows: m, columns: n, transposed: transposed)
      return take(product) { known in
        Program.product(known[matrix]!, known[a]!, rows: m, columns: n, transposed: transposed)
      }
    }
  }

  private mutating func addOperation() -> Bool {
    if vectors, random.chance(0.35) { return addVectorOperation() }
    let kind = random.below(20)
    if kind == 0 {
      addConstant()
      return true
    }
    if kind == 1 {
      let id = any()
      pool.append(component(id, random.below(builder[id].rows)))
      return true
    }
    if kind <= 3 {
      let parts = (0..<1 + random.below(3)).map { _ in any() }
      guard parts.reduce(0, { $0 + builder[$1].rows }) <= 4 else { return false }
      return take(builder.stack(parts)) { known in parts.flatMap { known[$0]! } }
    }
    let a = any()
    let b = any(like: builder[a].rows)
    let rows = max(builder[a].rows, builder[b].rows)
    switch kind {
    case 4...8:
      let f = random.choose(UnaryFunction.allCases)
      if tame, known[a]!.contains(where: { Self.isSingular(f, $0) }) { return false }
      return take(builder.unary(f, a)) { known in known[a]!.map { Double.evaluate(f, $0) } }
    case 9...14:
      let arithmetic: [BinaryFunction] = [.add, .subtract, .multiply, .divide]
      let f = random.choose(random.chance(0.6) ? arithmetic : BinaryFunction.allCases)
      let factor = any(like: rows)
      if !tame, random.chance(0.3), [1, rows].contains(builder[factor].rows) {
        // Something to contract.
        return take(builder.binary(f, a, builder.binary(.multiply, b, factor))) { _ in [] }
      }
      if tame, [.power, .atan2].contains(f), known[a]!.contains(0) { return false }
      return take(builder.binary(f, a, b)) { known in
        Self.spread([known[a]!, known[b]!]) { Double.evaluate(f, $0[0], $0[1]) }
      }
    case 15...16:
      let f = random.choose(Comparison.allCases)
      return take(builder.compare(f, a, b)) { known in
        Self.spread([known[a]!, known[b]!]) { Double.evaluate(f, $0[0], $0[1]) }
      }
    default:
      let c = any(like: rows)
      guard Set([builder[a].rows, builder[b].rows, builder[c].rows]).subtracting([1]).count <= 1 else {
        return false
      }
      if kind == 17 {
        return take(builder.multiplyAdd(a, b, c)) { known in
          Self.spread([known[a]!, known[b]!, known[c]!]) { $0[2].addingProduct($0[0], $0[1]) }
        }
      }
      // A comparison of its own or whatever there is as the condition.
      let condition = random.chance(0.7) ? builder.compare(.less, component(b, 0), component(c, 0)) : c
      if tame, known[condition] == nil { known[condition] = [known[b]![0] < known[c]![0] ? 1 : 0] }
      return take(builder.select(condition, a, b)) { known in
        Self.spread([known[condition]!, known[a]!, known[b]!]) { $0[0] != 0 ? $0[1] : $0[2] }
      }
    }
  }

  private static func spread(_ operands: [[Double]], _ body: ([Double]) -> Double) -> [Double] {
    (0..<operands.map(\.count).max()!).map { row in body(operands.map { $0.count == 1 ? $0[0] : $0[row] }) }
  }

  /// Whether a finite value has no finite derivative there.
  private static func isSingular(_ function: UnaryFunction, _ x: Double) -> Bool {
    switch function {
    case .sqrt: x == 0
    case .asin, .acos: x.magnitude == 1
    default: false
    }
  }

  private mutating func take(_ id: NodeID, _ value: ([NodeID: [Double]]) -> [Double]) -> Bool {
    if tame {
      let result = value(known)
      guard result.allSatisfy({ $0.isFinite && $0.magnitude < 20 }) else { return false }
      known[id] = result
    }
    pool.append(id)
    return true
  }
}
