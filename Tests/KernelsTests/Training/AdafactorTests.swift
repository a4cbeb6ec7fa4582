import Foundation
import Testing
import Training

/// Adafactor as its authors write it down, matrices with all their elements: algorithms 4 and 5 of Shazeer & Stern,
/// ICML 2018, with the proposed parameters of section 8.
private struct PlainAdafactor {
  var x: [[Double]]
  let isMatrix: Bool
  var relative = true
  private var r: [Double]
  private var c: [Double]
  private var v: [[Double]]
  private var t = 0

  init(_ x: [[Double]], isMatrix: Bool) {
    self.x = x
    self.isMatrix = isMatrix
    r = x.map { _ in 0 }
    c = x[0].map { _ in 0 }
    v = x.map { $0.map { _ in 0 } }
  }

  private func rms(_ a: [[Double]]) -> Double {
    (a.joined().reduce(0) { $0 + $1 * $1 } / Double(a.joined().count)).squareRoot()
  }

  mutating func step(_ g: [[Double]], rate: Double = 1e-2, d: Double = 1) {
    t += 1
    let rho = relative ? min(rate, 1 / Double(t).squareRoot()) : rate
    let alpha = max(1e-3, rms(x)) * rho
    let beta = 1 - pow(Double(t), -0.8)
    let (n, m) = (x.count, x[0].count)
    let squares = g.map { $0.map { $0 * $0 + 1e-30 } }
    if isMatrix {
      for i in 0..<n { r[i] = beta * r[i] + (1 - beta) * squares[i].reduce(0, +) }
      for j in 0..<m { c[j] = beta * c[j] + (1 - beta) * squares.reduce(0) { $0 + $1[j] } }
      let sum = r.reduce(0, +)
      for i in 0..<n { for j in 0..<m { v[i][j] = r[i] * c[j] / sum } }
    } else {
      for i in 0..<n { for j in 0..<m { v[i][j] = beta * v[i][j] + (1 - beta) * squares[i][j] } }
    }
    var u = g
    for i in 0..<n { for j in 0..<m { u[i][j] /= v[i][j].squareRoot() } }
    let shrink = max(1, rms(u) / d)
    for i in 0..<n { for j in 0..<m { x[i][j] -= alpha * u[i][j] / shrink } }
  }
}

@Suite struct AdafactorTests {
  private static func numbers(_ n: Int, _ m: Int, seed: Int, scale: Double = 1) -> [[Double]] {
    (0..<n).map { i in
      (0..<m).map { j -> Double in
        let (angle, size) = (Double(1 + i * 37 + j * 11 + seed * 101), Double(i * 3 - j))
        return scale * sin(angle) * exp(cos(size))
      }
    }
  }

