import Files
import Kernels
import Testing

/// The ten-year Treasury rate, in percent as the file has it (4.06). The reference numbers are in these
/// units: the long-run mean −a/b = 0.2631/0.0500 = 5.26 is a rate in percent, and σ = 0.5587 goes with
/// X^γ of X in percent. With X as a fraction a would be 0.002631, σ = 0.5587·100^(γ−1) = 0.0265, and the
/// log-likelihood larger by n·log 100.
private func treasury() throws -> Observations {
  let root = #filePath.components(upTo: "Tests")
  guard case .table(let table) = try load(path: root + "scripts/data/DGS10.csv") else {
    throw SDEError("DGS10.csv is a table")
  }
  let rates = try table.array.column("Rate")
  return try Observations(rates, stateNames: ["x"], times: .step(1.0 / 252))
}

@Suite struct TreasuryFitTests {
  @Test func reproducesTheReference() throws {
    let data = try treasury()
    let problem = try linearCKLS([0.1, -0.1, 1, 0.5])
    let clock = ContinuousClock()
    var found: Fit?
    let time = try clock.measure { found = try problem.fit(data) }
    let fit = try #require(found)
    print(fit, time, fit.evaluations, fit.distance)
    print(fit.correlation, fit.starts)
  }
}
extension String {
  func components(upTo folder: String) -> String {
    String(self[..<range(of: "/\(folder)/")!]) + "/"
  }
  private func range(of text: String) -> String.Index? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(text) { return index }
      index = self.index(after: index)
    }
    return nil
  }
}
