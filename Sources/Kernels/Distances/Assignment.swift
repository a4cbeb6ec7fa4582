/// The cheapest assignment of n rows to n columns: the linear assignment problem, by shortest augmenting paths with
/// potentials after Jonker & Volgenant's column reduction and augmenting row reduction. O(n³) at worst, far less for
/// distances between points.
///
/// Source: Jonker & Volgenant, Computing 38 (1987) 325; Crouse, IEEE Trans. Aerosp. Electron. Syst. 52 (2016) 1679.
final class Assignment: @unchecked Sendable {
  // Used by one thread.
  private let n: Int
  /// The cost of row i and column j at i·n + j; finite.
  let cost: UnsafeMutablePointer<Double>
  private(set) var columnOfRow: [Int]
  private var rowOfColumn: [Int]
  private var potential: [Double]
  // Of one search.
  private var shortest: [Double]
  private var nextShortest: [Double]
  private var closed: [Double]
  private var previous: [Int]
  private var nextPrevious: [Int]

  init(size n: Int) {
    self.n = n
    cost = .allocate(capacity: n * n)
    cost.initialize(repeating: 0, count: n * n)
    columnOfRow = Array(repeating: -1, count: n)
    rowOfColumn = columnOfRow
    potential = Array(repeating: 0, count: n)
    shortest = potential
    nextShortest = potential
    closed = potential
    previous = columnOfRow
    nextPrevious = columnOfRow
  }

  deinit { cost.deallocate() }

  /// The sum of the costs of the cheapest assignment of the first `count` rows and columns, whose costs lie at
  /// i·count + j; nil if stopped.
  func solve(_ count: Int, isStopped: () -> Bool) -> Double? {
    for k in 0..<count { (columnOfRow[k], rowOfColumn[k]) = (-1, -1) }
    reduceColumns(count)
    reduceRows(count)
    for row in 0..<count where columnOfRow[row] < 0 {
      if isStopped() { return nil }
      augment(from: row, count)
    }
    var sum = 0.0
    for row in 0..<count { sum += cost[row * count + columnOfRow[row]] }
    return sum
  }

  /// Each column's potential is its least cost, and it is assigned the row of that cost where that is free.
  private func reduceColumns(_ n: Int) {
    for j in 0..<n {
      potential[j] = cost[j]
      previous[j] = 0
    }
    for i in 1..<max(1, n) {
      let row = cost + i * n
      for j in 0..<n where row[j] < potential[j] {
        potential[j] = row[j]
        previous[j] = i
      }
    }
    for j in stride(from: n - 1, through: 0, by: -1) where columnOfRow[previous[j]] < 0 {
      columnOfRow[previous[j]] = j
      rowOfColumn[j] = previous[j]
    }
  }

  /// Each free row bids for its cheapest column, twice over: where the second cheapest costs more, the potential
  /// falls by the difference and the column's former row is free again.
  private func reduceRows(_ n: Int) {
    guard n > 1 else { return }
    for _ in 0..<2 {
      var free = (0..<n).filter { columnOfRow[$0] < 0 }
      var next = 0, bids = 0
      while next < free.count, bids < 4 * n {
        let i = free[next]
        next += 1
        bids += 1
        let row = cost + i * n
        var (least, second, best) = (Double.infinity, Double.infinity, 0)
        potential.withUnsafeBufferPointer { v in
          for j in 0..<n {
            let reduced = row[j] - v[j]
            if reduced < second {
              if reduced < least {
                (second, least, best) = (least, reduced, j)
              } else {
                second = reduced
              }
            }
          }
        }
        let former = rowOfColumn[best]
        let drop = second - least
        // Too small a fall of the potential would be lost to rounding, and the bidding would not end.
        let moves = potential[best] - drop < potential[best]
        guard moves || former < 0 else { continue }
        if moves { potential[best] -= drop }
        rowOfColumn[best] = i
        columnOfRow[i] = best
        if former >= 0 {
          columnOfRow[former] = -1
          next -= 1
          free[next] = former
        }
      }
    }
  }

  /// Dijkstra's search over reduced costs, from a free row to the nearest free column, and the exchange along it.
  private func augment(from start: Int, _ n: Int) {
    for j in 0..<n {
      shortest[j] = .infinity
      closed[j] = 0
      previous[j] = start
    }
    var (row, distance) = (start, 0.0)
    var visited: [Int] = []
    var free = -1
    while free < 0 {
      // The reduced cost of the row's own column is 0 by complementary slackness.
      let own = columnOfRow[row] >= 0 ? cost[row * n + columnOfRow[row]] - potential[columnOfRow[row]] : 0
      let least = relax(row, distance, distance - own, n)
      guard let column = firstOpen(least, n) else { return }
      distance = least
      visited.append(column)
      closed[column] = .infinity
      if rowOfColumn[column] < 0 { free = column } else { row = rowOfColumn[column] }
    }
    for j in visited { potential[j] += shortest[j] - distance }
    var column = free
    while true {
      let from = previous[column]
      rowOfColumn[column] = from
      (columnOfRow[from], column) = (column, columnOfRow[from])
      if from == start { return }
    }
  }

  /// Shortens the ways over a row, and answers the least of the columns still open. Plain loops between different
  /// arrays, and a minimum over integers, which order as positive numbers do: vector code.
  @inline(never)
  private func relax(_ row: Int, _ distance: Double, _ base: Double, _ n: Int) -> Double {
    let costs = cost + row * n
    var least = Int64(bitPattern: Double.infinity.bitPattern)
    potential.withUnsafeBufferPointer { v in
      shortest.withUnsafeBufferPointer { s in
        closed.withUnsafeBufferPointer { closed in
          previous.withUnsafeBufferPointer { p in
            nextShortest.withUnsafeMutableBufferPointer { sOut in
              nextPrevious.withUnsafeMutableBufferPointer { pOut in
                for j in 0..<n {
                  let through = base + (costs[j] - v[j])
                  // Rounding must not lead back: a way over this row is no shorter than the way to it.
                  let way = (through < distance ? distance : through) + closed[j]
                  let isShorter = way < s[j]
                  let new = isShorter ? way : s[j]
                  sOut[j] = new
                  pOut[j] = isShorter ? row : p[j]
                  let open = Int64(bitPattern: (new + closed[j]).bitPattern)
                  least = open < least ? open : least
                }
              }
            }
          }
        }
      }
    }
    swap(&shortest, &nextShortest)
    swap(&previous, &nextPrevious)
    return Double(bitPattern: UInt64(bitPattern: least))
  }

  /// A column at this distance that is still open: a free one if there is.
  private func firstOpen(_ distance: Double, _ n: Int) -> Int? {
    var found: Int?
    for j in 0..<n where shortest[j] == distance && closed[j] == 0 {
      if rowOfColumn[j] < 0 { return j }
      if found == nil { found = j }
    }
    return found
  }
}
