import LuaBridge
import Testing

/// One step of plain gradient descent with rate 1 moves the parameters by the gradient; the loss at moved parameters with
/// the same seed is that of the same paths.
private let setting =
  NetBench.merging + """
    local ou = wb.sde{
      name = "OU", params = {theta = 0.8, mu = 1.5, sigma = 0.4},
      drift = function(x, t, p) return p.theta * (p.mu - x) end,
      diffusion = function(x, t, p) return p.sigma end,
    }
    local function once(sde, loss, solve, seed)
      return wb.train{parameters = sde, loss = loss, solve = solve, steps = 1, optimizer = wb.optim.sgd{lr = 1}, seed = seed or 3}
    end
    local function near(a, b, tolerance, what)
      assert(math.abs(a - b) <= tolerance * math.max(1, math.abs(a), math.abs(b)),
        string.format("%s: %.12g and %.12g", what, a, b))
    end
    local function moved(sde, name, h) return sde:with{[name] = sde.params[name] + h} end
    local function difference(sde, name, loss, solve)
      local h = 1e-3
      local function central(h)
        local up = once(moved(sde, name, h), loss, solve).history.loss[1]
        return (up - once(moved(sde, name, -h), loss, solve).history.loss[1]) / (2 * h)
      end
      return (central(h / 2) * 4 - central(h)) / 3
    end
    local function exact(sde, loss, solve)
      local after = once(sde, loss, solve).model
      for name, value in pairs(sde.params) do
        near(value - after.params[name], difference(sde, name, loss, solve), 1e-8, name)
      end
    end

    """

/// wb.train and wb.steps of an SDE's parameters.
@Suite("wb.train of an SDE") struct SolveTrainTests {
  @Test(
    "the gradient is that of the same discrete paths",
    arguments: [
      "(sol.x - 1) ^ 2", "(wb.mean(sol.x) - 2) ^ 2 + (wb.mean(sol.x ^ 2) - 5) ^ 2",
      // Means of what depends on means, parameters in the loss, a branch.
      "(sol.x - wb.mean(sol.x)) ^ 2 + sol.p.mu ^ 2 * sol.t",
      "wb.mean((sol.x - wb.mean(sol.x)) ^ 3) ^ 2 + math.max(sol.x - 1, 0) ^ 4",
      "(sol:at(0.25) - 0.5) ^ 2 + sol:at(0) * sol.x + sol:at(0.5) * sol:at(1)",
      "wb.mean(sol:at(0.5) * sol.x) - wb.mean(sol:at(0.5)) * wb.mean(sol.x)",
    ], ["em", "milstein"])
  func exact(_ loss: String, _ method: String) throws {
    try NetBench().check(
      setting + """
        exact(ou, function(sol) return \(loss) end, {x0 = 0.3, t = {0, 1}, steps = 32, paths = 300, method = "\(method)"})
        """)
  }

  @Test("so it is by reversible Heun, with components that have names, and by a method of the script's")
  func otherMethods() throws {
    try NetBench().check(
      setting + """
        local pair = wb.sde{
          state = {"S", "v"}, params = {a = 0.3, b = 0.7, c = 0.2}, calculus = "stratonovich",
          drift = function(x, t, p) return {p.a * x.v, p.b * (1 - x.v) + math.sin(t)} end,
          diffusion = function(x, t, p) return {{p.c * x.S, 0.1}, {0, p.c * x.v}} end,
        }
        local function loss(sol)
          return (sol.x.S - 1) ^ 2 + sol:at(1).v * sol.x.v + wb.mean(wb.sum(sol.x * sol:at(1.5))) ^ 2
        end
        local start = function(rng, p) return {rng:normal(1, 0.1), p.b} end
        for _, method in ipairs{"heun", "reversible_heun"} do
          for _, x0 in ipairs{{0.5, 0.8}, start} do
            exact(pair, loss, {x0 = x0, t = {0.5, 2}, steps = 48, paths = 200, method = method})
          end
        end
        local own = wb.solver{name = "own", step = function(f, g, x, t, h, dW, n)
          return x + f(x, t) * h + g(x, t) * dW
        end}
        local function mean(sol) return wb.mean(sol.x) ^ 2 end
        exact(ou, mean, {x0 = 0.3, steps = 20, paths = 100, method = own})
        near(once(ou, mean, {x0 = 0.3, steps = 20, paths = 100, method = own}).history.loss[1],
          once(ou, mean, {x0 = 0.3, steps = 20, paths = 100, method = "em"}).history.loss[1], 1e-12, "own")
        """)
  }

