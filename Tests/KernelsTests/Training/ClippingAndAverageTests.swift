import Testing
import Training

@Suite struct ClippingAndAverageTests {
  @Test func byNorm() {
    // PyTorch 2.15's clip_grad_norm_ to 6.5.
    var g = [3.0, -4, 12]
    #expect(GradientClipping.clip(&g, count: 3, norm: 6.5) == 13)
    for (a, b) in zip(g, [1.4999998846153937, -1.9999998461538582, 5.999999538461575]) {
      #expect(abs(a - b) < 1e-15)
    }
    var single: [Float] = [3, -4, 12]
    #expect(GradientClipping.clip(&single, count: 3, norm: 6.5) == 13)
    #expect(abs(single[2] - 5.9999995) < 1e-6)
    // A smaller gradient keeps its bits.
    var small = [0.3, -0.4]
    #expect(GradientClipping.clip(&small, count: 2, norm: 1) == 0.5 && small == [0.3, -0.4])
    #expect(GradientClipping.norm(small, count: 0) == 0)
  }

  @Test func normsOfAllLengthsAndSizes() {
    for count in [1, 15, 16, 17, 1023, 1024, 1025, 100_003] {
      let g = (0..<count).map { Float(($0 * 7919) % 1013) - 500 }
      let exact = g.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(GradientClipping.norm(g, count: count) / exact - 1) < 1e-6)
      let d = g.map(Double.init)
      #expect(abs(GradientClipping.norm(d, count: count) / exact - 1) < 1e-14)
    }
    // Squares that single precision cannot hold.
    let large = [Float](repeating: 1e30, count: 100)
    #expect(abs(GradientClipping.norm(large, count: 100) / 1e31 - 1) < 1e-6)
  }

  @Test func gradientsThatAreNotFinite() {
    for bad in [Float.nan, .infinity] {
      var g: [Float] = [1, bad, 2]
      #expect(!GradientClipping.clip(&g, count: 3, norm: 1).isFinite)
      #expect(g[0] == 1 && g[2] == 2 && (g[1] == bad || g[1].isNaN))
    }
  }

  @Test func byValue() {
    var g = [-3, -1, -0.5, 0, 0.5, 1, 3, .infinity, -.infinity, .nan]
    GradientClipping.clip(&g, count: 10, value: 1)
    #expect(Array(g[..<9]) == [-1, -1, -0.5, 0, 0.5, 1, 1, 1, -1] && g[9].isNaN)
    var single = [Float](repeating: 5, count: 33)
    GradientClipping.clip(&single, count: 33, value: 2)
    #expect(single == [Float](repeating: 2, count: 33))
  }

  /// From 0 towards a constant 1 the average is 1 − Π dₜ.
  @Test func averageWarmsUp() throws {
    let average = try ParameterAverage<Double>(
      of: .init(UnsafeMutableBufferPointer(start: nil, count: 0)), decay: 0.9)
    average.update([])
    for limit in [0, 0.5, 0.999] {
      let zero = [0.0, 0]
      let average = try zero.withUnsafeBufferPointer { try ParameterAverage(of: $0, decay: limit) }
      var left = 1.0
      for t in 1...100 {
        average.update([1, -2])
        left *= min(limit, Double(1 + t) / Double(10 + t))
        #expect(
          abs(average.values[0] - (1 - left)) < 1e-14 && abs(average.values[1] + 2 * (1 - left)) < 1e-14)
      }
    }
    #expect(ParameterAverage<Float>.decay(after: 1, limit: 0.999) == 2.0 / 11)
    #expect(ParameterAverage<Float>.decay(after: 100_000, limit: 0.999) == 0.999)
    for bad in [-0.1, 1, .nan] {
      #expect(throws: TrainingError.self) {
        try ParameterAverage<Double>(of: .init(start: nil, count: 0), decay: bad)
      }
    }
  }

  @Test func averageResumes() throws {
    let start = (0..<37).map { Float($0) * 0.3 }
    func make() throws -> ParameterAverage<Float> {
      try start.withUnsafeBufferPointer { try ParameterAverage(of: $0, decay: 0.99) }
    }
    func parameters(_ t: Int) -> [Float] { (0..<37).map { Float(($0 * t) % 11) * 0.7 } }
    let whole = try make(), first = try make(), second = try make()
    for t in 0..<9 { whole.update(parameters(t)) }
    for t in 0..<4 { first.update(parameters(t)) }
    try second.restore(first.snapshot)
    for t in 4..<9 { second.update(parameters(t)) }
    #expect(second.snapshot == whole.snapshot && whole.step == 9)
    #expect(throws: TrainingError.self) { try second.restore(.init(step: 1, values: [1])) }
    #expect(second.snapshot == whole.snapshot)
  }
}
