import Kernels
import LuaBridge
import Testing

private let setting = """
  local mix = wb.dist.gaussian_mixture{
    weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5}
  local x = mix:sample{n = 20000, seed = 3}
  local function model(x)
    return {-0.5 * x[1] + math.tanh(x[2]), math.sin(x[1]) - x[2] ^ 3 / 10}
  end

  """

@Suite("wb.loss") struct LossTests {
  @Test("gives the golden values and floors") func golden() throws {
    let session = try ScriptSession()
    let values = try numbers(
      session,
      setting + """
        local l = wb.loss.ssm_vr{form = "half"}(mix, x, {oracle = mix, seed = 5})
        local d = wb.loss.dsm{sigma = 1, form = "half"}(mix.score, x, {oracle = mix})
        return {l.value, l.stderr, l.floor, l.n, d.floor, wb.loss.esm{score = mix.score}(mix, x, {oracle = mix}).value}
        """)
    #expect(abs(values[0] - values[2]) < 4.9 * values[1])
    #expect(abs(values[2] - -3.99978) < 6e-6)
    #expect(values[3] == 20_000)
    #expect(abs(values[4] - 0.35012) < 6e-6)
    #expect(values[5] == 0)
  }

  @Test("prints a floor of 0 as 0, says when there is none, and prints as a training does")
  func printsFloors() throws {
    let shown = try ScriptSession().lua.run(
      """
      local law = wb.dist.gaussian{dim = 2}
      local x = law:sample{n = 100, seed = 2}
      local esm = wb.loss.esm{score = law.score}
      local net = wb.nn.linear{inputs = 2, outputs = 2}
      local training = wb.train{model = net, data = x, loss = wb.loss.ism{form = "half"}, steps = 3, oracle = law}
      local own = wb.train{model = net, data = x, loss = function(m, y) return wb.dot(m(y), m(y)) end, steps = 3}
      return tostring(esm(law, x, {oracle = law})), tostring(esm(law, x)),
        tostring(wb.loss.ism{}(law, x, {oracle = law})), tostring(training), tostring(own)
      """, name: "@test.lua"
    ).map { $0.string ?? "nil" }
    #expect(shown[0] == "esm (full) = 0, floor 0 (oracle)")
    #expect(shown[1] == "esm (full) = 0, floor unknown")
    #expect(shown[2].hasSuffix(", floor -2 (oracle)"), "\(shown[2])")
    #expect(shown[3].contains("\n  ism (half) = ") && shown[3].contains(", floor -1 (oracle)"), "\(shown[3])")
    #expect(shown[4].contains("\n  loss = ") && shown[4].contains(", floor unknown"), "\(shown[4])")
  }

