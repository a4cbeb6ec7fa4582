/// Reductions of the whole array, or along one axis (which the result then lacks).
///
/// As in NumPy a NaN among the elements makes the result NaN, variances divide by n unless `ddof` says otherwise,
/// and an empty sum is 0. Unlike NumPy, the mean, variance, extremes and quantiles of nothing are an error, not a NaN.
/// A mean over axis 0 keeps the column names.
extension NDArray {
  /// Σ x, compensated: see `compensatedSum` for the error bound.
  public func sum() -> Double {
    values.withUnsafeBufferPointer { plainSum($0) }
  }

  public func sum(axis: Int) throws -> NDArray {
    try reduced(axis, "sum", allowsEmpty: true, contiguous: plainSum) { input, extent, inner, out in
      compensatedColumnSums(input, extent: extent, inner: inner, to: out) { x, _ in x }
    }
  }

  /// Σ x / n.
  public func mean() throws -> Double {
    guard count > 0 else { throw ArrayError.empty(operation: "mean") }
    return values.withUnsafeBufferPointer(plainMean)
  }

  public func mean(axis: Int) throws -> NDArray {
    try reduced(axis, "mean", contiguous: plainMean, interleaved: columnMeans)
  }

  /// Σ (x − mean)² / (n − ddof), in two passes. `ddof` = 0, the default as in NumPy, is the population variance;
  /// `ddof` = 1 the unbiased sample variance.
  public func variance(ddof: Int = 0) throws -> Double {
    try checkDegrees(count, ddof, "variance")
    return values.withUnsafeBufferPointer { plainVariance($0, ddof) }
  }

  public func variance(axis: Int, ddof: Int = 0) throws -> NDArray {
    try checkAxis(axis)
    try checkDegrees(shape[axis], ddof, "variance")
    return try reduced(axis, "variance") {
      plainVariance($0, ddof)
    } interleaved: { input, extent, inner, out in
      let means = UnsafeMutablePointer<Double>.allocate(capacity: inner)
      defer { means.deallocate() }
      columnMeans(input, extent, inner, means)
      compensatedColumnSums(input, extent: extent, inner: inner, to: out) { x, i in
        (x - means[i]) * (x - means[i])
      }
      for i in 0..<inner { out[i] /= Double(extent - ddof) }
    }
  }

  /// The square root of ``variance(ddof:)``.
  public func standardDeviation(ddof: Int = 0) throws -> Double {
    try variance(ddof: ddof).squareRoot()
  }

  public func standardDeviation(axis: Int, ddof: Int = 0) throws -> NDArray {
    try variance(axis: axis, ddof: ddof).map { $0.squareRoot() }
  }

  public func minimum() throws -> Double {
    guard count > 0 else { throw ArrayError.empty(operation: "minimum") }
    return values.withUnsafeBufferPointer { plainExtreme($0, lesser) }
  }

  public func minimum(axis: Int) throws -> NDArray {
    try reduced(axis, "minimum", contiguous: { plainExtreme($0, lesser) }) {
      columnExtremes($0, $1, $2, $3, lesser)
    }
  }

  public func maximum() throws -> Double {
    guard count > 0 else { throw ArrayError.empty(operation: "maximum") }
    return values.withUnsafeBufferPointer { plainExtreme($0, greater) }
  }

  public func maximum(axis: Int) throws -> NDArray {
    try reduced(axis, "maximum", contiguous: { plainExtreme($0, greater) }) {
      columnExtremes($0, $1, $2, $3, greater)
    }
  }

  /// The 0-based position of the least element of a one-axis array or of the flattened array: the first of equals,
  /// or the first NaN.
  public func argMinimum() throws -> Int {
    guard count > 0 else { throw ArrayError.empty(operation: "minimum") }
    return position(before: <)
  }

  public func argMaximum() throws -> Int {
    guard count > 0 else { throw ArrayError.empty(operation: "maximum") }
    return position(before: >)
  }

