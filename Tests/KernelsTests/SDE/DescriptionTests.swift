import Kernels
import Testing

@Suite struct SDEDescriptionTests {
  @Test func whatIsShown() throws {
    print(try Models.gbm()); print(try Models.heston()); print(try Models.gbm(calculus: .stratonovich)); print(try Models.twoGBMs(matrix: true)); print(try Models.heisenberg())
    print(try Models.commutative([0.3, 0.4]))
  }
}