  @Test("the value is that of the paths that wb.solve has, and its standard error that of the mean")
  func value() throws {
    try NetBench().check(
      setting + """
        -- The seed of a step is its own: another seed has other paths, the same one the same.
        local solve = {x0 = 0.3, t = 2, dt = 1 / 16, paths = 4000}
        local function square(sol) return (sol.x - 1) ^ 2 end
        local a, b = once(ou, square, solve), once(ou, square, solve)
        assert(a.history.loss[1] == b.history.loss[1] and a.history.loss[1] ~= once(ou, square, solve, 4).history.loss[1])
        local check = wb.solve(ou, {x0 = 0.3, t = 2, dt = 1 / 16, paths = 4000,
          observe = {loss = function(x, t, p) return (x - 1) ^ 2 end}}).observed.loss
        -- Two samples of the same law: five standard errors of the difference, 6e-7.
        assert(math.abs(a.history.loss[1] - check.mean) < 5 * check.stderr * math.sqrt(2))
        near(a.history.stderr[1] / check.stderr, 1, 0.1, "stderr")
        -- The variance as a mean of squares has its error, and as a function of means the same.
        local c = once(ou, function(sol) return (sol.x - wb.mean(sol.x)) ^ 2 end, solve)
        local d = once(ou, function(sol) return wb.mean(sol.x ^ 2) - wb.mean(sol.x) ^ 2 end, solve)
        near(c.history.loss[1], d.history.loss[1], 1e-12, "variance")
        near(c.history.stderr[1], d.history.stderr[1], 1e-9, "its error")
        """)
  }

  @Test("nets in the coefficients learn too, and frozen ones do not") func neural() throws {
    try NetBench().check(
      setting + """
        local function make(seed) return wb.nn.mlp{inputs = 2, hidden = {8}, outputs = 1, seed = seed, precision = "double"} end
        local drift, scale = make(1), make(2)
        local sde = wb.sde{
          params = {net = drift, s = wb.learnable(0.3, {positive = true}), fixed = 0.1},
          drift = function(x, t, p) return p.net{x, t} end,
          diffusion = function(x, t, p) return p.s + p.fixed * wb.softplus(scale{x, t}) end,
        }
        local solve = {x0 = 0.2, steps = 20, paths = 64}
        local function loss(sol) return (sol.x - 1) ^ 2 end
        local function value() return once(sde, loss, solve).history.loss[1] end
        local names = {"layers.0.weight", "layers.1.bias"}
        for _, net in ipairs{drift, scale} do
          for _, name in ipairs(names) do
            local before = net:get(name)
            local copy = {}
            for _, n in ipairs{drift, scale} do
              copy[n] = {}
              for _, p in ipairs(n:parameters()) do copy[n][p.name] = n:get(p.name) end
            end
            local function restore() for n, values in pairs(copy) do for k, v in pairs(values) do n:set(k, v) end end end
            once(sde, loss, solve)
            local slope = before - net:get(name)
            restore()
            -- Along one direction: every element alike.
            local function at(h)
              net:set(name, before + h)
              local found = value()
              restore()
              return found
            end
            local h = 1e-3
            local d = ((at(h / 2) - at(-h / 2)) / h * 4 - (at(h) - at(-h)) / (2 * h)) / 3
            near(slope:sum(), d, 1e-7, name)
          end
        end
        scale:freeze()
        local frozen = scale:get("layers.0.weight")
        local run = once(sde, loss, solve)
        assert(scale:get("layers.0.weight") == frozen)
        assert(run.model.params.s ~= 0.3 and run.model.params.fixed == 0.1 and sde.params.s == 0.3)
        """)
  }

  @Test("Ornstein-Uhlenbeck learns to have given mean and variance") func learns() throws {
    // At T = 1 from 0: mean mu (1 - e^-theta), variance sigma^2 (1 - e^-2 theta)/(2 theta).
    let found = try NetBench().numbers(
      """
      local theta, sigma = 1.3, 0.5
      local mean, variance = 2 * (1 - math.exp(-theta)), sigma ^ 2 * (1 - math.exp(-2 * theta)) / (2 * theta)
      local sde = wb.sde{
        params = {theta = wb.learnable(0.5, {positive = true}), sigma = wb.learnable(1, {positive = true}), mu = 2},
        drift = function(x, t, p) return p.theta * (p.mu - x) end, diffusion = function(x, t, p) return p.sigma end,
      }
      local run = wb.train{
        parameters = sde, solve = {x0 = 0, t = 1, steps = 128, paths = 2000, method = "em"}, steps = 250, seed = 1,
        loss = function(sol)
          local m = wb.mean(sol.x)
          return (m - mean) ^ 2 + (wb.mean((sol.x - m) ^ 2) - variance) ^ 2
        end,
        optimizer = wb.optim.adam{lr = 0.05}, schedule = "cosine",
      }
      local p = run.model.params
      return p.theta, p.sigma, run.history.loss[1], run.loss
      """)
    // Euler's own bias at 128 steps is 0.6 % of theta and 0.4 % of sigma; the noise of 2000 paths a step, averaged over
    // the last hundred, 0.5 %: three percent is more than four of these.
    #expect(abs(found[0] / 1.3 - 1) < 0.03, "theta = \(found[0])")
    #expect(abs(found[1] / 0.5 - 1) < 0.03, "sigma = \(found[1])")
    // Negative control: before, neither law nor loss are these.
    #expect(found[2] > 100 * found[3])
  }

