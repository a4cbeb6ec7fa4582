import Testing

/// Nets in SDEs, and in whatever else is traced.
@Suite struct NetSDETests {
  /// A linear score −x of N(0, I): Langevin dynamics dX = ½ s(X) dt + dW stays there.
  static let langevin = """
    local score = wb.nn.linear{inputs = 2, outputs = 2}
    score:set("weight", {{-1, 0}, {0, -1}})
    score:set("bias", {0, 0})
    local sde = wb.sde{
      name = "Langevin", dim = 2,
      drift = function(x, t) return 0.5 * score(x) end,
      diffusion = function(x, t) return {1, 1} end,
    }

    """

  @Test func aNetIsADrift() throws {
    let bench = try NetBench()
    // The same SDE without a net: the same paths.
    try bench.check(
      NetSDETests.langevin + """
        local plain = wb.sde{dim = 2,
          drift = function(x, t) return {-0.5 * x[1], -0.5 * x[2]} end,
          diffusion = function(x, t) return {1, 1} end}
        local options = {x0 = {1, 2}, t = {0, 2}, steps = 64, paths = 100, seed = 3}
        local a, b = wb.solve(sde, options), wb.solve(plain, options)
        assert(sde.noise == "additive")
        assert(wb.abs(a.x - b.x):max() < 1e-13)
        options.precision = "single"
        local c, d = wb.solve(sde, options), wb.solve(plain, options)
        assert(wb.abs(c.x - d.x):max() < 1e-5)
        """)
  }

  @Test func aSolveTakesThePresentValues() throws {
    let bench = try NetBench()
    try bench.check(
      NetSDETests.langevin + """
        local options = {x0 = {0, 0}, t = {0, 1}, steps = 16, paths = 10}
        local before = wb.solve(sde, options)
        score:set("bias", {100, 0})
        local after = wb.solve(sde, options)
        assert((after.x:column(1) - before.x:column(1)):min() > 10)
        assert(wb.abs(after.x:column(2) - before.x:column(2)):max() < 1e-9)
        assert(math.abs(sde:drift_at({0, 0})[1] - 50) < 1e-9)
        local strat = sde:stratonovich()
        score:set("bias", {2, 0})
        assert(math.abs(strat:drift_at({0, 0})[1] - 1) < 1e-9)
        """)
  }

  @Test func aNetIsAParameter() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local net = wb.nn.linear{inputs = 1, outputs = 1}
      net:set("weight", {{-2}}) net:set("bias", {1})
      local sde = wb.sde{
        params = {net = net, sigma = 0.1},
        drift = function(x, t, p) return p.net(x) end,
        diffusion = function(x, t, p) return p.sigma end,
      }
      assert(math.abs(sde:drift_at(3) + 5) < 1e-12)
      assert(sde.params.net == net and sde.params.sigma == 0.1)
      assert(math.abs(sde:with{sigma = 0.2}:drift_at(3) + 5) < 1e-12)
      local sol = wb.solve(sde, {
        x0 = function(rng, p) return p.net(rng:normal()) end, steps = 8, paths = 64,
        observe = {value = function(x, t, p) return p.net(x) end, raw = function(x) return x end},
      })
      assert(math.abs(sol.observed.value.mean - (1 - 2 * sol.observed.raw.mean)) < 1e-9)
      assert(math.abs(sde:generator(function(x, t, p) return p.net(x) end)(3, 0) - 10) < 1e-12)
      local ok, message = pcall(function() return sde:with{net = net} end)
      assert(not ok and message:find("'net' is a net", 1, true), message)
      """)
  }

  @Test func otherTracesTakeNetsToo() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local net = wb.nn.linear{inputs = 1, outputs = 1}
      net:set("weight", {{3}}) net:set("bias", {1})
      assert(wb.array{1, 2}:map(function(x) return net(x) end)[2] == 7)
      local f = wb.trace(function(x) return net(net(x)) end)
      assert(f(1) == 13)
      net:set("bias", {0})
      assert(f(1) == 9)
      local bm = wb.sde{drift = function(x) return 0 * x end, diffusion = function(x) return 1 end}
      local method = wb.solver{name = "pulled", step = function(f, g, x, t, h, dW)
        return x + 0 * h * net(x) + g(x, t) * dW end}
      local options = {x0 = 0, steps = 8, paths = 16, method = method}
      local a = wb.solve(bm, options)
      options.method = "em"
      assert(wb.abs(a.x - wb.solve(bm, options).x):max() < 1e-14)
      """)
  }

  @Test func branchesAroundANet() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local net = wb.nn.mlp{inputs = 1, hidden = {4}, seed = 2}
      local f = wb.trace(function(x) if x > 0 then return net(x) else return -net(-x) end end)
      assert(f(0.7) == -f(-0.7) and math.abs(f(0.7) - net(0.7)) < 1e-14)
      """)
  }
}