  @Test("prints value, error and floor") func prints() throws {
    let session = try ScriptSession()
    let text = try session.lua.run(
      setting + "return tostring(wb.loss.ssm_vr{}(mix, x, {oracle = mix}))", name: "@test.lua"
    ).first?.string
    #expect(
      text?.firstMatch(
        of: /^ssm_vr \(full\) = -[78]\.\d+ ± 0\.\d+, floor -7\.9995\d \(oracle\)$/) != nil, "\(text ?? "nil")"
    )
  }

  @Test("repeats with its seed, whatever the number of samples") func seeds() throws {
    let session = try ScriptSession()
    let values = try numbers(
      session,
      setting + """
        local loss = wb.loss.ssm{}
        local one, two = loss(model, x, {seed = 1}), loss(model, x, {seed = 1})
        return {one.value, two.value, loss(model, x, {seed = 2}).value}
        """)
    #expect(values[0] == values[1] && values[0] != values[2])
  }

  @Test("takes any model that is called with x") func models() throws {
    let session = try ScriptSession()
    let values = try numbers(
      session,
      setting + """
        local loss = wb.loss.ism{}
        local function score(x) return mix:score(x) end
        return {loss(mix, x).value, loss(mix.score, x).value, loss(score, x).value}
        """)
    #expect(values[0] == values[1] && values[1] == values[2])
  }

  @Test("gives the loss of one sample in a traced function") func traced() throws {
    let session = try ScriptSession()
    let values = try numbers(
      session,
      setting + """
        local ism, esm = wb.loss.ism{}, wb.loss.esm{score = mix.score}
        local one = wb.trace(function(x) return ism(model, x) + esm(model, x) end, {inputs = 2})
        local each = one(x)
        return {each:mean(), ism(model, x).value + esm(model, x).value}
        """)
    #expect(abs(values[0] - values[1]) < 1e-12 * abs(values[1]))
  }

  @Test("processes work on numbers, arrays and traced values") func processes() throws {
    let session = try ScriptSession()
    let values = try numbers(
      session,
      """
      local out = {}
      for _, kind in ipairs{"vp", "ve", "subvp", "cosine", "edm", "ou"} do
        local p = wb.diffusion[kind]{}
        local t = 0.37
        local alpha, sigma = p:marginal(t)
        local f = wb.trace(function(t) return p:alpha(t) + 10 * p:sigma(t) + 100 * p:snr(t) end)
        out[#out + 1] = f(t) - (alpha + 10 * sigma + 100 * p:snr(t))
        out[#out + 1] = p:sigma(wb.array{0.1, t})[2] - sigma
        out[#out + 1] = p:alpha(wb.array{0.1, t})[2] - alpha
        out[#out + 1] = p:snr(t) / (alpha ^ 2 / sigma ^ 2) - 1
      end
      return out
      """)
    #expect(values.count == 24)
    for value in values { #expect(abs(value) < 1e-12) }
  }

  @Test(
    "refuses what is no loss, saying what to do",
    arguments: [
      ("wb.loss.ddpm{}", "process = wb.diffusion.vp{}"),
      ("wb.loss.dsm{}", "sigma=, sigmas= or process="),
      ("wb.loss.dsm{sigma = -1}", "must be a positive number, got -1"),
      ("wb.loss.dsm{sigmas = {1, -2}}", "sigmas[2]"),
      ("wb.loss.dsm{sigma = 1, process = wb.diffusion.vp{}}", "one of sigma, sigmas and process"),
      ("wb.loss.dsm{sigma = 1, weighting = \"likelihood\"}", "needs a process"),
      ("wb.loss.ssm{distribution = \"unit_sphere\"}", "use \"sphere\""),
      ("wb.loss.ssm{distribution = \"rademacherr\"}", "did you mean \"rademacher\"?"),
      ("wb.loss.ddpm{process = wb.diffusion.vp{}, weighting = \"sigma\"}", "did you mean \"sigma2\"?"),
      ("wb.loss.esm{}", "score="),
      ("wb.loss.ism{form = \"whole\"}", "\"full\""),
      ("wb.loss.fd_ssm{epsilon = 0}", "positive"),
      ("wb.loss.bounded{lower = 1, upper = 0}", "lower < upper"),
      ("wb.loss.bounded{cap = -1}", "cap is the greatest weight and must be a positive number, got -1.0"),
      ("wb.loss.bounded{cap = 1, boundary = 'uniform'}", "cap belongs to boundary = \"weighted\""),
      ("wb.loss.ism{}(3, x)", "expected a model"),
      ("wb.loss.ism{}(model, \"x\")", "expected data"),
      ("wb.loss.ism{}(model, wb.zeros{0, 2})", "there are no data"),
      ("wb.loss.ism{}(model, {{1, 2}, {3, 0 / 0}})", "row 2, column 2"),
      ("wb.loss.ism{}(function(x) return x[1] end, x)", "the model gives 1 value for a sample of 2"),
      ("wb.loss.ism{}(model, x, {sed = 1})", "did you mean 'seed'?"),
      ("wb.loss.ism{}(model, x, {oracle = wb.dist.gaussian{dim = 3}})", "a law of 3 components"),
      (
        "wb.loss.bounded{lower = -1, upper = 1}(model, x)",
        "which is not between lower = -1.0 and upper = 1.0"
      ),
      ("wb.loss.ssm{}(wb.nn.mlp{inputs = 3}, x)", "test.lua:7: the model: the net takes 3 components, got 2"),
      ("wb.diffusion.vp{beta_min = -1}", "0 < beta_min < beta_max"),
      ("wb.trace(function(x) return wb.loss.fd_ssm{}(model, x) end, {inputs = 2})", "give epsilon="),
    ]
  ) func refusals(source: String, message: String) throws {
    let text = try failure(setting + "local result = " + source)
    #expect(text?.contains(message) == true, "\(text ?? "no error")")
  }

  @Test("takes a model with branches inside a Lua function", arguments: ["ism", "ssm_vr", "bounded"])
  func branches(name: String) throws {
    let options = name == "bounded" ? "lower = -9, upper = 9" : ""
    let values = try numbers(
      ScriptSession(),
      setting + """
        local net = wb.nn.mlp{inputs = 2, hidden = {8}, outputs = 2, precision = "double"}
        local function branching(x)
          local s = net(x)
          if s[1] > 0 then return s else return {2 * s[1], s[2] ^ 2} end
        end
        local loss = wb.loss.\(name){\(options)}
        local own = wb.trace(function(y) return loss(branching, y) end, {inputs = 2})
        local one, few = x:rows(1, 1), x:rows(1, 100)
        return {own(one)[1] - loss(branching, one, {seed = 1}).value, own(few):mean(), loss(branching, few).value}
        """)
    try #require(values.count == 3)
    #expect(values[1].isFinite && values[2].isFinite)
    // Those without random numbers are the same.
    if name != "ssm_vr" { #expect(abs(values[0]) < 1e-10 && abs(values[1] - values[2]) < 1e-10) }
  }

  @Test("lists the losses") func list() throws {
    let session = try ScriptSession()
    let names = try session.lua.run(
      "local n = {} for i, l in ipairs(wb.losses()) do n[i] = l.name end return table.concat(n, ' ')",
      name: "@test.lua"
    ).first?.string
    #expect(
      try session.lua.help(.string("wb.loss")).contains(
        "Noise prediction: E w‖e − ê(z, t)‖² (Ho et al. 2020)."))
    #expect(names == "esm ism ssm ssm_vr fd_ssm dsm ddpm x0 v edm bounded")
  }
}
