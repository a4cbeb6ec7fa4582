import Lanes
import Program
import Random

/// A Program run over columns of numbers: one lane a row of data.
///
/// - map: `out[row] = program(inputs[row])`, for arrays;
/// - sum: `Σ_row program(inputs[row])`, for log-likelihoods and losses; blocks are added in order, each
///   with eight running sums and a compensated total, so the sum is the same for any number of threads.
public struct LaneEvaluator: Sendable {
  private let plan: Plan
  private let precision: Precision
  public let outputNames: [String]

  /// - Parameter contract: whether `a·b + c` becomes one fused multiply-add.
  public init(_ program: Program, precision: Precision = .double, contract: Bool = true) {
    plan = Plan(program, contract: contract)
    self.precision = precision
    outputNames = program.outputs.map(\.name)
  }

  /// The lane inputs' values: for each input, one column of `count` numbers a row.
  public typealias Columns = [String: [[Double]]]

  /// The outputs for every lane: for each output, one column a row.
  ///
  /// - Parameters:
  ///   - columns: a column for each row of each lane input.
  ///   - shared: the values of the other inputs.
  ///   - seed: of the Program's draws: lane i's are a function of (seed, i) alone.
  /// - Throws: ``ProgramError`` if an input is missing or a column has another length; ``Cancelled``.
  public func map(
    _ columns: Columns, shared: [String: [Double]] = [:], count: Int, seed: UInt64 = 1,
    options: RunOptions = RunOptions()
  ) throws -> [String: [[Double]]] {
    try check(columns, shared, count)
    var result: [String: [[Double]]] = [:]
    for output in plan.outputs {
      result[output.name] = Array(repeating: Array(repeating: 0, count: count), count: output.count)
    }
    let names = plan.outputs
    try run(columns, shared, count, seed, options) { block, values in
      for output in names {
        for row in 0..<output.count {
          let lanes = values[output.first - names[0].first + row]
          result[output.name]![row].withUnsafeMutableBufferPointer { target in
            for (lane, value) in lanes.enumerated() { target[block + lane] = value }
          }
        }
      }
    } reduce: { lanes in
      lanes
    }
    return result
  }

  /// The sums of the outputs over all lanes: one number a row.
  ///
  /// - Throws: as ``map(_:shared:count:options:)``.
  public func sum(
    _ columns: Columns, shared: [String: [Double]] = [:], count: Int, seed: UInt64 = 1,
    options: RunOptions = RunOptions()
  ) throws -> [String: [Double]] {
    try check(columns, shared, count)
    var totals = [CompensatedTotal](
      repeating: CompensatedTotal(), count: plan.outputs.reduce(0) { $0 + $1.count })
    try run(columns, shared, count, seed, options) { _, values in
      for (index, value) in values.enumerated() { totals[index].add(value[0]) }
    } reduce: { lanes in
      var sums = SIMD8<Double>(repeating: 0)
      var index = 0
      while index + 8 <= lanes.count {
        sums += SIMD8(lanes[index..<index + 8])
        index += 8
      }
      var sum = sums.sum()
      while index < lanes.count {
        sum += lanes[index]
        index += 1
      }
      return [sum]
    }
    var result: [String: [Double]] = [:]
    let first = plan.outputs.first?.first ?? 0
    for output in plan.outputs {
      result[output.name] = (0..<output.count).map { totals[output.first - first + $0].value }
    }
    return result
  }

  private func check(_ columns: Columns, _ shared: [String: [Double]], _ count: Int) throws {
    for input in plan.uniformInputs where shared[input.name]?.count != input.rows {
      throw ProgramError(
        "the input '\(input.name)' needs \(input.rows) number\(input.rows == 1 ? "" : "s"), "
          + "got \(shared[input.name]?.count ?? 0)")
    }
    for input in plan.inputs {
      guard let given = columns[input.name], given.count == input.count else {
        throw ProgramError("the input '\(input.name)' needs \(input.count) columns of numbers")
      }
      for column in given where column.count != count {
        throw ProgramError(
          "the input '\(input.name)' has a column of \(column.count) numbers, but \(count) are needed")
      }
    }
  }

  private func run(
    _ columns: Columns, _ shared: [String: [Double]], _ count: Int, _ seed: UInt64, _ options: RunOptions,
    consume: @escaping (Int, [[Double]]) -> Void, reduce: @escaping @Sendable ([Double]) -> [Double]
  ) throws {
    switch precision {
    case .single: try run(Float.self, columns, shared, count, seed, options, consume, reduce)
    case .double: try run(Double.self, columns, shared, count, seed, options, consume, reduce)
    }
  }

  private func run<Scalar: ExecutionScalar>(
    _ type: Scalar.Type, _ columns: Columns, _ shared: [String: [Double]], _ count: Int,
    _ seed: UInt64, _ options: RunOptions, _ consume: @escaping (Int, [[Double]]) -> Void,
    _ reduce: @escaping @Sendable ([Double]) -> [Double]
  ) throws {
    guard count > 0 else { return }
    let most = plan.blockLength(scalarSize: precision.scalarSize, extraRows: plan.externalRows)
    let length = min(most, (count + laneGroup - 1) / laneGroup * laneGroup)
    let plan = self.plan
    var position = 0
    try forEachBlock(
      count: (count + length - 1) / length, options: options,
      makeWorker: { ColumnWorker<Scalar>(plan, length, shared) },
      process: { worker, block in
        let first = block * length
        return worker.run(columns, first: first, lanes: min(length, count - first), seed: seed).map(reduce)
      },
      consume: { (values: [[Double]]) in
        consume(position, values)
        position += length
      })
  }
}

private final class ColumnWorker<Scalar: ExecutionScalar> {
  private let space: Workspace<Scalar>
  private let storage: UnsafeMutablePointer<Scalar>
  private let length: Int

  init(_ plan: Plan, _ length: Int, _ shared: [String: [Double]]) {
    space = Workspace(plan, count: length)
    self.length = length
    storage = allocateLanes(max(1, plan.externalRows * length))
    for row in 0..<plan.externalRows { space.rows[row] = storage + row * length }
    space.begin(shared)
    for (name, values) in shared where values.count == 1 { space.setStep(name, values[0]) }
  }

  deinit { storage.deallocate() }

  func run(_ columns: LaneEvaluator.Columns, first: Int, lanes: Int, seed: UInt64) -> [[Double]] {
    for input in space.plan.inputs {
      for (row, column) in columns[input.name]!.enumerated() {
        let target = space.rows[input.first + row]
        for lane in 0..<lanes { target[lane] = Scalar(column[first + lane]) }
        // Lanes past the end repeat the last one; nobody reads them.
        for lane in lanes..<length { target[lane] = target[lanes - 1] }
      }
    }
    space.draw(seed: seed, stream: .auxiliary, firstPath: first)
    space.execute()
    return space.plan.outputs.flatMap { output in
      (0..<output.count).map { row in
        let source = space.rows[output.first + row]
        return (0..<lanes).map { Double(source[$0]) }
      }
    }
  }
}

/// Neumaier's compensated sum (Zeitschr. angew. Math. Mech. 54, 1974).
private struct CompensatedTotal {
  private var sum = 0.0
  private var correction = 0.0

  mutating func add(_ x: Double) {
    let t = sum + x
    if t.isFinite {
      correction += sum.magnitude >= x.magnitude ? (sum - t) + x : (x - t) + sum
    }
    sum = t
  }

  var value: Double { sum.isFinite ? sum + correction : sum }
}
