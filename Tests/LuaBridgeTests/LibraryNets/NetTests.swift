import Foundation
import Kernels
import LuaBridge
import Testing

/// A session, and shorthands for what a script gives or complains of.
struct NetBench {
  let session: ScriptSession
  let folder: URL

  init() throws {
    session = try ScriptSession()
    folder = FileManager.default.temporaryDirectory.appending(path: "workbench-nets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    session.context.outDirectory = folder.path
    try session.lua.setGlobal("folder", folder.path)
  }

  func run(_ source: String) throws -> [LuaValue] { try session.lua.run(source, name: "=net.lua") }

  func numbers(_ source: String) throws -> [Double] { try run(source).map { try #require($0.double) } }

  /// Whether the script's asserts hold; its error is the test's.
  func check(_ source: String) throws { _ = try run(source) }

  /// Lua: `merged(a, b)`, the options of both, b's where they are in both.
  static let merging = """
    local function merged(a, b)
      local all = {}
      for k, v in pairs(a) do all[k] = v end
      for k, v in pairs(b) do all[k] = v end
      return all
    end

    """

  func complaint(_ source: String) -> String {
    do {
      _ = try run(source)
      return "(accepted)"
    } catch {
      return "\(error)"
    }
  }
}

@Suite struct NetTests {
  /// What a script writes lies in the output directory, and what it reads where it was started.
  @Test func aFileOfTheOutputDirectoryIsPointedOut() throws {
    let bench = try NetBench()
    try bench.check("wb.nn.mlp{inputs = 1, outputs = 1, hidden = {}}:save('kept.safetensors')")
    for source in [
      "wb.nn.load('kept.safetensors')",
      "wb.nn.mlp{inputs = 1, outputs = 1, hidden = {}}:load('kept.safetensors')",
    ] {
      #expect(
        bench.complaint(source).contains("wb.artifact(\"kept.safetensors\")"), "\(bench.complaint(source))")
    }
    #expect(bench.complaint("wb.nn.load('not-kept.safetensors')").contains("no such file"))
    try bench.check("wb.nn.load(wb.artifact('kept.safetensors'))")
  }

  /// A 2-2-1 net with values that a person can multiply.
  static let small = """
    local net = wb.nn.mlp{inputs = 2, hidden = {2}, outputs = 1, activation = "relu", precision = "double"}
    net:set("layers.0.weight", {{1, 2}, {3, -4}})
    net:set("layers.0.bias", {0.5, -0.5})
    net:set("layers.1.weight", {{2, -1}})
    net:set("layers.1.bias", {10})

    """

  @Test func valuesByHand() throws {
    let bench = try NetBench()
    // hidden = relu(1·3 + 2·1 + 0.5, 3·3 − 4·1 − 0.5) = (5.5, 4.5); 2·5.5 − 4.5 + 10 = 16.5
    #expect(try bench.numbers(NetTests.small + "return net{3, 1}, net(wb.array{3, 1})") == [16.5, 16.5])
    try bench.check(
      NetTests.small + """
        local y = net{{3, 1}, {0, 0}}
        assert(#y.shape == 2 and y.shape[1] == 2 and y.shape[2] == 1)
        assert(y:at(1, 1) == 16.5 and y:at(2, 1) == 11)
        local line = wb.nn.linear{inputs = 1, outputs = 1}
        line:set("weight", {{2}}) line:set("bias", {1})
        assert(line(3) == 7)
        local list = line{1, 2, 3}
        assert(#list.shape == 1 and list[3] == 7)
        """)
  }

  @Test func tracedAndPlainAgree() throws {
    let bench = try NetBench()
    try bench.check(
      """
      for _, options in ipairs{
        {time = "concat"}, {time = "fourier", residual = true, layer_norm = true},
        {time = "sinusoidal", conditioning = "scale_shift", activation = "gelu", output_scale = "learned_in_time"},
        {time = "log_fourier", output_scale = {0.01, 50}, activation = "tanh"}, {activation = "softplus"},
      } do
        options.inputs, options.hidden, options.outputs, options.seed = 2, {8, 8}, 3, 4
        local net = wb.nn.mlp(options)
        local call = options.time and function(x) return net({x[1], x[2]}, x[3]) end
          or function(x) return net{x[1], x[2]} end
        -- wb.trace compares with plain Lua at many points.
        local f = wb.trace(call, {inputs = 3})
        local a, b = f{0.3, -0.4, 0.7}, net({0.3, -0.4}, options.time and 0.7 or nil)
        for i = 1, 3 do assert(math.abs(a[i] - b[i]) <= 1e-13 * (1 + math.abs(b[i])), options.time) end
        local rows = wb.array{{0.3, -0.4, 0.7}, {1, 2, 0.1}}
        local many = f(rows)
        local points, times = wb.array{{0.3, -0.4}, {1, 2}}, options.time and wb.array{0.7, 0.1} or nil
        local all = net(points, times)
        assert(all.shape[1] == 2 and all.shape[2] == 3)
        assert(wb.abs(many - all):max() < 1e-12)
      end
      """)
  }

  @Test func energyNets() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local net = wb.nn.energy{inputs = 2, hidden = {8, 8}, time = "concat", precision = "double", seed = 3}
      assert(net.outputs == 2 and net.takes_time)
      local h = 1e-5
      local s = net({0.2, 0.5}, 0.3)
      for i = 1, 2 do
        local function e(step) local x = {0.2, 0.5} x[i] = x[i] + step return net:energy(x, 0.3) end
        assert(math.abs(s[i] + (e(h) - e(-h)) / (2 * h)) < 1e-9)
      end
      local f = wb.trace(function(x) return net(x, 0.3) end, {inputs = 2})
      assert(math.abs(f{0.2, 0.5}[1] - s[1]) < 1e-13)
      local e = wb.trace(function(x) return net:energy(x, 0.3) end, {inputs = 2})
      assert(math.abs(e{0.2, 0.5} - net:energy({0.2, 0.5}, 0.3)) < 1e-13)
      """)
  }

  @Test func monotoneNets() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local gamma = wb.nn.monotone{gamma_min = -6, gamma_max = 5, width = 16}
      local y = gamma(wb.linspace(0, 1, 101))
      assert(math.abs(y[1] + 6) < 1e-9 and math.abs(y[101] - 5) < 1e-9)
      for i = 1, 100 do assert(y[i] < y[i + 1]) end
      """)
  }

