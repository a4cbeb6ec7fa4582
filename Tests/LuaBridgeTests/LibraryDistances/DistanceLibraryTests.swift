import Testing

import LuaBridge

/// `wb.distance` as scripts use it.
@Suite struct DistanceLibraryTests {
  private static let samples = """
    local a, b, far = {}, {}, {}
    local state = 7
    local function draw() state = (state * 1103515245 + 12345) % 2147483648 return state / 2147483648 end
    for i = 1, 40 do
      a[i] = {draw(), draw()} b[i] = {draw(), draw()} far[i] = {draw() + 3, draw()}
    end
    a, b, far = wb.array(a), wb.array(b), wb.array(far)

    """

  private func run(_ source: String) throws -> [LuaValue] {
    try ScriptSession().lua.run(DistanceLibraryTests.samples + source, name: "@test.lua")
  }

  private func failure(_ source: String) throws -> String {
    do {
      _ = try run(source)
      return "no error"
    } catch let error as LuaError { return "\(error)" }
  }

  static let functions = ["energy", "mmd", "sliced_wasserstein", "w2", "sinkhorn", "ks", "c2st"]

  @Test(arguments: functions) func hasAllItsFields(_ name: String) throws {
    let results = try run(
      """
      local near, apart = wb.distance.\(name)(a, b), wb.distance.\(name)(a, far, {permutations = 100, seed = 3, threads = 2})
      for _, d in ipairs{near, apart} do
        assert(math.type(d.p_value) == "float" and d.p_value > 0 and d.p_value <= 1)
        assert(d.floor <= d.floor_upper)
        assert(#d.interval == 2 and d.interval[1] <= d.value and d.value <= d.interval[2])
        assert(d.n[1] == 40 and d.n[2] == 40 and d.stderr >= 0)
        assert(type(d.details) == "table" and d.warning == nil)
        local text = tostring(d)
        assert(text:find(d.method, 1, true) == 1, text)
        assert(text:find(", floor ", 1, true) and text:find("95 %% of same%-law samples below"), text)
      end
      assert(apart.permutations == 100)
      return near.p_value, apart.p_value, apart.value > 3 * apart.floor_upper or apart.value > 0.9
      """)
    #expect((results[0].double ?? 0) > 0.02)
    #expect((results[1].double ?? 1) < 0.02)
    #expect(results[2].boolean == true)
  }

  @Test func methodsHaveTheirOptions() throws {
    let results = try run(
      """
      local x, y = a:column(1), far:column(1)
      local w = wb.distance.wasserstein(x, y, {p = 2})
      local m = wb.distance.mmd(a, b, {kernel = "rational_quadratic", alpha = 0.5, bandwidth = {1, 2}})
      local k = wb.distance.mmd(a, b, {kernel = "polynomial", degree = 2})
      local s = wb.distance.sinkhorn(a, b, {epsilon = 0.2, debiased = false, tolerance = 1e-3, iterations = 500})
      local ks = wb.distance.ks(a, far)
      local c = wb.distance.c2st(a, b, {neighbours = 5})
      local sw = wb.distance.sliced_wasserstein(a, far, {projections = 16, p = 1})
      return w.method, m.details.bandwidth[2], k.method, s.details.converged, #ks.columns, ks.columns[1].p_value < 1e-6,
        c.details.neighbours, sw.method, wb.distance.wasserstein({1, 2, 3, 4, 5}, {2, 3, 4, 5, 6}).value
      """)
    #expect(results[0].string == "Wasserstein-2 distance")
    #expect(results[1].double == 2)
    #expect(results[2].string == "MMD² (polynomial kernel, degree 2)")
    #expect(results[3].double == 1)
    #expect(results[4].int == 2)
    #expect(results[5].boolean == true)
    #expect(results[6].double == 5)
    #expect(results[7].string == "sliced Wasserstein-1 distance (16 projections)")
    #expect(results[8].double == 1)
  }

