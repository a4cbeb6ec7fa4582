import Glibc
import Synchronization
import Testing

import Terminal

private final class Counter: Sendable {
  let value = Atomic(0)
}

@Suite struct InterruptTests {
  @Test func callsBackWithoutEndingTheProcess() async {
    await #expect(processExitsWith: .success) {
      let calls = Counter()
      let source = try #require(InterruptSource { calls.value.add(1, ordering: .relaxed) })
      #expect(!source.isInterrupted)
      #expect(InterruptSource {} == nil, "one at a time")
      kill(getpid(), SIGINT)
      for _ in 0..<500 where calls.value.load(ordering: .relaxed) == 0 { usleep(1000) }
      #expect(calls.value.load(ordering: .relaxed) == 1)
      #expect(source.isInterrupted)
      // Acknowledged, the next is a first one again, however soon it comes.
      source.acknowledge()
      #expect(!source.isInterrupted)
      kill(getpid(), SIGINT)
      for _ in 0..<500 where calls.value.load(ordering: .relaxed) == 1 { usleep(1000) }
      #expect(calls.value.load(ordering: .relaxed) == 2)
    }
  }

  @Test func secondCtrlCEndsWith130() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let source = try #require(InterruptSource {})
      kill(getpid(), SIGINT)
      usleep(100_000)
      kill(getpid(), SIGINT)
      usleep(500_000)
      withExtendedLifetime(source) {}
    }
  }

  @Test func lateSecondCtrlCDoesNotEnd() async {
    await #expect(processExitsWith: .success) {
      let source = try #require(InterruptSource {})
      kill(getpid(), SIGINT)
      usleep(1_100_000)
      kill(getpid(), SIGINT)
      usleep(100_000)
      #expect(source.isInterrupted)
    }
  }

  @Test func afterTheSourceSignalsKillAgain() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      signal(SIGINT, SIG_DFL)
      do {
        let source = try #require(InterruptSource {})
        #expect(!source.isInterrupted)
      }
      kill(getpid(), SIGINT)
      usleep(500_000)
    }
  }
}
