import Execution
import LinearAlgebra
import Random

/// Writes k(xᵢ, xⱼ) for a tile of pairs: rows i in `rows`, and `PooledPoints.tile` columns from `first` on. `spare`
/// is room for two more tiles.
typealias PairFunction =
  @Sendable (
    _ points: PooledPoints, _ rows: Range<Int>, _ first: Int, _ out: UnsafeMutablePointer<Double>,
    _ spare: UnsafeMutablePointer<Double>
  ) -> Void

/// The sums of a symmetric function of pairs over the samples of one labeling, pairs of a row with itself left out.
struct PairSums {
  /// Σ k(xᵢ, xⱼ) over ordered pairs i ≠ j in a, over those in b, and over i in a, j in b.
  var aa: Double
  var bb: Double
  var ab: Double
  var na: Int
  var nb: Int
}

/// The sums over pairs for all labelings in one pass over the pairs, of which no more than a tile is ever stored.
///
/// With u the indicator of a in a labeling, Σ_aa = uᵀKu and Σ_ab + Σ_aa = uᵀK1. All labelings' u side by side
/// are a matrix U: a tile of K times its rows is a matrix product, which is where the time goes. The observed
/// labels and those without a group follow from the sums between groups, whose indicators are columns of U too.
/// K is symmetric: tiles below the diagonal are not computed.
struct PairForms {
  private let resampling: Resampling
  /// Of each permutation p: uᵀKu, and uᵀK1.
  private var own: [Double]
  private var whole: [Double]
  /// Sums between the groups: first those of a, then those of b.
  private var between: [Double]

  /// What one strip of rows adds.
  private struct Strip {
    var own: [Double]
    var whole: [Double]
    var between: [Double]
  }

  /// - Throws: ``Cancelled``, or an error if the library of matrix products is missing.
  init(
    _ points: PooledPoints, _ resampling: Resampling, _ run: RunOptions, _ function: @escaping PairFunction
  ) throws {
    try Blas.requireLibrary()
    self.resampling = resampling
    let tile = PooledPoints.tile
    let strips = points.paddedCount / tile
    let permutations = resampling.permutations, groups = resampling.groups
    let indicators = Indicators(points, resampling)
    var own = [Double](repeating: 0, count: permutations)
    var whole = own
    var between = [Double](repeating: 0, count: 4 * groups * groups)
    let totalTiles = Double(strips * (strips + 1) / 2)
    var doneTiles = 0, doneStrips = 0
    try forEachBlock(
      count: strips, options: run,
      makeWorker: { StripWorker(columns: indicators.columns) },
      process: { worker, strip -> Strip? in
        let rows = strip * tile..<min(points.count, (strip + 1) * tile)
        for other in strip..<strips {
          if run.cancellation.isRequested { return nil }
          function(points, rows, other * tile, worker.tile, worker.spare)
          if other == strip { for i in 0..<rows.count { worker.tile[i * tile + i] = 0 } }
          // What is above the diagonal stands for what is below, too.
          Gemm.multiply(
            m: rows.count, n: indicators.columns, k: tile, alpha: other == strip ? 1 : 2, worker.tile,
            lda: tile,
            indicators.values + other * tile * indicators.columns, ldb: indicators.columns,
            beta: other == strip ? 0 : 1, worker.product, ldc: indicators.columns)
        }
        return PairForms.reduce(worker.product, rows, indicators, resampling)
      },
      consume: { strip in
        for p in 0..<permutations {
          own[p] += strip.own[p]
          whole[p] += strip.whole[p]
        }
        for k in between.indices { between[k] += strip.between[k] }
        doneTiles += strips - doneStrips
        doneStrips += 1
        run.progress?(Double(doneTiles) / totalTiles)
      })
    self.own = own
    self.whole = whole
    self.between = between
  }

