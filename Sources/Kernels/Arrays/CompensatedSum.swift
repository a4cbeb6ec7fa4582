/// Sums that carry their rounding errors (Neumaier's TwoSum form of Kahan's summation), eight lanes at a time.
///
/// The result differs from the exact sum S of the n terms by at most about u·|S| + 2·n·u²·Σ|xᵢ| with
/// u = 2⁻⁵³: for all but the most cancelling data it is the correctly rounded sum or its neighbour, whatever n is.
/// (Pairwise summation, NumPy's, guarantees u·log₂(n)·Σ|xᵢ|.)
@inline(__always)
func compensatedSum(
  _ values: UnsafeBufferPointer<Double>, neutral: Double = 0, _ f: (SIMD8<Double>) -> SIMD8<Double>
) -> Double {
  let n = values.count
  guard n > 0, let base = values.baseAddress else { return 0 }
  let raw = UnsafeRawPointer(base)
  var sum = SIMD8<Double>(), error = SIMD8<Double>()
  var i = 0
  while i + 8 <= n {
    let x = f(raw.loadUnaligned(fromByteOffset: i * 8, as: SIMD8<Double>.self))
    twoSum(&sum, &error, x)
    i += 8
  }
  if i < n {
    var rest = SIMD8<Double>(repeating: neutral)
    for k in i..<n { rest[k - i] = base[k] }
    twoSum(&sum, &error, f(rest))
  }
  var total = 0.0, carried = 0.0
  for lane in 0..<8 { twoSum(&total, &carried, sum[lane]) }
  for lane in 0..<8 { carried += error[lane] }
  // An infinity or NaN among the terms (or an overflow) makes the carried error meaningless.
  return total.isFinite ? total + carried : sum.sum()
}

@inline(__always)
private func twoSum(_ sum: inout SIMD8<Double>, _ error: inout SIMD8<Double>, _ x: SIMD8<Double>) {
  let s = sum + x
  let t = s - sum
  error += (sum - (s - t)) + (x - t)
  sum = s
}

/// One step of a compensated sum: `sum + error` grows by `x`.
@inline(__always)
func twoSum(_ sum: inout Double, _ error: inout Double, _ x: Double) {
  let s = sum + x
  let t = s - sum
  error += (sum - (s - t)) + (x - t)
  sum = s
}

/// Compensated sums of each of `inner` interleaved series of `extent` terms: `out[i] = Σₖ f(input[k·inner + i], i)`.
@inline(__always)
func compensatedColumnSums(
  _ input: UnsafePointer<Double>, extent: Int, inner: Int, to out: UnsafeMutablePointer<Double>,
  _ f: (Double, Int) -> Double
) {
  let error = UnsafeMutablePointer<Double>.allocate(capacity: inner)
  defer { error.deallocate() }
  error.initialize(repeating: 0, count: inner)
  out.initialize(repeating: 0, count: inner)
  for k in 0..<extent {
    let row = input + k * inner
    for i in 0..<inner { twoSum(&out[i], &error[i], f(row[i], i)) }
  }
  for i in 0..<inner where out[i].isFinite { out[i] += error[i] }
}
