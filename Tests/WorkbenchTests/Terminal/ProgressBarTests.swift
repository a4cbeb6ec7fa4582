import Glibc
import Testing

import Terminal

@Suite struct ProgressBarTests {
  /// What a terminal shows of a bar that advances ten times over so many seconds.
  private static func drawn(delay: Double, columns: UInt16, seconds: Double) throws -> String {
    let terminal = try #require(PseudoTerminal(columns: columns))
    let bar = ProgressBar("simulating", total: 1000, unit: "paths", delay: delay, output: terminal.slave)
    for _ in 0..<10 {
      bar.advance(by: 50)
      usleep(UInt32(seconds * 1e5))
    }
    bar.finish()
    return terminal.shown(seconds: 0.2)
  }

  @Test func showsShareRateAndTimeLeftAndClears() throws {
    let shown = try Self.drawn(delay: 0, columns: 80, seconds: 1)
    #expect(shown.contains("simulating ▕"))
    #expect(shown.contains(" 45 %") || shown.contains(" 50 %"))
    #expect(shown.contains("paths/s"))
    #expect(shown.contains("ETA 0:0"))
    #expect(shown.hasSuffix("\r\u{1B}[K"), "the line is cleared at the end")
    // Ten drawings a second at most.
    #expect(shown.count { $0 == "\r" } <= 13)
  }

  @Test(arguments: [20, 30, 47, 80, 200] as [UInt16]) func fitsTheTerminal(columns: UInt16) throws {
    let shown = try Self.drawn(delay: 0, columns: columns, seconds: 0.3)
    let drawings: [Substring] = shown.split(whereSeparator: { $0 == "\r" })
    let widths: [Int] = drawings.map { $0.replacing("\u{1B}[K", with: "").count }
    #expect(widths.contains { $0 > 0 })
    #expect(widths.allSatisfy { $0 < Int(columns) })
  }

  @Test func shortWorkShowsNothing() throws {
    #expect(try Self.drawn(delay: 1, columns: 80, seconds: 0.3) == "")
  }

  @Test func nothingButTerminalsAreDrawnOn() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let bar = ProgressBar("simulating", total: 10, delay: 0, output: ends[1])
    for step in 1...10 { bar.update(Double(step)) }
    bar.finish()
    close(ends[1])
    var byte: UInt8 = 0
    #expect(read(ends[0], &byte, 1) == 0)
    close(ends[0])
  }

  @Test func manyThreadsMayAdvance() async throws {
    let terminal = try #require(PseudoTerminal())
    let bar = ProgressBar("w", total: 400, delay: 0.15, output: terminal.slave)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { for _ in 0..<100 { bar.advance(by: 1) } } }
    }
    usleep(200_000)
    bar.advance(by: 0)
    bar.finish()
    #expect(terminal.shown(seconds: 0.2).contains("100 %"), "no advance is lost")
  }
}

@Suite struct ProgressBarsTests {
  /// A training says what its loss is by now: each time another label.
  @Test func aLabelThatChangesIsOneBar() throws {
    let terminal = try #require(PseudoTerminal(columns: 80))
    let bars = ProgressBars(delay: 0.25, output: terminal.slave)
    for step in 1...10 {
      bars.showComputation("training, loss = \(step)", Double(step) / 10)
      usleep(60_000)
    }
    bars.endComputation()
    let shown = terminal.shown(seconds: 0.2)
    #expect(shown.contains("training, loss = 10 ▕") || shown.contains("training, loss = 9 ▕"))
    #expect(!shown.contains("/s"), "a share has no rate")
    #expect(shown.hasSuffix("\r\u{1B}[K"), "the line is cleared at the end")
  }

  /// A loop over short computations: each ends its own bar, none that of the loop.
  @Test func computationsDoNotEndTheBarOfTheScript() throws {
    let terminal = try #require(PseudoTerminal(columns: 80))
    let bars = ProgressBars(delay: 0.25, output: terminal.slave)
    for step in 1...9 {
      bars.showComputation("solve", 0.5)
      usleep(60_000)
      bars.endComputation()
      bars.showScript("annealing", Double(step) / 10)
    }
    let shown = terminal.shown(seconds: 0.2)
    #expect(shown.contains("annealing ▕"))
    #expect(!shown.contains("solve"), "none of them ran long enough to be shown")
    bars.showScript("annealing", 1)
    #expect(terminal.shown(seconds: 0.2).hasSuffix("\r\u{1B}[K"), "the line is cleared at the end")
  }
}

@Suite struct ColorTests {
  @Test(
    arguments: [
      (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false),
      (true, ["NO_COLOR": ""], true),
      (true, ["TERM": "dumb"], false), (false, ["FORCE_COLOR": "1"], true),
      (false, ["FORCE_COLOR": "0"], false),
      (true, ["NO_COLOR": "1", "FORCE_COLOR": "1"], false),
    ] as [(Bool, [String: String], Bool)])
  func decision(isTerminal: Bool, environment: [String: String], expected: Bool) {
    #expect(TerminalTraits.usesColor(isTerminal: isTerminal) { environment[$0] } == expected)
  }
}