  /// From the rows of Y = (K's upper part, twice) U, what the strip adds to uᵀKu and to the symmetric uᵀK1.
  private static func reduce(
    _ product: UnsafePointer<Double>, _ rows: Range<Int>, _ indicators: Indicators, _ resampling: Resampling
  ) -> Strip {
    let permutations = resampling.permutations, groups = 2 * resampling.groups
    var strip = Strip(
      own: [Double](repeating: 0, count: permutations), whole: [Double](repeating: 0, count: permutations),
      between: [Double](repeating: 0, count: groups * groups))
    strip.own.withUnsafeMutableBufferPointer { own in
      strip.whole.withUnsafeMutableBufferPointer { whole in
        for (i, row) in rows.enumerated() {
          let y = product + i * indicators.columns
          let u = indicators.values + row * indicators.columns
          let ofGroups = y + permutations
          var all = 0.0
          for g in 0..<groups { all += ofGroups[g] }
          for p in 0..<permutations {
            own[p] += u[p] * y[p]
            whole[p] += 0.5 * (y[p] + u[p] * all)
          }
        }
      }
    }
    for (i, row) in rows.enumerated() {
      let ofGroups = product + i * indicators.columns + permutations
      let mine = resampling.group[row] + (row < resampling.na ? 0 : resampling.groups)
      for g in 0..<groups {
        strip.between[mine * groups + g] += 0.5 * ofGroups[g]
        strip.between[g * groups + mine] += 0.5 * ofGroups[g]
      }
    }
    return strip
  }

  /// The sums of each labeling, in their order.
  func sums() -> [PairSums] {
    let groups = resampling.groups, stride = 2 * groups
    let total = between.reduce(0, +)
    func observed(without left: Int?) -> PairSums {
      var sums = PairSums(aa: 0, bb: 0, ab: 0, na: resampling.na, nb: resampling.nb)
      for g in 0..<groups where g != left {
        for h in 0..<groups where h != left {
          sums.aa += between[g * stride + h]
          sums.ab += between[g * stride + groups + h]
          sums.bb += between[(groups + g) * stride + groups + h]
        }
      }
      for row in 0..<resampling.count where resampling.group[row] == left {
        if row < resampling.na { sums.na -= 1 } else { sums.nb -= 1 }
      }
      return sums
    }
    let permuted = (0..<resampling.permutations).map { p in
      PairSums(
        aa: own[p], bb: total - 2 * whole[p] + own[p], ab: whole[p] - own[p], na: resampling.na,
        nb: resampling.nb)
    }
    return [observed(without: nil)] + permuted + (0..<groups).map { observed(without: $0) }
  }

  /// The mean of |k| over pairs, as far as the sums tell: what rounding errors are relative to.
  var scale: Double {
    let n = Double(resampling.count)
    return between.reduce(0) { $0 + $1.magnitude } / (n * n)
  }
}

/// The indicators of a in each permutation and of each group, a row a point; zero for points that pad.
private final class Indicators: @unchecked Sendable {
  // Written once, by init.
  let values: UnsafeMutablePointer<Double>
  let columns: Int

  init(_ points: PooledPoints, _ resampling: Resampling) {
    columns = resampling.permutations + 2 * resampling.groups
    values = .allocate(capacity: points.paddedCount * columns)
    values.initialize(repeating: 0, count: points.paddedCount * columns)
    for row in 0..<points.count {
      let u = values + row * columns
      for p in 0..<resampling.permutations where resampling.isInA(row, permutation: p) { u[p] = 1 }
      let group = resampling.group[row] + (row < resampling.na ? 0 : resampling.groups)
      u[resampling.permutations + group] = 1
    }
  }

  deinit { values.deallocate() }
}

private final class StripWorker: @unchecked Sendable {
  // Used by one thread.
  let tile: UnsafeMutablePointer<Double>
  let spare: UnsafeMutablePointer<Double>
  let product: UnsafeMutablePointer<Double>

  init(columns: Int) {
    let size = PooledPoints.tile * PooledPoints.tile
    tile = allocateLanes(size)
    spare = allocateLanes(2 * size)
    product = .allocate(capacity: PooledPoints.tile * columns)
    product.initialize(repeating: 0, count: PooledPoints.tile * columns)
  }

  deinit {
    tile.deallocate()
    spare.deallocate()
    product.deallocate()
  }
}