  private func position(before: (Double, Double) -> Bool) -> Int {
    var best = 0
    for i in values.indices {
      if values[i].isNaN { return i }
      if before(values[i], values[best]) { best = i }
    }
    return best
  }

  private func checkDegrees(_ n: Int, _ ddof: Int, _ name: String) throws {
    guard n > 0 else { throw ArrayError.empty(operation: name) }
    guard ddof >= 0, n > ddof else {
      throw ArrayError.invalidArgument(
        "the \(name) with ddof = \(ddof) divides by n − ddof, and n is \(n): needs 0 ≤ ddof < n")
    }
  }

  /// Applies one of two kernels along `axis`: `contiguous` to each run when the axis is the last, `interleaved`
  /// (input, extent, inner, out) to each outer block otherwise.
  func reduced(
    _ axis: Int, _ name: String, allowsEmpty: Bool = false,
    contiguous: (UnsafeBufferPointer<Double>) -> Double,
    interleaved: (UnsafePointer<Double>, Int, Int, UnsafeMutablePointer<Double>) -> Void
  ) throws -> NDArray {
    try checkAxis(axis)
    let (outer, extent, inner) = spans(around: axis)
    guard extent > 0 || allowsEmpty else { throw ArrayError.empty(operation: name) }
    var resultShape = shape
    resultShape.remove(at: axis)
    var result = try NDArray(shape: resultShape) { out in
      values.withUnsafeBufferPointer { input in
        guard let base = input.baseAddress, let target = out.baseAddress, input.count > 0 else {
          out.initialize(repeating: 0)
          return
        }
        for o in 0..<outer {
          if inner == 1 {
            target[o] = contiguous(UnsafeBufferPointer(start: base + o * extent, count: extent))
          } else {
            interleaved(base + o * extent * inner, extent, inner, target + o * inner)
          }
        }
      }
    }
    if axis < rank - 1 { result.columnNames = columnNames }
    return result
  }
}

func plainSum(_ x: UnsafeBufferPointer<Double>) -> Double {
  compensatedSum(x) { $0 }
}

func plainMean(_ x: UnsafeBufferPointer<Double>) -> Double {
  let n = Double(x.count), sum = plainSum(x)
  // A sum may overflow where the mean does not.
  return sum.isFinite ? sum / n : compensatedSum(x) { $0 / n }
}

private func plainVariance(_ x: UnsafeBufferPointer<Double>, _ ddof: Int) -> Double {
  let mean = plainMean(x)
  return compensatedSum(x, neutral: mean) { ($0 - mean) * ($0 - mean) } / Double(x.count - ddof)
}

private func columnMeans(
  _ input: UnsafePointer<Double>, _ extent: Int, _ inner: Int, _ out: UnsafeMutablePointer<Double>
) {
  let n = Double(extent)
  compensatedColumnSums(input, extent: extent, inner: inner, to: out) { x, _ in x }
  var overflowed = false
  for i in 0..<inner {
    overflowed = overflowed || !out[i].isFinite
    out[i] /= n
  }
  guard overflowed else { return }
  compensatedColumnSums(input, extent: extent, inner: inner, to: out) { x, _ in x / n }
}

@inline(__always) private func lesser(_ a: Double, _ b: Double) -> Bool { a < b }
@inline(__always) private func greater(_ a: Double, _ b: Double) -> Bool { a > b }

@inline(__always)
private func plainExtreme(_ x: UnsafeBufferPointer<Double>, _ before: (Double, Double) -> Bool) -> Double {
  var best = x[0]
  for value in x where !before(best, value) {
    if value.isNaN { return value }
    best = value
  }
  return best
}

@inline(__always)
private func columnExtremes(
  _ input: UnsafePointer<Double>, _ extent: Int, _ inner: Int, _ out: UnsafeMutablePointer<Double>,
  _ before: (Double, Double) -> Bool
) {
  out.initialize(from: input, count: inner)
  for k in 1..<max(extent, 1) {
    let row = input + k * inner
    for i in 0..<inner where before(row[i], out[i]) || row[i].isNaN { out[i] = row[i] }
  }
}
