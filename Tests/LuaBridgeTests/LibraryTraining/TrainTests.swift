import Dispatch
import Foundation
import LuaBridge
import Testing

private let setting =
  NetBench.merging + """
    local data = wb.dist.gaussian{mean = {1, -1}, std = 0.5}:sample{n = 512, seed = 3}
    local function make(seed, precision)
      return wb.nn.mlp{inputs = 2, hidden = {16, 16}, outputs = 2, seed = seed or 2, precision = precision}
    end
    local function same(a, b)
      for _, p in ipairs(a:parameters()) do
        if not (a:get(p.name) == b:get(p.name)) then return false end
      end
      return true
    end

    """

/// wb.train and wb.steps do what they say.
@Suite("wb.train") struct TrainTests {
  @Test(
    "a run that was resumed equals the uninterrupted one bit for bit",
    arguments: [
      "optimizer = wb.optim.adamw{lr = 0.01}, schedule = wb.optim.one_cycle{}, ema = 0.99, validation = 0.25",
      "optimizer = wb.optim.sgd{lr = 0.01, momentum = 0.9, nesterov = true}, clip_norm = 1, accumulation = 3",
      "optimizer = wb.optim.lion{lr = 0.001}, schedule = 'cosine', validation = 0.1, validate_every = 5, patience = 4",
      "optimizer = wb.optim.adafactor{weight_decay = 0.01}, schedule = wb.optim.warmup{warmup = 5}, ema = 0.9",
    ], ["single", "double"])
  func resumes(_ options: String, _ precision: String) throws {
    try NetBench().check(
      setting + """
        local precision = "\(precision)"
        local shared = {data = data, loss = wb.loss.ssm_vr{distribution = "gaussian"}, steps = 40, batch = 48, \(options)}
        local whole = make(2, precision)
        local run = wb.train(merged(shared, {model = whole}))
        local part = make(2, precision)
        for state in wb.steps(merged(shared, {model = part, checkpoint = "c.safetensors", checkpoint_every = 17})) do
          if state.step == 17 then break end
        end
        -- Other values to begin with: all must come from the file.
        local rest = make(5, precision)
        local again = wb.train(merged(shared, {model = rest, checkpoint = "c.safetensors", resume = true}))
        assert(same(whole, rest), "the parameters differ")
        assert(not same(whole, part) and again.step == run.step and again.status == run.status)
        for _, name in ipairs{"step", "loss", "stderr", "gradient_norm", "rate"} do
          assert(run.history[name] == again.history[name], name .. " differs")
        end
        local a, b = run.history.validation, again.history.validation
        for i = 1, #a do assert(a[i] == b[i] or a[i] ~= a[i] and b[i] ~= b[i], "validation differs") end
        assert((run.best or {}).loss == (again.best or {}).loss)
        -- The file is also one of a net: the result's.
        assert(same(wb.nn.load(folder .. "/c.safetensors"), whole))
        -- A control: another seed is another run.
        local other = make(2, precision)
        wb.train(merged(shared, {model = other, seed = 9}))
        assert(not same(whole, other))
        """)
  }

  @Test("gives the same bits for any number of threads")
  func threads() throws {
    try NetBench().check(
      setting + """
        local large = wb.dist.gaussian{dim = 2}:sample{n = 3000, seed = 4}
        local first, history
        for threads = 1, 3 do
          local net = wb.nn.mlp{inputs = 2, hidden = {32, 32}, outputs = 2, time = "fourier", seed = 1}
          local run = wb.train{
            model = net, data = large, loss = wb.loss.dsm{process = wb.diffusion.vp{}}, steps = 12, batch = 1500,
            validation = 0.2, threads = threads,
          }
          if first then
            assert(same(first, net), threads .. " threads")
            assert(run.history.loss == history)
          end
          first, history = first or net, history or run.history.loss
        end
        """)
  }

  @Test("the sum over batches is the larger batch, to rounding") func accumulation() throws {
    let values = try NetBench().numbers(
      setting + """
        local function train(batch, accumulation, seed)
          local net = make(2, "double")
          wb.train{
            model = net, data = data, loss = wb.loss.ssm{distribution = "gaussian"}, steps = 16, batch = batch,
            accumulation = accumulation, optimizer = wb.optim.sgd{lr = 0.01}, seed = seed,
          }
          return net
        end
        local function apart(a, b)
          local most = 0
          for _, p in ipairs(a:parameters()) do most = math.max(most, wb.abs(a:get(p.name) - b:get(p.name)):max()) end
          return most
        end
        local one = train(128, 1, 1)
        return apart(one, train(32, 4, 1)), apart(one, train(32, 4, 2)), apart(one, train(32, 1, 1))
        """)
    #expect(values[0] < 1e-13)
    // Controls: other noise, and one batch of the four.
    #expect(values[1] > 1e-4 && values[2] > 1e-4)
  }

