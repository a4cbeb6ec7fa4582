import Kernels
import Testing

/// A plan's executor on one block, against the definition of each lane.
///
/// The caller's rows have guard lanes behind them, and inputs are compared after the run, so that a write
/// to a wrong place shows even where the outputs happen to be right.
private final class PlanBlock<Scalar: ExecutionScalar> {
  let program: Program
  let plan: Plan
  let workspace: Workspace<Scalar>
  let count: Int
  private let memory: UnsafeMutablePointer<Scalar>
  private let guardLanes = 16
  private let sentinel: Scalar = -12_345.5
  private var laneInputs: [Int: [Scalar]] = [:]
  private var shared: [String: [Double]] = [:]

  init(_ program: Program, count: Int, contract: Bool = false) {
    self.program = contract ? program.simplified(contract: true) : program
    self.count = count
    plan = Plan(program, contract: contract)
    workspace = Workspace(plan, count: count)
    memory = allocateLanes(max(1, plan.externalRows * (count + guardLanes)))
    for row in 0..<plan.externalRows { workspace.rows[row] = memory + row * (count + guardLanes) }
  }

  deinit { memory.deallocate() }

  /// New values for every input; returns what went wrong in a run over them, nil for nothing.
  func failure(_ random: inout SplitMix, special: Bool, newRun: Bool) -> String? {
    func number() -> Double {
      special && random.chance(0.25)
        ? random.choose(ProgramGenerator.specialValues)
        : random.uniform(-3, 3) * random.choose([1, 1, 1, 100])
    }
    memory.update(repeating: sentinel, count: plan.externalRows * (count + guardLanes))
    for input in program.inputs {
      switch input.variation {
      case .lane:
        let first = plan.input(input.name)!.first
        for row in first..<first + input.rows {
          laneInputs[row] = (0..<count).map { _ in Scalar(number()) }
          for lane in 0..<count { workspace.rows[row][lane] = laneInputs[row]![lane] }
        }
      case .run where newRun || shared[input.name] == nil, .step:
        shared[input.name] = (0..<input.rows).map { _ in number() }
      default: break
      }
    }
    if newRun { workspace.begin(shared) }
    for input in program.inputs where input.variation == .step {
      workspace.setStep(input.name, shared[input.name]![0])
    }
    workspace.draw(seed: random.next(), stream: .auxiliary, firstPath: 0)
    workspace.execute()
    return mismatch(&random)
  }

  private func mismatch(_ random: inout SplitMix) -> String? {
    let lanes = Set([0, count - 1] + (0..<6).map { _ in random.below(count) })
    for lane in lanes {
      var inputs = shared
      for input in program.inputs where input.variation == .lane {
        let first = plan.input(input.name)!.first
        inputs[input.name] = (first..<first + input.rows).map { Double(laneInputs[$0]![lane]) }
      }
      var draws: [Int: Double] = [:]
      for draw in plan.draws { draws[draw.index] = Double(workspace.rows[draw.row][lane]) }
      let expected = referenceValues(program, as: Scalar.self, inputs: inputs, draws: draws)
      for output in program.outputs {
        let rows = plan.output(output.name)!
        for row in 0..<rows.count {
          let got = workspace.rows[rows.first + row][lane]
          let wanted = Scalar(expected[output.node.index][row])
          if !same(Double(got), Double(wanted)) {
            return "\(output.name)[\(row)] of lane \(lane) is \(got), not \(wanted)"
          }
        }
      }
    }
    for (row, values) in laneInputs {
      for lane in 0..<count where !same(Double(workspace.rows[row][lane]), Double(values[lane])) {
        return "the input in row \(row) was written to"
      }
    }
    for row in 0..<plan.externalRows {
      for lane in count..<count + guardLanes where workspace.rows[row][lane] != sentinel {
        return "row \(row) was written to beyond its end"
      }
    }
    return nil
  }
}

private func temporaries(_ plan: Plan) -> Set<Int> {
  let draws = Set(plan.draws.map(\.row))
  return Set(plan.instructions.map(\.out)).filter { $0 >= plan.externalRows && !draws.contains($0) }
}