  @Test("L-BFGS searches on the same paths, where a loss has its least value exactly") func searches() throws
  {
    // The mean of (x - 1)^2 over the ends, in a drift alone: the least is where their mean is 1.
    let values = try NetBench().numbers(
      """
      local sde = wb.sde{params = {a = wb.learnable(0), s = 0.3}, drift = function(x, t, p) return p.a end,
                         diffusion = function(x, t, p) return p.s end}
      local function train(params)
        return wb.train{parameters = params, solve = {x0 = 0, steps = 8, paths = 50}, steps = 100,
                        loss = function(sol) return (wb.mean(sol.x) - 1) ^ 2 end, optimizer = wb.optim.lbfgs{}}
      end
      local run = train(sde)
      assert(run.status == "converged", run.status)
      local _, refusal = pcall(train, wb.sde{params = {a = wb.learnable(1, {positive = true})},
        drift = function(x, t, p) return p.a end, diffusion = function(x, t, p) return 0.3 end})
      assert(tostring(refusal):find("lbfgs does not keep the bounds of wb.learnable", 1, true), refusal)
      return run.loss, run.model.params.a
      """)
    #expect(values[0] < 1e-10 && abs(values[1] - 1) < 0.3 && values[1] != 1)
  }

  @Test("bounds hold after every step, and a run resumes bit for bit") func boundsAndResume() throws {
    try NetBench().check(
      setting + """
        local function make(start, seed)
          local net = wb.nn.mlp{inputs = 1, hidden = {4}, outputs = 1, seed = seed}
          return wb.sde{
            params = {a = wb.learnable(start, {lower = 0.2, upper = 0.6}), net = net},
            drift = function(x, t, p) return p.a * x + p.net(x) end, diffusion = function(x, t, p) return 0.3 end,
          }, net
        end
        local shared = {
          solve = {x0 = 1, steps = 16, paths = 50}, steps = 30, optimizer = wb.optim.adam{lr = 0.05}, ema = 0.9,
          loss = function(sol) return (sol.x - 5) ^ 2 end, validation = 100, validate_every = 7,
        }
        local whole, a = make(0.4, 1)
        local run = wb.train(merged(shared, {parameters = whole}))
        assert(run.model.params.a > 0.5 and run.model.params.a <= 0.6 and run.best.step > 1)
        local part = make(0.4, 1)
        for state in wb.steps(merged(shared, {parameters = part, checkpoint = "s.safetensors", checkpoint_every = 11})) do
          assert(state.training.model.params.a <= 0.6)
          if state.step == 11 then break end
        end
        local rest, b = make(0.3, 5)
        local again = wb.train(merged(shared, {parameters = rest, checkpoint = "s.safetensors", resume = true}))
        assert(again.model.params.a == run.model.params.a and again.step == 30)
        for _, p in ipairs(a:parameters()) do assert(a:get(p.name) == b:get(p.name), p.name) end
        for _, name in ipairs{"loss", "stderr", "gradient_norm"} do assert(run.history[name] == again.history[name], name) end
        assert(tostring(run):find("a = 0.", 1, true) and not tostring(run):find("floor"))
        """)
  }

  @Test("gives the same bits for any number of threads") func threads() throws {
    try NetBench().check(
      setting + """
        local first
        for threads = 1, 3 do
          local run = wb.train{
            parameters = ou, solve = {x0 = 0, steps = 16, paths = 3000}, steps = 3, threads = threads,
            loss = function(sol) return (wb.mean(sol.x) - 1) ^ 2 + sol.x ^ 2 end,
          }
          first = first or run
          assert(run.history.loss == first.history.loss and run.model.params.theta == first.model.params.theta)
        end
        """)
  }