  @Test("a regression in Lua reaches the least squares", arguments: ["adam", "sgd"])
  func leastSquares(_ optimizer: String) throws {
    let given = optimizer == "adam" ? "adam{lr = 0.05}" : "sgd{lr = 0.05, momentum = 0.9}"
    try NetBench().check(
      """
      -- y = 2 a - 3 b + 1 + noise
      local draws = wb.dist.gaussian{dim = 3}:sample{n = 64, seed = 5}
      local rows = {}
      for i = 1, 64 do
        local a, b, e = draws:at(i, 1), draws:at(i, 2), draws:at(i, 3)
        rows[i] = {a, b, 2 * a - 3 * b + 1 + 0.3 * e}
      end
      local line = wb.nn.linear{inputs = 2, outputs = 1, precision = "double"}
      local run = wb.train{
        model = line, data = wb.array(rows), batch = 64, steps = 1500, schedule = "cosine",
        optimizer = wb.optim.\(given),
        loss = function(m, row) return (m{row[1], row[2]} - row[3]) ^ 2 end,
      }
      -- The normal equations: the residual is orthogonal to a, b and 1.
      local w, c = line:get("weight"), line:get("bias")
      local sums, power = {0, 0, 0}, 0
      for _, row in ipairs(rows) do
        local r = row[3] - (w:at(1, 1) * row[1] + w:at(1, 2) * row[2] + c[1])
        sums[1], sums[2], sums[3] = sums[1] + r * row[1], sums[2] + r * row[2], sums[3] + r
        power = power + r * r
      end
      for i = 1, 3 do assert(math.abs(sums[i]) < 1e-6, "moment " .. i .. " is " .. sums[i]) end
      assert(math.abs(run.history.loss[1500] - power / 64) < 1e-9)
      assert(math.abs(w:at(1, 1) - 2) < 0.2 and math.abs(w:at(1, 2) + 3) < 0.2 and math.abs(c[1] - 1) < 0.2)
      """)
  }

  @Test(
    "trains a built-in loss and a Lua function around it alike, noise levels and times included",
    arguments: ["ssm_vr{}", "dsm{sigmas = {1, 0.3, 0.1}}", "ddpm{process = wb.diffusion.vp{}}"])
  func wrapped(_ loss: String) throws {
    let values = try NetBench().numbers(
      setting + """
        local loss = wb.loss.\(loss)
        local nets = {}
        for i, given in ipairs{loss, function(m, x) return 2 * loss(m, x) - loss(m, x) end, function(m, x) return loss(m, x) end} do
          nets[i] = wb.nn.mlp{
            inputs = 2, hidden = {16}, time = loss.takes_time and "log_fourier" or "none", seed = 4, precision = "double",
          }
          wb.train{model = nets[i], data = data, loss = given, steps = 10, batch = 64}
        end
        local function apart(a, b)
          local most = 0
          for _, p in ipairs(a:parameters()) do most = math.max(most, wb.abs(a:get(p.name) - b:get(p.name)):max()) end
          return most
        end
        return apart(nets[1], nets[3]), apart(nets[1], nets[2])
        """)
    #expect(values[0] < 1e-12)
    // A control: two calls draw twice.
    #expect(values[1] > 1e-6)
  }

  @Test("stops early and keeps the best, by data that it is not trained on") func stopsEarly() throws {
    try NetBench().check(
      """
      -- Pure noise: what is learned from eight points is worth less than nothing for others.
      local function noise(n, seed) return wb.dist.gaussian{dim = 2}:sample{n = n, seed = seed} end
      local others = noise(200, 8)
      local net = wb.nn.mlp{inputs = 1, hidden = {64}, outputs = 1, seed = 1}
      local run = wb.train{
        model = net, data = noise(8, 7), batch = 8, steps = 3000, validation = others, validate_every = 20, patience = 5,
        loss = function(m, row) return (m(row[1]) - row[2]) ^ 2 end, optimizer = wb.optim.adam{lr = 0.02},
      }
      assert(run.status == "stopped early" and run.step == run.best.step + 100 and run.step < 3000)
      local column = run.history.validation
      local least = math.huge
      for i = 1, run.step do
        assert((column[i] == column[i]) == (i % 20 == 0))
        if column[i] == column[i] then least = math.min(least, column[i]) end
      end
      assert(run.best.loss == least and column[run.step] > least)
      -- The net is the best one, not the last.
      local sum = 0
      for i = 1, 200 do sum = sum + (net(others:at(i, 1)) - others:at(i, 2)) ^ 2 end
      assert(math.abs(sum / 200 - least) < 1e-5 * least)
      """)
  }

