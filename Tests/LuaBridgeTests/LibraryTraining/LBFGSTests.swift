import Dispatch
import Foundation
import LuaBridge
import Testing

/// 200 points of a correlated Gaussian, and the moments of exactly these points.
private let setting = """
  local n = 200
  local data = wb.dist.gaussian{mean = {1, -2}, cov = {{1, 0.6}, {0.6, 2}}}:sample{n = n, seed = 3}
  local mean, cov = {0, 0}, {{0, 0}, {0, 0}}
  for i = 1, n do for a = 1, 2 do mean[a] = mean[a] + data:at(i, a) / n end end
  for i = 1, n do
    for a = 1, 2 do for b = 1, 2 do
      cov[a][b] = cov[a][b] + (data:at(i, a) - mean[a]) * (data:at(i, b) - mean[b]) / n
    end end
  end
  local function line(precision, seed)
    return wb.nn.linear{inputs = 2, outputs = 2, precision = precision or "double", seed = seed or 1}
  end
  -- How far the net is from s(x) = -Σ⁻¹ (x - mean): A Σ + I and A mean + b.
  local function distance(net, factor)
    local w, c, most = net:get("weight"), net:get("bias"), 0
    for a = 1, 2 do
      local shift = c[a]
      for b = 1, 2 do
        shift = shift + w:at(a, b) * mean[b]
        local product = a == b and 1 or 0
        for k = 1, 2 do product = product + w:at(a, k) * cov[k][b] * (factor or 1) end
        most = math.max(most, math.abs(product))
      end
      most = math.max(most, math.abs(shift))
    end
    return most
  end
  local ism = wb.loss.ism{form = "half"}

  """

/// wb.optim.lbfgs finds minima, and says honestly when it does not.
@Suite("wb.optim.lbfgs") struct LBFGSTests {
  /// The minimum of ISM over linear scores: of ½‖A x + b‖² + tr A it is A = −Σ⁻¹, b = Σ⁻¹ mean, with the moments of the
  /// data.
  @Test("reaches the linear score that is known in closed form") func linearScore() throws {
    try NetBench().check(
      setting + """
        local net = line()
        local run = wb.train{
          model = net, data = data, loss = ism, steps = 200, optimizer = wb.optim.lbfgs{gtol = 1e-9, ftol = 0},
        }
        assert(run.status == "converged" and run.reason:find("gradient"), run.status .. ": " .. tostring(run.reason))
        assert(distance(net) < 1e-6, "off by " .. distance(net))
        -- A control: the covariance with n - 1 would be seen.
        assert(distance(net, n / (n - 1)) > 1e-3)
        -- Every evaluation is in the history; the loss of the run is the least of them.
        local history = run.history
        assert(history.shape[1] == run.step and run.step < 60)
        assert(math.abs(run.loss - history.loss:min()) < 1e-12 and history.rate[1] ~= history.rate[1])
        -- The loss there is -½ tr Σ⁻¹, not that of the noise of other steps.
        local det = cov[1][1] * cov[2][2] - cov[1][2] ^ 2
        assert(math.abs(run.loss + 0.5 * (cov[1][1] + cov[2][2]) / det) < 1e-9)
        assert(tostring(run):find("Training, converged: " .. run.step .. " of at most 200 evaluations, 6 parameters", 1, true))
        assert(tostring(run):find(run.reason, 1, true))
        -- Adam with all data comes to the same place, in many more steps.
        local slow = line()
        wb.train{
          model = slow, data = data, loss = ism, steps = 3000, batch = n, schedule = "cosine",
          optimizer = wb.optim.adam{lr = 0.03},
        }
        assert(distance(slow) < 1e-6 and wb.abs(slow:get("weight") - net:get("weight")):max() < 1e-6)
        assert(distance(line()) > 0.1)
        """)
  }

  /// With the projections of step 0, fixed: stationarity in A says A Σ̂ + M = 0 with M the mean of v vᵀ, which for
  /// Rademacher v is symmetric with the diagonal 1, and not I.
  @Test("holds the random numbers of a loss fixed") func fixedNoise() throws {
    try NetBench().check(
      setting + """
        local nets = {}
        for i = 1, 2 do
          nets[i] = line("double", i)
          local run = wb.train{
            model = nets[i], data = data, loss = wb.loss.ssm_vr{form = "half", distribution = "rademacher"}, steps = 200,
            optimizer = wb.optim.lbfgs{gtol = 1e-10, ftol = 0},
          }
          assert(run.status == "converged", run.reason)
        end
        local w, c = nets[1]:get("weight"), nets[1]:get("bias")
        local m = {{0, 0}, {0, 0}}
        for a = 1, 2 do for b = 1, 2 do for k = 1, 2 do m[a][b] = m[a][b] - w:at(a, k) * cov[k][b] end end end
        assert(math.abs(m[1][1] - 1) < 1e-6 and math.abs(m[2][2] - 1) < 1e-6)
        assert(math.abs(m[1][2] - m[2][1]) < 1e-6)
        -- 200 signs have a mean of about ±0.07; it is a multiple of 2/200, and 0 in one case of 18.
        local off = m[1][2] * 100
        assert(math.abs(off - math.floor(off + 0.5)) < 1e-3 and math.abs(m[1][2]) > 0.005 and math.abs(m[1][2]) < 0.35)
        -- From other values to the same place.
        assert(wb.abs(w - nets[2]:get("weight")):max() < 1e-6 and wb.abs(c - nets[2]:get("bias")):max() < 1e-6)
        """)
  }

