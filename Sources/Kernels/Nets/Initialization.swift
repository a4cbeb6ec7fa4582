import Random

/// How the weights of a layer begin, by PyTorch's names (`torch.nn.init`).
///
/// For a weight of shape [out, in], fan_in = in and fan_out = out.
public enum Initialization: String, CaseIterable, Sendable {
  /// `U(±1/√fan_in)`, for weights and biases: the default of `torch.nn.Linear` (`a = √5`).
  case kaimingUniform = "kaiming_uniform"
  /// `N(0, gain²/fan_in)`: He et al., arXiv:1502.01852.
  case kaimingNormal = "kaiming_normal"
  /// `U(±gain·√(6/(fan_in + fan_out)))`: Glorot and Bengio, AISTATS 2010.
  case xavierUniform = "xavier_uniform"
  /// `N(0, gain²·2/(fan_in + fan_out))`.
  case xavierNormal = "xavier_normal"
  /// gain times a matrix with orthonormal rows or columns: Saxe et al., arXiv:1312.6120.
  case orthogonal
  /// `N(0, gain²)`.
  case normal
  case zeros
}

/// How one parameter begins.
public enum InitialValues: Sendable {
  /// The weight of a layer, of shape [out, in].
  case weight(Initialization, gain: Double)
  /// The bias of a layer of `fanIn` inputs: `U(±1/√fan_in)` with kaiming_uniform, else 0.
  case bias(Initialization, fanIn: Int)
  case normal(deviation: Double)
  case constant(Double)
  case values([Double])

  /// The values of a parameter of this shape.
  ///
  /// Element k of parameter `index` is a function of (seed, index, k); only orthogonal matrices mix the
  /// elements of a parameter.
  func values(shape: [Int], seed: UInt64, index: Int) -> [Double] {
    let count = shape.reduce(1, *)
    let numbers = ParameterNumbers(seed: seed, index: index)
    switch self {
    case .constant(let value): return [Double](repeating: value, count: count)
    case .values(let values): return values
    case .normal(let deviation): return numbers.normals(count).map { deviation * $0 }
    case .bias(.kaimingUniform, let fanIn):
      return numbers.uniforms(count, within: 1 / Double(fanIn).squareRoot())
    case .bias: return [Double](repeating: 0, count: count)
    case .weight(let initialization, let gain):
      let (fanOut, fanIn) = (Double(shape.first ?? 1), Double(shape.dropFirst().reduce(1, *)))
      switch initialization {
      case .kaimingUniform: return numbers.uniforms(count, within: 1 / fanIn.squareRoot())
      case .kaimingNormal: return numbers.normals(count).map { gain / fanIn.squareRoot() * $0 }
      case .xavierUniform: return numbers.uniforms(count, within: gain * (6 / (fanIn + fanOut)).squareRoot())
      case .xavierNormal:
        return numbers.normals(count).map { gain * (2 / (fanIn + fanOut)).squareRoot() * $0 }
      case .orthogonal:
        return orthogonal(numbers.normals(count), rows: Int(fanOut), columns: Int(fanIn)).map { gain * $0 }
      case .normal: return numbers.normals(count).map { gain * $0 }
      case .zeros: return [Double](repeating: 0, count: count)
      }
    }
  }
}

/// The random numbers of one parameter of a net.
private struct ParameterNumbers {
  let seed: UInt64
  let index: Int

  func normals(_ count: Int) -> [Double] {
    numbers(count) { rows, base in Double.fillNormals(rows, count: 16, base: base, scale: 1) }
  }

  /// Uniform in (−bound, bound).
  func uniforms(_ count: Int, within bound: Double) -> [Double] {
    numbers(count) { rows, base in Double.fillUniforms(rows, count: 16, base: base) }
      .map { bound * (2 * $0 - 1) }
  }

  /// Sixteen counters, of two numbers each, at a time.
  private func numbers(
    _ count: Int, _ fill: (UnsafePointer<UnsafeMutablePointer<Double>>, CounterBase) -> Void
  ) -> [Double] {
    let lanes: UnsafeMutablePointer<Double> = allocateLanes(32)
    defer { lanes.deallocate() }
    let rows = [lanes, lanes + 16]
    var values: [Double] = []
    values.reserveCapacity(count + 31)
    for first in stride(from: 0, to: (count + 1) / 2, by: 16) {
      let base = CounterBase(
        seed: seed, stream: .parameters, firstPath: first, level: 0, group: index, dimension: 0)
      rows.withUnsafeBufferPointer { fill($0.baseAddress!, base) }
      values.append(contentsOf: UnsafeBufferPointer(start: lanes, count: 32))
    }
    return Array(values.prefix(count))
  }
}

/// A matrix with orthonormal columns (rows, if it is wide) made of a matrix of normals: Q of its QR
/// decomposition, each column with the sign of R's diagonal, so that Q is uniformly distributed (Mezzadri,
/// arXiv:math-ph/0609050).
///
/// Modified Gram–Schmidt, twice: the first pass leaves an error of the matrix's condition, the second one of rounding.
private func orthogonal(_ normals: [Double], rows: Int, columns: Int) -> [Double] {
  let (length, count) = (max(rows, columns), min(rows, columns))
  // One vector after the other, whatever the orientation.
  var vectors = (0..<count).map { k in
    (0..<length).map { i in rows >= columns ? normals[i * columns + k] : normals[k * columns + i] }
  }
  for k in 0..<count {
    for _ in 0..<2 {
      for j in 0..<k {
        var projection = 0.0
        for i in 0..<length { projection += vectors[j][i] * vectors[k][i] }
        for i in 0..<length { vectors[k][i] -= projection * vectors[j][i] }
      }
    }
    var square = 0.0
    for value in vectors[k] { square += value * value }
    let scale = 1 / square.squareRoot()
    for i in 0..<length { vectors[k][i] *= scale }
  }
  return (0..<rows * columns).map { index in
    let (i, j) = (index / columns, index % columns)
    return rows >= columns ? vectors[j][i] : vectors[i][j]
  }
}
