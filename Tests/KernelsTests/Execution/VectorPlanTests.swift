import Kernels
import Testing

/// Random Programs of vectors: sums, slices, stacks, matrix products, outer products, selects.
private struct VectorPrograms {
  var random: SplitMix
  let builder = ProgramBuilder()
  var values: [NodeID] = []

  init(seed: Int) {
    random = SplitMix(seed)
    let n = random.choose([2, 3, 5, 40])
    values = [
      builder.input("x", rows: n, variation: .lane), builder.input("y", rows: 3, variation: .lane),
      builder.input("p", rows: n, variation: .run), builder.input("t", variation: .step),
      builder.constant(0.5), builder.draw(.normal), builder.draw(.uniform),
    ]
  }

  mutating func addValue() {
    let a = random.choose(values)
    let rows = builder[a].rows
    let b = random.choose(values.filter { builder[$0].rows == rows || builder[$0].rows == 1 })
    switch random.below(12) {
    case 0: values.append(builder.unary(random.choose([.silu, .tanh, .negate, .sin]), a))
    case 1: values.append(builder.binary(random.choose([.add, .subtract, .multiply, .maximum]), a, b))
    case 2: values.append(builder.binary(.add, b, a))
    case 3: values.append(builder.select(builder.compare(.less, a, b), b, a))
    case 4: values.append(builder.multiplyAdd(a, b, a))
    case 5: values.append(builder.sum(a))
    case 6 where rows > 1:
      let count = 1 + random.below(rows - 1)
      values.append(builder.slice(a, random.below(rows - count + 1), count))
    case 7 where rows == 1: values.append(builder.broadcast(a, 4))
    case 8: values.append(builder.stack([a, b]))
    case 9:
      let m = random.choose([1, 2, 7])
      values.append(builder.matrixVector(matrix(m, rows), a, rows: m, columns: rows))
    case 10:
      let m = random.choose([1, 2, 7])
      values.append(builder.matrixVector(matrix(rows, m), a, rows: rows, columns: m, transposed: true))
    case 11 where rows * builder[b].rows < 200: values.append(builder.outer(a, b))
    default: values.append(builder.stop(builder.variable(a)))
    }
  }

  private mutating func matrix(_ rows: Int, _ columns: Int) -> NodeID {
    if random.chance(0.3) {
      return builder.constant((0..<rows * columns).map { _ in random.uniform(-1, 1) })
    }
    return builder.unary(.tanh, builder.input("W\(rows)x\(columns)", rows: rows * columns, variation: .run))
  }

  mutating func make() throws -> Program {
    for _ in 0..<4 + random.below(25) { addValue() }
    let chosen = (0..<4).map { _ in random.choose(values) }
    let products = (0..<2).map { _ in
      let (a, b) = (random.choose(values), random.choose(values))
      return builder[a].rows * builder[b].rows < 400 ? builder.outer(a, b) : a
    }
    let gradient =
      builder[products[0]].rows == builder[products[1]].rows
      ? builder.binary(.add, products[0], products[1]) : builder.stack(products)
    return try builder.finish(
      chosen.enumerated().map { ("out\($0)", $1) } + [("gradient", gradient), ("total", chosen[0])])
  }
}

@Suite struct VectorPlanTests {
  /// All outputs of all lanes, and the sums of the reduced ones, against the Program evaluated for each lane.
  /// In Double they differ by the order in which products are summed.
  @Test(arguments: [0, 1, 2])
  func randomVectorProgramsComputeWhatTheyAreDefinedToCompute(part: Int) throws {
    for index in 0..<250 {
      var programs = VectorPrograms(seed: 1000 * part + index)
      let program = try programs.make()
      try check(program, count: 32, lanes: 29, random: &programs.random, "program \(1000 * part + index)")
    }
  }

