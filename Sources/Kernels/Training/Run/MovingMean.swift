/// The mean of each value and the ones before it, `count` in all where there are so many.
package func movingMean(_ values: [Double], _ count: Int) -> [Double] {
  var (sum, result) = (0.0, [Double]())
  result.reserveCapacity(values.count)
  for (index, value) in values.enumerated() {
    sum += value
    if index >= count { sum -= values[index - count] }
    result.append(sum / Double(min(index + 1, count)))
  }
  return result
}
