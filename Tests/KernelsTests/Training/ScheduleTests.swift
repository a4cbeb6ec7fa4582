import Glibc
import Testing
import Training

@Suite struct ScheduleTests {
  private func rates(
    _ name: String, _ options: [String: Double] = [:], base: Double = 0.4, steps: Int, count: Int? = nil
  ) throws -> [Double] {
    let schedule = try ScheduleSpecification.named(name).make(base: base, steps: steps, options)
    return (0..<(count ?? steps)).map(schedule.rate)
  }

  private func expectClose(_ got: [Double], _ expected: [Double]) {
    #expect(got.count == expected.count)
    for (a, b) in zip(got, expected) { #expect(abs(a - b) < 1e-15, "\(got)") }
  }

  /// PyTorch 2.15's values.
  @Test func asPyTorch() throws {
    expectClose(
      try rates("one_cycle", steps: 10),
      [
        0.016, 0.208, 0.4, 0.38019385280538953, 0.3246982615799052, 0.24450480877451572, 0.1554967912254843,
        0.0753033384200948, 0.019807747194610516, 1.6e-06,
      ])
    expectClose(
      try rates("one_cycle", ["rise": 0.5, "div": 10, "final_div": 100], steps: 7),
      [
        0.04, 0.16437694101250946, 0.36562305898749053, 0.38021357980690335, 0.24465968260447163,
        0.07562673758862505, 0.0004,
      ])
    expectClose(
      try rates("one_cycle", ["rise": 0], steps: 5),
      [0.361803551661394, 0.261803951661394, 0.13819764833860604, 0.03819804833860603, 1.6e-06])
    expectClose(
      try rates("cosine", ["final": 0.1], steps: 8, count: 9),
      [
        0.4, 0.3862983158520316, 0.3472792206135785, 0.2888830178257162, 0.22, 0.15111698217428385,
        0.09272077938642145, 0.05370168414796839, 0.04,
      ])
    expectClose(
      try rates("step", ["every": 3, "factor": 0.5], steps: 8), [0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1])
  }

  @Test func warmUps() throws {
    expectClose(try rates("warmup", ["warmup": 4], steps: 6), [0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    expectClose(try rates("warmup", ["warmup": 1], steps: 2), [0.4, 0.4])
    expectClose(
      try rates("warmup_cosine", ["warmup": 2, "final": 0.5], steps: 6, count: 8),
      [0.2, 0.4, 0.4, 0.2 + 0.1 * (1 + cos(.pi / 4)), 0.3, 0.2 + 0.1 * (1 + cos(.pi * 3 / 4)), 0.2, 0.2])
    expectClose(try rates("constant", steps: 3, count: 5), [0.4, 0.4, 0.4, 0.4, 0.4])
  }

  /// Whatever the options, every rate is a number from 0 to the largest, also beyond the plan.
  @Test(arguments: [1, 2, 3, 10, 1000]) func everywhereDefined(steps: Int) throws {
    for specification in schedules {
      let given: [String: Double] =
        switch specification.name {
        case "step": ["every": 2]
        case "warmup": ["warmup": 5]
        case "warmup_cosine": steps > 1 ? ["warmup": Double(steps - 1)] : [:]
        default: [:]
        }
      guard !(specification.name == "warmup_cosine" && steps == 1) else { continue }
      var several = [given]
      if specification.name == "one_cycle" { several += [0, 0.1, 0.5, 1].map { ["rise": $0] } }
      for options in several {
        let schedule = try specification.make(base: 2, steps: steps, options)
        let rates = (-1..<steps + 5).map(schedule.rate)
        #expect(rates.allSatisfy { $0 >= 0 && $0 <= 2 * (1 + 1e-15) }, "\(specification.name) \(options)")
        #expect(schedule.rate(steps + 4) == schedule.rate(steps + 100) || specification.name == "step")
      }
    }
  }

  @Test(
    arguments: [
      ("cos", 5, [:], "there is no schedule \"cos\"; there are \"constant\", \"step\", \"cosine\""),
      ("step", 5, [:], "step needs every: a whole number of at least 1"),
      ("step", 5, ["every": 1.5], "every must be a whole number of at least 1, got 1.5"),
      ("constant", 5, ["x": 1], "constant has no option \"x\"; it has none"),
      ("warmup_cosine", 5, ["warmup": 5], "warmup must be smaller than the number of steps, got 5 of 5"),
      ("cosine", 0, [:], "at least one step, got 0"), ("cosine", 5, ["final": 2], "a number from 0 to 1"),
    ] as [(String, Int, [String: Double], String)])
  func refusals(_ name: String, _ steps: Int, _ options: [String: Double], _ reason: String) {
    let error = #expect(throws: TrainingError.self) {
      try ScheduleSpecification.named(name).make(base: 1, steps: steps, options)
    }
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
