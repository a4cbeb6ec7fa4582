import Lanes
import Program
import Random

/// A Program made ready to run: which rows of lanes hold what and when, and what is computed only once.
///
/// Rows are numbered: first those of the lane inputs, then those of the outputs, then the draws, then
/// temporaries, which are reused as soon as their value is dead. Input and output rows are the caller's
/// memory (so a recurrence can swap state and new state without copying); an output row is written by
/// the instruction that makes its value. The other rows lie one after the other: a vector's rows are a
/// matrix of rows × lanes.
///
/// A *reduced* output is not kept by lane but added up over the lanes, into an accumulator: so gradients
/// of parameters are made. A sum of outer products is reduced as matrix products over the lanes, and no
/// product is ever written down for a lane.
public struct Plan: Sendable {
  package struct Rows: Sendable {
    package let name: String
    package let first: Int
    package let count: Int
  }
  package struct Draw: Sendable {
    package let distribution: Distribution
    package let index: Int
    package let row: Int
  }
  struct UniformInput: Sendable {
    let name: String
    let slot: Int
    let rows: Int
    let variation: Variation
  }

  package internal(set) var inputs: [Rows] = []
  package internal(set) var outputs: [Rows] = []
  /// The reduced outputs; `first` is the place in the accumulator.
  package internal(set) var reductions: [Rows] = []
  package internal(set) var draws: [Draw] = []
  package internal(set) var instructions: [LaneInstruction] = []
  /// Instructions that are run together, one tile of rows after the other.
  package internal(set) var tiles: [InstructionTile] = []
  /// All rows, and how many of them, the first ones, are the caller's.
  package internal(set) var rowCount = 0
  package internal(set) var externalRows = 0

  var uniformInputs: [UniformInput] = []
  var constants: [Double] = []
  var runInstructions: [UniformInstruction] = []
  var stepInstructions: [UniformInstruction] = []
  package var slotCount: Int { constants.count }

  /// True if some shared value has to be computed anew at each step.
  package var changesWithStep: Bool {
    !stepInstructions.isEmpty || uniformInputs.contains { $0.variation == .step }
  }

  package func input(_ name: String) -> Rows? { inputs.first { $0.name == name } }
  package func output(_ name: String) -> Rows? { outputs.first { $0.name == name } }

  /// Length of the accumulator of the reduced outputs.
  package var accumulatorCount: Int { reductions.reduce(0) { $0 + $1.count } }

  /// Plans a Program, which is simplified first.
  ///
  /// - Parameters:
  ///   - contract: whether `a·b + c` becomes one fused multiply-add.
  ///   - reduced: names of outputs that are only wanted as sums over the lanes.
  public init(_ program: Program, contract: Bool = true, reducing reduced: Set<String> = []) {
    var planner = Planner(program.simplified(contract: contract), reducing: reduced)
    planner.run()
    self = planner.plan
    for index in instructions.indices { instructions[index].findWhetherFlat(externalRows: externalRows) }
    tiles = InstructionTile.tiles(of: instructions)
  }

  /// A plan to be filled.
  init() {}

  /// How many lanes a block has: 64 to 1024.
  ///
  /// A row of 4 KiB is long enough that the calls cost little, and short enough that an instruction finds
  /// its operands in the first-level cache; all rows stay in the second-level cache. Vectors of many rows
  /// are run through by tiles and have shorter rows; with less than 256 lanes the matrix products lose more
  /// than the caches gain.
  ///
  /// - Parameter extraRows: rows that are live beside the plan's own (noise buffers).
  package func blockLength(scalarSize: Int, extraRows: Int) -> Int {
    let rows = rowCount + extraRows
    for length in [1024, 512] where length * scalarSize <= 4096 && rows * length * scalarSize <= 256 * 1024 {
      return length
    }
    for length in [256, 128] where rows * length * scalarSize <= 16 << 20 { return length }
    return 64
  }
}