  @Test("gives the same bits for any number of threads, and other bits for other noise") func threads() throws
  {
    try NetBench().check(
      setting + """
        local large = wb.dist.gaussian{dim = 2}:sample{n = 3000, seed = 4}
        local function train(threads, seed)
          local net = wb.nn.mlp{inputs = 2, hidden = {16}, outputs = 2, seed = 1}
          local run = wb.train{
            model = net, data = large, loss = wb.loss.dsm{sigma = 0.5}, steps = 30, threads = threads, seed = seed,
            optimizer = wb.optim.lbfgs{memory = 5},
          }
          return net:get("layers.0.weight"), run.history.loss
        end
        local w1, l1 = train(1, 7)
        local w2, l2 = train(2, 7)
        local w3, l3 = train(2, 8)
        assert(w1 == w2 and l1 == l2 and #l1 > 10 and l1[#l1] < l1[1])
        assert(not (w1 == w3) and not (l1 == l3))
        """)
  }

  @Test("says when it did not converge") func notConverged() throws {
    try NetBench().check(
      setting + """
        local net = line()
        local run = wb.train{model = net, data = data, loss = ism, steps = 3, optimizer = wb.optim.lbfgs{}}
        assert(run.status == "not converged" and run.step == 3, run.status)
        assert(run.reason == "it took all of its 3 evaluations" and distance(net) > 1e-3)
        -- In single precision the loss has a rounding error, which is above such tolerances.
        local single = line("single")
        run = wb.train{
          model = single, data = data, loss = ism, steps = 500, optimizer = wb.optim.lbfgs{gtol = 0, ftol = 0},
        }
        assert(run.status == "not converged" and run.reason:find("rounding error") or run.step == 500, run.reason)
        assert(distance(single) < 1e-3, distance(single))
        -- Other ends have their own reasons.
        local function small() return wb.nn.mlp{inputs = 2, hidden = {8}, outputs = 2, precision = "double"} end
        run = wb.train{
          model = small(), data = data, loss = ism, steps = 500, optimizer = wb.optim.lbfgs{gtol = 0, ftol = 1e-3},
        }
        assert(run.status == "converged" and run.reason:find("changed the loss by less than 0.001"), run.reason)
        run = wb.train{
          model = small(), data = data, loss = ism, steps = 500,
          optimizer = wb.optim.lbfgs{gtol = 0, ftol = 0, xtol = 1e-2},
        }
        assert(run.status == "converged" and run.reason:find("changed the parameters by less than 0.01"), run.reason)
        """)
  }

  @Test("leaves frozen parameters alone, and validates its result once") func frozen() throws {
    try NetBench().check(
      setting + """
        local net = line()
        local before = net:get("bias")
        net:freeze("bias")
        local run = wb.train{
          model = net, data = data, loss = ism, steps = 200, validation = 0.25, optimizer = wb.optim.lbfgs{},
        }
        assert(run.status == "converged" and net:get("bias") == before)
        local measured = 0
        for i = 1, run.step do
          local v = run.history.validation[i]
          if v == v then measured = measured + 1; assert(run.best.step == i and run.best.loss == v) end
        end
        assert(measured == 1 and run.best.loss ~= run.loss)
        """)
  }

  @Test("a loss that is not finite ends it with the row's name, and the net keeps the best values")
  func notFinite() throws {
    let message = try NetBench().complaint(
      """
      local list = {}
      for i = 1, 40 do list[i] = {i == 7 and -2 or 1} end
      wb.train{
        model = wb.nn.linear{inputs = 1, outputs = 1}, data = wb.array(list), steps = 10,
        loss = function(m, x) return m(x) ^ 2 + math.sqrt(x) end, optimizer = wb.optim.lbfgs{},
      }
      """)
    #expect(message.contains("the loss is not finite in evaluation 1: "), "\(message)")
    #expect(message.contains("row 7 of the data"), "\(message)")
    // Steps over an edge, beyond which there is no loss, are shortened: 10 m - √m has its minimum at m = 1/400. Where
    // the way down ends at the edge, the search does not pretend.
    try NetBench().check(
      """
      local function at(value)
        local net = wb.nn.linear{inputs = 1, outputs = 1, precision = "double"}
        net:set("weight", {{0}})
        net:set("bias", {value})
        return net
      end
      local function search(net, loss)
        return wb.train{model = net, data = wb.array{{0}, {0}}, steps = 200, optimizer = wb.optim.lbfgs{}, loss = loss}
      end
      local net = at(2)
      local run = search(net, function(m, x) return 10 * m(x) - math.sqrt(m(x)) end)
      assert(run.status == "converged" and math.abs(net(0.0) - 1 / 400) < 1e-8, run.reason)
      assert(run.history.shape[1] < run.step, "no step was too long")
      net = at(2)
      local ok, text = pcall(search, net, function(m, x) return 10 * math.sqrt(m(x)) + m(x) end)
      assert(ok and text.status == "not converged" or tostring(text):find("not finite in evaluation"), tostring(text))
      assert(net(0.0) >= 0 and net(0.0) < 0.1, net(0.0))
      """)
  }

