import Arrays
import Random

/// The median of |xᵢ − xⱼ|² over pairs of the pooled rows, of a thousand of them drawn at random where there are
/// more. It does not see which sample a row is of: permutations leave it as it is, and the test stays exact.
func medianSquaredDistance(_ samples: TwoSamples, _ random: inout SequentialRandom) throws -> Double {
  let most = min(samples.count, 1000), d = samples.dimension
  var order = Array(0..<samples.count)
  order.shuffle(most, &random)
  var squares: [Double] = []
  squares.reserveCapacity(most * (most - 1) / 2)
  samples.rows.withUnsafeBufferPointer { rows in
    for i in 1..<most {
      for j in 0..<i {
        var sum = 0.0
        for k in 0..<d {
          let difference = rows[order[i] * d + k] - rows[order[j] * d + k]
          sum = sum.addingProduct(difference, difference)
        }
        squares.append(sum)
      }
    }
  }
  return try NDArray(squares).median()
}
