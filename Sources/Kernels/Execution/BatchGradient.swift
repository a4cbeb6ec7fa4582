import Lanes
import LinearAlgebra
import Program
import Random

/// Samples as a matrix in the precision they are computed in: `rows` samples of `columns` numbers.
package final class SampleMatrix<Scalar: ExecutionScalar>: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  // Written in `init` only.
  fileprivate let values: UnsafeMutablePointer<Scalar>

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  package init(_ numbers: [Double], rows: Int, columns: Int) {
    precondition(numbers.count == rows * columns)
    self.rows = rows
    self.columns = columns
    values = .allocate(capacity: max(1, numbers.count))
    for (index, number) in numbers.enumerated() { (values + index).initialize(to: Scalar(number)) }
  }

  deinit { values.deallocate() }
}

/// Computes the mean of a loss over a batch of samples, and its gradient, on several threads.
///
/// The batch is cut into blocks of lanes and the blocks into chunks, both by the plan and the batch alone.
/// Each chunk adds its gradients up for itself, and the chunks are added in order: the bits are the same
/// for any number of threads. Nothing is allocated from one batch to the next.
///
/// Lane i's draws are a function of (seed, step, i) alone.
package final class BatchGradient<Scalar: ExecutionScalar>: @unchecked Sendable {
  /// The name of the lane input that holds the sample.
  package static var sampleInput: String { "x" }
  /// The name of a lane input that gets stratified uniforms: `(u₀ + i/B) mod 1` in lane i of a batch of B.
  package static var stratifiedInput: String { "u_t" }

  package struct Result: Sendable {
    /// Of the lanes' losses.
    package var loss = Moments()
    /// The first lane whose loss is not finite.
    package var firstFailure: Int?
  }

  /// A batch: which samples, and what its random numbers are a function of.
  package struct Batch: Sendable {
    package let indices: [Int]
    package let seed: UInt64
    package let step: Int
    /// Number of the first lane, where a batch is computed in several parts.
    package let firstLane: Int
    /// Lanes of all parts together.
    package let lanes: Int

    package init(indices: [Int], seed: UInt64, step: Int, firstLane: Int = 0, lanes: Int? = nil) {
      self.indices = indices
      self.seed = seed
      self.step = step
      self.firstLane = firstLane
      self.lanes = lanes ?? indices.count
    }
  }

  package let plan: Plan
  /// Lanes of a block.
  package let blockLength: Int
  /// The sum of the reduced outputs over the lanes of the last batch, ``Plan/accumulatorCount`` numbers.
  package var gradient: UnsafeMutablePointer<Scalar> { accumulators }
  private let lossRow: Int
  private let parameters: [(input: String, offset: Int)]
  private let shared: [String: [Double]]
  private let accumulators: UnsafeMutablePointer<Scalar>
  /// Length of a chunk's accumulator: whole vectors.
  private let stride: Int
  private let mostChunks: Int
  // Touched only while `condition` is held.
  private let condition = Condition()
  private var idle: [Worker] = []

  /// - Parameters:
  ///   - plan: of a Program with the lane input "x", the output `loss` of one row, and reduced outputs.
  ///   - parameters: the inputs that come from the flat vector of parameters, each with its place.
  ///   - shared: the values of all other inputs that lanes share.
  ///   - batch: the most lanes of a batch.
  package init(
    _ plan: Plan, loss: String, parameters: [(input: String, offset: Int)], shared: [String: [Double]],
    batch: Int
  ) throws {
    guard let output = plan.output(loss), output.count == 1 else {
      throw ProgramError("the loss needs an output '\(loss)' of one number")
    }
    try Blas.requireLibrary()
    self.plan = plan
    self.parameters = parameters
    self.shared = shared
    lossRow = output.first
    let length = plan.blockLength(
      scalarSize: MemoryLayout<Scalar>.size, extraRows: plan.externalRows + Scalar.numbersPerCall)
    // Blocks of equal length, and two where that pays: so that there is work for two threads.
    let blocks = max(batch >= 192 ? 2 : 1, (batch + length - 1) / length)
    blockLength = (batch + blocks * laneGroup - 1) / (blocks * laneGroup) * laneGroup
    stride = (plan.accumulatorCount + laneGroup - 1) / laneGroup * laneGroup
    // More chunks would keep more threads busy, but each is as large as the parameters.
    mostChunks = stride > 1 << 16 ? 4 : 8
    accumulators = allocateLanes(max(1, stride * mostChunks))
    accumulators.update(repeating: 0, count: max(1, stride * mostChunks))
  }

  deinit { accumulators.deallocate() }

  /// - Throws: ``Cancelled``.
  // Called from other modules, where the precision is not known: without these the loops below would ask
  // for each number what type it is.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  package func run(
    _ data: SampleMatrix<Scalar>, _ batch: Batch, parameters vector: UnsafePointer<Scalar>,
    options: RunOptions
  ) throws -> Result {
    let count = batch.indices.count
    let blocks = (count + blockLength - 1) / blockLength
    let chunks = min(blocks, mostChunks)
    var result = Result()
    let start = UncheckedPointer(vector)
    try forEachBlock(
      count: chunks, options: options,
      makeWorker: { WorkerLoan(self, start.pointer) },
      process: { loan, chunk in
        let range = chunk * blocks / chunks..<(chunk + 1) * blocks / chunks
        return loan.worker.run(
          self, data, batch, blocks: range, accumulator: self.accumulators + chunk * self.stride)
      },
      consume: { (part: Result) in
        result.loss.merge(part.loss)
        if result.firstFailure == nil { result.firstFailure = part.firstFailure }
      })
    guard stride > 0 else { return result }
    for chunk in 1..<max(1, chunks) {
      Scalar.apply(
        .add, LaneOperand(lanes: accumulators), LaneOperand(lanes: accumulators + chunk * stride),
        to: accumulators, count: stride)
    }
    return result
  }

  // MARK: Workers

  /// A thread's workspace, lent for one batch.
  private final class WorkerLoan {
    let worker: Worker
    private let owner: BatchGradient

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    init(_ owner: BatchGradient, _ vector: UnsafePointer<Scalar>) {
      self.owner = owner
      worker = owner.condition.locked { owner.idle.popLast() } ?? Worker(owner)
      worker.space.update(owner.parameters.map { ($0.input, vector + $0.offset) })
    }

    deinit { owner.condition.locked { owner.idle.append(worker) } }
  }

  private final class Worker {
    let space: Workspace<Scalar>
    private let external: UnsafeMutablePointer<Scalar>
    /// Where the sample of each lane begins.
    private let samples: UnsafeMutablePointer<Int>

    init(_ owner: BatchGradient) {
      let count = owner.blockLength
      space = Workspace(owner.plan, count: count)
      external = allocateLanes(max(1, owner.plan.externalRows * count))
      samples = .allocate(capacity: count)
      samples.initialize(repeating: 0, count: count)
      for row in 0..<owner.plan.externalRows { space.rows[row] = external + row * count }
      space.begin(owner.shared)
    }

    deinit {
      external.deallocate()
      samples.deallocate()
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    func run(
      _ owner: BatchGradient, _ data: SampleMatrix<Scalar>, _ batch: Batch, blocks: Range<Int>,
      accumulator: UnsafeMutablePointer<Scalar>
    ) -> Result {
      accumulator.update(repeating: 0, count: owner.stride)
      var result = Result()
      let length = owner.blockLength
      for block in blocks {
        let first = block * length
        let lanes = min(length, batch.indices.count - first)
        gather(owner.plan, data, batch, first: first, lanes: lanes)
        space.draw(
          seed: batch.seed, stream: .auxiliary, firstPath: batch.firstLane + first, group: batch.step)
        space.execute(accumulator: accumulator, lanes: lanes)
        let losses = space.rows[owner.lossRow]
        let moments = Moments(losses, count: lanes)
        result.loss.merge(moments)
        if moments.count < lanes, result.firstFailure == nil {
          result.firstFailure = (0..<lanes).first { !losses[$0].isFinite }.map {
            batch.firstLane + first + $0
          }
        }
      }
      return result
    }

    /// Samples as rows of lanes. Lanes past the last sample repeat it; they are not added.
    private func gather(
      _ plan: Plan, _ data: SampleMatrix<Scalar>, _ batch: Batch, first: Int, lanes: Int
    ) {
      let count = space.count
      if let input = plan.input(BatchGradient.sampleInput) {
        for lane in 0..<count { samples[lane] = batch.indices[first + min(lane, lanes - 1)] &* data.columns }
        let target = space.rows[input.first]
        // A group at a time: its part of a row is a cache line. Rows a power of two apart share so few places in the
        // cache that one lane at a time would drive its own lines out.
        for group in Swift.stride(from: 0, to: count, by: laneGroup) {
          for column in 0..<data.columns {
            let (row, values) = (target + column &* count, data.values + column)
            for lane in group..<group &+ laneGroup { row[lane] = values[samples[lane]] }
          }
        }
      }
      if let input = plan.input(BatchGradient.stratifiedInput) {
        let target = space.rows[input.first]
        let offset = batchUniform(seed: batch.seed, step: batch.step)
        for lane in 0..<count {
          let u = offset + Double(batch.firstLane + first + lane) / Double(batch.lanes)
          // Rounding must not give 0 or 1, where schedules have their poles.
          target[lane] = min(max(Scalar(u - u.rounded(.down)), 0x1p-24), 1 - 0x1p-24)
        }
      }
    }
  }
}

/// One uniform a batch, in (0, 1).
private func batchUniform(seed: UInt64, step: Int) -> Double {
  // Level 2: lanes' draws have levels 0 and 1.
  let base = CounterBase(seed: seed, stream: .auxiliary, firstPath: 0, level: 2, group: step, dimension: 0)
  return (Double(philox4x32(base.words, key: base.key).0) + 0.5) * 0x1p-32
}

/// A pointer that several threads read.
private struct UncheckedPointer<Scalar>: @unchecked Sendable {
  let pointer: UnsafePointer<Scalar>
  init(_ pointer: UnsafePointer<Scalar>) { self.pointer = pointer }
}
