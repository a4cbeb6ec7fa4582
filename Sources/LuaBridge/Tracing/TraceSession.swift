import Program

/// How far tracing goes before it gives up.
package enum TraceLimits {
  /// Straight-line paths through one function.
  package static let paths = 256
  /// Branches on traced values along one path.
  package static let decisions = 64
  /// Operations recorded by one trace.
  package static let nodes = 100_000
  /// Components of a vector, and numbers a function returns.
  package static let components = 10_000
  /// VM instructions of all paths together, and of all replays together.
  package static let instructions = 20_000_000
}

/// One trace: the paths through a function, each by running it again with other decisions.
final class TraceSession {
  struct Decision {
    let condition: NodeID
    var value: Bool
    let position: SourcePosition?
  }
  enum Mode { case exploring, replaying }

  let builder: ProgramBuilder
  /// "drift of 'Heston'"
  let what: String
  var mode = Mode.exploring

  /// The decisions of the path that runs.
  private(set) var script: [Decision] = []
  private var position = 0
  private var facts = BranchFacts()
  private(set) var pathIndex = 0
  /// How often each line was branched on, over all paths.
  private var forks: [SourcePosition: Int] = [:]

  /// The first thing on this path that cannot be traced; a script's pcall does not make it good.
  var refusal: LuaError?
  /// What the script gave to `error` or `assert` on this path, last.
  var raised: LuaValue?
  /// A component past the end of a vector that was read, which is nil.
  var pastTheEnd: String?

  private struct Draw: Hashable {
    let index: Int
    let distribution: Distribution
  }
  private var draws: [Draw: NodeID] = [:]
  /// Draws made so far on this path.
  var drawCount = 0
  /// Values of the draw nodes, in a replay.
  var drawValues: [NodeID: Double] = [:]
  /// Values of the inputs of the builder, in a replay.
  var inputValues: [String: [Double]] = [:]
  /// Operations that native functions did in replays, beside the instructions of Lua.
  var nativeWork = 0

  /// Whether the arguments are known numbers, for a derivative of a function of plain numbers: conditions are
  /// then decided by their values, on the one path that is taken.
  let isConcrete: Bool
  /// The replay that a concrete session is part of, whose random numbers it uses.
  let replay: TraceSession?
  /// What the inputs of a concrete session are worth: the parameters of nets.
  let inputNumbers: ([ProgramInput]) -> [String: [Double]]
  /// Inputs that an argument made while the function ran, whose values a replay has to know.
  private(set) var lookedUp: Set<String> = []
  /// Stand-ins for means over all paths.
  var means: Set<NodeID> = []
  /// Whether a derivative was taken: its sums may be added in another order when numbers are plain.
  var hasDerivatives = false
  private let firstVariable: Int
  private var variableCount = 0

  init(builder: ProgramBuilder, what: String) {
    self.builder = builder
    self.what = what
    isConcrete = false
    replay = nil
    inputNumbers = { _ in [:] }
    firstVariable = builder.variableCount
  }

  /// A concrete session, in a replay or outside of any trace.
  init(
    concreteIn replay: TraceSession?, what: String,
    inputNumbers: @escaping ([ProgramInput]) -> [String: [Double]]
  ) {
    self.inputNumbers = inputNumbers
    builder = ProgramBuilder()
    builder.nodeLimit = TraceLimits.nodes
    self.what = what
    isConcrete = true
    self.replay = replay
    firstVariable = 0
  }

  // MARK: paths

  func beginPath() {
    position = 0
    facts = BranchFacts()
    refusal = nil
    raised = nil
    pastTheEnd = nil
    drawCount = 0
    variableCount = 0
  }

  /// The decisions that the path just run took.
  func endPath() -> [Decision] {
    script.removeSubrange(position...)
    return script
  }

  /// Turns the last true decision; false when every path has been run.
  func nextPath() -> Bool {
    while let last = script.last, !last.value { script.removeLast() }
    guard !script.isEmpty else { return false }
    script[script.count - 1].value = false
    pathIndex += 1
    return true
  }

  /// Which way to go; the message of an error.
  func decide(_ condition: NodeID, at here: SourcePosition?) -> Result<Bool, TraceRefusal> {
    if let values = builder[condition].constants, values.count == 1 { return .success(values[0] != 0) }
    if isConcrete { return .success(numbers(condition)[0] != 0) }
    if let known = facts.value(of: condition, in: builder) { return .success(known) }
    if position == TraceLimits.decisions {
      return .failure(
        TraceRefusal(
          "more than \(TraceLimits.decisions) branches on traced values on one path: a loop whose condition "
            + "depends on a traced value cannot be compiled; give the loop a fixed number of rounds and choose "
            + "with math.min, math.max or wb.where inside"))
    }
    if position == script.count {
      script.append(Decision(condition: condition, value: true, position: here))
      if let here { forks[here, default: 0] += 1 }
    } else if script[position].condition != condition {
      let before = script[position].position.map { "was at \($0)" } ?? "was another one"
      return .failure(
        TraceRefusal(
          "not repeatable: branch \(position + 1) \(before) when the function ran first, and is "
            + "\(here.map { "at \($0)" } ?? "another one") with other values now; a traced function must not "
            + "use random numbers or state that changes"))
    }
    let value = script[position].value
    position += 1
    facts.assume(condition, value, in: builder)
    return .success(value)
  }

  /// The line that was branched on most.
  var busiestFork: (position: SourcePosition, count: Int)? {
    forks.max { ($0.value, $1.key.line) < ($1.value, $0.key.line) }.map { ($0.key, $0.value) }
  }

  // MARK: draws

  /// The next draw of this path: paths share the draws of their common part.
  func draw(_ distribution: Distribution) -> NodeID {
    let key = Draw(index: drawCount, distribution: distribution)
    drawCount += 1
    if let known = draws[key] { return known }
    let node = builder.draw(distribution)
    draws[key] = node
    return node
  }

  /// The value of the next draw in a replay; nil if no path draws so often.
  func drawValue(_ distribution: Distribution) -> Double? {
    let key = Draw(index: drawCount, distribution: distribution)
    drawCount += 1
    return draws[key].flatMap { drawValues[$0] }
  }

  // MARK: inputs

  /// An input that an argument stands for.
  func input(_ name: String, rows: Int, names: [String], variation: Variation) -> NodeID {
    lookedUp.insert(name)
    return builder.input(name, rows: rows, variation: variation, rowNames: names)
  }

  /// What such an input is worth; nil while the function is explored.
  func lookUp(_ name: String) -> [Double]? {
    guard mode == .replaying || isConcrete else { return nil }
    return (isConcrete ? replay : self)?.inputValues[name] ?? [.nan]
  }

  // MARK: derivatives

  /// The next independent variable of this path: paths share those of their common part.
  func variable(_ node: NodeID) -> NodeID {
    defer { variableCount += 1 }
    return builder.variable(node, index: firstVariable + variableCount)
  }

  /// What a node of a concrete session is worth.
  func numbers(_ node: NodeID) -> [Double] {
    (try? builder.finish([("value", node)]).evaluate(inputNumbers(builder.inputs))["value"])
      ?? [Double](repeating: .nan, count: builder[node].rows)
  }

  var drawNodes: [(node: NodeID, distribution: Distribution)] {
    draws.map { ($0.value, $0.key.distribution) }.sorted { $0.0 < $1.0 }
  }
}

/// Why a function cannot be traced, without position.
struct TraceRefusal: Error {
  let message: String
  init(_ message: String) { self.message = message }
}
