import Kernels
import LuaBridge
import Testing

private let setting = """
  local mix = wb.dist.gaussian_mixture{
    weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5}
  local normal = wb.dist.gaussian{dim = 8}
  local function ism(sign, c, extra)
    return function(m, x)
      local s = m(x)
      return wb.dot(s, s) * c + sign * wb.divergence(function(y) return m(y) end, x) + (extra or 0) * s[2]
    end
  end
  local function dsm(target)
    return function(m, x)
      local e = wb.normal_like(x)
      local r = m(x + 0.5 * e) + target * e
      return wb.dot(r, r)
    end
  end
  local function unit(m, x)
    local v = wb.sphere_like(x) / math.sqrt(#x)
    local s, Jv = wb.jvp(m, x, v)
    return 2 * wb.dot(v, Jv) + wb.dot(s, s)
  end

  """

private func run(_ source: String) throws -> [LuaValue] {
  try ScriptSession().lua.run(setting + source, name: "@test.lua")
}

@Suite("wb.check") struct CheckTests {
  @Test(
    "finds the losses of wb.loss right, with their floors",
    arguments: [
      "esm{score = mix.score}", "ism{}", "ssm{}", "ssm{form = \"half\", projections = 3}",
      "ssm{distribution = \"gaussian\"}", "ssm_vr{distribution = \"sphere\"}", "fd_ssm{}", "dsm{sigma = 0.5}",
      "dsm{sigma = 0.5, weighting = \"sigma2\", form = \"half\"}", "dsm{sigmas = {0.1, 0.5, 2}}",
      "dsm{process = wb.diffusion.vp{}}", "dsm{process = wb.diffusion.ve{}, weighting = \"likelihood\"}",
      "ddpm{process = wb.diffusion.cosine{}}", "x0{process = wb.diffusion.subvp{}}",
      "v{process = wb.diffusion.vp{}}",
      "edm{}", "bounded{lower = -30, upper = 30}",
    ])
  func losses(_ loss: String) throws {
    let result = try run(
      "local c = wb.check(wb.loss.\(loss), mix, {n = 5000}) return c.ok, c.scale, tostring(c)")
    #expect(result[0].boolean == true, "\(result[2].string ?? "")")
    #expect(abs((result[1].double ?? 9) - 1) < 0.15)
  }

  @Test(
    "says what is wrong with a loss",
    arguments: [
      ("ism(2, 1), mix", "right", 1.0, "full form"),
      ("ism(1, 0.5), mix", "right", 1, "the half form"),
      ("ism(1, 0.5), mix, {form = \"full\"}", "scaled", 1, "not the size of the full form"),
      ("ism(-2, 1), mix", "sign", -1, "a sign"),
      ("ism(1, 1), mix", "scaled", 0.5, "lost its factor 2"),
      ("ism(2, 0.5), mix", "scaled", 2, "the ½ of the half form"),
      ("ism(2, 1, 0.5), mix", "biased", 1, "in component 2"),
      ("unit, normal", "scaled", 0.125, "unit-sphere projections"),
      ("dsm(2), mix, {sigma = 0.5}", "right", 1, "floor of denoising score matching"),
      ("dsm(-2), mix, {sigma = 0.5}", "sign", -1, "a sign"),
      ("dsm(1), mix, {sigma = 0.5}", "scaled", 0.5, "-e where -e/σ belongs"),
      ("wb.loss.esm{score = mix.score}, mix:perturbed{sigma = 1}", "", 1, ""),
      (
        "function(m, x) local s, j = wb.jvp(m, x, {1, 1}) return wb.dot(s, s) + 2 * (j[1] + j[2]) end, mix",
        "wrong", 1,
        "smooth field"
      ),
      ("function(m, x) local s = m(x) return -wb.dot(s, s) end, mix", "wrong", 0, "no least value"),
    ])
  func mistakes(_ arguments: String, _ finding: String, _ scale: Double, _ says: String) throws {
    let result = try run(
      "local c = wb.check(\(arguments)) return c.finding, c.scale or 0, tostring(c), c.ok")
    let text = result[2].string ?? ""
    if finding.isEmpty {
      // Against another law: however it is called, it must be blamed.
      #expect(result[3].boolean == false, "\(text)")
      return
    }
    #expect(result[0].string == finding, "\(text)")
    #expect(abs((result[1].double ?? 9) - scale) < 0.05 * max(1, abs(scale)), "\(text)")
    #expect(text.contains(says), "\(text)")
    #expect(result[3].boolean == (finding == "right"))
  }

  /// z = αx + σe, and the model gives e up to a sign, or the score.
  @Test(
    "checks Lua losses whose model takes a time",
    arguments: [
      ("1", "noise", "vp", "right", 1.0), ("-1", "noise", "vp", "sign", -1),
      ("2", "noise", "vp", "scaled", 2),
      ("-process:sigma(t)^-1", "score", "vp", "right", 1), ("1", "score", "vp", "", 0),
      ("1", "noise", "ve", "right", 1),
    ])
  func timed(_ target: String, _ predicts: String, _ process: String, _ finding: String, _ scale: Double)
    throws
  {
    let result = try run(
      """
      local process = wb.diffusion.\(process){}
      local function loss(m, x)
        local t, e = 0.05 + 0.9 * wb.uniform(), wb.normal_like(x)
        local z = process:alpha(t) * x + process:sigma(t) * e
        local r = process:sigma(t) * (m(z, t) - \(target) * e)
        return wb.dot(r, r)
      end
      local c = wb.check(loss, mix, {process = process, predicts = "\(predicts)", n = 10000})
      return c.finding, c.scale or 0, tostring(c), c.ok
      """)
    let text = result[2].string ?? ""
    #expect(result[3].boolean == (finding == "right"), "\(text)")
    guard !finding.isEmpty else { return }
    #expect(result[0].string == finding, "\(text)")
    #expect(abs((result[1].double ?? 9) - scale) < 0.05 * abs(scale), "\(text)")
  }

