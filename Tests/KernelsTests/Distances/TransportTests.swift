import Kernels
import Testing

/// Wasserstein distances: exact in one dimension, by assignment, sliced and entropic.
@Suite struct TransportTests {
  private let few = DistanceOptions(permutations: 20)

  @Test(arguments: [WassersteinOrder.one, .two]) func shiftedSamplesAreTheShiftApart(
    _ order: WassersteinOrder
  ) throws {
    let a = try Draws.normal(101, 1, seed: 1)
    let b = try NDArray(a.values.reversed().map { $0 + 2.25 }, shape: [101, 1])
    #expect(agree(try SampleDistance.wasserstein(a, b, order: order, options: few).value, 2.25, 1e-13))
  }

  /// Of unequal sizes: each value repeated so that both samples have 6 · 9 rows.
  @Test(arguments: [WassersteinOrder.one, .two]) func unequalSizes(_ order: WassersteinOrder) throws {
    let a = try Draws.normal(6, 1, seed: 2).values, b = try Draws.normal(9, 1, mean: 0.3, seed: 3).values
    let long = { (x: [Double], times: Int) in
      x.sorted().flatMap { [Double](repeating: $0, count: times) }
    }
    let differences = zip(long(a, 9), long(b, 6)).map { ($0 - $1).magnitude }
    let direct =
      order == .one
      ? differences.reduce(0, +) / 54 : (differences.reduce(0) { $0 + $1 * $1 } / 54).squareRoot()
    let distance = try SampleDistance.wasserstein(NDArray(a), NDArray(b), order: order, options: few)
    #expect(agree(distance.value, direct, 1e-14))
  }

  @Test(arguments: 5...7) func assignmentIsTheBestOfAllOrders(_ n: Int) throws {
    for seed in 1...30 {
      let a = try Draws.normal(n, 2, seed: UInt64(seed)), b = try Draws.normal(n, 2, seed: UInt64(100 + seed))
      var best = Double.infinity
      eachOrder(n) { order in
        best = min(
          best, (0..<n).reduce(0) { $0 + Draws.squaredDistance(Draws.row(a, $1), Draws.row(b, order[$1])) })
      }
      let distance = try SampleDistance.w2(a, b, options: few)
      #expect(agree(distance.value, (best / Double(n)).squareRoot(), 1e-13), "seed \(seed)")
    }
  }

  /// In one dimension the assignment is the sorted one; values that are equal make many best assignments.
  @Test(arguments: [false, true]) func assignmentInOneDimension(_ hasTies: Bool) throws {
    let round = { (x: NDArray) in try NDArray(x.values.map { ($0 * 3).rounded() }, shape: x.shape) }
    var a = try Draws.normal(300, 1, seed: 5), b = try Draws.normal(300, 1, mean: 0.2, seed: 6)
    if hasTies { (a, b) = (try round(a), try round(b)) }
    let sorted = try SampleDistance.wasserstein(a, b, order: .two, options: few)
    let assigned = try SampleDistance.w2(a, b, options: few)
    #expect(agree(assigned.value, sorted.value, 1e-12))
    // And so it is of every permutation.
    #expect(agree(assigned.floor, sorted.floor, 1e-12))
    #expect(agree(assigned.floorUpper, sorted.floorUpper, 1e-12))
    #expect(agree(assigned.standardError, sorted.standardError, 1e-10))
  }

  @Test func slicedInOneDimensionIsExact() throws {
    let a = try Draws.normal(50, 1, seed: 7), b = try Draws.normal(70, 1, seed: 8)
    let exact = try SampleDistance.wasserstein(a, b, order: .two, options: few)
    #expect(try SampleDistance.slicedWasserstein(a, b, options: few).value == exact.value)
  }

  /// A shift by c is seen as θ·c: the mean of (θ·c)² is |c|²/d, with variance 2|c|⁴(d − 1)/(d²(d + 2)).
  @Test func slicedShift() throws {
    let a = try Draws.normal(40, 3, seed: 9)
    let b = try NDArray(a.values.map { $0 + 1 }, shape: [40, 3])
    let value = try SampleDistance.slicedWasserstein(a, b, projections: 4000, options: few).value
    let error = (2 * 9 * 2 / (9 * 5.0) / 4000).squareRoot()
    #expect((value * value - 1).magnitude < Significance.normalLimit * error)
    // Directions of a length other than 1 would be seen.
    #expect((value * value - 1.1).magnitude > Significance.normalLimit * error)
  }

  /// OT_ε(a, a + c) = OT_ε(a, a) + |c|² for squared distances: the divergence of shifted samples is the shift,
  /// whatever ε.
  @Test(arguments: [0.05, 0.5, 5]) func sinkhornShift(_ epsilon: Double) throws {
    let a = try Draws.normal(60, 2, seed: 10)
    let b = try NDArray((0..<120).map { a.values[$0] + ($0 % 2 == 0 ? 3 : -4) }, shape: [60, 2])
    var transport = SinkhornOptions()
    transport.epsilon = epsilon
    transport.tolerance = 1e-6
    transport.iterations = 20_000
    let distance = try SampleDistance.sinkhorn(a, b, transport: transport, options: few)
    #expect(agree(distance.value, 5, 1e-6))
    #expect(distance.warning == nil)
  }

  @Test(arguments: [true, false]) func sinkhornTendsToTheAssignment(_ isDebiased: Bool) throws {
    let a = try Draws.normal(40, 2, seed: 11), b = try Draws.normal(40, 2, mean: 0.5, seed: 12)
    let exact = try SampleDistance.w2(a, b, options: few).value
    var transport = SinkhornOptions()
    transport.isDebiased = isDebiased
    transport.iterations = 20_000
    let errors = try [0.3, 0.03, 0.003].map { epsilon in
      transport.epsilon = epsilon
      return (try SampleDistance.sinkhorn(a, b, transport: transport, options: few).value - exact).magnitude
    }
    #expect(errors[0] > errors[1] && errors[1] > errors[2])
    #expect(errors[2] < 0.03 * exact)
    #expect(errors[0] > 0.05 * exact)
  }

  @Test func sinkhornSaysThatItDidNotConverge() throws {
    let a = try Draws.normal(30, 2, seed: 13), b = try Draws.normal(35, 2, seed: 14)
    var transport = SinkhornOptions()
    transport.epsilon = 0.001
    transport.iterations = 5
    let distance = try SampleDistance.sinkhorn(a, b, transport: transport, options: few)
    #expect(distance.description.contains("not converged: after 5 iterations the marginals are off by"))
  }

  private func eachOrder(_ n: Int, _ body: ([Int]) -> Void) {
    var order = Array(0..<n)
    func place(_ k: Int) {
      if k == n { return body(order) }
      for i in k..<n {
        order.swapAt(k, i)
        place(k + 1)
        order.swapAt(k, i)
      }
    }
    place(0)
  }
}