@Suite struct PlanTests {
  /// Every output of every lane in Double and in Float, three runs each: all values new, only lanes and
  /// steps new (what is computed once a run must survive), and all new again with NaN, ±0, ∞ and
  /// subnormals among them.
  @Test(arguments: [0, 1, 2, 3])
  func randomProgramsComputeWhatTheyAreDefinedToCompute(part: Int) throws {
    for index in 0..<600 {
      let seed = 10_000 * part + index
      let program = try ProgramGenerator.make(seed: seed, tame: false).program
      var random = SplitMix(seed ^ 0x5A5A)
      let count = random.choose([16, 32, 64, 80, 144])
      let double = PlanBlock<Double>(program, count: count)
      let single = PlanBlock<Float>(program, count: count)
      let fused = PlanBlock<Double>(program, count: count, contract: true)
      for (special, newRun) in [(false, true), (false, false), (true, true)] {
        let failures = [
          double.failure(&random, special: special, newRun: newRun),
          single.failure(&random, special: special, newRun: newRun),
          fused.failure(&random, special: special, newRun: newRun),
        ]
        guard failures.allSatisfy({ $0 == nil }) else {
          Issue.record("Program \(seed), special \(special), new run \(newRun): \(failures)\n\(program)")
          return
        }
      }
    }
  }

  /// `Program.evaluate` is the same definition: it and the reference interpreter agree in Double.
  @Test func evaluateIsTheReferenceInDouble() throws {
    for seed in 0..<500 {
      let generated = try ProgramGenerator.make(seed: 77_000 + seed, tame: false)
      let draws = (0..<4).map { 0.1 + Double($0) }
      let values = referenceValues(
        generated.program, as: Double.self, inputs: generated.values,
        draws: Dictionary(uniqueKeysWithValues: draws.enumerated().map { ($0, $1) }))
      let got = try generated.program.evaluate(generated.values, draws: draws)
      for output in generated.program.outputs {
        #expect(same(got[output.name]!, values[output.node.index]), "Program \(seed)")
      }
    }
  }

  /// The property test above is worth what its Programs are: they must make the planner reuse rows, write
  /// in place, and keep shared values of all kinds.
  @Test func theRandomProgramsExerciseTheRegisterAllocation() throws {
    var reused = 0
    var inPlace = 0
    var copies = 0
    var shared = 0
    var draws = 0
    for index in 0..<600 {
      let plan = Plan(try ProgramGenerator.make(seed: index, tame: false).program, contract: false)
      let temporary = temporaries(plan)
      let written = plan.instructions.filter { temporary.contains($0.out) }
      if written.count > temporary.count { reused += 1 }
      if written.contains(where: { [$0.a, $0.b, $0.c].contains(.row($0.out)) }) { inPlace += 1 }
      if plan.instructions.contains(where: { $0.operation == .copy }) { copies += 1 }
      if plan.changesWithStep { shared += 1 }
      if !plan.draws.isEmpty { draws += 1 }
    }
    #expect(reused > 200)
    #expect(inPlace > 150)
    #expect(copies > 200)
    #expect(shared > 100)
    #expect(draws > 100)
  }

  /// Negative control: two temporaries that share one row, as a wrong register allocation would have it,
  /// are noticed in most Programs (in the rest the two were never alive together).
  @Test func aWronglySharedRowIsNoticed() throws {
    var tried = 0
    var noticed = 0
    for seed in 0..<600 {
      let program = try ProgramGenerator.make(seed: seed, tame: false).program
      let block = PlanBlock<Double>(program, count: 16)
      // Rows of vectors are written several at once, and would run over the end of the last one.
      let vectors = block.plan.instructions.filter { $0.rows > 1 }.map { $0.out..<$0.out + $0.rows }
      let rows = temporaries(block.plan).filter { row in !vectors.contains { $0.contains(row) } }.sorted()
      guard rows.count >= 2 else { continue }
      tried += 1
      var random = SplitMix(seed)
      let first = rows[random.below(rows.count - 1)]
      block.workspace.rows[first] = block.workspace.rows[rows.last!]
      if block.failure(&random, special: false, newRun: true) != nil { noticed += 1 }
    }
    #expect(tried > 100)
    #expect(noticed * 2 > tried, "noticed \(noticed) of \(tried)")
  }