  @Test("checks Lua losses whose model takes the noise level") func ladder() throws {
    let result = try run(
      """
      local function loss(target)
        return function(m, x)
          local sigma, e = math.exp(2 * wb.uniform() - 1.5), wb.normal_like(x)
          local r = sigma * m(x + sigma * e, sigma) + target * e
          return wb.dot(r, r)
        end
      end
      local right, wrong = wb.check(loss(1), mix, {time = "sigma"}), wb.check(loss(0.5), mix, {time = "sigma"})
      return right.ok, wrong.ok, wrong.scale, tostring(right)
      """)
    #expect(result[0].boolean == true, "\(result[3].string ?? "")")
    #expect(result[1].boolean == false && abs((result[2].double ?? 0) - 0.5) < 0.03)
  }

  @Test(
    "says what the options of a timed Lua loss need",
    arguments: [
      ("m(x, 0.5)", "", "the loss gives its model a time: say what it is, with process = wb.diffusion.vp{}"),
      ("m(x)", "time = 'sigma'", "must give its model the time: model(z, t)"),
      ("m(x, 1)", "time = 'sigma', process = wb.diffusion.vp{}", "give either process or time, not both"),
      (
        "m(x, 1)", "time = 'sigma', form = 'half'",
        "option 'form' of wb.check is known of a loss at one noise level"
      ),
      ("m(x, 1)", "time = 'sigma', predicts = 'noise'", "option 'predicts' of wb.check needs process="),
      ("m(x, 1)", "process = wb.diffusion.vp{}, predicts = 'network'", "\"score\""),
      ("m(x, 1)", "process = 3", "process"), ("m(x, 1)", "time = 'log'", "\"sigma\""),
    ])
  func timedOptions(_ call: String, _ options: String, _ says: String) throws {
    var message = "(accepted)"
    do {
      _ = try run(
        "wb.check(function(m, x) local s = \(call) return wb.dot(s, s) end, mix, {\(options)})")
    } catch { message = "\(error)" }
    #expect(message.contains(says), "\(message)")
  }

  @Test(
    "says what is wrong with a score",
    arguments: [
      ("mix, mix", "right"), ("mix.score, mix", "right"),
      ("function(x) return -mix:score(x) end, mix", "sign"),
      ("function(x) return 0.5 * mix:score(x) end, mix", "scaled"),
      ("function(x) local s = mix:score(x) return {s[1], s[2] + 0.03} end, mix", "biased"),
      ("wb.nn.mlp{inputs = 2, hidden = {8}, outputs = 2}, mix", "wrong"),
      ("mix:perturbed{sigma = 0.5}, mix", "wrong"),
      ("mix:perturbed{sigma = 0.5}, mix, {sigma = 0.5}", "right"),
      ("function(x, t) return t * mix:score(x) end, mix, {t = 1}", "right"),
      ("function(x) return x / 0 end, mix", "not finite"),
      ("wb.dist.gaussian{}, wb.dist.gaussian{}", "right"),
    ])
  func scores(_ arguments: String, _ finding: String) throws {
    let result = try run("local c = wb.check(\(arguments)) return c.finding, tostring(c)")
    #expect(result[0].string == finding, "\(result[1].string ?? "")")
  }

  @Test("checks samples and the final states of solutions") func samples() throws {
    let result = try run(
      """
      local function langevin(noise)
        local sde = wb.sde{
          dim = 2, drift = function(x) return mix:score(x) end, diffusion = function() return {noise, noise} end}
        return wb.solve(sde, {x0 = mix:sample{n = 2000, seed = 3}, t = {0, 2}, steps = 1000, paths = 2000})
      end
      local right, cold = wb.check(langevin(math.sqrt(2)), mix), wb.check(langevin(1), mix)
      local own = wb.check(mix:sample{n = 2000, seed = 5}, mix)
      return right.ok, own.ok, cold.ok, cold.verdict, own.p_value
      """)
    #expect(result[0].boolean == true && result[1].boolean == true && result[2].boolean == false)
    #expect(result[3].string?.contains("without its √2") == true, "\(result[3].string ?? "")")
    #expect((result[4].double ?? 0) > 0.005)
  }

  @Test(
    "refuses what it cannot check, saying what to do",
    arguments: [
      ("wb.check(3, mix)", "expected a score"),
      ("wb.check(mix)", "expected a distribution"),
      ("wb.check(function(a, b, c) return a end, mix)", "expected a score"),
      ("wb.check(function(x) return x[1] end, mix)", "gives 1 value for a point of 2"),
      ("wb.check(wb.loss.ism{}, wb.dist.uniform{dim = 2})", "jumps"),
      ("wb.check(wb.loss.ssm{}, mix, {form = \"half\"})", "Lua functions"),
      (
        "wb.check(wb.loss.ddpm{process = wb.diffusion.vp{}}, wb.dist.gaussian{cov = {{2, 1}, {1, 2}}})",
        "diagonal"
      ),
      ("wb.check(wb.zeros(10, 2), mix)", "too few"),
      ("wb.check(wb.zeros(100, 3), mix)", "2 components"),
      ("wb.check(mix, mix, {lvel = 1})", "did you mean 'level'"),
      ("wb.check(function(m, x) return m(x) end, mix)", "must return one number"),
    ])
  func refusals(_ source: String, _ message: String) throws {
    var text = "no error"
    do { _ = try run("local c = " + source) } catch { text = "\(error)" }
    #expect(text.contains(message), "\(text)")
  }
}
