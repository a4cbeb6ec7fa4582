import LuaBridge
import Program
import Testing

/// Random Lua functions, from a seed: arithmetic, comparisons, square roots, loops, helpers and closures.
struct LuaGenerator {
  private var state: UInt64
  private var locals: [String] = []
  private var conditions = 0
  private var names = 0
  private let leaves: [String]

  init(seed: UInt64, leaves: [String]) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    self.leaves = leaves
  }

  private mutating func random(_ n: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 33) % n
  }

  private mutating func pick(_ words: [String]) -> String { words[random(words.count)] }

  private mutating func literal() -> String {
    // Not the integer 0: Lua computes x - 0 as x + 0, which loses the sign of −0.
    pick(["0.0", "1", "2", "3", "-1", "0.5", "1.5", "-2.25", "1e3", "0.1", "7", "-0.0", "1e-3"])
  }

  private mutating func leaf() -> String {
    switch random(10) {
    case 0, 1: literal()
    case 2, 3, 4: locals.isEmpty ? pick(leaves) : pick(locals)
    default: pick(leaves)
    }
  }

  mutating func expression(_ depth: Int) -> String {
    if depth == 0 { return leaf() }
    switch random(14) {
    case 0, 1, 2: return "(\(expression(depth - 1)) + \(expression(depth - 1)))"
    case 3, 4: return "(\(expression(depth - 1)) - \(expression(depth - 1)))"
    case 5, 6, 7: return "(\(expression(depth - 1)) * \(expression(depth - 1)))"
    case 8: return "(\(expression(depth - 1)) / \(expression(depth - 1)))"
    case 9: return "(- \(expression(depth - 1)))"
    case 10: return "math.sqrt(\(expression(depth - 1)))"
    case 11:
      // Lua would give back an integer as an integer, whose zero has no sign.
      return pick(["math.max", "math.min"])
        + "((\(expression(depth - 1))) * 1.0, (\(expression(depth - 1))) * 1.0)"
    // A float on the left: Lua's integers have errors of their own.
    case 12: return "(\(pick(leaves)) \(pick(["%", "//"])) \(expression(depth - 1)))"
    default: return "(\(expression(depth - 1)))" + pick([" ^ 2", " * k1", " + k2", ""])
    }
  }

  private mutating func condition() -> String {
    conditions += 1
    let comparison = "\(expression(1)) \(pick(["<", "<=", ">", ">="])) \(pick(leaves))"
    switch random(6) {
    case 0: return "not (\(comparison))"
    case 1:
      conditions += 1
      return "\(comparison) \(pick(["and", "or"])) \(pick(leaves)) < \(literal())"
    case 2: return "wb.eq(\(pick(leaves)), \(literal()))"
    default: return comparison
    }
  }

  private mutating func fresh() -> String {
    names += 1
    return "v\(names)"
  }

  private mutating func block(_ depth: Int, _ indent: String) -> String {
    let outer = locals
    defer { locals = outer }
    return (0..<1 + random(3)).map { _ in statement(depth, indent) }.joined()
  }

  private mutating func statement(_ depth: Int, _ indent: String) -> String {
    let inner = indent + "  "
    switch random(depth > 0 ? 9 : 3) {
    case 0, 1:
      let name = fresh()
      let text = "\(indent)local \(name) = \(expression(2))\n"
      locals.append(name)
      return text
    case 2:
      guard let name = locals.last else { return "" }
      return "\(indent)\(name) = \(expression(2))\n"
    case 3, 4:
      guard conditions < 5 else { return "" }
      var text = "\(indent)if \(condition()) then\n\(block(depth - 1, inner))"
      if random(2) == 0, conditions < 5 {
        text += "\(indent)elseif \(condition()) then\n\(block(depth - 1, inner))"
      }
      if random(2) == 0 { text += "\(indent)else\n\(block(depth - 1, inner))" }
      return text + "\(indent)end\n"
    case 5:
      let (sum, index) = (fresh(), fresh())
      locals.append(sum)
      let body = "\(inner)\(sum) = \(sum) + \(expression(1)) * \(index)\n"
      return
        "\(indent)local \(sum) = 0\n\(indent)for \(index) = 1, \(2 + random(3)) do\n\(body)\(indent)end\n"
    case 6:
      guard conditions < 4 else { return "" }
      conditions += 2
      let (value, count) = (fresh(), fresh())
      locals.append(value)
      return """
        \(indent)local \(value), \(count) = \(pick(leaves)), 0
        \(indent)while \(count) < 2 and \(value) > \(literal()) do
        \(inner)\(value) = \(value) / 2 - \(literal())
        \(inner)\(count) = \(count) + 1
        \(indent)end

        """
    case 7:
      guard conditions < 5 else { return "" }
      return "\(indent)if \(condition()) then return { \(expression(1)), \(expression(2)) } end\n"
    default:
      let name = fresh()
      let text = "\(indent)local \(name) = helper(\(expression(1)), \(expression(1)))\n"
      locals.append(name)
      return text
    }
  }

  /// A chunk that returns a function of a state, time and parameters.
  mutating func function() -> String {
    let constants = "local k1, k2 = \(literal()), \(literal())\n"
    var helper = LuaGenerator(seed: state, leaves: ["a", "b"])
    let body = pick([
      "return \(helper.expression(2))", "if a < b then return \(helper.expression(1)) end return a - b",
      "return (a < 0 and -a or a) + k1",
    ])
    conditions += 1
    let closure = "local function make(c) return function(a, b) \(body) end end\nlocal helper = make(k1)\n"
    let main = (0..<2 + random(3)).map { _ in statement(2, "  ") }.joined()
    return constants + closure + "return function(x, t, p)\n" + main
      + "  return { \(expression(2)), \(expression(3)) }\nend\n"
  }
}