  @Test func outputsMayBeAnything() throws {
    let b = ProgramBuilder()
    let x = b.input("x", rows: 2, variation: .lane)
    let p = b.input("p", variation: .run)
    let t = b.input("t", variation: .step)
    let sum = b.binary(.add, b.pick(x, 0), p)
    let program = try b.finish([
      ("input", x), ("row", b.pick(x, 1)), ("constant", b.constant([1, -0.0])), ("parameter", p), ("time", t),
      ("uniform", b.binary(.multiply, p, t)), ("first", sum), ("again", sum),
      ("vector", b.stack([sum, t, b.pick(x, 1), b.constant(3)])), ("draw", b.draw(.normal)),
      ("sameDraw", b.draw(.normal, index: 0)),
    ])
    var random = SplitMix(1)
    let double = PlanBlock<Double>(program, count: 80)
    let single = PlanBlock<Float>(program, count: 80)
    for newRun in [true, false, true] {
      #expect(double.failure(&random, special: true, newRun: newRun) == nil)
      #expect(single.failure(&random, special: true, newRun: newRun) == nil)
    }
  }

  /// What all lanes share is no instruction of the lanes.
  @Test func sharedWorkIsDoneOnce() throws {
    let b = ProgramBuilder()
    let x = b.inputExpression("x", variation: .lane)
    let p = b.inputExpression("p", variation: .run)
    let t = b.inputExpression("t", variation: .step)
    let plan = Plan(
      try b.finish([("y", (x * (p.apply(.exp) + p * 3) * t.apply(.sin)).id)]), contract: false)
    #expect(plan.instructions.count == 2)
    #expect(plan.instructions.last?.out == plan.output("y")?.first)
    #expect(plan.changesWithStep)
  }

  /// Rows are reused: a chain needs one temporary however long it is, and a tree as many as it has levels.
  @Test func aChainNeedsOneTemporary() throws {
    let b = ProgramBuilder()
    var y = b.inputExpression("x", variation: .lane)
    for step in 0..<1000 { y = y.apply(step % 2 == 0 ? .sin : .exp) }
    let plan = Plan(try b.finish([("y", y.id)]), contract: false)
    #expect(plan.instructions.count == 1000)
    #expect(plan.rowCount - plan.externalRows == 1)
  }

  @Test func inputsThatNothingReadsStayDeclared() throws {
    let b = ProgramBuilder()
    _ = b.input("unused", rows: 3, variation: .lane)
    let x = b.input("x", variation: .lane)
    let plan = Plan(try b.finish([("y", b.unary(.exp, x))]))
    #expect(plan.input("unused")?.count == 3)
    #expect(plan.input("x")?.first == 3)
    #expect(plan.input("z") == nil)
  }

  /// The draws of a Program: path by path the same numbers whatever block they are made in, and different
  /// ones for each draw.
  @Test(arguments: [Precision.single, .double])
  func drawsDependOnSeedPathAndIndexOnly(precision: Precision) throws {
    let b = ProgramBuilder()
    let names = (0..<9).map { "d\($0)" }
    let nodes = (0..<9).map { b.draw($0 < 6 ? .normal : .uniform) }
    let program = try b.finish(Array(zip(names, nodes)))
    func values<Scalar: ExecutionScalar>(_ type: Scalar.Type, _ count: Int, _ first: Int, _ seed: UInt64)
      -> [[Double]]
    {
      let block = PlanBlock<Scalar>(program, count: count)
      block.workspace.begin([:])
      block.workspace.draw(seed: seed, stream: .initial, firstPath: first)
      block.workspace.execute()
      return names.map { name in
        let row = block.workspace.rows[block.plan.output(name)!.first]
        return (0..<count).map { Double(row[$0]) }
      }
    }
    func get(_ count: Int, _ first: Int, _ seed: UInt64) -> [[Double]] {
      precision == .single ? values(Float.self, count, first, seed) : values(Double.self, count, first, seed)
    }
    let whole = get(64, 0, 5)
    let parts = zip(get(16, 0, 5), get(48, 16, 5)).map { $0 + $1 }
    #expect(whole == parts)
    #expect(Set(whole.flatMap { $0 }).count > 64 * 9 - 8, "every number is its own")
    #expect(get(64, 0, 6) != whole)
    for uniforms in whole[6...] { #expect(uniforms.allSatisfy { $0 > 0 && $0 < 1 }) }
  }
}