  @Test("a step at a time the net is seen as it is so far, also after the loop was left") func steps() throws
  {
    try NetBench().check(
      setting + """
        local shared = {data = data, loss = wb.loss.ssm_vr{}, batch = 64, optimizer = wb.optim.adam{lr = 0.01}}
        local net, seen, training = make(), {}, nil
        for state in wb.steps(merged(shared, {model = net, steps = 20})) do
          seen[state.step] = net{0.3, 0.4}[1]
          training = state.training
          if state.step == 7 then break end
        end
        assert(training.status == "in progress" and training.step == 7 and #seen == 7)
        for i = 2, 7 do assert(seen[i] ~= seen[i - 1]) end
        local seven = make()
        wb.train(merged(shared, {model = seven, steps = 7}))
        assert(same(net, seven))
        """)
  }

  @Test("names the row whose loss is not finite") func notFinite() throws {
    let message = try NetBench().complaint(
      """
      local list = {}
      for i = 1, 40 do list[i] = {i == 7 and -2 or 1} end
      local net = wb.nn.mlp{inputs = 1, hidden = {4}, outputs = 1}
      wb.train{
        model = net, data = wb.array(list), steps = 10, batch = 40,
        loss = function(m, x) return m(x) ^ 2 + math.sqrt(x) end,
      }
      """)
    #expect(message.contains("the loss is not finite in step 1"), "\(message)")
    #expect(message.contains("row 7 of the data"), "\(message)")
  }