  /// A sign or a bias has no pass of its own.
  @Test func signsAndBiasesCostNoInstruction() throws {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 3, variation: .lane)
    let y = builder.input("y", rows: 3, variation: .lane)
    let bias = builder.input("b", rows: 2, variation: .run)
    let matrix = builder.input("W", rows: 6, variation: .run)
    let product = builder.matrixVector(matrix, x, rows: 2, columns: 3)
    let negative = builder.unary(.negate, x)
    func operations(_ outputs: [(String, NodeID)]) throws -> [LaneInstruction.Operation] {
      Plan(try builder.finish(outputs), contract: false).instructions.map(\.operation).filter { $0 != .copy }
    }
    let difference = builder.multiplyAdd(negative, y, x)
    #expect(try operations([("d", difference)]) == [.negativeMultiplyAdd])
    #expect(try operations([("d", difference), ("n", negative)]).count == 2, "it is an output too")
    let layer = builder.binary(.add, bias, product)
    let made = LaneInstruction.Operation.matrixProduct(rows: 2, columns: 3, transposed: false, adds: true)
    #expect(try operations([("l", layer)]) == [made])
    #expect(try operations([("l", layer), ("p", product)]).count == 2, "the product is wanted itself")
  }

  private func check(
    _ program: Program, count: Int, lanes: Int, random: inout SplitMix, _ what: String
  ) throws {
    let plan = Plan(program, contract: false, reducing: ["gradient", "total"])
    let workspace = Workspace<Double>(plan, count: count)
    let memory: UnsafeMutablePointer<Double> = allocateLanes(max(1, plan.externalRows * (count + 16)))
    defer { memory.deallocate() }
    for row in 0..<plan.externalRows { workspace.rows[row] = memory + row * (count + 16) }
    var shared: [String: [Double]] = [:]
    var columns: [String: [[Double]]] = [:]
    for input in program.inputs {
      if input.variation == .lane {
        columns[input.name] = (0..<input.rows).map { _ in (0..<count).map { _ in random.uniform(-2, 2) } }
        guard let rows = plan.input(input.name) else { continue }
        for row in 0..<input.rows {
          for lane in 0..<count { workspace.rows[rows.first + row][lane] = columns[input.name]![row][lane] }
        }
      } else {
        shared[input.name] = (0..<input.rows).map { _ in random.uniform(-1, 1) }
      }
    }
    workspace.begin(shared)
    workspace.setStep("t", shared["t"]?[0] ?? 0)
    workspace.draw(seed: 7, stream: .auxiliary, firstPath: 0)
    var accumulator = [Double](repeating: 0, count: plan.accumulatorCount)
    accumulator.withUnsafeMutableBufferPointer {
      workspace.execute(accumulator: $0.baseAddress, lanes: lanes)
    }

    var sums = plan.reductions.map { [Double](repeating: 0, count: $0.count) }
    var sizes = plan.reductions.map { [Double](repeating: 0, count: $0.count) }
    for lane in 0..<lanes {
      var inputs = shared
      for (name, values) in columns { inputs[name] = values.map { $0[lane] } }
      var draws = [Double](repeating: .nan, count: 2)
      for draw in plan.draws { draws[draw.index] = workspace.rows[draw.row][lane] }
      let expected = try program.evaluate(inputs, draws: draws)
      for rows in plan.outputs {
        for row in 0..<rows.count {
          let (got, wanted) = (workspace.rows[rows.first + row][lane], expected[rows.name]![row])
          #expect(
            (got - wanted).magnitude <= 1e-9 * max(1, wanted.magnitude),
            "\(what): \(rows.name)[\(row)], lane \(lane)")
        }
      }
      for (index, rows) in plan.reductions.enumerated() {
        for row in 0..<rows.count {
          sums[index][row] += expected[rows.name]![row]
          sizes[index][row] += expected[rows.name]![row].magnitude
        }
      }
    }
    for (index, rows) in plan.reductions.enumerated() {
      for row in 0..<rows.count {
        let difference = (accumulator[rows.first + row] - sums[index][row]).magnitude
        #expect(difference <= 1e-9 * max(1, sizes[index][row]), "\(what): sum of \(rows.name)[\(row)]")
      }
    }
  }

  /// A net's gradient is made of matrix products over the lanes; no product of two vectors is kept by lane.
  @Test func outerProductsAreOnlySummed() throws {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 128, variation: .lane)
    let y = builder.input("y", rows: 128, variation: .lane)
    let product = builder.binary(.add, builder.outer(x, y), builder.outer(y, builder.unary(.tanh, x)))
    let plan = Plan(try builder.finish([("g", product)]), reducing: ["g"])
    #expect(plan.rowCount - plan.externalRows <= 4 * 128)
    #expect(plan.accumulatorCount == 128 * 128)
  }

  /// Elementwise operations on a vector that follow each other are one tile, and take one instruction each.
  @Test func vectorsAreNotTakenApart() throws {
    let builder = ProgramBuilder()
    let x = builder.input("x", rows: 128, variation: .lane)
    let w = builder.input("w", rows: 128 * 128, variation: .run)
    let b = builder.input("b", rows: 128, variation: .run)
    let h = builder.unary(
      .silu, builder.binary(.add, builder.matrixVector(w, x, rows: 128, columns: 128), b))
    let y = builder.matrixVector(w, builder.binary(.multiply, h, h), rows: 128, columns: 128)
    let plan = Plan(try builder.finish([("y", y)]))
    // Copy of x, product with sum, silu, square, product, copy to y.
    #expect(plan.instructions.count == 6)
    #expect(plan.tiles.contains { $0.instructions.count == 2 && $0.rows == 128 })
  }
}
