/// The pooled values of one column or projection in ascending order: what one-dimensional distances need of all
/// labelings alike.
struct SortedLine: Sendable {
  let values: [Double]
  /// The pooled row of each value.
  let rows: [Int32]

  init(_ unsorted: [Double]) {
    let order = unsorted.indices.sorted { unsorted[$0] < unsorted[$1] }
    values = order.map { unsorted[$0] }
    rows = order.map(Int32.init)
  }

  /// ∫ |F_a − F_b| dx, the Wasserstein distance of order 1, for empirical distribution functions.
  func wasserstein1(_ labels: UnsafePointer<UInt8>) -> Double {
    let (n, m) = sizes(labels)
    guard n > 0, m > 0 else { return 0 }
    return values.withUnsafeBufferPointer { x in
      rows.withUnsafeBufferPointer { rows in
        // n·m·(F_a − F_b), an integer.
        var balance = 0, sum = 0.0
        for i in 0..<x.count {
          if i > 0 { sum = sum.addingProduct(Double(abs(balance)), x[i] - x[i &- 1]) }
          balance &+= step(labels[Int(rows[i])], n, m)
        }
        return sum / (Double(n) * Double(m))
      }
    }
  }

  /// ∫₀¹ (F_a⁻¹ − F_b⁻¹)² du, the square of the Wasserstein distance of order 2.
  ///
  /// - Parameter room: for the values of both samples and two more.
  func squaredWasserstein2(_ labels: UnsafePointer<UInt8>, _ room: UnsafeMutablePointer<Double>) -> Double {
    let (n, m) = sizes(labels)
    guard n > 0, m > 0 else { return 0 }
    return values.withUnsafeBufferPointer { x in
      rows.withUnsafeBufferPointer { rows in
        let a = room, b = room + n + 1
        var (i, j) = (0, 0)
        // Without branches, which random labels would mispredict: what is not wanted is overwritten.
        for k in 0..<x.count {
          let label = labels[Int(rows[k])]
          a[i] = x[k]
          i &+= label == Resampling.inA ? 1 : 0
          b[j] = x[k]
          j &+= label == Resampling.inB ? 1 : 0
        }
        var sum = 0.0
        if n == m {
          for k in 0..<n {
            let difference = a[k] - b[k]
            sum = sum.addingProduct(difference, difference)
          }
          return sum / Double(n)
        }
        // Each of a's values has mass m, each of b's n, of n·m in all.
        var (left, right) = (m, n)
        (i, j) = (0, 0)
        while i < n, j < m {
          let mass = min(left, right)
          let difference = a[i] - b[j]
          sum = sum.addingProduct(Double(mass) * difference, difference)
          left &-= mass
          right &-= mass
          if left == 0 {
            i &+= 1
            left = m
          }
          if right == 0 {
            j &+= 1
            right = n
          }
        }
        return sum / (Double(n) * Double(m))
      }
    }
  }

  /// max |F_a − F_b|, as the integer n·m·max and n·m.
  func kolmogorovSmirnov(_ labels: UnsafePointer<UInt8>) -> (greatest: Int, of: Int) {
    let (n, m) = sizes(labels)
    return values.withUnsafeBufferPointer { x in
      rows.withUnsafeBufferPointer { rows in
        var (balance, greatest) = (0, 0)
        for i in 0..<x.count {
          balance &+= step(labels[Int(rows[i])], n, m)
          // Equal values step together.
          if i &+ 1 == x.count || x[i &+ 1] > x[i] { greatest = max(greatest, abs(balance)) }
        }
        return (greatest, n * m)
      }
    }
  }

  private func sizes(_ labels: UnsafePointer<UInt8>) -> (Int, Int) {
    var (n, m) = (0, 0)
    for i in 0..<rows.count {
      n &+= labels[i] == Resampling.inA ? 1 : 0
      m &+= labels[i] == Resampling.inB ? 1 : 0
    }
    return (n, m)
  }

  /// What a row adds to n·m·(F_a − F_b).
  @inline(__always)
  private func step(_ label: UInt8, _ n: Int, _ m: Int) -> Int {
    label == Resampling.inA ? m : label == Resampling.inB ? 0 &- n : 0
  }
}