  static let refusals = [
    (
      "wb.distance.energy(a, a:column(1))",
      "wb.distance.energy: the samples have different columns: 2 in the first"
    ),
    ("wb.distance.energy(a, wb.zeros(0, 2))", "wb.distance.energy: the second sample is empty"),
    ("wb.distance.mmd({1, 2, 3}, {1, 2, 3, 4, 5})", "wb.distance.mmd: the first sample has 3 rows"),
    (
      "wb.distance.ks({1, 2, 0/0, 4, 5}, {1, 2, 3, 4, 5})", "wb.distance.ks: row 3 of the first sample is NaN"
    ),
    ("wb.distance.energy(a, b, {permutation = 9})", "did you mean 'permutations'?"),
    ("wb.distance.energy(a, b, {permutations = 5})", "expected an integer from 20 to 100000, got 5"),
    ("wb.distance.mmd(a, b, {kernel = \"gausian\"})", "did you mean \"gaussian\"?"),
    ("wb.distance.mmd(a, b, {bandwidth = -1})", "expected a number above 0, or a list of them, got -1"),
    (
      "wb.distance.mmd(a, b, {kernel = \"polynomial\", bandwidth = 1})",
      "the polynomial kernel has no bandwidth"
    ),
    (
      "wb.distance.mmd(a, b, {alpha = 1})",
      "option 'alpha' of wb.distance.mmd belongs to the rational_quadratic kernel"
    ),
    (
      "wb.distance.mmd(wb.ones(9), wb.ones(9))",
      "the median distance between rows is 0, which is no bandwidth: give one"
    ),
    ("wb.distance.wasserstein(a, b)", "is of one column, got 2: take one column, or sliced_wasserstein"),
    ("wb.distance.sliced_wasserstein(a, b, {p = 3})", "expected an integer from 1 to 2, got 3"),
    ("wb.distance.w2(a, b:rows(1, 30))", "needs samples of equal size, got 40 and 30 rows"),
    ("wb.distance.w2(wb.zeros(3000), wb.zeros(3000))", "takes at most 2000 rows a sample, got 3000"),
    ("wb.distance.sinkhorn(a, b, {epsilon = 0})", "expected a number above 0, got 0"),
    ("wb.distance.c2st(a, b, {neighbours = 80})", "80 neighbours: expected from 1 to 79"),
    ("wb.distance.energy(a)", "expected an array, a number or a table of numbers as argument 2, got nothing"),
    ("wb.distance.energy(a, wb)", "wb.distance.energy: expected an array"),
  ]

  @Test(arguments: refusals) func refuses(_ source: String, _ expected: String) throws {
    let message = try failure(source)
    #expect(message.contains(expected), "\(message)")
  }

  /// A script that is only checked goes on past a distance, of arrays and of a solution that is not there.
  @Test func checking() throws {
    let context = RunContext()
    context.isChecking = true
    let session = try ScriptSession(context: context)
    let results = try session.lua.run(
      DistanceLibraryTests.samples
        + "local d = wb.distance.energy(a, b) return tostring(d.value), d.value < 1")
    #expect(results[0].string == "?")
    #expect(results[1].boolean == true)
    let ofSolution = try session.lua.run(
      """
      local s = wb.sde{name = "s", drift = function(x) return -x end, diffusion = function() return 1 end}
      local sol = wb.solve(s, {x0 = 0, steps = 4, paths = 10})
      return tostring(wb.distance.ks(sol.x, {1, 2, 3, 4, 5}).p_value)
      """)
    #expect(ofSolution[0].string == "?")
  }

  @Test func theRunsSeedIsTheDefault() throws {
    func floor(_ seed: UInt64) throws -> Double? {
      let context = RunContext()
      context.seed = seed
      return try ScriptSession(context: context).lua.run(
        DistanceLibraryTests.samples + "return wb.distance.energy(a, b).floor")[0].double
    }
    #expect(try floor(1) == floor(1))
    #expect(try floor(1) != floor(2))
  }
}