  /// A matrix and a vector side by side, over many steps with gradients of very different sizes.
  private func compare<Scalar: TrainingScalar>(_: Scalar.Type, tolerance: Double) throws {
    let (n, m, k) = (7, 19, 23)
    let matrix = ParameterTensor(0..<n * m, shape: [n, m])
    let vector = ParameterTensor(n * m..<n * m + k, shape: [k])
    let groups = try ParameterGroups(count: n * m + k, tensors: [matrix, vector])
    let settings: [(options: [String: Double], rate: Double, d: Double, relative: Bool)] = [
      ([:], 1e-2, 1, true),
      (["clip": 0.3, "lr": 0.2], 0.2, 0.3, true),
      (["relative_step": 0, "lr": 0.05], 0.05, 1, false),
    ]
    var results: [[Double]] = []
    for setting in settings {
      var plain = PlainAdafactor(Self.numbers(n, m, seed: 1), isMatrix: true)
      var flat = PlainAdafactor(Self.numbers(1, k, seed: 2), isMatrix: false)
      (plain.relative, flat.relative) = (setting.relative, setting.relative)
      var p = (plain.x + flat.x).joined().map { Scalar($0) }
      let optimizer = try adafactor.make(setting.options)
      let state = OptimizerState<Scalar>(optimizer, groups)
      for step in 1...60 {
        let scale = pow(10, Double(step % 7) - 5)
        let g = Self.numbers(n, m, seed: step, scale: scale)
        let h = Self.numbers(1, k, seed: step + 1000, scale: scale)
        plain.step(g, rate: setting.rate, d: setting.d)
        flat.step(h, rate: setting.rate, d: setting.d)
        state.step(&p, gradient: (g + h).joined().map { Scalar($0) }, rate: optimizer.rate)
      }
      let expected = Array((plain.x + flat.x).joined())
      for (a, b) in zip(p, expected) { #expect(abs(Double(a) - b) < tolerance, "\(setting.options)") }
      results.append(expected)
    }
    // Other settings are other numbers.
    #expect(zip(results[0], results[1]).contains { abs($0 - $1) > 1e-2 })
    #expect(zip(results[0], results[2]).contains { abs($0 - $1) > 1e-2 })
  }

  @Test("is algorithms 4 and 5 of the paper, in both precisions")
  func asThePaper() throws {
    try compare(Double.self, tolerance: 1e-12)
    try compare(Float.self, tolerance: 2e-5)
  }

  @Test("remembers a matrix by rows and columns, and goes on from that bit for bit")
  func resumes() throws {
    let tensors = [
      ParameterTensor(0..<60, shape: [5, 12]), ParameterTensor(60..<65, shape: [5]),
      ParameterTensor(65..<70, shape: [1, 5]), ParameterTensor(70..<94, shape: [4, 6]),
      ParameterTensor(94..<95),
    ]
    let groups = try ParameterGroups(count: 95, frozen: [60..<65], tensors: tensors)
    let optimizer = try adafactor.make(["weight_decay": 0.1])
    let gradients = (1...12).map { step in Self.numbers(1, 95, seed: step)[0].map { Float($0) } }
    let start = Self.numbers(1, 95, seed: 99)[0].map { Float($0) }
    var whole = start
    let state = OptimizerState<Float>(optimizer, groups)
    for g in gradients { state.step(&whole, gradient: g, rate: 0.01) }
    // Of the matrices 5 + 4 rows and 12 + 6 columns; of the vectors, but for the frozen one, all numbers.
    let counts = state.snapshot.vectors.mapValues(\.count)
    #expect(counts == ["rows": 15, "columns": 18])
    for i in 0..<95 {
      let isFrozen = 60 <= i && i < 65
      #expect((whole[i] == start[i]) == isFrozen, "parameter \(i)")
    }

    var p = start
    let first = OptimizerState<Float>(optimizer, groups)
    for g in gradients[..<5] { first.step(&p, gradient: g, rate: 0.01) }
    let second = OptimizerState<Float>(optimizer, groups)
    try second.restore(first.snapshot)
    #expect(second.snapshot == first.snapshot)
    // In ranges that cut tensors: each is moved once, by the range in which it begins.
    for g in gradients[5...] {
      second.advance()
      for range in [62..<95, 0..<3, 3..<62] {
        second.update(&p, gradient: g, rate: 0.01, in: range)
      }
    }
    #expect(p == whole)

    // The state of another net is refused, and nothing has changed.
    let other = OptimizerState<Float>(optimizer, try ParameterGroups(count: 95))
    let before = other.snapshot
    #expect(throws: TrainingError.self) { try other.restore(first.snapshot) }
    #expect(other.snapshot == before)
  }

  @Test("a gradient of 0 moves nothing, and the steps of a tensor are bounded")
  func steps() throws {
    let groups = try ParameterGroups(count: 12, tensors: [ParameterTensor(0..<12, shape: [3, 4])])
    let optimizer = try adafactor.make()
    let state = OptimizerState<Float>(optimizer, groups)
    var p = [Float](repeating: 0.5, count: 12)
    state.step(&p, gradient: [Float](repeating: 0, count: 12), rate: 0.01)
    #expect(p == [Float](repeating: 0.5, count: 12))
    // RMS(step) ≤ α d = 0.5 · 0.01, whatever the gradient.
    for scale: Float in [1e-12, 1, 1e12] {
      let before = p
      let gradient: [Float] = (0..<12).map { scale * Float($0 - 4) }
      state.step(&p, gradient: gradient, rate: 0.01)
      var squares: Float = 0
      for (a, b) in zip(p, before) { squares += (a - b) * (a - b) }
      let moved = (squares / 12).squareRoot()
      #expect(moved > 0 && moved < 0.0051, "\(scale): \(moved)")
    }
  }
}
