import Dispatch
import Synchronization
import Testing

import LuaBridge

/// A cancel reaches what scripts compute for long: within 100 ms of the request the script has stopped.
@Suite(.serialized) struct CancelTests {
  private static let sde = """
    local s = wb.sde{name = "s", params = {a = 1}, drift = function(x, t, p) return -p.a * x end,
      diffusion = function(x) return 1 end}
    """

  static let computations = [
    "wb.solve(s, {x0 = 1, steps = 1000, paths = 1e9})",
    "wb.solve(s, {x0 = 1, steps = 1e9, paths = 1})",
    "pcall(wb.solve, s, {x0 = 1, steps = 1000, paths = 1e9}) while true do end",
    "wb.convergence(s, {x0 = 1, methods = {'em'}, steps = 4096, levels = 8, paths = 1e5})",
    "local x = wb.solve(s, {x0 = 0, t = 1000, steps = 1e6, paths = 1}):path(1).x "
      + "while true do wb.fit(s, x, {dt = 1e-3, starts = 50}) end",
  ]

  /// On a machine that does other things at the same time one of five tries must do.
  @Test(arguments: computations, [1, 2])
  func stopsWithin100Milliseconds(_ source: String, threads: Int) throws {
    var took = try timeToStop(source, threads)
    for _ in 0..<4 where took >= .milliseconds(100) { took = try timeToStop(source, threads) }
    #expect(took < .milliseconds(100))
  }

  private func timeToStop(_ source: String, _ threads: Int) throws -> Duration {
    let session = try ScriptSession()
    session.context.threads = threads
    let token = session.lua.cancelToken
    let requested = Mutex<ContinuousClock.Instant?>(nil)
    // Later than the second that the data of the last one takes.
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(source.contains("fit") ? 1500 : 150)) {
      requested.withLock { $0 = .now }
      token.cancel()
    }
    var kind: LuaError.Kind?
    do {
      try session.lua.run(CancelTests.sde + "\n" + source, name: "=cancel")
    } catch let error as LuaError {
      kind = error.kind
    }
    let took = ContinuousClock.now - (try #require(requested.withLock { $0 }))
    #expect(kind == .cancelled)
    // And the state is good for more.
    token.clear()
    #expect(
      try session.lua.run(CancelTests.sde + " return wb.solve(s, {x0 = 1, steps = 4}).stats.steps")[0].int
        == 4)
    return took
  }
}