  @Test func customNets() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local layer = wb.nn.custom{
        inputs = 2, precision = "double",
        parameters = {w = wb.array{{1, 2}, {3, 4}, {5, 6}}, b = {3}, scale = 0.5},
        forward = function(p, x) return p.scale * (wb.matmul(p.w, x) + p.b) end,
      }
      assert(layer.outputs == 3 and layer.size == 10)
      local y = layer{1, -1}
      assert(y[1] == -0.5 and y[2] == -0.5 and y[3] == -0.5)
      layer:set("b", {1, 2, 3})
      y = layer{1, -1}
      assert(y[1] == 0 and y[2] == 0.5 and y[3] == 1)
      local f = wb.trace(function(x) return layer(2 * x) end, {inputs = 2})
      assert(f{0.5, -0.5}[3] == 1)
      layer:set("scale", 2)
      assert(f{0.5, -0.5}[3] == 4)

      -- Rows, transposed products, entry by entry, a time, another net inside.
      local inner = wb.nn.linear{inputs = 2, outputs = 2, seed = 3, precision = "double"}
      local net = wb.nn.custom{
        inputs = 2, time = true, precision = "double", seed = 5,
        parameters = {u = {2, 3}, v = {3, 2}},
        forward = function(p, x, t)
          local positive = wb.softplus(p.v) * 2
          local h = wb.tanh(wb.matmul(x, p.u))
          local back = wb.matmul(positive, inner(x))
          local square = wb.matmul(p.u, positive)
          return {t * h[1] + p.u[1][2], wb.dot(p.v[2], x), wb.matmul(square, x)[1] + back[3]}
        end,
      }
      local y = net({0.3, 0.6}, 0.25)
      local u, v = net:get("u"), wb.softplus(net:get("v")) * 2
      local x = wb.array{0.3, 0.6}
      assert(math.abs(y[1] - (0.25 * math.tanh(wb.matmul(x, u)[1]) + u[1][2])) < 1e-14)
      assert(math.abs(y[2] - wb.dot(net:get("v")[2], x)) < 1e-14)
      local expected = wb.matmul(wb.matmul(u, v), x)[1] + wb.matmul(v, inner(x))[3]
      assert(math.abs(y[3] - expected) < 1e-13)
      -- The inner net's present values.
      inner:set("bias", {7, 7})
      local again = net({0.3, 0.6}, 0.25)
      assert(math.abs(again[3] - y[3]) > 1e-3 and again[1] == y[1])
      """)
  }

  @Test func aCustomNetIsTracedAnewWhenWhatItCapturesChanges() throws {
    let bench = try NetBench()
    #expect(
      try bench.numbers(
        """
        local factor = 2
        local net = wb.nn.custom{inputs = 1, parameters = {a = 3}, forward = function(p, x) return factor * p.a * x end}
        local before = net(1)
        factor = 5
        return before, net(1)
        """) == [6, 15])
  }

  @Test func whatANetInsideCapturesCountsForAllThatCallIt() throws {
    try NetBench().check(
      """
      local k = 1
      local function custom(f)
        return wb.nn.custom{inputs = 1, precision = "double", parameters = {w = 1}, forward = f}
      end
      local inner = custom(function(p, x) return k * p.w * x end)
      local outer = custom(function(p, x) return p.w * inner(x) end)
      local function sde(params, drift)
        return wb.sde{params = params, drift = drift, diffusion = function() return 0 end}
      end
      local sdes = {
        sde({net = outer}, function(x, t, p) return p.net(x) end),
        sde({}, function(x) return outer(x) end), sde({}, function(x) return inner(x) end),
      }
      local function check()
        assert(outer(2) == 2 * k)
        assert(inner(2) == 2 * k)
        assert(wb.grad(outer, 3) == k and wb.grad(inner, 3) == k)
        assert(wb.trace(function(x) return outer(x) + inner(x) end)(1) == 2 * k)
        -- E[s² + 2 s'] of s = kx
        for _, net in ipairs{outer, inner} do
          assert(wb.loss.ism{}(net, {1, 2}).value == 2.5 * k ^ 2 + 2 * k)
        end
        for _, s in ipairs(sdes) do
          local x = wb.solve(s, {x0 = 1, t = 1, steps = 2, paths = 1}).x:mean()
          assert(math.abs(x - (1 + k / 2) ^ 2) < 1e-12)
        end
      end
      for value = 1, 4 do
        k = value
        -- Whichever is asked first.
        if value == 2 then wb.grad(outer, 3) end
        if value == 3 then wb.loss.ism{}(inner, {1, 2}) end
        check()
      end
      -- One that calls itself is refused, not followed without end.
      local own
      own = custom(function(p, x) return own and own(x) or p.w * x end)
      local ok, message = pcall(own, 1)
      assert(not ok and message:find("while another function is being traced"), message)
      """)
  }

  @Test func clonesAndFreezing() throws {
    let bench = try NetBench()
    try bench.check(
      NetTests.small + """
        local copy = net:clone()
        copy:set("layers.1.bias", {0})
        assert(net{3, 1} == 16.5 and copy{3, 1} == 6.5)
        assert(net.size == 9 and net.trainable == 9)
        net:freeze("layers.0")
        assert(net.trainable == 3 and copy.trainable == 9)
        local list = net:parameters()
        assert(#list == 4 and list[1].name == "layers.0.weight" and list[1].count == 4)
        assert(list[1].frozen and not list[3].frozen and list[1].shape[2] == 2)
        net:unfreeze()
        assert(net.trainable == 9)
        assert(tostring(net):find("MLP 2 → 2 → 1, relu", 1, true), tostring(net))
        assert(tostring(net):find("9 parameters, double precision", 1, true))
        """)
  }

  @Test func seeds() throws {
    let bench = try NetBench()
    try bench.check(
      """
      local function make(seed) return wb.nn.mlp{inputs = 2, hidden = {4}, seed = seed} end
      assert(make(1){1, 2}[1] == make(1){1, 2}[1])
      assert(make(1){1, 2}[1] ~= make(2){1, 2}[1])
      """)
  }
}