  @Test("a cancel leaves the best so far in the net and in the file") func cancel() throws {
    let bench = try NetBench()
    let token = bench.session.lua.cancelToken
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(600)) { token.cancel() }
    var kind: LuaError.Kind?
    do {
      _ = try bench.run(
        """
        local many = wb.dist.gaussian_mixture{weights = {0.5, 0.5}, means = {{-2, 0}, {2, 0}}, stds = 0.5}
        wb.train{
          model = wb.nn.mlp{inputs = 2, hidden = {64, 64}, outputs = 2, seed = 1, precision = "double"},
          data = many:sample{n = 20000, seed = 1}, loss = wb.loss.ism{}, steps = 1000000,
          optimizer = wb.optim.lbfgs{gtol = 0, ftol = 0}, checkpoint = "c.safetensors", checkpoint_every = 1000000,
        }
        """)
    } catch let error as LuaError { kind = error.kind }
    #expect(kind == .cancelled)
    token.clear()
    try bench.check(
      """
      local saved = wb.nn.load(folder .. "/c.safetensors")
      local fresh = wb.nn.mlp{inputs = 2, hidden = {64, 64}, outputs = 2, seed = 1, precision = "double"}
      assert(not (saved:get("layers.0.weight") == fresh:get("layers.0.weight")))
      """)
  }

  @Test(
    "refuses what has no meaning with it, in one sentence",
    arguments: [
      (
        "schedule = 'cosine'",
        "option 'schedule' of wb.train must be left out with lbfgs: it has no learning rate"
      ),
      ("ema = 0.99", "'ema'"), ("clip_norm = 1", "'clip_norm'"), ("clip_value = 1", "'clip_value'"),
      ("accumulation = 2", "'accumulation'"), ("validation = 0.1, validate_every = 5", "'validate_every'"),
      ("validation = 0.1, patience = 5", "'patience'"),
      ("checkpoint = 'a.safetensors', resume = true", "'resume'"),
      (
        "batch = 64",
        "must be all 200 rows with lbfgs, or left out, got 64: a search needs the same loss at each step"
      ),
      ("batch = 200, validation = 0.25", "must be all 150 rows"),
      ("optimizer = wb.optim.lbfgs{gtol = -1}", "lbfgs: gtol must be a number of at least 0"),
      ("optimizer = wb.optim.lbfgs{memory = 0}", "lbfgs: memory must be a whole number of at least 1"),
      ("optimizer = wb.optim.lbfgs{memory = 1e9}", "lbfgs: memory must be at most 10000"),
      ("optimizer = wb.optim.lbfgs{lr = 1}", "lr"),
    ])
  func refuses(_ options: String, _ expected: String) throws {
    let call = """
      local given = {model = line(), data = data, loss = ism, steps = 5, optimizer = wb.optim.lbfgs{}}
      for k, v in pairs{\(options)} do given[k] = v end
      wb.train(given)
      """
    let message = try NetBench().complaint(setting + call)
    #expect(message.contains(expected), "\(message)")
    #expect(!message.contains("\n"), "\(message)")
  }

  @Test("does not go a step at a time, takes all rows when told so, prints its settings") func objects()
    throws
  {
    try NetBench().check(
      setting + """
        local given = {model = line(), data = data, loss = ism, steps = 50, batch = n, optimizer = wb.optim.lbfgs{}}
        local ok, text = pcall(wb.steps, given)
        assert(not ok and tostring(text):find("lbfgs cannot go a step at a time: wb.train runs it as a whole", 1, true))
        assert(wb.train(given).status == "converged")
        local optimizer = wb.optim.lbfgs{gtol = 1e-5, memory = 4}
        assert(tostring(optimizer) == "lbfgs{gtol = 1e-05, memory = 4}", tostring(optimizer))
        assert(tostring(wb.optim.sgd{lr = 0.5, nesterov = true, momentum = 0.9}) == "sgd{lr = 0.5, momentum = 0.9, nesterov = true}")
        assert(tostring(wb.optim.warmup_cosine{warmup = 100}) == "warmup_cosine{warmup = 100}")
        assert(optimizer.name == "lbfgs" and optimizer.lr == nil)
        assert(wb.optim.adafactor{}.lr == 0.01)
        """)
  }
}