  @Test("a cancel leaves a checkpoint to go on from") func cancel() throws {
    let bench = try NetBench()
    let token = bench.session.lua.cancelToken
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(400)) { token.cancel() }
    var kind: LuaError.Kind?
    do {
      _ = try bench.run(
        setting + """
          wb.train{model = make(), data = data, loss = wb.loss.ssm_vr{}, steps = 1000000, batch = 64,
            checkpoint = "c.safetensors", checkpoint_every = 1000000}
          """)
    } catch let error as LuaError { kind = error.kind }
    #expect(kind == .cancelled)
    token.clear()
    try bench.check(
      setting + """
        local saved = wb.nn.load(folder .. "/c.safetensors")
        assert(not same(saved, make()))
        for state in wb.steps{model = make(), data = data, loss = wb.loss.ssm_vr{}, steps = 1000000, batch = 64,
          checkpoint = "c.safetensors", checkpoint_every = 1000000, resume = true} do
          assert(state.step > 1)
          local whole = make()
          wb.train{model = whole, data = data, loss = wb.loss.ssm_vr{}, steps = state.step - 1, batch = 64}
          assert(same(whole, saved))
          break
        end
        """)
  }

  @Test(
    "refuses what cannot be trained, in one sentence",
    arguments: [
      ("model = make(), data = wb.zeros(9, 3)", "has 3 columns, but the net takes 2 components"),
      ("model = make(), data = wb.zeros(9)", "has 1 column, but the net takes 2 components"),
      ("model = make(), data = wb.zeros(0, 2)", "option 'data' of wb.train is empty"),
      ("model = make(), data = {{1, 2}, {3, 0 / 0}}", "has nan in row 2, column 2: leave such rows out"),
      ("model = make(), data = data, batch = 513", "513"),
      ("model = make(), data = data, batch = 0", "batch"),
      ("model = make():freeze(), data = data", "is frozen, so that there is nothing to train"),
      ("model = make(), data = data, loss = wb.loss.ddpm{}", "process = wb.diffusion.vp{}"),
      (
        "model = make(), data = data, loss = wb.loss.dsm{process = wb.diffusion.vp{}}",
        "takes no time, but dsm gives it one with each sample: make it with time="
      ),
      (
        "model = wb.nn.mlp{inputs = 2, time = 'concat'}, data = data",
        "takes a time, but ssm_vr gives it none: make it without time="
      ),
      (
        "model = make(), data = data, oracle = wb.dist.gaussian{dim = 3}", "3 components, but the data have 2"
      ),
      (
        "model = make(), data = data, loss = wb.loss.bounded{}",
        "which is not between lower = 0.0 and upper = 1.0"
      ),
      ("model = make(), data = data, loss = 3", "a loss made by wb.loss, or a function(model, x)"),
      (
        "model = make(), data = data, loss = function(m, x) return m(x) end",
        "one sample; it returns a vector of 2"
      ),
      ("model = make(), data = data, loss = function(m, x) end", "net.lua:17: the loss: returns nothing"),
      (
        "model = wb.nn.mlp{inputs = 2, outputs = 3}, data = data",
        "net.lua:17: the loss: ssm_vr: the model gives 3 values for a sample of 2"
      ),
      ("model = make(), data = data, loss = function(m, x) return x[1] end", "does not call the model"),
      ("model = make(), data = data, steps = 0", "steps"),
      ("model = make(), data = data, optimizer = 'adam'", "optimizer"),
      ("model = make(), data = data, schedule = 'cosin'", "there is no schedule \"cosin\""),
      ("model = make(), data = data, patience = 3", "option 'validation' of wb.train is needed"),
      ("model = make(), data = data, validation = 1.5", "between 0 and 1, got 1.5"),
      ("model = make(), data = data, validation = wb.zeros(4, 3)", "has 3 columns, but the data 2"),
      ("model = make(), data = data, resume = true", "option 'checkpoint' of wb.train is needed"),
      ("model = make(), data = data, checkpoint = 'c.pt'", "must end in .safetensors"),
      ("model = make(), data = data, ema = 1", "decay"),
      ("model = make(), data = data, ema = -0.5", "decay"),
      ("model = make(), data = data, clip_norm = -1", "clip_norm"),
      ("model = make(), data = data, batchh = 3", "did you mean 'batch'?"),
      ("model = function(x) return x end, data = data", "expected a net"),
      ("data = data", "option 'model' is required"),
      ("model = wb.nn.mlp{inputs = 2, activation = 'silux'}, data = data", "did you mean \"silu\"?"),
      ("model = make(), data = data, optimizer = wb.optim.adam{lr = -1}", "lr must be"),
    ])
  func refuses(_ options: String, _ expected: String) throws {
    let message = try NetBench().complaint(
      setting + "wb.train(merged({loss = wb.loss.ssm_vr{}, steps = 2}, {\(options)}))")
    #expect(message.contains(expected), "\(message)")
    #expect(!message.contains("\n"), "\(message)")
  }

  @Test("refuses checkpoints of others") func otherCheckpoints() throws {
    let bench = try NetBench()
    try bench.check(
      setting + """
        wb.train{model = make(), data = data, loss = wb.loss.ssm_vr{}, steps = 4, checkpoint = "c.safetensors"}
        make():save("plain.safetensors")
        """)
    func resuming(_ net: String, _ file: String, _ more: String = "") -> String {
      bench.complaint(
        setting + """
          wb.train{model = \(net), data = data, loss = wb.loss.ssm_vr{}, steps = 8, resume = true,
            checkpoint = "\(file).safetensors"\(more)}
          """)
    }
    #expect(resuming("make()", "c") == "(accepted)")
    let other = resuming("wb.nn.mlp{inputs = 2, hidden = {8}}", "c")
    #expect(other.contains("layers.0.weight is [16, 2] there and [8, 2] in the net"), "\(other)")
    #expect(resuming("make()", "plain").contains("no checkpoint of wb.train"))
    let optimizer = resuming("make()", "c", ", optimizer = wb.optim.sgd{}")
    #expect(optimizer.contains("adam") && optimizer.contains("sgd"), "\(optimizer)")
    let seed = resuming("make()", "c", ", seed = 77")
    #expect(seed.contains("another seed") && seed.contains("not 77"), "\(seed)")
    #expect(resuming("make()", "c", ", batch = 7").contains("another batch"))
    #expect(resuming("make()", "c", ", accumulation = 2").contains("another accumulation, 1 and not 2"))
    let data = resuming("make()", "c", ", data = data + 1")
    #expect(data.contains("another data"), "\(data)")
    let fewer = resuming("make()", "c", ", steps = 3")
    #expect(fewer.contains("has done 8 steps, more than the 3"), "\(fewer)")
    // A file that is not there is a beginning.
    #expect(resuming("make()", "new") == "(accepted)")
  }
}