  @Test(
    "refuses what cannot be trained, in one sentence",
    arguments: [
      (
        "parameters = wb.sde{drift = function(x) return x end, diffusion = function() return 1 end}",
        "'sde' has no parameters"
      ),
      ("loss = function(sol) return 'x' end", "the loss"),
      (
        "loss = function(sol) return {sol.x, sol.x} end",
        "must return one number, the loss of a path; it returns 2 values"
      ),
      ("loss = function(sol) return sol.p.theta end", "does not depend on the paths"),
      (
        "loss = function(sol) return sol:at(0.3) end",
        "sol:at(0.3) is not a time of the solver, whose 16 steps have the length 0.0625: the nearest are 0.25 and 0.3125"
      ),
      ("loss = function(sol) return sol:at(1.5) end", "the paths run from t = 0.0 to 1.0"),
      ("loss = function(sol) return sol:at(-1) end", "the paths run from t = 0.0 to 1.0"),
      (
        "loss = function(sol) return sol.p.thta * sol.x end",
        "there is no parameter 'thta': did you mean 'theta'?"
      ),
      ("loss = function(sol) return sol.y end", "a traced solution has no field 'y'"),
      (
        "loss = function(sol) return wb.grad(function(a) return wb.mean(a * sol.x) end, 2) end",
        "take the mean outside"
      ),
      ("loss = function(sol) return sol.x * wb.normal_like(sol.x) end", "cannot draw random numbers"),
      ("loss = wb.loss.ssm{}", "a function(sol), the loss of one path"),
      (
        "loss = function(sol) return math.log(sol.x - 100) end",
        "the loss is not finite in step 1: 50 of 50 paths have no finite loss, the first is path 1"
      ),
      (
        "loss = function(sol) return wb.mean(math.log(sol.x - 100)) end",
        "the loss is not finite in step 1: 50 of 50 paths"
      ),
      ("data = wb.zeros(3)", "option 'data' of wb.train is for a net"),
      ("model = wb.nn.mlp{inputs = 1, outputs = 1}", "option 'model' of wb.train is for a net"),
      ("batch = 3", "option 'batch' of wb.train is for a net"),
      ("solve = false", "option 'solve' of wb.train"),
      ("solve = {x0 = 1}", "option 'steps' of wb.train solve is required"),
      ("solve = {steps = 4}", "wb.train solve: option 'x0' is required"),
      ("solve = {x0 = {1, 2}, steps = 4, paths = 3}", "has 1 component"),
      ("solve = {x0 = 1, steps = 4, path = 3}", "did you mean 'paths'?"),
      ("solve = {x0 = 1, steps = 4, method = 'emm'}", "did you mean \"em\"?"),
      ("solve = {x0 = 1, steps = 4, method = 'reversible_heum'}", "did you mean \"reversible_heun\"?"),
      ("validation = 0.2", "validation"),
      ("patience = 3", "option 'validation' of wb.train is needed"),
    ])
  func refuses(_ options: String, _ expected: String) throws {
    let message = try NetBench().complaint(
      setting + """
        wb.train(merged({parameters = ou, loss = function(sol) return sol.x ^ 2 end, steps = 2,
          solve = {x0 = 1, steps = 16, paths = 50}}, {\(options)}))
        """)
    #expect(message.contains(expected), "\(message)")
    #expect(!message.contains("\n"), "\(message)")
  }

  @Test("wb.mean is for losses of a solve, and for arrays; a solution is for its loss") func misuse() throws {
    let bench = try NetBench()
    try bench.check(
      "assert(wb.mean{1, 2, 6} == 3 and wb.mean(wb.array{{1, 2}, {3, 4}}) == 2.5 and wb.mean(4) == 4)")
    #expect(
      bench.complaint(
        "wb.sde{drift = function(x) return wb.mean(x) end, diffusion = function() return 1 end}"
      )
      .contains("it can be used only in the loss of wb.train{parameters = sde, …}"))
    let kept = bench.complaint(
      setting + """
        local kept
        once(ou, function(sol) kept = kept or sol return sol.x end, {x0 = 1, steps = 4})
        print(kept.x)
        """)
    #expect(kept.contains("it can be used only in that function") || kept.contains("'kept'"), "\(kept)")
    #expect(
      bench.complaint(
        "wb.train{model = wb.nn.mlp{inputs = 1, outputs = 1}, solve = {}, steps = 1, data = {1}, loss = print}"
      )
      .contains("option 'solve' of wb.train is for the paths of an SDE"))
  }

  @Test("a step at a time the SDE is seen as it is so far") func steps() throws {
    try NetBench().check(
      setting + """
        local shared = {parameters = ou, loss = function(sol) return (sol.x - 3) ^ 2 end, solve = {x0 = 1, steps = 8}}
        local seen, training = {}, nil
        for state in wb.steps(merged(shared, {steps = 20})) do
          seen[state.step] = state.training.model.params.mu
          training = state.training
          if state.step == 7 then break end
        end
        assert(training.status == "in progress" and #seen == 7 and ou.params.mu == 1.5)
        for i = 2, 7 do assert(seen[i] > seen[i - 1]) end
        assert(wb.train(merged(shared, {steps = 7})).model.params.mu == seen[7])
        """)
  }
}