@Suite struct GeneratedTests {
  static var arguments: [TraceArgument] {
    [
      .vector("x", rows: 2, rowNames: ["S", "v"]), .scalar("t", variation: .step),
      .parameters([("a", 1), ("b", 1)]),
    ]
  }

  @Test func `hundreds of random functions agree with Lua to the last bit`() throws {
    let bench = try TracingBench()
    var accepted = 0
    var branching = 0
    var refused: [String] = []
    for seed in 1...300 {
      var generator = LuaGenerator(seed: UInt64(seed), leaves: ["x.S", "x.v", "x[1]", "t", "p.a", "p.b"])
      let source = generator.function()
      let function = try bench.function(source)
      let result: TraceResult
      do {
        result = try bench.tracer.trace(function, as: "drift", arguments: Self.arguments)
      } catch {
        refused.append("\(seed): \(error)\n\(source)")
        continue
      }
      accepted += 1
      if result.paths > 1 { branching += 1 }
      var random = SystemLikeRandom(seed: UInt64(seed))
      for round in 0..<25 {
        let v = (0..<5).map { _ in random.number(round) }
        let state = LuaRecord([("S", v[0]), ("v", v[1])])
        let plain = try plainResult(bench, function, state, v)
        let compiled = try result.evaluate(["x": [v[0], v[1]], "t": [v[2]], "p.a": [v[3]], "p.b": [v[4]]])
        for (a, b) in zip(plain, compiled) {
          #expect(
            a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN),
            "seed \(seed) at \(v): \(a) and \(b)\n\(source)")
        }
      }
    }
    // Refused are only those with too many paths, or that fail everywhere.
    for message in refused { #expect(message.contains("more than"), "\(message)") }
    #expect(accepted > 270)
    #expect(branching > 150)
  }

  private func plainResult(
    _ bench: TracingBench, _ function: LuaFunction, _ state: LuaRecord, _ v: [Double]
  ) throws -> [Double] {
    let x = try bench.lua.makeTable()
    try x.set("S", v[0])
    try x.set("v", v[1])
    try x.set(1, v[0])
    try x.set(2, v[1])
    let p = LuaRecord(("a", v[3]), ("b", v[4]))
    let values = try function.call(x, v[2], p)
    return try #require(try values.first?.table?.numbers())
  }
}

/// Small deterministic numbers, with the special ones among them.
struct SystemLikeRandom {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 &+ 99 }

  mutating func number(_ round: Int) -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let bits = Int(state >> 40)
    let u = Double(bits) / 0x1p24
    switch round % 5 {
    case 0: return [0, -0.0, 1, -1, 2, 0.5, .infinity, -.infinity, .nan, 3, 7, -2.25][bits % 12]
    case 1: return u * 2
    case 2: return u * 8 - 4
    case 3: return (u - 0.5) * 2000
    default: return Double(bits % 9 - 4)
    }
  }
}
