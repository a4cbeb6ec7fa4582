import Glibc
import Kernels
import Testing

@Suite("Densities and scores") struct DensityFormulaTests {
  /// Points where the law has mass, and points far off.
  private func points(_ law: any DensityLaw) throws -> NDArray {
    let near = try law.sample(40, seed: 9).values
    let far = (0..<10 * law.dimension).map { 12 * sin(Double($0 * $0) + 1) }
    return try NDArray(near + far, shape: [50, law.dimension])
  }

  @Test("agree: the score is the derivative of the log-density") func derivatives() throws {
    for (name, law) in try smoothLaws() {
      let x = try points(law)
      let d = law.dimension
      let s = try law.score(x).values
      for j in 0..<d {
        // Fourth-order central differences.
        let h = 1e-3
        let shifted = try [-2, -1, 1, 2].map { k in
          try law.logDensity(
            NDArray(x.values.enumerated().map { $0 % d == j ? $1 + k * h : $1 }, shape: x.shape)
          ).values
        }
        for i in 0..<x.shape[0] {
          let slope = (shifted[0][i] - 8 * shifted[1][i] + 8 * shifted[2][i] - shifted[3][i]) / (12 * h)
          let value = s[i * d + j]
          #expect(abs(value - slope) < 2e-6 * max(1, abs(value)), "\(name), point \(i), component \(j)")
        }
      }
    }
  }

  @Test("are a probability's: the density integrates to 1 in one dimension") func integratesOnLine() throws {
    let step = 1.0 / 256
    let grid = (0..<1 << 16).map { (Double($0) - 32_768) * step }
    for law: any DensityLaw in [
      try Gaussian(mean: [0.7], standardDeviations: [1.3]), try twoGaussians(),
      try StudentT(location: [1], scales: [2], freedom: 4.5), try UniformBox(low: [-1.5], high: [2.5]),
    ] {
      let mass = try law.logDensity(NDArray(grid)).values.reduce(0) { $0 + exp($1) } * step
      #expect(abs(mass - 1) < (law is UniformBox ? 2 * step : 1e-7), "\(law)")
    }
  }

  @Test("are a probability's: the density integrates to 1 in the plane") func integratesInPlane() throws {
    let step = 1.0 / 32
    let grid = (0..<1024).map { (Double($0) - 512) * step }
    let x = try NDArray(grid.flatMap { a in grid.flatMap { [a, $0] } }, shape: [1 << 20, 2])
    let laws: [any DensityLaw] =
      try smoothLaws().map(\.law).filter {
        $0.dimension == 2 && !($0 is StudentT) && !($0.family == "swiss roll")
      } + [try toy("swissroll"), try toy("checkerboard")]
    for law in laws {
      let mass = try law.logDensity(x, options: RunOptions(threads: 2)).values.reduce(0) { $0 + exp($1) }
      #expect(abs(mass * step * step - 1) < (law is Checkerboard ? 0.02 : 3e-8), "\(law)")
    }
  }

  @Test("are right at points worked out by hand") func byHand() throws {
    let x = try NDArray([1, 2], shape: [1, 2])
    let gaussian = try Gaussian(mean: [0, 1], covariance: [2, 1, 1, 2])
    // Σ⁻¹ = [2, −1; −1, 2]/3; (1, 1)Σ⁻¹(1, 1)ᵀ = 2/3.
    let exact: Double = -1 / 3.0 - log(2 * .pi) - 0.5 * log(3)
    #expect(abs(try gaussian.logDensity(x).values[0] - exact) < 1e-15)
    let s = try gaussian.score(x).values
    #expect(abs(s[0] + 1 / 3.0) < 1e-15 && abs(s[1] + 1 / 3.0) < 1e-15)
    let cauchy = try StudentT(location: [0], scales: [1], freedom: 1)
    #expect(abs(try cauchy.logDensity(NDArray([2])).values[0] + log(5 * .pi)) < 1e-15)
    #expect(abs(try cauchy.score(NDArray([2])).values[0] + 0.8) < 1e-15)
    let middle = try twoGaussians()
    #expect(try middle.score(NDArray([0])).values[0] == 0)
  }

  @Test("are finite far from all means") func farAway() throws {
    let law = try threeGaussians()
    for distance in [1e2, 1e6, 1e12, 1e100] {
      let x = try NDArray([distance, 0, 0, -distance], shape: [2, 2])
      let s = try law.score(x).values
      // Far to the right the component at (2.5, −1.5) is all there is.
      #expect(abs(s[0] + 4 * (distance - 2.5)) <= 1e-9 * distance)
      #expect(s.allSatisfy { $0.isFinite })
      #expect(try law.logDensity(x).values.allSatisfy { $0.isFinite })
    }
    #expect(try law.logDensity(NDArray([1e200, 0], shape: [1, 2])).values == [-.infinity])
  }

  @Test("of bounded laws end at the boundary") func boundaries() throws {
    let box = try UniformBox(low: [0, 0], high: [1, 2])
    let x = try NDArray([0.5, 1.5, 0.5, 2.5, -0.1, 1], shape: [3, 2])
    #expect(try box.logDensity(x).values == [-log(2), -.infinity, -.infinity])
    let s = try box.score(x).values
    #expect(s[0] == 0 && s[1] == 0 && s[2].isNaN && s[5].isNaN)
    let board = Checkerboard()
    let y = try NDArray([1, 1, 1, -1, -1, 1, -1, -1, -3, 1, 5, 1], shape: [6, 2])
    #expect(try board.logDensity(y).values.map { $0.isFinite } == [true, false, false, true, true, false])
  }

  @Test("do not depend on threads, and in single precision are close") func executions() throws {
    let law = try threeGaussians()
    let x = try law.sample(5000, seed: 2)
    let one = try law.logDensity(x, options: RunOptions(threads: 1))
    #expect(try law.logDensity(x, options: RunOptions(threads: 2)) == one)
    let single = try LaneEvaluator(try law.logDensityProgram(), precision: .single).map(
      ["x": [column(x, 0), column(x, 1)]], count: 5000)["log_density"]![0]
    #expect(zip(single, one.values).allSatisfy { abs($0 - $1) < 1e-4 })
    // Forward derivatives of the log-density's Program are the score.
    let slope = try law.logDensityProgram().jvp(inputs: ["x"]).evaluate(["x": [1, 0.5], "d.x": [1, 0]])
    let s = try law.score(NDArray([1, 0.5], shape: [1, 2])).values
    #expect(abs(slope["d.log_density"]![0] - s[0]) < 1e-12)
  }

  @Test("refuse points of another dimension") func shapes() throws {
    let law = try threeGaussians()
    #expect(throws: LawError("expected an array with 2 columns, one row a point, got shape (4, 3)")) {
      try law.score(NDArray.zeros([4, 3]))
    }
  }
}
