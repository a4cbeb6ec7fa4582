import Kernels
import Nets
import Testing

@Suite struct InitializationTests {
  let rows = 256
  let columns = 128

  func weight(_ initial: Initialization, gain: Double = 1, seed: UInt64 = 1, before: Int = 0) throws
    -> [Double]
  {
    var specs = (0..<before).map { ParameterDeclaration("before.\($0)", [1], .constant(0)) }
    specs.append(ParameterDeclaration("w", [rows, columns], .weight(initial, gain: gain)))
    return try #require(ParameterStore(specs, seed: seed, precision: .double)["w"])
  }

  func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count))
  }

  /// The variances of PyTorch's formulas. With 32768 numbers, the relative error of a variance has standard deviation
  /// √(2/n) = 0.0078 for normals and less for uniforms; five of them: the false-alarm rate is below 10⁻⁶.
  private static let expectedVariances: [(Initialization, Double)] = [
    (.kaimingUniform, 1.0 / 384), (.kaimingNormal, 2.25 / 128), (.xavierUniform, 4.5 / 384),
    (.xavierNormal, 4.5 / 384), (.normal, 2.25),
  ]

  @Test(arguments: expectedVariances)
  func variances(initial: Initialization, variance: Double) throws {
    let values = try weight(initial, gain: 1.5)
    let (mean, found) = moments(values)
    #expect(abs(found / variance - 1) < 5 * 0.0078)
    #expect(abs(mean) < 5 * (variance / Double(values.count)).squareRoot())
    // The other variances are told apart.
    #expect(abs(found / (1.2 * variance) - 1) > 5 * 0.0078)
  }

  @Test func uniformsFillTheirInterval() throws {
    let bound = 1 / 128.0.squareRoot()
    let values = try weight(.kaimingUniform)
    #expect(values.allSatisfy { abs($0) < bound })
    // The largest of n uniforms is below 1 − 20/n with probability e⁻²⁰ (here on either side).
    let margin = bound * (1 - 40 / Double(values.count))
    #expect(try #require(values.max()) > margin)
    #expect(try #require(values.min()) < -margin)
  }

  @Test func orthogonalMatrices() throws {
    let tall = try weight(.orthogonal, gain: 2)
    for (a, b) in [(0, 0), (0, 1), (5, 5), (3, 127), (127, 127)] {
      let product = (0..<rows).map { tall[$0 * columns + a] * tall[$0 * columns + b] }.reduce(0, +)
      #expect(abs(product - (a == b ? 4 : 0)) < 1e-13)
    }
    let wide = try #require(
      ParameterStore([ParameterDeclaration("w", [3, 8], .weight(.orthogonal, gain: 1))], precision: .double)[
        "w"])
    for a in 0..<3 {
      for b in 0..<3 {
        let product = (0..<8).map { wide[a * 8 + $0] * wide[b * 8 + $0] }.reduce(0, +)
        #expect(abs(product - (a == b ? 1 : 0)) < 1e-14)
      }
    }
    #expect(moments(tall).mean != 0)
  }

  @Test func zerosAndBiases() throws {
    #expect(try weight(.zeros).allSatisfy { $0 == 0 })
    let store = try ParameterStore(
      [
        ParameterDeclaration("a", [1000], .bias(.kaimingUniform, fanIn: 16)),
        ParameterDeclaration("b", [1000], .bias(.xavierNormal, fanIn: 16)),
      ], precision: .double)
    #expect(try #require(store["a"]).allSatisfy { abs($0) < 0.25 && $0 != 0 })
    #expect(try #require(store["b"]).allSatisfy { $0 == 0 })
  }

  @Test func anElementIsAFunctionOfSeedParameterAndPlace() throws {
    func normals(_ count: Int, seed: UInt64, index: Int) throws -> [Double] {
      var specs = (0..<index).map { ParameterDeclaration("before.\($0)", [$0 + 1], .normal(deviation: 1)) }
      specs.append(ParameterDeclaration("w", [count], .normal(deviation: 1)))
      return try #require(ParameterStore(specs, seed: seed, precision: .double)["w"])
    }
    let long = try normals(100, seed: 4, index: 2)
    for count in [1, 31, 32, 33, 99] {
      #expect(try normals(count, seed: 4, index: 2) == Array(long.prefix(count)))
    }
    #expect(Set(long).count == 100)
    #expect(try normals(100, seed: 4, index: 1) != long)
    #expect(try normals(100, seed: 5, index: 2) != long)
    #expect(Set(try normals(100, seed: 4, index: 1)).isDisjoint(with: long))
  }

  @Test func gainsAreThoseOfPyTorch() {
    #expect(Activation.relu.gain == 2.0.squareRoot())
    #expect(Activation.tanh.gain == 5.0 / 3)
    #expect(Activation.sigmoid.gain == 1)
    #expect(abs(Activation.leakyRelu.gain - 1.4141428569978354) < 1e-15)
  }
}
